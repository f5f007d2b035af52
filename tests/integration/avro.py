"""Values decoded by the schemas that the gateway hands out, with the analysts' decoder, which shares
nothing with the services."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "infra" / "analytics"))
import values  # noqa: E402


class Registry:
    """Decodes values in Confluent framing."""

    def __init__(self, venue):
        self.public = venue.public
        self.schemas = {}

    def schema(self, number):
        """The schema of an id."""
        if number not in self.schemas:
            found = self.public.get(f"/schemas/ids/{number}").ok()["schema"]
            self.schemas[number] = values.Schema(json.loads(found))
        return self.schemas[number]

    def decode(self, value):
        """The record in a value, with the name of its type under "type"."""
        number, body = values.frame(value)
        schema = self.schema(number)
        return {"type": schema.name, **schema.decode(body)}
