"""A graceful stop under load: each process in turn is told to end (SIGTERM) and started again, while
clients trade and follow streams. No request fails: whoever sends one is answered as if nothing was.

Where broker and database know everybody by a certificate, each process gets a new one first, which it
shows the broker from then on: so the new certificates of docs/runbooks/keys.md are taken, one by one."""
import os
import random
import threading

import pytest

from access_postgres_test import Renewed
from judge import read_log
from rounds import judge_table, judge_whole, live_through, named
from streams_test import begin, end, trade
from strict import GROUND, StrictHistory, assert_nothing_failed, kind_of, stopped, tell

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
pytestmark = pytest.mark.skipif(not FULL, reason="takes minutes: infra/test --full")
SEED = int(os.environ.get("BOURSE_SEED", "1"))
ROUNDS = 3


class Certificates:
    """New ones for processes, and at the end the old ones again."""

    def __init__(self, stack):
        self.stack, self.given = stack, {}

    def renew(self, name):
        if self.stack.identity("reader") is not None:
            name = name.removesuffix("-2")
            renewed = Renewed(self.stack, name, "clientAuth")
            self.given.setdefault(name, renewed)

    def renewed_and_stopped(self, name):
        stop = stopped(name)

        def fault(stack, dice):
            self.renew(name)
            stop(stack, dice)
        return fault

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for first in self.given.values():
            first.back()


class Streams:
    """Two who follow a market that others trade in, through both gateways, and end with its book."""

    def __init__(self, stack):
        self.stack, self.market = stack, stack.market()
        self.traders = [stack.trader("of streams", EUR=1000000) for _ in range(2)]
        for trader in self.traders:
            stack.fund(trader.account_id, self.market.asset, 100000)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.go_on)

    def go_on(self):
        doors = [[self.stack.through(door, trader) for trader in self.traders] for door in (0, 1)]
        while not self.over.is_set():
            for traders in doors:
                trade(traders, self.market, 4)

    def __enter__(self):
        self.listeners = begin(self.stack, self.market)
        self.thread.start()
        return self

    def __exit__(self, failed, *_):
        self.over.set()
        self.thread.join()
        if failed is None:
            end(self.stack, self.traders, self.market, self.listeners)


@pytest.fixture(scope="module")
def run(stack):
    dice, history = random.Random(SEED), StrictHistory(stack, SEED)
    names = [name for name in stack.names() if name not in GROUND] * ROUNDS
    dice.shuffle(names)
    with Certificates(stack) as certificates:
        faults = [(name, certificates.renewed_and_stopped(name)) for name in names]
        return live_through(stack, SEED, faults, dice, history, Streams(stack), tell)


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_no_request_failed(run):
    """And no stream lost an event, else the streams had not ended."""
    assert_nothing_failed(*run)


def test_the_history_agrees_with_the_log(stack, run, log):
    history, rounds = run
    judge_whole(stack, history, rounds, log)
    assert history.reads > 10 * ROUNDS and len(history.operations) > 10 * len(rounds)


def test_the_table_says_zero(run, log):
    judge_table(named(run[1], lambda name: f"graceful stop: {kind_of(name)}"), log, "fault-table-drain")
