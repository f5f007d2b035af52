"""Whoever reads the totals finds what does not add up: a row is changed by hand, and put back."""
import contextlib
from decimal import Decimal

import pytest

from totals import Totals
from venue import psql, wait_until

PUT_IN = 100


@pytest.fixture(scope="module")
def held(stack):
    """Somebody alone with an asset: (account, asset)."""
    market = stack.market()
    trader = stack.trader("of totals", **{market.asset: PUT_IN})
    return trader.account_id, market.asset


def totals_of(stack, held):
    account, asset = held
    return Totals(stack.reader_address(), [account], {asset: PUT_IN})


@contextlib.contextmanager
def changed(stack, change, back):
    psql(stack.database("bourse", "postgres"), change)
    try:
        yield
    finally:
        psql(stack.database("bourse", "postgres"), back)


def test_totals_that_nobody_changed_are_conserved(stack, held):
    with totals_of(stack, held) as totals:
        wait_until(lambda: len(totals.shown) >= 3 or totals.findings, 60, "they were read")
    assert totals.findings == []
    assert totals.shown[0].balances[held[0]][held[1]] == (Decimal(PUT_IN), Decimal(0), Decimal(PUT_IN))


@pytest.mark.parametrize("table, column, where", [
    ("balances", "available = available {}, total = total {}", "account_id = '{account}'"),
    ("transactions", "amount = amount {}", "book = 'external' AND asset = '{asset}'")])
def test_a_row_that_was_changed_by_hand_is_found(stack, held, table, column, where):
    where = where.format(account=held[0], asset=held[1])
    more, less = (f"UPDATE accounts.{table} SET {column.format(step, step)} WHERE {where}"
                  for step in ("+ 1", "- 1"))
    with totals_of(stack, held) as totals:
        wait_until(lambda: totals.shown, 60, "they were read")
        with changed(stack, more, less):
            wait_until(lambda: any("not conserved" in one for one in totals.findings), 60, "it is found")


def test_what_the_reader_may_not_read_is_no_database_that_is_away(stack, held):
    totals = totals_of(stack, held)
    totals.query = "SELECT 1 FROM settings.no_such_table"
    with totals:
        wait_until(lambda: totals.findings, 60, "it is told")
    assert totals.away == 0 and totals.shown == []
