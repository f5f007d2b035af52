"""The checker finds what it is there to find: each wrong history is a right one with one thing changed."""
import copy
from decimal import Decimal

import pytest

from history import Operation
from history_check import Shown, check, check_totals

FULL, HALF, NONE = Decimal(10), Decimal(5), Decimal(0)


def right():
    operations = [
        Operation(0, "order", {}, "key-0", invoked=0, completed=1, outcome="ok", id="first"),
        Operation(0, "order", {}, "key-1", invoked=2, completed=3, outcome="ok", id="second"),
        Operation(1, "order", {}, "key-2", invoked=0, completed=9, outcome="failed"),
        Operation(1, "cancel", {}, "key-3", invoked=4, completed=5, outcome="ok"),
    ]
    log = {"entered": ["first", "second"], "authorized": {"first": (0, 7), "second": (0, 9)},
           "balances": {"ada": (0, [3, 7], [{"EUR": (FULL, NONE)}, {"EUR": (HALF, HALF)}])}}
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


def shown(offset, exact, available, locked, total=FULL):
    """One who was shown what ada has, up to an offset."""
    return Shown("somebody", 0, 1, {0: offset}, exact,
                 {"ada": {"EUR": (available, locked, total), "CEA": (NONE, NONE, NONE)}})


def judged(one):
    operations, log, accounts = right()
    return check(operations, log, accounts, shown=[one])


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


@pytest.mark.parametrize("one", [
    shown(4, True, FULL, NONE), shown(7, True, FULL, NONE), shown(8, True, HALF, HALF),
    shown(4, False, FULL, NONE), shown(4, False, HALF, HALF), shown(3, True, NONE, NONE, NONE)])
def test_what_was_so_may_be_shown(one):
    assert judged(one) == []


@pytest.mark.parametrize("one, word", [
    (shown(4, True, HALF, HALF), "not so"),  # it was not yet
    (shown(8, True, FULL, NONE), "not so"),  # it was before
    (shown(8, False, FULL, NONE), "not so"),
    (shown(8, False, HALF, FULL, HALF + FULL), "not so"),
    (shown(8, True, HALF, HALF, HALF), "not balanced"),
    (shown(8, True, FULL + HALF, -HALF), "not balanced")])
def test_what_was_never_so_is_found_out(one, word):
    assert any(word in finding for finding in judged(one))


def ledger(**changed):
    """Ten came in; three of them are under way, one the house took, two are due to a maker."""
    parts = {"account": "4", "proceeds": "2", "clearing": "3", "house": "1", "external": "-10", **changed}
    return [["EUR", part, amount] for part, amount in parts.items()]


def test_totals_that_are_conserved_pass():
    assert list(check_totals(ledger(), [], {"EUR": 10})) == []


@pytest.mark.parametrize("parts, uneven, put_in, word", [
    (ledger(account="5"), [], {}, "not conserved"), (ledger(clearing="2"), [], {}, "not conserved"),
    (ledger(account="5", external="-11"), [], {"EUR": 10}, "was put in"),
    ([], [], {"EUR": 10}, "was put in"),
    (ledger(account="-1", clearing="8"), [], {}, "below zero"), (ledger(), [[0, "EUR", "1"]], {}, "lines")])
def test_totals_that_are_not_are_found_out(parts, uneven, put_in, word):
    findings = list(check_totals(parts, uneven, put_in))
    assert any(word in finding for finding in findings), findings
