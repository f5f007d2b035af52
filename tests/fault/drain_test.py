"""A graceful stop under load: each process in turn is told to end (SIGTERM) and started again, while
clients trade and follow streams. No request fails: whoever sends one is answered as if nothing was.

Where broker and database know everybody by a certificate, each process gets a new one first, which it
shows the broker from then on: so the new certificates of docs/runbooks/keys.md are taken, one by one."""
import os
import random
import threading
import time

import pytest

from access_postgres_test import Renewed
from faults import suffer
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log, table_row)
from read_model import assert_tickets_gapless, wait_until_at_rest
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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for first in self.given.values():
            first.back()


class Streams:
    """Two who follow a market that others trade in, through both gateways."""

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

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@pytest.fixture(scope="module")
def run(stack):
    dice, rounds = random.Random(SEED), []
    history, streams = StrictHistory(stack, SEED), Streams(stack)
    names = [name for name in stack.names() if name not in GROUND] * ROUNDS
    dice.shuffle(names)
    with Certificates(stack) as certificates, streams, history:
        history.wait_for_all(time.monotonic())
        for name in names:
            certificates.renew(name)
            rounds.append(suffer(stack, history, name, stopped(name), dice))
            tell(history, rounds[-1])
    end(stack, streams.traders, streams.market, streams.listeners)
    history.resolve()
    wait_until_at_rest(stack)
    return history, rounds


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_no_request_failed(run):
    """And no stream lost an event, else the streams had not ended."""
    assert_nothing_failed(*run)


def test_the_history_agrees_with_the_log(stack, run, log):
    history, rounds = run
    assert_history_holds(history, log, rounds)
    assert_each_command_answered_once(stack, log)
    assert_projections_say_what_the_log_says(stack, history, log)
    assert_tickets_gapless(stack)
    assert history.reads > 10 * ROUNDS and len(history.operations) > 10 * len(rounds)


def test_the_table_says_zero(run, log):
    _, rounds = run
    for kind in sorted({kind_of(one.name) for one in rounds}):
        these = [one for one in rounds if kind_of(one.name) == kind]
        line = table_row(f"graceful stop: {kind}", len(these),
                         [each for one in these for each in one.in_flight], log,
                         max(one.recovered - one.healed for one in these))
        print(line)
        assert [cell.strip() for cell in line.split("|")[4:7]] == ["0", "0", "0"], line
