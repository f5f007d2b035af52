#!/usr/bin/python3
"""Every code that a problem may carry is shown by a test over HTTP, or is one of a later issue."""
import re
import unittest

from contracts import CODES, OPERATIONS, ROOT

# Codes of what is not built yet, by the part of the nine in which they come.
LATER = {
}
KNOWN = {row["code"] for row in CODES}
LATE = {code for codes in LATER.values() for code in codes}
TESTS = "".join(path.read_text() for path in (ROOT / "tests/integration").glob("*_test.py"))


def is_shown(code, status):
    """Asserted with its status, by `refused`, in the table of error_codes_test, or by hand."""
    return re.search(rf'refused\(\s*{status},\s*"{code}"|\("{code}",\s*{status},'
                     rf'|assert .*status == {status} and .*\["code"\] == "{code}"', TESTS)


SHOWN = {row["code"] for row in CODES if is_shown(row["code"], row["status"])}


class Codes(unittest.TestCase):
    def test_each_code_is_shown_by_a_test_or_comes_later(self):
        self.assertEqual(KNOWN - LATE - SHOWN, set())

    def test_what_comes_later_is_a_code_and_nothing_gives_it_yet(self):
        self.assertEqual(LATE - KNOWN, set())
        self.assertEqual(LATE & SHOWN, set(), "it is built: take it off the list")
        for name, operation in OPERATIONS.items():
            with self.subTest(name):
                self.assertEqual(set(operation.get("x-problems", [])) & LATE, set())


if __name__ == "__main__":
    unittest.main()
