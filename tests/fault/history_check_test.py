"""The checker finds what it is there to find: each wrong history is a right one with one thing changed."""
import copy

import pytest

from history import Operation
from history_check import check


def right():
    operations = [
        Operation(0, "order", {}, "key-0", invoked=0, completed=1, outcome="ok", id="first"),
        Operation(0, "order", {}, "key-1", invoked=2, completed=3, outcome="ok", id="second"),
        Operation(1, "order", {}, "key-2", invoked=0, completed=9, outcome="failed"),
        Operation(1, "cancel", {}, "key-3", invoked=4, completed=5, outcome="ok"),
    ]
    log = {"entered": ["first", "second"], "authorized": {"first": (0, 7), "second": (0, 9)}}
    return operations, log, {"EUR": (100, 100)}


def lose_one(operations, log, accounts):
    log["entered"].remove("second")


def double_one(operations, log, accounts):
    log["entered"].append("first")


def execute_what_was_refused(operations, log, accounts):
    log["entered"].append("refused")


def never_know(operations, log, accounts):
    operations[3].completed = None


def overtake(operations, log, accounts):
    log["authorized"]["second"] = (0, 5)


def make_money(operations, log, accounts):
    accounts["EUR"] = (100, 101)


def give_one_order_to_two(operations, log, accounts):
    operations[1].id = "first"
    log["entered"].remove("second")


def test_a_right_history_passes():
    assert check(*right()) == []


@pytest.mark.parametrize("change, word", [
    (lose_one, "lost"), (double_one, "doubled"), (execute_what_was_refused, "unasked"),
    (never_know, "nobody knows"), (overtake, "overtaken"), (make_money, "together"),
    (give_one_order_to_two, "confused")])
def test_a_wrong_history_is_found_out(change, word):
    history = copy.deepcopy(right())
    change(*history)
    findings = check(*history)
    assert any(word in finding for finding in findings), findings


def test_what_clients_found_strange_is_a_finding():
    assert check(*right(), ["an order went back"]) == ["an order went back"]
