#!/usr/bin/python3
"""fold.py - which records of Bourse's event topics count: the fold of libs/eventlog/PROTOCOL.md.

    eval "$(infra/env)"
    kcat -F "$BOURSE_KAFKA_CONFIG" -C -o beginning -e -q -J -t bourse.orders.events |
        infra/analytics/fold.py

prints each event that counts, decoded, as a line of JSON, and behind the last the state of every
partition (to stderr). It ends with status 1 where the log cannot be. Partitions are read from their
beginning; how they are interleaved does not matter.
"""
import hashlib
import json
import sys

import values

READER_VERSION = 1


class Stop(Exception):
    """What cannot be: a bug, or not the log that this reader knows."""


class Fold:
    """The fold of one partition. step() says VALID, CLAIM or INERT of its next record."""

    def __init__(self, service, partition, schemas):
        self.place, self.schemas = (service, partition), schemas
        self.any_schema = next(iter(schemas.values()))  # meta is at the head of each
        self.incarnation, self.next_offset, self.occurred_at, self.sources = None, 0, 0, {}
        self.start(0, None, bytes(32))

    def start(self, epoch, nonce, head):
        self.epoch, self.nonce, self.head, self.wseq, self.poisoned = epoch, nonce, head, 0, False

    def read(self, value):
        """(schema or None, meta or None) of a value."""
        try:
            number, body = values.frame(value)
            schema = self.schemas.get(number)
            return schema, (schema or self.any_schema).decode_meta(body)
        except values.Unreadable:
            return None, None

    def step(self, offset, key, value, headers):
        if offset < self.next_offset:
            raise Stop("the log went back")
        self.next_offset = offset + 1
        schema, meta = self.read(value)
        if meta is None:
            return "INERT"
        if (meta["service"], meta["partition"]) != self.place:
            return "INERT"
        writer = (meta["incarnation"], meta["epoch"], meta["nonce"])
        in_force = writer == (self.incarnation, self.epoch, self.nonce) and not self.poisoned
        due = meta["wseq"] == self.wseq + 1 and meta["prev_hash"] == self.head
        if schema is None:  # what would be the next to count is a newer version's
            claims = writer[:2] == (self.incarnation, self.epoch + 1) and meta["wseq"] == 0
            if self.incarnation is None or claims or in_force and due:
                raise Stop("its schema is not known here")
            return "INERT"
        head = blake2b(self.head + len(key).to_bytes(4, "big") + key + value)
        if schema.name == "LogCreated" and self.incarnation is not None:
            return "INERT"
        if schema.name == "LogCreated":
            whole(schema, value)
            self.incarnation, self.occurred_at, self.head = writer[0], meta["occurred_at"], head
            return "VALID"
        if self.incarnation is None:
            raise Stop("the log does not begin with LogCreated")
        if schema.name == "WriterClaimed":
            if writer[:2] != (self.incarnation, self.epoch + 1):
                return "INERT"
            if whole(schema, value)["min_reader"] > READER_VERSION:
                raise Stop("a newer version writes this log")
            self.start(writer[1], writer[2], head)
            return "CLAIM"
        if not in_force or meta["wseq"] <= self.wseq:
            return "INERT"
        if not due:
            self.poisoned = True
            return "INERT"
        self.check(meta, headers)
        self.wseq, self.head, self.occurred_at = meta["wseq"], head, meta["occurred_at"]
        self.sources.update((source_of(run), run["last_offset"]) for run in meta["cause"])
        return "VALID"

    def check(self, meta, headers):
        """Stops at what the next event cannot be."""
        if meta["occurred_at"] < self.occurred_at:
            raise Stop("its time lies before that of the event before it")
        if len({source_of(run) for run in meta["cause"]}) < len(meta["cause"]) or any(
                not self.sources.get(source_of(run), -1) < run["first_offset"] <= run["last_offset"]
                for run in meta["cause"]):
            raise Stop("it answers what was answered before")
        touches = (f"{touch['service']}/{'*' if touch['partition'] < 0 else touch['partition']}"
                   for touch in meta["touches"])
        said = {"epoch": str(meta["epoch"]), "wseq": str(meta["wseq"]), "nonce": meta["nonce"].hex(),
                "prev_hash": meta["prev_hash"].hex(), "touches": " ".join(touches)}
        if any(headers.get(name, "") != text for name, text in said.items()):
            raise Stop("a header says otherwise than the value")


def blake2b(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def source_of(run):
    return run["topic"], run["partition"]


def whole(schema, value):
    try:
        return schema.decode(values.frame(value)[1])
    except values.Unreadable as error:
        raise Stop(f"{schema.name} cannot be read: {error}") from error


def records_of(lines):
    """The records that `kcat -J` prints, one a line; its texts are bytes."""
    for line in lines:
        record = json.loads(line.decode("latin-1"))
        names = record.get("headers") or []
        yield (record["topic"], record["partition"], record["offset"],
               (record["key"] or "").encode("latin-1"), (record["payload"] or "").encode("latin-1"),
               dict(reversed(list(zip(names[::2], names[1::2])))))


def main():
    schemas, folds = values.event_schemas(), {}
    for topic, partition, offset, key, value, headers in records_of(sys.stdin.buffer):
        fold = folds.setdefault((topic, partition),
                                Fold(topic.split(".")[1], partition, schemas))
        if offset > fold.next_offset:
            sys.exit(f"{topic}/{partition}:{fold.next_offset}: not handed out, though {offset} was")
        try:
            verdict = fold.step(offset, key, value, headers)
        except Stop as stop:
            sys.exit(f"{topic}/{partition}:{offset}: {stop}")
        if verdict == "VALID":
            schema = schemas[values.frame(value)[0]]
            print(json.dumps({"partition": partition, "offset": offset, "type": schema.name,
                              **schema.decode(values.frame(value)[1])}, default=bytes.hex))
    for (topic, partition), fold in sorted(folds.items()):
        print(f"{topic}/{partition} next {fold.next_offset} epoch {fold.epoch} wseq {fold.wseq}"
              f" head {fold.head.hex()}{' poisoned' if fold.poisoned else ''}", file=sys.stderr)


if __name__ == "__main__":
    main()
