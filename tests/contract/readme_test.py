#!/usr/bin/python3
"""The table of commands and events in schemas/README.md is complete and true."""
import re
import unittest

from contracts import COMMANDS, EVENTS, SCHEMAS

TEXT = (SCHEMAS / "README.md").read_text()
SECTION = TEXT.split("## Who answers what")[1].split("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in SECTION.splitlines() if line.startswith("| ") and "→ service" not in line]


def words(text, known):
    return [word for word in re.findall(r"[A-Z]\w+", text) if word in known]


class Readme(unittest.TestCase):
    def test_each_command_has_one_row_and_goes_to_its_service(self):
        rows = {row[0].split(" → ")[0]: row[0].split(" → ")[1] for row in ROWS if " → " in row[0]}
        self.assertEqual(set(rows), set(COMMANDS))
        for name, service in rows.items():
            with self.subTest(name):
                namespace = {"any": "bourse"}.get(service, f"bourse.{service}")
                self.assertEqual(COMMANDS[name]["namespace"], namespace)

    def test_each_event_is_in_the_table(self):
        self.assertEqual(set(EVENTS) - set(words(SECTION, EVENTS)), set())

    def test_the_table_names_no_other_events(self):
        named = {word for row in ROWS for cell in row[1:] for word in re.findall(r"[A-Z][a-z]\w+", cell)}
        self.assertEqual(named - set(EVENTS), set())

    def test_what_answers_is_said_to_answer(self):
        answering = set()
        for command, event, answer, _ in ROWS:
            answering |= set(words(event if answer == "the same" else answer, EVENTS))
        self.assertEqual(answering, {name for name, e in EVENTS.items() if e.get("answers")})

    def test_each_attribute_of_the_schemas_is_explained(self):
        known = {"type", "name", "namespace", "doc", "fields", "default", "symbols", "items", "size"}
        for schema in [*COMMANDS.values(), *EVENTS.values()]:
            used = set(schema) | {word for field in schema["fields"] for word in field}
            for word in used - known:
                with self.subTest(f"{schema['name']} {word}"):
                    self.assertIn(f"| `{word}` |", TEXT)


if __name__ == "__main__":
    unittest.main()
