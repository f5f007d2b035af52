#!/usr/bin/python3
"""The AsyncAPI document and docs/topics are what the schemas say, and the table has every service."""
import json
import re
import unittest

from contracts import COMMANDS, EVENTS, ROOT, SCHEMAS  # noqa: F401  (it sets the path to schemas/)

import topics

DOCUMENT = topics.asyncapi()


def references(node):
    """Every $ref in a document."""
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)


def found(reference):
    """What a $ref leads to."""
    node = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


class Topics(unittest.TestCase):
    def test_the_pages_are_what_the_schemas_say(self):
        written = {path.name: path.read_text() for path in (ROOT / "docs/topics").glob("*")}
        self.assertEqual(written, topics.pages(), "make them anew: schemas/topics.py pages")

    def test_every_service_has_its_topics(self):
        services = {path.parent.name for path in (ROOT / "services").glob("*/schema.sql")}
        self.assertEqual(set(topics.TABLE), services)
        self.assertEqual({channel["address"] for channel in DOCUMENT["channels"].values()},
                         {f"bourse.{service}.{kind}" for service in services for kind in ("events", "commands")})

    def test_every_message_is_in_a_topic_with_what_is_published_under_its_id(self):
        messages = DOCUMENT["components"]["messages"]
        self.assertEqual(len(messages), len(EVENTS) + len(COMMANDS))
        used = {reference.split("/")[-1] for reference in references(DOCUMENT["channels"])}
        self.assertEqual(used, set(messages))
        for name, message in messages.items():
            path = SCHEMAS / "history" / f"{message['x-schema-id']:05d}-{name}.avsc"
            self.assertEqual(message["payload"]["schema"], json.loads(path.read_text()), name)

    def test_every_reference_leads_somewhere(self):
        for reference in references([DOCUMENT["channels"], DOCUMENT["operations"],
                                     {name: {**message, "payload": None} for name, message
                                      in DOCUMENT["components"]["messages"].items()}]):
            self.assertIsInstance(found(reference), dict, reference)

    def test_what_is_said_of_retention_and_headers_is_what_the_code_does(self):
        log = (ROOT / "libs/eventlog/log_kafka_topics.c").read_text()
        self.assertIn(f'"{topics.COMMAND_RETENTION_MS}"', log)
        self.assertIn(f'TOPIC_MESSAGE_BYTES_MAX "{topics.MESSAGE_BYTES_MAX}"', log)
        headers = (ROOT / "libs/eventlog/headers.c").read_text()
        made = headers[headers.index("size_t headers_of_event("):headers.index("struct text headers_get(")]
        made += (ROOT / "libs/service/spans.c").read_text()
        self.assertEqual(set(re.findall(r'\{TEXT\("([a-z_-]+)"\), [^}]', made)), set(topics.HEADERS))


if __name__ == "__main__":
    unittest.main()
