"""A client of the event streams: messages as they come, and a book that is kept up by them.

Shares no code with the gateway: the recipe of the book and its checksum is that of schemas/README.md.
"""
import collections
import json
import time
import urllib.parse
import zlib
from decimal import Decimal

from venue import API

Message = collections.namedtuple("Message", "id event data")


def levels_text(levels):
    return [f"{level['price']}:{level['quantity']}" for level in levels[:10]]


def checksum_of(bids, asks):
    """Of the ten best levels of both sides, as JSON shows them, best first."""
    return zlib.crc32("|".join(levels_text(bids) + levels_text(asks)).encode())


class Stream:
    """One connection to a stream; iterate over it for its messages. Comments are counted."""

    def __init__(self, session, path, last_event_id=None, timeout=30, **query):
        self.last_event_id = last_event_id
        self.comments = 0
        self.retry = None
        self.timeout = timeout
        self.connection = session.venue.connect()
        self.connection.timeout = timeout
        headers = {"Accept": "text/event-stream", **session.credentials()}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self.connection.request("GET", f"{API}/{path}?{urllib.parse.urlencode(query)}",
                                headers=headers)
        self.response = self.connection.getresponse()

    def __enter__(self):
        assert self.response.status == 200, (self.response.status, self.response.read())
        assert self.response.headers["Content-Type"] == "text/event-stream"
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection.sock is not None:
            self.connection.sock.close()
        self.response.close()
        self.connection.close()

    def __iter__(self):
        return self

    def __next__(self):
        """The next message; StopIteration where the server has ended the stream. Fails where none
        has come in time, however many comments have."""
        fields = {}
        deadline = time.monotonic() + self.timeout
        while True:
            assert time.monotonic() < deadline, f"no message within {self.timeout} s"
            line = self.response.readline().decode()
            if line == "":
                raise StopIteration
            line = line.rstrip("\n")
            if line == "":
                self.last_event_id = fields.get("id", self.last_event_id)
                if "data" in fields:
                    return Message(self.last_event_id, fields.get("event", "message"),
                                   json.loads(fields["data"]))
                fields = {}
            elif line.startswith(":"):
                self.comments += 1
            else:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                self.retry = fields.get("retry", self.retry)

    def next(self, *events):
        """The next message, which has to be one of these, where any are named."""
        message = next(self)
        assert not events or message.event in events, message
        return message

    def until(self, *events):
        """All messages up to the first of these."""
        messages = []
        while not messages or messages[-1].event not in events:
            messages.append(next(self))
        return messages


class Book:
    """One instrument's book, as the stream tells it; checked with each message."""

    def __init__(self, symbol):
        self.symbol = symbol
        self.sequence = None
        self.sides = {"bids": {}, "asks": {}}

    def take(self, message):
        """Whether it was a message about this book; it must fit what is known."""
        if message.event not in ("snapshot", "book") or message.data["symbol"] != self.symbol:
            return False
        if message.event == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        else:
            assert message.data["previous_sequence"] == self.sequence, message
        self.sequence = message.data["sequence"]
        for side, levels in self.sides.items():
            for level in message.data[side]:
                price = Decimal(level["price"])
                levels.pop(price, None)
                if Decimal(level["quantity"]) > 0:
                    levels[price] = level
        assert self.checksum() == message.data["checksum"], (message, self.sides)
        return True

    def levels(self, side):
        prices = sorted(self.sides[side], reverse=side == "bids")
        return [self.sides[side][price] for price in prices]

    def checksum(self):
        return checksum_of(self.levels("bids"), self.levels("asks"))

