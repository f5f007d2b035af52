#!/usr/bin/python3
"""Each command that the README and the runbooks name is run by a test, or it is said here why none does: those of
blocks, and those that stand in a sentence. What a test types as it stands, it reads on the page; of the others the
program, its words and its options stand in one file of a test, with arguments of the test's own."""
import re
import unittest

from contracts import ROOT

PAGES = {"README.md": ROOT / "README.md",
         **{f"runbooks/{path.name}": path for path in sorted((ROOT / "docs/runbooks").glob("*.md"))}}
README = PAGES["README.md"].read_text()
# By section of the README: who types its commands as they stand. Those of the runbooks are typed by
# tests/integration/runbooks_test.py.
TYPED = {
    "Money moves": "tests/integration/readme_test.py",
    "The analyst's first five minutes": "tests/integration/analytics_test.py",
    "Feed real prices": "tests/integration/readme_test.py",
    "How it works": "tests/integration/readme_test.py",
}
# What none of them runs, and why.
NOT_RUN = {
    r"infra/test\b": "it is what runs the tests",
    r"bourse .* -h$": "runbooks_test.py asks every command what it is for",
    r"infra/demo\b": "infra/up runs it, in infra/test behind the tests of the page",
    r"tests/bench/": "it measures, for minutes, what a test cannot hold anybody to",
    r"kubectl ": "kubernetes_server_test.py types it, but for what wants pods",
}
FENCE = re.compile(r"^```\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(?:infra/process run )?"
                     r"((?:infra/[a-z]+(?= |$)|bourse [a-z]|kubectl [a-z]|tests/bench/[a-z]).*)")
# Where a service's, a file's or a partition's name stands.
GIVEN = {"orders", "desk"}


def tests():
    """What runs commands: the tests' sources, and the script that brings up their stacks."""
    folders = ("integration", "fault", "smoke", "contract")
    paths = [path for folder in folders for path in sorted((ROOT / "tests" / folder).glob("*.py"))
             if path.name != "readme_commands_test.py"]
    return {str(path.relative_to(ROOT)): path.read_text() for path in [*paths, ROOT / "infra/test"]}


SOURCES = tests()


def lines(text):
    return "\n".join(FENCE.findall(text)).replace("\\\n", " ").splitlines()


def sections():
    """(section, its commands) of the README's blocks, of each that has any."""
    for section in README.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        commands = [line for line in lines(text) if re.match(r"\$ |infra/|bourse ", line)]
        if commands:
            yield title, commands


def named():
    """(page, command) of each that nobody types as it stands."""
    for name, path in PAGES.items():
        text = path.read_text()
        given = [line.split(" #")[0] for line in lines(text) if not line.startswith("$ ")]
        given += [" ".join(found.split()) for found in INLINE.findall(FENCE.sub("", text))]
        for line in given:
            found = COMMAND.fullmatch(line.strip())
            if found:
                yield name, found[1]


def of_cluster():
    """What the pages type to a cluster, whole, in their order."""
    for path in PAGES.values():
        text = path.read_text()
        blocks = "\n".join(FENCE.findall(text)).replace("\\\n", " ").replace("|\n", "| ")
        yield from re.findall(r"^(kubectl [^#\n]*?) *(?:#.*)?$", blocks, re.MULTILINE)
        yield from re.findall(r"`(kubectl [a-z][^`]*)`", FENCE.sub("", text))


def why_not(command):
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, command)), None)


def has_all(text, command):
    """Whether a source names the program of a command, its words, and its options."""
    program, *rest = command.split()
    options = [word for word in rest if re.fullmatch(r"--?[a-z]+(-[a-z]+)*", word)]
    words = [word for word in rest if re.fullmatch(r"[a-z]+(-[a-z]+)*", word) and word not in GIVEN]
    if program == "bourse":
        called = all(f'"{word}"' in text for word in words)
    else:
        called = re.search(rf'\b{program}\b', text) or re.search(rf'\binfra\("{program.split("/")[1]}"', text)
    return bool(called) and all(re.search(rf'(?<![\w-]){option}(?![\w-])', text) for option in options)


class Commands(unittest.TestCase):
    def test_each_section_with_commands_to_type_is_somebodys(self):
        self.assertEqual({title for title, commands in sections() if any(c.startswith("$ ") for c in commands)},
                         set(TYPED))

    def test_who_types_a_section_reads_it(self):
        for title, path in TYPED.items():
            self.assertIn(title, SOURCES[path], path)
        self.assertIn("docs/runbooks", SOURCES["tests/integration/runbooks_test.py"])

    def test_each_other_command_is_called_by_a_test_or_it_is_said_why_not(self):
        commands = sorted(set(named()))
        self.assertGreater(len(commands), 50)
        for page, command in commands:
            if why_not(command) is None:
                with self.subTest(f"{page}: {command}"):
                    self.assertTrue(any(has_all(text, command) for text in SOURCES.values()))

    def test_each_reason_is_of_a_command_that_is_named(self):
        reasons = {why_not(command) for _, command in named()}
        self.assertEqual(reasons - {None}, set(NOT_RUN.values()))


if __name__ == "__main__":
    unittest.main()
