"""settings.py ROOT - scripts, manifests and tests name only settings that libs/config/table.c has."""
import re
import sys

import common

TABLE = "libs/config/table.c"
# Not -DBOURSE_X, which is CMake's, and not the start of a name that a script puts together.
SETTING = re.compile(r"(?<!-D)\bBOURSE_[A-Z0-9_]*[A-Z0-9]\b")


def main(root):
    known = set(SETTING.findall(common.read(root, TABLE)))
    paths = [path for path in
             common.files(root, r"^(infra|k8s|\.ci|tests/(integration|smoke|e2e|fault|bench))/")
             if not path.endswith("CMakeLists.txt")]
    findings = []
    for path in paths:
        text = common.read(root, path)
        for match in SETTING.finditer(text):
            if match.group() not in known and not re.match(r"_", text[match.end():]):
                findings.append((path, text.count("\n", 0, match.start()) + 1,
                                 f"{match.group()} is not a setting: give it a row in {TABLE}"))
    common.report(findings, len(paths))


main(sys.argv[1])
