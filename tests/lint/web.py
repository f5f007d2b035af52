"""web.py ROOT - the page type-checks and is formatted. Skipped (77) where infra/web has not yet installed what that
takes."""
import pathlib
import re
import subprocess
import sys

import common

SKIPPED = 77
# Amounts are decimal strings or scaled BigInt; only what counts and measures may be a number.
FLOATS = re.compile(r"\b(parseFloat|Math\.round|toFixed)\s*\(")


def floats(root):
    paths = common.files(root, r"^services/gateway/web/src/.*\.tsx?$")
    return paths, [(path, number, "an amount is no floating-point number: use money.ts")
                   for path in paths
                   for number, line in enumerate(common.read(root, path).splitlines(), 1)
                   if FLOATS.search(line)]


def main(root):
    folder = pathlib.Path(root) / "services/gateway/web"
    paths, findings = floats(root)
    if findings:
        common.report(findings, len(paths))
    if not (folder / "node_modules").exists():
        print("nothing is installed: infra/web does that")
        sys.exit(SKIPPED)
    for script in ("generate", "check", "test"):
        if subprocess.run(["npm", "run", "--silent", script], cwd=folder).returncode != 0:
            sys.exit(f"npm run {script} in {folder} says what to mend")


main(sys.argv[1])
