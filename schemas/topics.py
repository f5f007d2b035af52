#!/usr/bin/python3
"""Makes what tells readers of the topics: the AsyncAPI document that the gateway serves, and a page a topic.

    topics.py asyncapi TARGET.json    (the build does this)
    topics.py pages                   writes docs/topics/

Both are made of topics.yaml and the Avro schemas; tests/contract keeps the pages in step.
"""
import datetime
import json
import pathlib
import sys

import openapi

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "infra" / "analytics"))
import values  # noqa: E402

PAGES, GOLDEN = ROOT / "docs" / "topics", ROOT / "tests" / "replay" / "v0.1"
TABLE = openapi.load(HERE / "topics.yaml")
COMMAND_RETENTION_MS, MESSAGE_BYTES_MAX = 604_800_000, 8_454_144  # libs/eventlog/log_kafka_topics.c
HEADERS = {  # of an event's record; libs/eventlog/headers.h
    "ce_specversion": ("1.0, of CloudEvents in binary mode", "always"),
    "ce_id": ("the event's id", "always"),
    "ce_source": ("/bourse/SERVICE/PARTITION", "always"),
    "ce_type": ("the full name of the event's type", "always"),
    "ce_time": ("when it happened", "always"),
    "epoch": ("of the writer (PROTOCOL.md)", "always"),
    "nonce": ("of the writer, hexadecimal", "always"),
    "wseq": ("number of the record in its epoch", "always"),
    "prev_hash": ("head of the log before the record, hexadecimal", "always"),
    "touches": ("whom it concerns: accounts/0 audit/*", "always"),
    "reply-to": ("the gateway that waits for it", "where one does"),
    "traceparent": ("the trace of its request, as W3C Trace Context has it", "where that is traced"),
}


def newest_versions():
    """{full name: (id, schema)} of what is written today, as generate.py published it."""
    found = {}
    for path in sorted((HERE / "history").glob("*.avsc")):
        number, name = path.stem.split("-", 1)
        found[name] = (int(number), json.loads(path.read_text()))
    return found


def sources(folder):
    """{full name: schema with our own attributes} of commands/ or events/."""
    schemas = [json.loads(path.read_text()) for path in sorted((HERE / folder).glob("*.avsc"))]
    return {f"{schema['namespace']}.{schema['name']}": schema for schema in schemas}


VERSIONS = newest_versions()
MESSAGES = {"events": sources("events"), "commands": sources("commands")}


def topics():
    """(service, kind, topic) of each."""
    return [(service, kind, f"bourse.{service}.{kind}") for service in TABLE for kind in MESSAGES]


def messages_of(service, kind):
    """{full name: schema} of what may be in a topic: the service's own, then what all have."""
    own = {n: s for n, s in MESSAGES[kind].items() if s["namespace"] == f"bourse.{service}"}
    return own | {n: s for n, s in MESSAGES[kind].items() if s["namespace"] == "bourse"}


# --- AsyncAPI ----------------------------------------------------------------------------------------

def message(name, schema, kind):
    number, published = VERSIONS[name]
    described = {
        "name": name, "title": schema["name"], "summary": schema["doc"],
        "contentType": "application/vnd.apache.avro+binary",
        "payload": {"schemaFormat": "application/vnd.apache.avro+json;version=1.9.0", "schema": published},
        "bindings": {"kafka": {"schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent",
                               "bindingVersion": "0.5.0"}},
        "x-schema-id": number}
    if kind == "events":
        described["traits"] = [{"$ref": "#/components/messageTraits/event"}]
    return described


def channel(service, kind, topic):
    names = messages_of(service, kind)
    keeps = {"cleanup.policy": ["delete"], "max.message.bytes": MESSAGE_BYTES_MAX,
             "retention.ms": -1 if kind == "events" else COMMAND_RETENTION_MS}
    return {"address": topic, "title": topic, "summary": about(service, kind),
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
            "bindings": {"kafka": {"topic": topic, "topicConfiguration": keeps, "bindingVersion": "0.5.0"}}}


def operation(service, kind, name):
    does = {"events": ("send", "Append what happened"), "commands": ("receive", "Decide what was asked")}
    action, summary = does[kind]
    return {"action": action, "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"{summary} ({service})"}


def asyncapi():
    named = [(f"{service}.{kind}", service, kind, topic) for service, kind, topic in topics()]
    header = {"type": "object",
              "properties": {name: {"type": "string", "description": text} for name, (text, _) in HEADERS.items()},
              "required": [name for name, (_, when) in HEADERS.items() if when == "always"]}
    return {
        "asyncapi": "3.0.0", "id": "urn:bourse",
        "info": {"title": "Bourse: the topics", "version": openapi.load(HERE / "openapi.yaml")["info"]["version"],
                 "description": "Not every record of an event topic counts: read them through the fold of "
                                "libs/eventlog/PROTOCOL.md. Values are Avro in Confluent framing; schemas are "
                                "served under /schemas/ids/{id}."},
        "defaultContentType": "application/vnd.apache.avro+binary",
        "servers": {"broker": {"host": "localhost:19092", "protocol": "kafka",
                               "description": "BOURSE_KAFKA", "bindings": {"kafka": {
                                   "schemaRegistryVendor": "confluent", "bindingVersion": "0.5.0"}}}},
        "channels": {name: channel(*place) for name, *place in named},
        "operations": {name: operation(service, kind, name) for name, service, kind, _ in named},
        "components": {
            "messages": {name: message(name, schema, kind)
                         for kind, schemas in MESSAGES.items() for name, schema in schemas.items()},
            "messageTraits": {"event": {"headers": header}}}}


# --- samples: from the recorded day of tests/replay ---------------------------------------------------

def records(path):
    """(key, value) of each record of a recorded log."""
    data, place = path.read_bytes(), 0

    def part():
        nonlocal place
        size = int.from_bytes(data[place:place + 4], "big")
        place += 4 + size
        return data[place - size:place]

    while place < len(data):
        key, value = part(), part()
        headers = int.from_bytes(data[place:place + 4], "big")
        place += 4
        for _ in range(2 * headers):
            part()
        yield key, value


def shown(schema, types, value):
    """A value as JSON shows it: libs/wire/record.h."""
    if isinstance(schema, list):
        return None if value is None else shown(schema[1], types, value)
    if isinstance(schema, str) and schema in types:
        schema = types[schema]
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return {field["name"].removesuffix("_e8"): shown_field(field, types, value[field["name"]])
                for field in schema["fields"]}
    if kind == "array":
        return [shown(schema["items"], types, item) for item in value]
    if kind == "map":
        return {name: shown(schema["values"], types, item) for name, item in value.items()}
    if isinstance(schema, dict) and schema.get("logicalType") == "timestamp-micros":
        since = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=value)
        return since.isoformat(timespec="microseconds") + "Z"
    return value.hex() if isinstance(value, bytes) else value


def shown_field(field, types, value):
    if not field["name"].endswith("_e8") or value is None:
        return shown(field["type"], types, value)
    if isinstance(value, dict):
        return {name: decimal(amount) for name, amount in value.items()}
    return decimal(value)


def decimal(amount_e8):
    whole, part = divmod(abs(amount_e8), 10 ** 8)
    digits = f"{part:08d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount_e8 < 0 else ''}{whole}.{digits}"


def decoded(schemas, value):
    """(schema, value as JSON shows it) of a record's value."""
    number, body = values.frame(value)
    schema = schemas[number]
    return schema, shown(schema.schema, schema.types, schema.decode(body))


def sample(service, kind):
    """(key, JSON) of the smallest of those records of the kind that the page shows which leave least empty; None where
    nobody made one that day."""
    schemas = values.schemas()
    found = []
    for path in sorted(GOLDEN.glob(f"{service}-*.log")):
        for key, value in records(path):
            if values.frame(value)[0] not in schemas:
                continue
            schema, event = decoded(schemas, value)
            if kind == "events" and schema.name == TABLE[service]["sample"]:
                found.append((empty_members(event), len(value), key.decode(), event))
            request = event["meta"]["request"]
            if kind == "commands" and request:
                asked, command = decoded(schemas, bytes.fromhex(request))
                if asked.schema["namespace"] == f"bourse.{service}":
                    found.append((empty_members(command), len(request), key_of(asked, command), {"type": asked.name, **command}))
    return min(found, key=lambda one: one[:3])[2:] if found else None


def key_of(asked, command):
    """The key of a command's record, as its schema says."""
    field = MESSAGES["commands"][f"{asked.schema['namespace']}.{asked.name}"]["key"]
    return field[1:].strip('"') if field.startswith("=") else command[field]


def empty_members(message):
    return sum(1 for member in message.values() if member in (None, [], {}, ""))


# --- pages --------------------------------------------------------------------------------------------

def about(service, kind):
    text = TABLE[service]["about"]
    return text if kind == "events" else f"What {service} is asked to decide: each gives exactly one event."


def sealed_fields(schema):
    """(field, whose key) of the fields that only a person's key opens."""
    return [(field["name"], field["sealed"]) for field in schema["fields"] if "sealed" in field]


def personal(service, kind):
    lines = [TABLE[service]["personal"], ""]
    sealed = [(schema["name"], sealed_fields(schema)) for schema in messages_of(service, kind).values()]
    rows = [f"| {name} | {', '.join(f'`{field}`' for field, _ in fields)} | {', '.join(sorted({key for _, key in fields}))} |"
            for name, fields in sealed if fields]
    if rows:
        lines += ["Sealed, under the key of the person that the last column names; once that is destroyed it is noise:", "",
                  "| message | sealed | whose key |", "|---|---|---|", *rows, ""]
    return lines + ["The `origin` in `meta` (network address, program) is sealed, too. No topic has a name, an address or a "
                    "password hash in clear.", ""]


def facts(service, kind):
    table = TABLE[service]
    if kind == "commands":
        key = "the field named below: an id, whose first bytes decide the partition, a symbol, or a fixed word"
        order = "of one key: as they came to the broker. A command is decided once, whatever is delivered again"
        kept = "7 days"
        reads = f"`{service}` alone; the broker lets nobody else (README, \"Who may do what, inside\")"
    else:
        key = table["key"]
        order = "total within a partition (`wseq`, `prev_hash`); across partitions by cause: `bourse events replay`"
        kept = "for ever"
        reads = "anybody who folds it (`libs/eventlog/PROTOCOL.md`): not every record counts"
    count = "the venue's (`BOURSE_PARTITIONS`)" if table["partitions"] == "venue" else str(table["partitions"])
    return [f"| key | {key} |", f"| order | {order} |", f"| kept | {kept} |", f"| partitions | {count} |",
            f"| who reads | {reads} |"]


def questions(service, kind, topic):
    if kind == "commands":
        return ["## Asking it", "",
                "Nobody needs to: a command's whole text is in the event that answers it (`meta.request`), under its id",
                "(`meta.command_id`). What came of one, in every service:", "",
                "```", "bourse events replay --command ID", "```", ""]
    lines = ["## Asking it", "", "```", f"infra/analytics/export.py {topic} parquet",
             "infra/analytics/ask.py parquet 'SELECT ...'", "```", ""]
    for ask in TABLE[service]["ask"]:
        lines += [ask["question"], "", "```sql", ask["sql"].strip(), "```", ""]
    return lines


def sample_lines(service, kind):
    found = sample(service, kind)
    if found is None:
        return []
    key, event = found
    return ["## A sample", "", f"Key `{key}`:", "", "```json", json.dumps(event, indent=1, ensure_ascii=False), "```", ""]


def key_cell(schema):
    if "key" not in schema:
        return ""
    key = schema["key"].replace('"', "")
    return f" `{key.removeprefix('=')}`, the word |" if key.startswith("=") else f" {key or 'set by its sender'} |"


def page(service, kind, topic):
    lines = [f"# {topic}", "", "Made by `schemas/topics.py` from `schemas/`: not to be edited.", "", about(service, kind), "",
             "| | |", "|---|---|", *facts(service, kind), "",
             "## What is in it", "", "| message | schema id | what |", "|---|---|---|"]
    if kind == "commands":
        lines[-2:] = ["| message | schema id | key | what |", "|---|---|---|---|"]
    lines += [f"| {schema['name']} | {VERSIONS[name][0]} |{key_cell(schema)} {schema['doc']} |"
              for name, schema in messages_of(service, kind).items()]
    if kind == "events":
        lines += ["", "Headers: " + ", ".join(f"`{name}`" for name in HEADERS) + "."]
    lines += ["", "## Personal data", "", *personal(service, kind), *sample_lines(service, kind),
              *questions(service, kind, topic)]
    return "\n".join(lines).rstrip() + "\n"


def pages():
    """{name: text} of docs/topics."""
    index = ["# The topics", "", "Made by `schemas/topics.py` from `schemas/`: not to be edited. `/asyncapi.json` is the same for",
             "programs.", "", "| topic | what |", "|---|---|"]
    index += [f"| [{topic}]({topic}.md) | {about(service, kind)} |" for service, kind, topic in topics()]
    return {"README.md": "\n".join(index) + "\n",
            **{f"{topic}.md": page(service, kind, topic) for service, kind, topic in topics()}}


def main():
    match sys.argv[1:]:
        case ["asyncapi", target]:
            pathlib.Path(target).write_text(json.dumps(asyncapi(), separators=(",", ":"), ensure_ascii=False))
        case ["pages"]:
            PAGES.mkdir(exist_ok=True)
            for name, text in pages().items():
                (PAGES / name).write_text(text)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
