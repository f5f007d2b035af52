"""What the lints share: which files there are, and how a finding is told."""
import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = {".git", ".run", "build", "__pycache__", "node_modules"}


def files(root, pattern):
    """Paths below `root` that match, sorted: those git knows, or all where there is no git."""
    known = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True)
    if known.returncode == 0:
        paths = [path for path in known.stdout.splitlines() if os.path.exists(f"{root}/{path}")]
    else:
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            paths += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(path for path in paths if re.search(pattern, path))


def c_files(root):
    """Every C file of ours; generated ones lie in build folders. Ends the program without any."""
    paths = files(root, r"^(libs|services|tests)/.*\.[ch]$")
    if not paths:
        sys.exit(f"no C file below {root}: the lint looks in the wrong place")
    return paths


def read(root, path):
    with open(f"{root}/{path}", encoding="utf-8", errors="replace") as file:
        return file.read()


def code_only(text):
    """The same lines, with comments, strings and characters blanked."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.DOTALL)


def report(findings, checked):
    """Prints `path:line: what to do` for each and ends the program: 1 if there is any."""
    for path, line, text in sorted(findings):
        print(f"{path}:{line}: {text}")
    print(f"{checked} files checked, {len(findings)} findings")
    sys.exit(1 if findings else 0)
