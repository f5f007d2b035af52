"""Bits of the log that have turned over on the broker's disk: whoever reads them says so and stops, or
reads what was written; nobody goes on with something else."""
import os
import random
import re
import shutil
import subprocess

import pytest

import segments
from stack import hash_of_market, one_in_each_partition
from venue import wait_until


FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))
TOPIC = "bourse.orders.events"
ORDERS = 40
PLACES = 50 if FULL else 6  # by chance, behind the heads of batches
PATIENCE_S = 30
STALLED = "stalled"


@pytest.fixture(scope="module")
def partition(stack):
    """One with events enough, and what its reader prints of it."""
    market = one_in_each_partition(stack.market, hash_of_market, 1)[0]
    trader = stack.trader("of broken disks", EUR=1000)
    for _ in range(ORDERS):
        trader.order(market, "buy", 1, "1").ok(201)
    return (hash_of_market(market) & 0x7fffffff) % 3


@pytest.fixture(autouse=True)
def whole(stack):
    """Who began to read meanwhile, as partitions changed hands, has ended."""
    yield
    stack.mend()


def read(stack, partition):
    """(whether it came to the end, what it printed, what it complained of) of one who reads it all."""
    command = ("run", "bourse", "events", "tail", TOPIC, "--partition", str(partition))
    try:
        done = wait_until(lambda: (found := stack.process(*command, check=False, timeout=PATIENCE_S))
                          and "cannot read" not in found.stderr and found, 60, "the broker answers")
    except subprocess.TimeoutExpired:
        return False, "", STALLED
    return done.returncode == 0, done.stdout, done.stderr


def damages(log, dice):
    """(what, place in the file, bits that turn over) of what is broken one by one."""
    heads = [place for _, place in segments.batches(log)]
    head = heads[len(heads) // 2]
    for field, (offset, bits) in segments.BATCH.items():
        for bit in bits:
            yield f"{field}, bit {bit:#04x}", head + offset, bit
    for _ in range(PLACES):
        head = dice.choice(heads[1:-2])
        size = segments.size_of(log, head)
        place = head + dice.randrange(segments.HEAD_SIZE, size)
        yield f"a byte of records at {place}", place, 1 << dice.randrange(8)


def test_whoever_reads_a_damaged_segment_says_so_and_stops(stack, partition):
    whole, before, complaint = read(stack, partition)
    assert whole and before.count("\n") > ORDERS, complaint
    segment = min(segments.folder_of(stack, TOPIC, partition).glob("*.log"))
    log, told, wrong = segment.read_bytes(), 0, []
    for what, place, bits in damages(log, random.Random(SEED)):
        with segments.damaged(segment, place, bits):
            came_to_the_end, printed, complaint = read(stack, partition)
        named = re.search(rf"{re.escape(TOPIC)}/{partition} at offset \d+", complaint)
        print(f"{what}: {'read' if came_to_the_end else complaint.strip()[:200]}", flush=True)
        told += named is not None
        is_prefix = before.startswith(printed)
        if not (printed == before if came_to_the_end else named and is_prefix):
            wrong.append((what, came_to_the_end, len(printed), len(before), complaint))
    assert wrong == []
    assert told > PLACES
    assert read(stack, partition)[:2] == (True, before), "all is as it was"


@pytest.fixture
def folder(stack):
    """Where the stack's user may write."""
    root = stack.run_dir / "backups"
    root.mkdir(mode=0o777, exist_ok=True)
    root.chmod(0o777)
    yield root
    shutil.rmtree(root)


def test_of_a_log_with_a_damaged_batch_there_is_no_backup(stack, partition, folder):
    """The checksum of a batch does not cover the offset at its head: the client library takes the batch
    for one that it has had, and hands out what comes behind."""
    segment = min(segments.folder_of(stack, TOPIC, partition).glob("*.log"))
    heads = segments.batches(segment.read_bytes())
    offset, head = heads[len(heads) // 2]
    place, bits = segments.BATCH["base offset"]
    with segments.damaged(segment, head + place, bits[-1]):
        refused = stack.process("run", "bourse", "backup", str(folder / "damaged"), "--only", "log",
                                check=False)
    assert refused.returncode != 0 and not (folder / "damaged/backup.json").exists(), refused.stdout
    assert f"{TOPIC}/{partition} at offset {offset}:" in refused.stderr, refused.stderr
    stack.process("run", "bourse", "backup", str(folder / "whole"), "--only", "log")
    assert (folder / "whole/backup.json").exists()
