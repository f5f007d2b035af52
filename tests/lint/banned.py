"""banned.py ROOT - no calls that overrun or misread, and no clocks, chance, environment or floating
point where the same log must give the same state."""
import re
import sys

import common

PURE = re.compile(r"^libs/(base|decimal|wire|decision)/"
                  r"|^services/.*/([a-z0-9]+_)*(decide|apply|state)(_[a-z0-9_]+)?\.[ch]$"
                  r"|^services/orders/book[a-z0-9_]*\.[ch]$")

EVERYWHERE = {
    r"\b(strcpy|stpcpy|strcat|sprintf|vsprintf|gets)\s*\(":
        "does not know how much room there is: use snprintf, memcpy or struct buffer",
    r"\b(atoi|atol|atoll|atof)\s*\(":
        "cannot say that the text is no number: use strtoll or decimal_parse",
    r"\bstrtok\s*\(": "keeps hidden state: use strcspn or memchr",
    r"\balloca\s*\(": "has no bound: use an arena",
}
IN_PURE_ROOMS = {
    r"\b(time|clock|clock_gettime|gettimeofday)\s*\(": "asks a clock: time comes with the message",
    r"\b(rand|rand_r|random|drand48|getrandom|getentropy|arc4random)\s*\(":
        "is chance: ids and chance come with the message",
    r"\b(getenv|secure_getenv)\s*\(": "reads the environment: that is libs/config's",
    r"\b(float|double)\b": "is floating point: money and quantities are libs/decimal's",
}
IN_SERVICE_CORES = {
    r"\b(printf|fprintf|vprintf|vfprintf|puts|fputs|fopen|fread|fwrite|scanf|fscanf)\s*\(":
        "is input or output: a core takes values and returns values",
}
# Compiled into test builds only.
NOT_PURE = {"libs/base/crash.c", "libs/base/seeded_bug.c"}


def main(root):
    paths = common.c_files(root)
    findings = []
    for path in paths:
        code = common.code_only(common.read(root, path))
        pure = PURE.match(path) and path not in NOT_PURE
        bans = {**EVERYWHERE, **(IN_PURE_ROOMS if pure else {}),
                **(IN_SERVICE_CORES if pure and path.startswith("services/") else {})}
        for pattern, why in bans.items():
            for match in re.finditer(pattern, code):
                findings.append((path, code.count("\n", 0, match.start()) + 1,
                                 f"{match.group().rstrip('( ')} {why}"))
    common.report(findings, len(paths))


main(sys.argv[1])
