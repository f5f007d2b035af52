"""The values of Bourse's records, in Python's standard library: Confluent framing, then Avro by the
schema of that id. Strict: what is not of its schema is Unreadable, as it is to the services."""
import json
import pathlib
import re
import struct

HISTORY = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "history"
FRAME_SIZE = 5
VALUE_SIZE_MAX = 8_000_000
TIME_MIN_US, TIME_MAX_US = -62_167_219_200_000_000, 253_402_300_799_999_999  # years 0000 to 9999
UUID = re.compile("-".join(f"[0-9a-fA-F]{{{size}}}" for size in (8, 4, 4, 4, 12)))


class Unreadable(Exception):
    """Bytes that are not what their schema says."""


def need(condition, what):
    if not condition:
        raise Unreadable(what)


def frame(value):
    """(schema id, body) of a value."""
    need(FRAME_SIZE <= len(value) <= VALUE_SIZE_MAX and value[0] == 0, "not in Confluent framing")
    return int.from_bytes(value[1:FRAME_SIZE], "big"), value[FRAME_SIZE:]


class Schema:
    """One schema, self-contained, with the types it names."""

    def __init__(self, schema):
        self.schema, self.name, self.types = schema, schema["name"], {}
        self.meta = schema["fields"][0]["type"] if "fields" in schema else None
        name_types(schema, None, self.types)

    def decode(self, body):
        reader = Reader(body, self.types)
        record = reader.read(self.schema)
        need(reader.place == len(body), "bytes are left over")
        return record

    def decode_meta(self, body):
        """The first field, whatever follows."""
        return Reader(body, self.types).read(self.meta)


def schemas(folder=HISTORY):
    """Each schema that was ever published, by its id."""
    return {int(path.name.split("-")[0]): Schema(json.loads(path.read_text()))
            for path in pathlib.Path(folder).glob("*.avsc")}


def is_event(schema):
    return isinstance(schema.meta, dict) and schema.meta["name"] == "EventMeta"


def event_schemas(folder=HISTORY):
    """Those of events."""
    return {number: schema for number, schema in schemas(folder).items() if is_event(schema)}


def name_types(schema, namespace, types):
    """Notes each named type under its full name, as references use it."""
    if isinstance(schema, list):
        for branch in schema:
            name_types(branch, namespace, types)
    elif isinstance(schema, dict):
        namespace = schema.get("namespace", namespace)
        if "name" in schema:
            types[schema["name"]] = types[f"{namespace}.{schema['name']}"] = schema
        for field in schema.get("fields", []):
            name_types(field["type"], namespace, types)
        for inner in ("items", "values", "type"):
            if isinstance(schema.get(inner), (dict, list)):
                name_types(schema[inner], namespace, types)


class Reader:
    """Values out of one body, by the Avro specification."""

    def __init__(self, body, types):
        self.body, self.types, self.place = body, types, 0

    def take(self, size):
        need(0 <= size <= len(self.body) - self.place, "the body ends early")
        self.place += size
        return self.body[self.place - size:self.place]

    def read_long(self):
        bits = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            bits |= (byte & 0x7f) << shift
            if byte < 0x80:
                need(bits < 1 << 64, "a number is too long")
                return (bits >> 1) ^ -(bits & 1)
        raise Unreadable("a number does not end")

    def read_within(self, low, high):
        number = self.read_long()
        need(low <= number <= high, "a number is out of range")
        return number

    def read_blocks(self, read_item):
        items = []
        while (count := self.read_long()) != 0:
            if count < 0:
                count, _ = -count, self.read_long()
            need(count <= len(self.body) - self.place, "there cannot be so many")
            items += [read_item() for _ in range(count)]
        return items

    def read(self, schema):
        if isinstance(schema, list):
            return self.read(schema[self.read_within(0, len(schema) - 1)])
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind == "record":
            return {field["name"]: self.read(field["type"]) for field in schema["fields"]}
        if kind == "enum":
            return schema["symbols"][self.read_within(0, len(schema["symbols"]) - 1)]
        if kind == "array":
            return self.read_blocks(lambda: self.read(schema["items"]))
        if kind == "map":
            entries = self.read_blocks(lambda: (self.read("string"), self.read(schema["values"])))
            return dict(entries)
        if kind == "fixed":
            return self.take(schema["size"])
        if isinstance(kind, (dict, list)) or kind in self.types:
            return self.read(kind if isinstance(kind, (dict, list)) else self.types[kind])
        found = self.read_primitive(kind)
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        need(logical != "uuid" or UUID.fullmatch(found), "not a uuid")
        need(logical != "timestamp-micros" or TIME_MIN_US <= found <= TIME_MAX_US, "not a time")
        return found

    def read_primitive(self, kind):
        if kind == "long":
            return self.read_long()
        if kind == "int":
            return self.read_within(-1 << 31, (1 << 31) - 1)
        if kind in ("bytes", "string"):
            found = self.take(self.read_long())
            return found.decode(errors="surrogateescape") if kind == "string" else found
        if kind == "boolean":
            return self.read_within_byte() == 1
        sizes = {"null": ("", 0), "float": ("<f", 4), "double": ("<d", 8)}
        layout, size = sizes[kind]
        return struct.unpack(layout, self.take(size))[0] if size else None

    def read_within_byte(self):
        byte = self.take(1)[0]
        need(byte <= 1, "neither true nor false")
        return byte
