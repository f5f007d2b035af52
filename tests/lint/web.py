"""web.py ROOT - the page and its tests in a browser type-check and are formatted. Skipped (77) where infra/web has not
yet installed what that takes; the tests alone where nobody has installed theirs, which have the types they use."""
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


def check_tests(root, page):
    folder = pathlib.Path(root) / "tests/web"
    programs = page / "node_modules/.bin"
    if not (folder / "node_modules").exists():
        print("the tests in a browser are not checked: nobody has installed what they take")
        return
    for command in (["tsc", "--noEmit"], ["prettier", "--check", "--log-level", "warn", "."]):
        if subprocess.run([programs / command[0], *command[1:]], cwd=folder).returncode != 0:
            sys.exit(f"{' '.join(command)} in {folder} says what to mend")


def main(root):
    folder = pathlib.Path(root).resolve() / "services/gateway/web"
    paths, findings = floats(root)
    if findings:
        common.report(findings, len(paths))
    if not (folder / "node_modules").exists():
        print("nothing is installed: infra/web does that")
        sys.exit(SKIPPED)
    for script in ("generate", "check", "test"):
        if subprocess.run(["npm", "run", "--silent", script], cwd=folder).returncode != 0:
            sys.exit(f"npm run {script} in {folder} says what to mend")
    check_tests(root, folder)


main(sys.argv[1])
