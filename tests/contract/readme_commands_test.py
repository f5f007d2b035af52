#!/usr/bin/python3
"""Each command of the README's blocks is run by a test, or it is said here why none does."""
import re
import unittest

from contracts import ROOT

README = (ROOT / "README.md").read_text()
# By section: who types its commands as they stand.
TYPED = {
    "Money moves": "tests/integration/readme_test.py",
    "The analyst's first five minutes": "tests/integration/analytics_test.py",
    "Feed real prices": "tests/integration/readme_test.py",
    "How it works": "tests/integration/readme_test.py",
}
# By section: where each of its commands stands with arguments of the test's own.
CALLED = {
    "Run it": ["infra/test"],
    "Backup and restore": ["tests/integration/backup_test.py"],
    "A projection anew": ["tests/integration/rebuild_test.py"],
}
NOT_RUN = {"infra/test": "it is what runs the tests", "infra/smoke": "it is tests/smoke, which infra/test runs"}


def blocks():
    """(section, its commands), of each section that has any."""
    for section in README.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        lines = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)).splitlines()
        commands = [line.removeprefix("$ ").split(" #")[0].strip() for line in lines
                    if re.match(r"\$ |infra/|bourse ", line)]
        if commands:
            yield title, commands


def words(command):
    """What a command is: without its arguments, the name of a service among them."""
    found = [word for word in command.split() if re.fullmatch(r"[a-z]+(/[a-z]+)?(-[a-z]+)*", word)]
    return [word for word in found if word not in ("bourse", "orders")]


class Readme(unittest.TestCase):
    def test_each_section_with_commands_is_somebodys(self):
        self.assertEqual({title for title, _ in blocks()}, set(TYPED) | set(CALLED))

    def test_who_types_a_section_reads_it(self):
        for title, path in TYPED.items():
            self.assertIn(title, (ROOT / path).read_text(), path)

    def test_each_other_command_is_called(self):
        for title, commands in blocks():
            if title not in CALLED:
                continue
            text = "".join((ROOT / path).read_text() for path in CALLED[title])
            for command in commands:
                if command in NOT_RUN:
                    continue
                for word in words(command):
                    named = word if "/" in word else f'"{word}"'
                    self.assertIn(named, text, f"{title}: {command}")


if __name__ == "__main__":
    unittest.main()
