"""format.py ROOT - every C file is as clang-format would write it."""
import re
import subprocess
import sys

import common


def main(root):
    paths = common.c_files(root)
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths], cwd=root,
                          capture_output=True, text=True)
    findings = {}
    for path, line in re.findall(r"^(.*?):(\d+):\d+: error", done.stderr, flags=re.MULTILINE):
        findings.setdefault(path, (path, int(line), f"run clang-format -i {path}"))
    if done.returncode != 0 and not findings:
        sys.exit(done.stderr)
    common.report(findings.values(), len(paths))


main(sys.argv[1])
