#!/usr/bin/python3
"""verifier.py - Bourse's audit, checked by somebody else: a copied log, the venue's public key, this.

    tests/integration/verifier.py FOLDER KEY...

Prints what is wrong, a line each, and ends with status 1 where anything is. It shares nothing with
`bourse audit verify` but the words of the documents: libs/eventlog/copy.h (the files), PROTOCOL.md
(the fold), RFC 9162 (the tree), C2SP (signed notes). infra/analytics reads Avro and folds.
"""
import base64
import hashlib
import pathlib
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "infra" / "analytics"))
import fold as folds
import values

SCHEMAS = values.event_schemas()
TICKET = next(schema for schema in SCHEMAS.values() if schema.name == "TicketsIssued").types["Ticket"]


def records(path):
    """(offset, key, value, headers) of each record of a copy."""
    body = path.read_bytes()
    place = [body.index(b"\n", body.index(b"\n") + 1) + 1]

    def take(size):
        place[0] += size
        if place[0] > len(body):
            raise EOFError(f"{path.name} is cut off")
        return body[place[0] - size:place[0]]

    part = lambda: take(struct.unpack(">I", take(4))[0])
    while place[0] < len(body):
        offset, _ = struct.unpack(">qq", take(16))
        key, value = part(), part()
        count, = struct.unpack(">I", take(4))
        headers = [(part().decode("latin-1"), part().decode("latin-1")) for _ in range(count)]
        yield offset, key, value, dict(headers)


# --- notes --------------------------------------------------------------------------------------

def open_note(note, keys):
    """The text of a note that one of the keys has signed, else None."""
    text, _, lines = note.rpartition("\n\n")
    for name, number, public in (key.split("+", 2) for key in keys):
        for signature in re.findall(rf"^\u2014 {re.escape(name)} (\S+)$", lines, re.MULTILINE):
            signature = base64.b64decode(signature)
            try:
                Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:]).verify(
                    signature[4:], (text + "\n").encode())
            except InvalidSignature:
                continue
            if signature[:4].hex() == number:
                return text + "\n"
    return None


def checkpoint(text):
    origin, size, root, *lines = text.splitlines()
    said = [line.split() for line in lines]
    heads = {place: (int(offset), base64.b64decode(head))
             for word, place, offset, head in (line for line in said if line[0] == "head")}
    return {"origin": origin, "size": int(size), "root": base64.b64decode(root), "heads": heads}


def checkpoints(folder, keys):
    """The signed ones of a copied log, by their size, whatever else is wrong with it."""
    found = []
    for _, _, value, _ in records(folder / "audit-0.log"):
        try:
            number, body = values.frame(value)
            if SCHEMAS[number].name == "CheckpointSigned":
                found.append(open_note(SCHEMAS[number].decode(body)["note"], keys))
        except (values.Unreadable, KeyError):
            pass
    return [checkpoint(text) for text in found if text]


# --- the tree -----------------------------------------------------------------------------------

def encode(schema, value, types):
    """Avro, by the specification."""
    long = lambda number: (lambda z: bytes([z & 127 | 128]) + long_rest(z >> 7) if z > 127
                           else bytes([z]))(number << 1 if number >= 0 else ~(number << 1))
    if isinstance(schema, list):
        branch = 0 if value is None else 1
        return long(branch) + encode(schema[branch], value, types)
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return b"".join(encode(f["type"], value[f["name"]], types) for f in schema["fields"])
    if kind == "null":
        return b""
    if kind in ("int", "long"):
        return long(value)
    if kind == "string":
        data = value.encode(errors="surrogateescape")
        return long(len(data)) + data
    if kind == "enum":
        return long(schema["symbols"].index(value))
    return value if kind == "fixed" else encode(types[kind], value, types)


def long_rest(bits):
    return bytes([bits & 127 | 128]) + long_rest(bits >> 7) if bits > 127 else bytes([bits])


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01", root_of(leaves[:split]), root_of(leaves[split:]))


def leaf_of(ticket):
    types = next(schema for schema in SCHEMAS.values() if schema.name == "TicketsIssued").types
    return sha256(b"\x00", encode(TICKET, ticket, types))


# --- the chains ---------------------------------------------------------------------------------

def meta_of(value):
    try:
        return next(iter(SCHEMAS.values())).decode_meta(values.frame(value)[1])
    except values.Unreadable:
        return None


def head_of(previous, key, value):
    return folds.blake2b(previous + len(key).to_bytes(4, "big") + key + value)


def counting(rows, head, writer):
    """Without what an honest log may hold as well: records that do not count, where the next one
    that does fits the head before them."""
    idle = []
    for row in rows:
        _, _, key, value, meta = row
        if meta is None or not (meta["epoch"] == writer[0] + 1 if meta["wseq"] == 0 else
                                (meta["epoch"], meta["nonce"]) == writer[:2]
                                and meta["wseq"] > writer[2]):
            idle.append(row)
            continue
        yield from idle if meta["prev_hash"] != head else ()
        yield row
        idle, writer, head = [], (meta["epoch"], meta["nonce"], meta["wseq"]), head_of(head, key, value)
    yield from idle


def first_bad(rows, offset, head, writer, target):
    """The offset of the first record that is not what its neighbours say; None: all links hold."""
    rows = [(expected, *row[:3], meta_of(row[2])) for expected, row in enumerate(rows, offset)]
    rows, wseq = list(counting(rows, head, writer)), None
    for here, after, later in zip(rows, rows[1:] + [None], rows[2:] + [None, None]):
        expected, place, key, value, meta = here
        claims = meta is not None and meta["wseq"] == 0
        if place != expected or meta is None or not claims and meta["prev_hash"] != head or (
                not claims and wseq is not None and meta["wseq"] != wseq + 1):
            return expected
        wseq, head = meta["wseq"], head_of(head, key, value)
        if after is None or after[4] is not None and (
                after[4]["prev_hash"] == head or after[4]["wseq"] == 0):
            continue
        behind = later[4] and later[4]["prev_hash"] if later else target
        sound = after[4] and head_of(after[4]["prev_hash"], *after[2:4]) == behind
        return place if sound and after[4]["wseq"] == wseq + 1 else after[0]
    return None


def check_partition(place, rows, heads, take):
    """What is wrong with a partition: None, or (first, last) of the records that may be bad."""
    service, number = place.split("/")
    fold, due, start = folds.Fold(service, int(number), SCHEMAS), sorted(heads), None
    for index, (offset, key, value, headers) in enumerate(rows):
        epoch = fold.epoch if fold.incarnation else -1
        start = start or (index, fold.head, (epoch, fold.nonce, fold.wseq))
        try:
            verdict = fold.step(offset, key, value, headers)
        except folds.Stop:
            verdict = "STOP"
        if verdict == "VALID" and take:
            take(value)
        while due and due[0][0] <= offset + 1 or due and verdict == "STOP":
            if verdict == "STOP" or due[0] != (offset + 1, fold.head) or index != offset:
                bad = first_bad(rows[start[0]:due[0][0]], *start, due[0][1])
                if bad is None and verdict == "STOP":
                    bad = offset
                return (bad, bad) if bad is not None else (start[0], due[0][0] - 1)
            start, _ = None, due.pop(0)
    if due:
        bad = first_bad(rows[start[0]:], *start, None) if start else None
        return (bad, bad) if bad is not None else (len(rows), len(rows))
    return None


def verify(folder, keys, places=None):
    """{place: (first, last)} of the first bad records, and {"tree": size} of a wrong tree; of all
    partitions that are signed, or of these places."""
    folder = pathlib.Path(folder)
    signed, faults, leaves = checkpoints(folder, keys), {}, []

    def take(value):
        number, body = values.frame(value)
        try:
            event = SCHEMAS[number].decode(body)
        except values.Unreadable:
            return  # it counts by its head alone; the next signed one tells
        tickets = {"TicketsIssued": lambda: event["tickets"],
                   "RefusalRecorded": lambda: [event["ticket"]]}.get(SCHEMAS[number].name, list)
        leaves.extend(leaf_of(ticket) for ticket in tickets())

    for place in places or sorted({place for said in signed for place in said["heads"]}):
        rows = list(records(folder / (place.replace("/", "-") + ".log")))
        heads = {said["heads"][place] for said in signed if said["heads"][place][0] > 0}
        fault = check_partition(place, rows, heads, take if place == "audit/0" else None)
        faults.update({place: fault} if fault else {})
    if leaves and "audit/0" not in faults:
        faults.update({"tree": said["size"] for said in signed
                       if root_of(leaves[:said["size"]]) != said["root"]})
    return faults if signed else {"checkpoints": "none is signed"}


if __name__ == "__main__":
    found = verify(sys.argv[1], sys.argv[2:])
    for where, what in found.items():
        print(where, what)
    sys.exit(1 if found else 0)
