"""scripts.py ROOT - every shell script parses."""
import re
import subprocess
import sys

import common


def is_script(root, path):
    return path.endswith(".sh") or re.match(r"#!.*\b(ba)?sh\b", common.read(root, path)[:100])


def main(root):
    candidates = common.files(root, r"^(infra|tests|\.ci|k8s|cmake)/")
    paths = [path for path in candidates if is_script(root, path)]
    findings = []
    for path in paths:
        done = subprocess.run(["bash", "-n", path], cwd=root, capture_output=True, text=True)
        if done.returncode != 0:
            place = re.search(r"line (\d+): (.*)", done.stderr)
            line, text = place.groups() if place else (1, done.stderr.strip())
            findings.append((path, int(line), text))
    common.report(findings, len(paths))


main(sys.argv[1])
