"""Answers to a produce that brokers rarely give: a writer's records are refused while it runs, by the
brokers' rules or as too large. It is in doubt and begins again, and goes on once they are taken."""
import os

import pytest

import rounds
import topics
from faults import fenced
from venue import wait_until

SEED = int(os.environ.get("BOURSE_SEED", "1"))
TOPIC = "bourse.orders.events"
WRITERS = ("orders", "orders-2")

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


def events_are_denied(stack, _dice):
    """A rule that forbids goes before those that allow."""
    rule = ("--deny-principal", "User:orders", "--operation", "Write", "--topic", TOPIC)
    with_refusals(stack, lambda: topics.run_tool(stack, "AclCommand", "--add", *rule),
                  lambda: topics.run_tool(stack, "AclCommand", "--remove", *rule, "--force"))


def with_refusals(stack, begin, end):
    """Until a writer that ran has found out; it may not begin before it is mended, so it is started."""
    sizes = {name: stack.log_size(name) for name in WRITERS}
    begin()
    try:
        wait_until(lambda: any(fenced(stack, name, size) for name, size in sizes.items()), 60,
                   "a writer is in doubt")
    finally:
        end()
    stack.mend()


def test_nothing_is_lost_where_events_are_too_large(stack):
    history, seen = rounds.live_through(stack, SEED, [("events refused as too large", events_are_too_large)])
    rounds.judge(stack, history, seen, "fault-table-too-large")


def test_nothing_is_lost_where_a_writer_is_denied(stack):
    if stack.identity("reader") is None:
        pytest.skip("this stack has no TLS inside: BOURSE_TLS_INSIDE=on")
    history, seen = rounds.live_through(stack, SEED, [("events refused by a rule", events_are_denied)])
    rounds.judge(stack, history, seen, "fault-table-denied")
