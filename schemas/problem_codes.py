#!/usr/bin/python3
"""Writes the C table of problem codes: problem_codes.py problem_codes.yaml problem_codes.h"""
import re
import sys

import yaml

HEAD = """/* problem_codes.h - the codes of problem answers. Generated from schemas/problem_codes.yaml. */
#ifndef HTTP_PROBLEM_CODES_H
#define HTTP_PROBLEM_CODES_H

/* X(code, HTTP status, title) */
#define HTTP_PROBLEM_MAP(X) \\
"""


def checked(rows):
    """The rows, or an end with the row that is wrong."""
    seen = set()
    for row in rows:
        if set(row) != {"code", "status", "title"}:
            sys.exit(f"problem codes: {row} needs exactly code, status and title")
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", row["code"]) or row["code"] in seen:
            sys.exit(f"problem codes: {row['code']!r} is no new UPPER_CASE code")
        if not isinstance(row["status"], int) or not 200 <= row["status"] <= 599:
            sys.exit(f"problem codes: {row['code']} has status {row['status']!r}, not 200..599")
        if not re.fullmatch(r"[ -!#-\[\]-~]+", row["title"]):
            sys.exit(f"problem codes: {row['code']} has a title with quotes or non-ASCII letters")
        seen.add(row["code"])
    return rows


def main(source, target):
    with open(source, encoding="utf-8") as file:
        rows = checked(yaml.safe_load(file))
    lines = [f'    X({row["code"]}, {row["status"]}, "{row["title"]}")' for row in rows]
    with open(target, "w", encoding="utf-8") as file:
        file.write(HEAD + " \\\n".join(lines) + "\n\n#endif\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
