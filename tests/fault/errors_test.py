"""Answers to a produce that brokers rarely give: a writer's records are refused while it runs, by the
brokers' rules or as too large. It is in doubt and begins again, and goes on once they are taken."""
import os

import pytest

import rounds
import topics
from faults import fenced
from read_model import assert_tickets_gapless
from venue import unique, wait_until

SEED = int(os.environ.get("BOURSE_SEED", "1"))
TOPIC = "bourse.orders.events"
HAD = 1000  # by whom an operator pays into

pytestmark = pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1",
                                reason="a minute more of the stack: infra/test --full")


def set_size(stack, *change):
    topics.run_tool(stack, "kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics",
                    "--entity-name", TOPIC, *change)


def events_are_too_large(stack, _dice):
    """No batch of events fits into what the topic takes now."""
    size = largest(stack)
    with_refusals(stack, lambda: set_size(stack, "--add-config", "max.message.bytes=100"),
                  lambda: set_size(stack, "--add-config", f"max.message.bytes={size}"))


def largest(stack):
    printed = topics.run_tool(stack, "kafka.admin.ConfigCommand", "--describe", "--entity-type", "topics",
                              "--entity-name", TOPIC).decode()
    return next(word.split("=")[1].rstrip(",") for word in printed.split()
                if word.startswith("max.message.bytes="))


def denied(service, meanwhile=lambda: None):
    """A rule that forbids a service its own events goes before those that allow."""
    rule = ("--deny-principal", f"User:{service}", "--operation", "Write",
            "--topic", f"bourse.{service}.events")

    def fault(stack, _dice):
        with_refusals(stack, lambda: topics.run_tool(stack, "AclCommand", "--add", *rule),
                      lambda: topics.run_tool(stack, "AclCommand", "--remove", *rule, "--force"),
                      service, meanwhile)
    return fault


def with_refusals(stack, begin, end, service="orders", meanwhile=lambda: None):
    """Until a writer that ran has found out; it may not begin before it is mended, so it is started."""
    sizes = {name: stack.log_size(name) for name in (service, f"{service}-2")}
    begin()
    try:
        wait_until(lambda: any(fenced(stack, name, size) for name, size in sizes.items()), 60,
                   "a writer is in doubt")
        meanwhile()
    finally:
        end()
    stack.mend()


class Operator:
    """Pays into an account while that cannot be done, or cannot have its ticket, and asks again under the
    same key behind it."""

    def __init__(self, stack):
        self.stack, self.key = stack, unique("denied")
        self.account = stack.trader("is paid", EUR=HAD).account_id
        self.request = ("POST", f"admin/accounts/{self.account}/deposits", {"asset": "EUR", "amount": 1})

    def is_not_told_that_it_is_done(self):
        answer = self.stack.admin().request(*self.request, key=self.key)
        assert answer.status in (202, 503), answer

    def sees_nothing_changed(self):
        self.is_not_told_that_it_is_done()
        assert [door.balance(self.account, "EUR") for door in self.stack.doors] == [(HAD, 0)] * 2

    def finds_it_done_once(self):
        first, again = (self.stack.admin().surely(*self.request, key=self.key).ok(201) for _ in range(2))
        assert first["id"] == again["id"] and first["ticket_id"] == again["ticket_id"]
        self.stack.wait_for_balance(self.account, "EUR", HAD + 1, 0)
        tickets = self.stack.sql("SELECT count(*) FROM audit.ticket_logs WHERE id ="
                                 f" '{first['ticket_id']}'")
        assert tickets == [[1]]
        assert_tickets_gapless(self.stack)


def test_nothing_is_lost_where_events_are_too_large(stack):
    history, seen = rounds.live_through(stack, SEED, [("events refused as too large", events_are_too_large)])
    rounds.judge(stack, history, seen, "fault-table-too-large")


@pytest.fixture
def inside(stack):
    if stack.identity("reader") is None:
        pytest.skip("this stack has no TLS inside: BOURSE_TLS_INSIDE=on")


def test_nothing_is_lost_where_a_writer_is_denied(stack, inside):
    history, seen = rounds.live_through(stack, SEED, [("events refused by a rule", denied("orders"))])
    rounds.judge(stack, history, seen, "fault-table-denied")


def test_an_operator_changes_nothing_that_cannot_be_logged(stack, inside):
    """What the ledger does is in its events, or was not done."""
    operator = Operator(stack)
    history, seen = rounds.live_through(stack, SEED, [
        ("ledger's events refused by a rule", denied("accounts", operator.sees_nothing_changed))])
    rounds.judge(stack, history, seen, "fault-table-ledger-denied")
    operator.finds_it_done_once()


def test_an_operator_is_not_answered_before_there_is_a_ticket(stack, inside):
    """What was done is in the log of who did it, and its ticket follows once there can be one."""
    operator = Operator(stack)
    history, seen = rounds.live_through(stack, SEED, [
        ("tickets refused by a rule", denied("audit", operator.is_not_told_that_it_is_done))])
    rounds.judge(stack, history, seen, "fault-table-tickets-denied")
    operator.finds_it_done_once()
