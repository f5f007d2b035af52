"""Records of an event topic that do not count are counted by its projector, and those that nobody who is in
order writes are told, with what to do."""
import contextlib
import json

import pytest

import topics
from metrics import counted, ports
from news_test import publish
from topics import fold, values
from venue import unique, wait_until

pytestmark = pytest.mark.disruptive
TOPIC = "bourse.desk.events"


def seen(venue, reason):
    """How many the projector has counted for that reason."""
    series = f'bourse_log_void_records_total{{topic="{TOPIC}",reason="{reason}"}}'
    return counted(ports(venue)["desk-projector"], series)


def told(venue, reason):
    """What it says of them in its log."""
    lines = (venue.run_dir / "logs/desk-projector.log").read_text(errors="replace").splitlines()
    found = [json.loads(line) for line in lines if '"log.void_record"' in line]
    return [line for line in found if line["reason"] == reason]


@contextlib.contextmanager
def without_writer(venue):
    venue.process("stop", "desk")
    try:
        yield
    finally:
        venue.process("start", "desk")
        venue.process("wait", "desk")


def folded(venue):
    """The fold of each partition at its end, with the last record of it that counts."""
    schemas, folds, last = values.event_schemas(), {}, {}
    for record in topics.read(venue, TOPIC):
        state = folds.setdefault(record.partition, fold.Fold("desk", record.partition, schemas))
        if state.step(record.offset, record.key, record.value, record.headers) == "VALID":
            last[record.partition] = record
    return folds, last


def varint(number):
    """A long that is not below zero, as Avro has it."""
    number, found = 2 * number, b""
    while number >= 0x80:
        number, found = number >> 7, found + bytes([number & 0x7f | 0x80])
    return found + bytes([number])


def behind_a_lost_one(record):
    """The same event, with the number of the next but one."""
    meta = values.event_schemas()[values.frame(record.value)[0]].decode_meta(values.frame(record.value)[1])
    numbered = lambda wseq: meta["nonce"] + varint(wseq) + meta["prev_hash"]
    assert record.value.count(numbered(meta["wseq"])) == 1
    return record.value.replace(numbered(meta["wseq"]), numbered(meta["wseq"] + 2))


def test_what_nobody_of_ours_appended_is_counted_and_told(venue):
    """It is shorter than a schema's id, so the doctor takes it for no newer version's."""
    before = seen(venue, "unreadable")
    topics.produce(venue, TOPIC, unique("nobody").encode(), [b"none"])
    wait_until(lambda: seen(venue, "unreadable") > before, 60, "the projector has passed over it")
    newest = told(venue, "unreadable")[-1]
    assert newest["level"] == "warn" and newest["topic"] == TOPIC and newest["offset"] > 0, newest
    assert "BourseLogForeignRecords" in newest["todo"], newest


def lose_one(venue, folder):
    """Has the newest event of a writer that has ended come once more, as the next but one; gives its partition and
    the fold of it before."""
    folds, last = folded(venue)
    partition, record = max((place for place in last.items() if not folds[place[0]].poisoned
                             and folds[place[0]].wseq > 0), key=lambda place: place[1].offset)
    forged = folder / "forged"
    forged.write_bytes(behind_a_lost_one(record))
    topics.kcat(venue, "-P", "-t", TOPIC, "-p", str(partition), "-k", "forged", str(forged))
    return partition, folds[partition]


def test_a_record_that_is_missing_is_counted_and_told_and_the_next_writer_goes_on(venue, tmp_path):
    publish(venue.staff_member("operator"))
    with without_writer(venue):
        before = seen(venue, "lost")
        partition, was = lose_one(venue, tmp_path)
        wait_until(lambda: seen(venue, "lost") == before + 1, 60, "the projector has seen that one is missing")
        assert folded(venue)[0][partition].poisoned
    newest = told(venue, "lost")[-1]
    assert newest["partition"] == partition and "BourseLogRecordsLost" in newest["todo"], newest
    again = folded(venue)[0][partition]
    assert not again.poisoned and again.epoch == was.epoch + 1
