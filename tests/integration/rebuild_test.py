"""The read model holds no truth: made anew from the log, it has the same rows."""
import contextlib
import os
import re
import subprocess

import pytest

import topics
from read_model import assert_same, difference, rows, wait_until_at_rest
from restore_test import superuser
from venue import REPO, psql, wait_until
from watched import Watched

pytestmark = pytest.mark.disruptive

ORDERS = 20_000 if os.environ.get("BOURSE_TEST_FULL") else 100


def do_some_of_everything(venue):
    market = venue.market(taker_fee_bps=10)
    maker = venue.maker("rebuilt", **{market.asset: 100})
    venue.offer(maker, market, 50, "10").ok(201)
    trader = venue.trader("rebuilt", EUR=1000)
    trader.order(market, "buy", 20, "10").ok(201)
    trader.order(market, "buy", 1, "0.001").refused(422, "TICK_SIZE")
    order = trader.order(market, "buy", 5, "9").ok(201)
    trader.delete(f"orders/{order['id']}").ok()
    trader.order(market, "sell", 10, "12").ok(201)
    return trader


def projectors(venue):
    return [venue.process("pid", f"{service}-projector").stdout for service in topics.SERVICES]


def test_rebuilding_each_projection_gives_the_same_rows(venue):
    """And the running projectors go on with the new tables."""
    trader = do_some_of_everything(venue)
    wait_until_at_rest(venue)
    before, running = rows(venue), projectors(venue)
    for service in topics.SERVICES:
        venue.bourse("projection", "rebuild", service)
    assert_same(before, rows(venue))
    assert trader.balance("EUR")[0] > 0
    do_some_of_everything(venue)
    assert projectors(venue) == running


@pytest.mark.parametrize("service", ["orders", "accounts"])
def test_nobody_notices_that_tables_are_switched_and_switched_back(venue, service):
    """All requests are answered, what is written is read, and reads never go back in time."""
    market, trader = venue.market(), venue.trader("watched", EUR=1000)
    running = projectors(venue)
    with Watched(venue, trader, market) as watched:
        wait_until(lambda: watched.placed >= ORDERS or watched.faults, 600, "orders were placed")
        for step in (["rebuild", service, "--beside"], ["switch", service],
                     ["switch-back", service], ["switch", service]):
            told, placed = venue.bourse("projection", *step).stdout, watched.placed
            print(told)
            wait_until(lambda: watched.placed > placed or watched.faults, 30, "orders go on")
    assert watched.faults == []
    assert len(trader.items("orders", instrument=market.symbol, limit=500)) == watched.placed
    assert watched.reads > 0 and projectors(venue) == running
    status = venue.bourse("projection", "status").stdout
    assert f"{service}_previous" in status and f"{service}_next" not in status
    venue.bourse("projection", "drop", service)
    assert f"{service}_previous" not in venue.bourse("projection", "status").stdout


def test_a_row_that_is_not_as_the_log_says_is_told_and_mended(venue):
    trader = do_some_of_everything(venue)
    order = trader.items("orders")[0]["id"]
    psql(superuser(venue, "bourse"), f"UPDATE orders.orders SET filled_quantity = 7 WHERE id = '{order}'")
    beside = venue.bourse("projection", "rebuild", "orders", "--beside", check=False)
    assert beside.returncode == 1
    assert re.search(r"^orders: (\d+) rows where the live table has \1, with other contents$",
                     beside.stdout, re.MULTILINE), beside
    assert trader.get(f"orders/{order}").ok()["filled_quantity"] == "7.00"
    venue.bourse("projection", "switch", "orders")
    assert trader.get(f"orders/{order}").ok()["filled_quantity"] != "7.00"
    venue.bourse("projection", "drop", "orders")


def test_what_is_not_there_is_neither_switched_to_nor_missed(venue):
    for step in ("switch", "switch-back"):
        refused = venue.bourse("projection", step, "desk", check=False)
        assert refused.returncode == 1 and "there are no tables desk_" in refused.stderr, refused
    venue.bourse("projection", "drop", "desk")


def test_dropping_the_whole_projection_database_loses_nothing(venue):
    trader = do_some_of_everything(venue)
    wait_until_at_rest(venue)
    before = rows(venue)
    services = [name for name in venue.process("names").stdout.split()
                if name not in ("postgres", "kafka", "mail")]
    venue.process("stop", *reversed(services))
    drop_projection_database(venue)
    subprocess.run([REPO / "infra/up", "--no-demo"], env=venue.environment(), check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    wait_until_at_rest(venue)
    with contextlib.suppress(AssertionError): # which would not say what differs
        wait_until(lambda: difference(before, rows(venue)) == {}, 60,
                   "whoever was erased is so in the new rows, and all others are as before")
    assert_same(before, rows(venue))
    assert trader.balance("EUR")[0] > 0


def drop_projection_database(venue):
    psql(superuser(venue, "postgres"), "DROP DATABASE bourse WITH (FORCE)")
