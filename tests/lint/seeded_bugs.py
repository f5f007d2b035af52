"""seeded_bugs.py ROOT present|absent PROGRAM... - programs hold the bugs of libs/base/seeded_bug.h
where the build was told to put them in, and no trace of them otherwise."""
import re
import sys

import common

HEADER = "libs/base/seeded_bug.h"
VARIABLE = b"BOURSE_SEEDED_BUG"
SYMBOL = b"seeded_bug_at_work"


def traces(program, sentences):
    with open(program, "rb") as file:
        content = file.read()
    return [trace for trace in [VARIABLE, SYMBOL, *sentences] if trace in content]


def main(root, expected, *programs):
    sentences = [text.encode() for text in
                 re.findall(r'^    X\([A-Z_]+, "(.+)"\)', common.read(root, HEADER), re.M)]
    assert len(sentences) >= 15, HEADER
    wrong = []
    for program in programs:
        found = traces(program, sentences)
        if expected == "absent" and found:
            wrong.append(f"{program} holds {found[0].decode()!r}")
        elif expected == "present" and len(found) < len(sentences):
            wrong.append(f"{program} holds {len(found)} traces of {len(sentences)} bugs")
    print("\n".join(wrong) or f"{len(programs)} programs: bugs are {expected}, as they should be")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
