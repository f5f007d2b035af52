#!/usr/bin/env python3
"""export.py - a range of a topic as Parquet or CSV, a file for each type of event.

    eval "$(infra/env)"
    infra/analytics/export.py bourse.orders.events parquet --type OrderEntered

Reads with the stock Confluent consumer and deserializer, by the schemas that the gateway hands out;
fold.py says which records count, the others are passed over. Into FOLDER/TOPIC/TYPE.parquet go
topic, partition, offset, key, the broker's time, then the event's own fields, nested as they are:
decimals exact (a field price_e8 is the decimal price), times as times. What was written by an older
schema is read by the newest. With --csv instead the columns of `bourse events tail --csv --type`.

POSITION is beginning, end, an offset, or a time of the log (2026-11-30T09:30:00Z); events are read
from the first whatever is exported, for only so is known which count. Of a command topic all records
are exported that can be read.
"""
import argparse
import csv
import datetime
import decimal
import json
import os
import pathlib
import sys
import time

import confluent_kafka
import pyarrow
import pyarrow.parquet
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

import fold
import values

POLL_S, SILENCE_MAX_S, BATCH_ROWS = 1, 30, 10_000
AWAY = {confluent_kafka.KafkaError._ALL_BROKERS_DOWN, confluent_kafka.KafkaError._TRANSPORT}  # it connects anew by itself
DECIMAL = pyarrow.decimal128(19, 8)  # any long in units of 10^-8
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
PLACE = [("topic", pyarrow.string()), ("partition", pyarrow.int32()), ("offset", pyarrow.int64()),
         ("key", pyarrow.string()), ("appended_at", pyarrow.timestamp("ms", "UTC"))]
CSV_PLACE = ["topic", "partition", "offset", "occurred_at", "key", "type"]


# --- Avro as Arrow ------------------------------------------------------------------------------------

PRIMITIVES = {"string": pyarrow.string(), "bytes": pyarrow.binary(), "boolean": pyarrow.bool_(),
              "int": pyarrow.int32(), "long": pyarrow.int64(), "float": pyarrow.float32(),
              "double": pyarrow.float64(), "enum": pyarrow.string(), "fixed": pyarrow.binary()}


def column(schema, types, exact=False):
    """(Arrow type, function that makes its values of the deserializer's) of a schema; None of a
    record without fields, which Parquet cannot say. `exact`: a long is a decimal in 10^-8."""
    if isinstance(schema, list):  # null or something
        arrow, convert = column(schema[1], types, exact)
        return arrow, lambda value: None if value is None else convert(value)
    if isinstance(schema, str) and schema in types:
        schema = types[schema]
    kind = schema["type"] if isinstance(schema, dict) else schema
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    if kind == "record":
        return record_columns(schema, types)
    if kind == "array":
        arrow, convert = column(schema["items"], types, exact)
        return pyarrow.list_(arrow), lambda value: [convert(item) for item in value]
    if kind == "map":
        arrow, convert = column(schema["values"], types, exact)
        return (pyarrow.map_(pyarrow.string(), arrow),
                lambda value: [(name, convert(item)) for name, item in value.items()])
    if logical == "timestamp-micros":
        return pyarrow.timestamp("us", "UTC"), lambda value: value
    if logical == "uuid":
        return pyarrow.string(), str
    if exact and kind == "long":
        return DECIMAL, lambda value: decimal.Decimal(value).scaleb(-8)
    return PRIMITIVES[kind], lambda value: value


def record_columns(schema, types):
    columns = [(field["name"], field["name"].removesuffix("_e8"),
                column(field["type"], types, field["name"].endswith("_e8"))) for field in schema["fields"]]
    columns = [(avro, name, found) for avro, name, found in columns if found is not None]
    if not columns:
        return None
    return (pyarrow.struct([(name, arrow) for _, name, (arrow, _) in columns]),
            lambda value: {name: convert(value[avro]) for avro, name, (_, convert) in columns})


# --- what is exported -----------------------------------------------------------------------------------

class Parquet:
    """The file of one type."""

    def __init__(self, path, arrow):
        self.schema, self.rows = pyarrow.schema(PLACE + list(arrow)), []
        self.writer = pyarrow.parquet.ParquetWriter(path, self.schema, compression="zstd")

    def add(self, place, event):
        self.rows.append({**place, **event})
        if len(self.rows) == BATCH_ROWS:
            self.flush()

    def flush(self):
        self.writer.write_table(pyarrow.Table.from_pylist(self.rows, self.schema))
        self.rows = []

    def close(self):
        self.flush()
        self.writer.close()


class Csv:
    """The same as CSV: what is nested is JSON."""

    def __init__(self, path, arrow):
        self.fields, self.type = [field for field in arrow.names if field != "meta"], path.stem
        self.file = open(path, "w", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file, lineterminator="\n")
        self.writer.writerow(CSV_PLACE + self.fields)

    def add(self, place, event):
        time = event["meta"].get("occurred_at") or event["meta"].get("received_at")
        self.writer.writerow([place["topic"], place["partition"], place["offset"], text(time), place["key"],
                              self.type, *(cell(event[field]) for field in self.fields)])

    def close(self):
        self.file.close()


def text(value):
    """A scalar that JSON has no form for, as `bourse` writes it."""
    if isinstance(value, decimal.Decimal):
        whole, _, part = f"{value:f}".partition(".")
        return f"{whole}.{part.rstrip('0').ljust(2, '0')}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.hex()


def cell(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        if value and isinstance(value[0] if isinstance(value, list) else None, tuple):
            value = dict(value)  # a map
        return json.dumps(value, default=text, separators=(",", ":"), ensure_ascii=False)
    return value if value is None or isinstance(value, (str, int)) else text(value)


class Type:
    """One type of message in a topic: how it is read, and where it goes."""

    def __init__(self, registry, topic, name, form, folder):
        latest = registry.get_latest_version(f"{topic}-{name}").schema.schema_str
        parsed = values.Schema(json.loads(latest))
        self.read, self.context = AvroDeserializer(registry, latest), SerializationContext(topic, MessageField.VALUE)
        arrow, self.convert = record_columns(parsed.schema, parsed.types)
        self.file = form(folder / f"{parsed.name}.{form.__name__.lower()}", pyarrow.schema(arrow))

    def add(self, message):
        event = self.convert(self.read(message.value(), self.context))
        self.file.add({"topic": message.topic(), "partition": message.partition(), "offset": message.offset(),
                       "key": (message.key() or b"").decode(), "appended_at": message.timestamp()[1]}, event)


# --- the topic ------------------------------------------------------------------------------------------

def properties(path):
    """A file of librdkafka properties, as infra/env names one."""
    lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def open_consumer():
    return confluent_kafka.Consumer({
        **properties(os.environ["BOURSE_KAFKA_CONFIG"]), "group.id": "analytics.export", "enable.auto.commit": False,
        "auto.offset.reset": "error", "check.crcs": True})


def open_registry():
    return SchemaRegistryClient({"url": os.environ["BOURSE_REGISTRY"],
                                 **({"ssl.ca.location": os.environ["BOURSE_CA"]} if os.environ.get("BOURSE_CA") else {})})


def surely(question):
    """What a broker answers; asked again while a connection to it is being replaced."""
    deadline = time.monotonic() + SILENCE_MAX_S
    while True:
        try:
            return question()
        except confluent_kafka.KafkaException as error:
            if time.monotonic() > deadline:
                sys.exit(f"the broker does not answer: {error}")
            time.sleep(0.1)


def ranges(consumer, topic, only):
    """{partition: (start, end)} of a topic."""
    known = surely(lambda: consumer.list_topics(topic, timeout=SILENCE_MAX_S)).topics[topic]
    if known.error is not None:
        sys.exit(f"cannot read {topic}: {known.error.str()}")
    ends = lambda number: surely(lambda: consumer.get_watermark_offsets(
        confluent_kafka.TopicPartition(topic, number), SILENCE_MAX_S))
    return {number: ends(number) for number in known.partitions if only in (None, number)}


def messages(consumer, topic, bounds):
    """Every record of the bounds, a partition's in its order; ends where one was not handed out."""
    due = {number: start for number, (start, end) in bounds.items() if start < end}
    consumer.assign([confluent_kafka.TopicPartition(topic, number, start) for number, start in due.items()])
    silent_s = 0
    while due:
        message = consumer.poll(POLL_S)
        away = message is None or message.error() is not None and message.error().code() in AWAY
        silent_s = silent_s + POLL_S if away else 0
        if away and silent_s < SILENCE_MAX_S:
            continue
        if away:
            sys.exit(f"cannot read {topic}: the broker does not answer")
        if message.error() is not None:
            sys.exit(f"cannot read {topic}: {message.error().str()}")
        number = message.partition()
        if number not in due:
            continue  # behind what was the end
        if message.offset() != due[number]:
            sys.exit(f"{topic}/{number}:{due[number]}: not handed out, though {message.offset()} was")
        due[number] += 1
        yield message
        if due[number] == bounds[number][1]:
            del due[number]


class Judge:
    """Which records of a topic count, and when each was."""

    def __init__(self, topic, schemas):
        _, self.service, self.kind = topic.split(".")
        self.schemas = schemas
        self.events = {number: schema for number, schema in schemas.items() if values.is_event(schema)}
        self.folds = {}

    def judge(self, message):
        """(whether it counts, the log's time in microseconds)"""
        if self.kind == "commands":
            return self.judge_command(message)
        number = message.partition()
        state = self.folds.setdefault(number, fold.Fold(self.service, number, self.events))
        headers = {name: found.decode("latin-1") for name, found in reversed(message.headers() or [])}
        try:
            verdict = state.step(message.offset(), message.key() or b"", message.value() or b"", headers)
        except fold.Stop as stop:
            sys.exit(f"{message.topic()}/{number}:{message.offset()}: {stop}")
        return verdict != "INERT", state.occurred_at

    def judge_command(self, message):
        try:
            number, body = values.frame(message.value() or b"")
            return True, self.schemas[number].decode(body)["meta"]["received_at"]
        except (values.Unreadable, KeyError):
            return False, 0


def position(given):
    """(kind, number) of a POSITION."""
    if given in ("beginning", "end") or given.isdigit():
        return (given, 0) if not given.isdigit() else ("offset", int(given))
    try:
        time = datetime.datetime.fromisoformat(given.replace("Z", "+00:00"))
        return "time", (time - EPOCH) // datetime.timedelta(microseconds=1)
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"'{given}' is no position") from None


def before(edge, message, end, occurred_at):
    kind, number = edge
    return {"beginning": False, "end": message.offset() < end, "offset": message.offset() < number,
            "time": occurred_at < number}[kind]


def export(options):
    consumer, registry, schemas = open_consumer(), open_registry(), values.schemas()
    folder, form = pathlib.Path(options.folder) / options.topic, Csv if options.csv else Parquet
    bounds, judge, types, counts = ranges(consumer, options.topic, options.partition), Judge(options.topic, schemas), {}, [0, 0, 0]
    folder.mkdir(parents=True, exist_ok=True)
    for message in messages(consumer, options.topic, bounds):
        valid, occurred_at = judge.judge(message)
        counts[0] += 1
        counts[1] += not valid
        end = bounds[message.partition()][1]
        if not valid or before(options.start, message, end, occurred_at) or not before(
                options.to, message, end, occurred_at):
            continue
        schema = schemas[values.frame(message.value())[0]].schema
        if options.type and schema["name"] not in options.type or options.key not in (
                None, (message.key() or b"").decode()):
            continue
        name = f"{schema['namespace']}.{schema['name']}"
        if name not in types:
            types[name] = Type(registry, options.topic, name, form, folder)
        types[name].add(message)
        counts[2] += 1
    for found in types.values():
        found.file.close()
    consumer.close()
    print(f"{options.topic}: {counts[0]} records read, {counts[1]} void, {counts[2]} exported into {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topic", metavar="TOPIC")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--from", dest="start", type=position, default=("beginning", 0), metavar="POSITION")
    parser.add_argument("--to", type=position, default=("end", 0), metavar="POSITION", help="what to stop before")
    parser.add_argument("--partition", type=int)
    parser.add_argument("--type", action="append", help="of this type only, as OrderEntered; again: or of this")
    parser.add_argument("--key", help="of this record key only")
    parser.add_argument("--csv", action="store_true")
    export(parser.parse_args())


if __name__ == "__main__":
    main()
