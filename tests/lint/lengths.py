"""lengths.py ROOT - no file over 500 lines, no function over 70.

lengths_allowed.txt holds what is longer for now, as `path lines` or `path:function lines`. The list
only shrinks: an entry that grew, became shorter or is no longer needed is a finding too.
"""
import os
import subprocess
import sys

import common

FILE_MAX = 500
FUNCTION_MAX = 70
ALLOWED = "tests/lint/lengths_allowed.txt"


def functions(root, path):
    """(name, first line, lines) of each function; the first line is that of its name."""
    command = ["ctags", "--fields=+ne", "-o", "-", "--language-force=C", "--kinds-c=f", path]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    for tag in listed.stdout.splitlines():
        name, _, *rest = tag.split("\t")
        place = dict(field.split(":", 1) for field in rest if field.startswith(("line:", "end:")))
        if "end" in place:
            first, last = int(place["line"]), int(place["end"])
            yield name, first, last - first + 1


def long_ones(root, paths):
    """(key, path, line, lines, maximum) of everything too long."""
    for path in paths:
        lines = common.read(root, path).count("\n")
        if lines > FILE_MAX:
            yield path, path, 1, lines, FILE_MAX
        for name, first, size in functions(root, path):
            if size > FUNCTION_MAX:
                yield f"{path}:{name}", path, first, size, FUNCTION_MAX


def read_allowed(root):
    allowed = {}
    if os.path.exists(f"{root}/{ALLOWED}"):
        for number, line in enumerate(common.read(root, ALLOWED).splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                key, lines = line.rsplit(None, 1)
                allowed[key] = (number, int(lines))
    return allowed


def main(root):
    paths = common.c_files(root)
    allowed = read_allowed(root)
    findings = []
    for key, path, line, lines, maximum in long_ones(root, paths):
        number, accepted = allowed.pop(key, (0, maximum))
        if lines > accepted:
            findings.append((path, line, f"{key} has {lines} lines, at most {accepted}: split it"))
        elif lines < accepted:
            findings.append((ALLOWED, number, f"{key} has only {lines} lines now: write that here"))
    for key, (number, _) in allowed.items():
        findings.append((ALLOWED, number, f"{key} is short enough now: remove this line"))
    common.report(findings, len(paths))


main(sys.argv[1])
