"""An Avro decoder that shares nothing with the services: schemas come from the registry's API."""
import json
import struct

LONGS = ("int", "long")


class Registry:
    """Decodes values in Confluent framing by the schemas that the gateway hands out."""

    def __init__(self, venue):
        self.public = venue.public
        self.schemas = {}

    def schema(self, number):
        """(schema, named types) of a schema id."""
        if number not in self.schemas:
            schema = json.loads(self.public.get(f"/schemas/ids/{number}").ok()["schema"])
            types = {}
            name_types(schema, None, types)
            self.schemas[number] = (schema, types)
        return self.schemas[number]

    def decode(self, value):
        """The record in a value, with the name of its type under "type"."""
        assert value[0] == 0, "not in Confluent framing"
        schema, types = self.schema(int.from_bytes(value[1:5], "big"))
        reader = Reader(value[5:], types)
        record = reader.read(schema)
        assert reader.place == len(value) - 5, "bytes are left over"
        return {"type": schema["name"], **record}


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
        assert 0 <= size <= len(self.body) - self.place, "the body ends early"
        self.place += size
        return self.body[self.place - size:self.place]

    def read_long(self):
        bits, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            bits |= (byte & 0x7f) << shift
            if byte < 0x80:
                return (bits >> 1) ^ -(bits & 1)
            shift += 7

    def read_blocks(self, read_item):
        items = []
        while (count := self.read_long()) != 0:
            if count < 0:
                count, _ = -count, self.read_long()
            items += [read_item() for _ in range(count)]
        return items

    def read(self, schema):
        if isinstance(schema, list):
            return self.read(schema[self.read_long()])
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind == "record":
            return {field["name"]: self.read(field["type"]) for field in schema["fields"]}
        if kind == "enum":
            return schema["symbols"][self.read_long()]
        if kind == "array":
            return self.read_blocks(lambda: self.read(schema["items"]))
        if kind == "map":
            entries = self.read_blocks(lambda: (self.read("string"), self.read(schema["values"])))
            return dict(entries)
        if kind == "fixed":
            return self.take(schema["size"])
        if isinstance(kind, (dict, list)) or kind in self.types:
            return self.read(kind if isinstance(kind, (dict, list)) else self.types[kind])
        return self.read_primitive(kind)

    def read_primitive(self, kind):
        if kind in LONGS:
            return self.read_long()
        if kind in ("bytes", "string"):
            found = self.take(self.read_long())
            return found.decode() if kind == "string" else found
        sizes = {"null": ("", 0), "boolean": ("<?", 1), "float": ("<f", 4), "double": ("<d", 8)}
        layout, size = sizes[kind]
        return struct.unpack(layout, self.take(size))[0] if size else None
