"""The database's primary is gone, and a standby that was behind takes its place: tables go back with
their positions and are projected again, nobody is shown what is old as if it were new, and what was
taken away since is not there again."""
import contextlib
import os
import random
import time

import pytest

from erasure_test import Person, erase, rows_with, wait_until_forgotten
from faults import suffer
from history import History, positions_of
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log, table_row)
from read_model import assert_tickets_gapless, wait_until_at_rest
from restore_test import key_of, wrapped_key
from standby import Standby, positions_in
from topics import SERVICES
from venue import PASSWORD, Session, psql, wait_until

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
pytestmark = pytest.mark.skipif(not FULL, reason="takes a minute and a half: infra/test --full")
SEED = int(os.environ.get("BOURSE_SEED", "1"))
BEHIND = 200 # records that the tables lose at least
READ_S = 10


class TakenAway:
    """What the standby still has, for it is taken away while it is cut off."""

    def __init__(self, stack):
        self.stack, self.person = stack, Person(stack)
        someone = stack.register("leaves")
        self.tokens = stack.login(someone.user["email"], PASSWORD).ok()
        self.user = someone
        self.key_id, self.key = key_of(stack, someone)
        wait_until(lambda: self.key.get("auth/me").status == 200, 10, "the key is good")

    def take(self):
        Session(self.stack, self.tokens["access_token"]).post("auth/logout").ok()
        self.user.delete(f"settings/api-keys/{self.key_id}").ok()
        erase(self.stack, self.person)
        wait_until_forgotten(self.stack, self.person)
        assert wrapped_key(self.stack, self.person.id) in ([], [""])

    def assert_gone(self):
        for door in self.stack.doors:
            Session(door, self.tokens["access_token"]).get("auth/me").refused(401, "TOKEN_REVOKED")
        self.key.get("auth/me").refused(401, "TOKEN_REVOKED")
        wait_until(lambda: wrapped_key(self.stack, self.person.id) in ([], [""]), 60,
                   "the key is destroyed again, with no restart")
        wait_until_forgotten(self.stack, self.person)
        assert not rows_with(self.stack, self.person.words)


class Reader:
    """Sees an order, and then what becomes of it in tables that went back."""

    def __init__(self, stack):
        trader = stack.trader("reader", EUR=100)
        self.sessions = [stack.through(door, trader) for door in (0, 1)]
        self.market = stack.market()

    def order(self):
        answer = self.sessions[0].order(self.market, "buy", 1, "0.01")
        self.id = answer.ok(201)["id"]
        self.shown = answer.headers["X-Position"]

    def read(self, door):
        return self.sessions[door].get(f"orders/{self.id}", headers={"X-Position": self.shown})

    def assert_told_that_it_is_old(self):
        """Its tables stand still: each gateway waits, and then says how far what it shows is."""
        for door in (0, 1):
            wait_until(lambda d=door: self.read(d).status != 503, READ_S, "the database is there")
            answer = self.read(door)
            assert is_older(answer, self.shown), (self.shown, answer, dict(answer.headers))

    def assert_sees_it(self):
        for door in (0, 1):
            answer = wait_until(lambda d=door: seen(self.read(d)), READ_S, "the order is there again")
            assert not is_older(answer, self.shown), (self.shown, answer, dict(answer.headers))


def seen(answer):
    return answer if answer.status == 200 else None


def is_older(answer, shown):
    """Whether an answer says that its tables lack something of orders that was shown."""
    read_at = positions_of(answer, "X-Projection-Position")
    named = [entry.rpartition(":") for entry in shown.split() if "<" not in entry]
    return any(read_at.get(place, -1) < int(offset) for place, _, offset in named
               if place.startswith("orders/"))


def positions(stack):
    return positions_in(psql(stack.database("bourse", "postgres"),
                             "SELECT service || '/' || partition || ' ' || next_offset"
                             " FROM bourse.positions"))


def orders_in(found):
    return {place: offset for place, offset in found.items() if place.startswith("orders/")}


def lost(before, after):
    return sum(before[place] - after[place] for place in before)


@contextlib.contextmanager
def frozen(stack, name):
    stack.freeze(name)
    try:
        yield
    finally:
        stack.thaw(name)


@pytest.fixture(scope="module")
def run(stack):
    """Clients act, through all of it; gives their history and its one round."""
    taken, reader, history = TakenAway(stack), Reader(stack), History(stack, SEED)
    wait_until_at_rest(stack)
    with Standby(stack) as standby, history:
        history.wait_for_all(time.monotonic())
        standby.wait_until_level()
        standby.cut_off()
        behind = standby.positions()
        taken.take()
        reader.order()
        wait_until(lambda: lost(positions(stack), behind) > BEHIND, 60, "the standby is behind")

        def primary_is_lost(stack, _dice):
            with frozen(stack, "orders-projector"):
                before = orders_in(positions(stack))
                stack.kill("postgres")
                standby.promote()
                after = orders_in(positions(stack))
                assert all(after[place] < before[place] for place in before), (before, after)
                reader.assert_told_that_it_is_old()
            stack.mend()

        round_ = suffer(stack, history, "late standby promoted", primary_is_lost, random.Random(SEED))
    reader.assert_sees_it()
    history.resolve()
    wait_until_at_rest(stack)
    return history, round_, taken


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_the_history_agrees_with_the_log(stack, run, log):
    assert_history_holds(run[0], log, [run[1]])
    assert run[0].reads > 10 and len(run[0].operations) > 50
    assert_each_command_answered_once(stack, log)


def test_what_was_taken_away_is_not_there_again(run):
    run[2].assert_gone()


def test_the_tables_are_those_of_the_log(stack, run, log):
    """The positions are the log's ends (wait_until_at_rest), and made anew the tables are the same."""
    assert_projections_say_what_the_log_says(stack, run[0], log)
    assert_tickets_gapless(stack)
    for service in SERVICES:
        stack.bourse("projection", "rebuild", service, "--beside")
        stack.bourse("projection", "drop", service)


def test_the_table_says_zero(run, log):
    history, round_, _ = run
    line = table_row(round_.name, 1, round_.in_flight, log, round_.recovered - round_.healed)
    print(f"stale reads that said so: {history.stale}; the fault itself took"
          f" {round_.healed - round_.injected:.1f} s\n{line}")
    assert [cell.strip() for cell in line.split("|")[4:7]] == ["0", "0", "0"], line
