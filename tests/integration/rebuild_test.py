"""The read model holds no truth: made anew from the log, it has the same rows."""
import contextlib
import subprocess

import pytest

import topics
from read_model import assert_same, difference, rows, wait_until_at_rest
from venue import REPO, psql, wait_until

pytestmark = pytest.mark.disruptive


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


def test_rebuilding_each_projection_gives_the_same_rows(venue):
    trader = do_some_of_everything(venue)
    wait_until_at_rest(venue)
    before = rows(venue)
    for service in topics.SERVICES:
        venue.bourse("projection", "rebuild", service)
        venue.process("restart", f"{service}-projector")
    assert_same(before, rows(venue))
    assert trader.balance("EUR")[0] > 0


def test_a_rebuild_runs_beside_the_live_tables(venue):
    """Reads and writes go on meanwhile, and what they did is in the new tables too."""
    trader = do_some_of_everything(venue)
    market = venue.market()
    command = [REPO / "infra/process", "run", "bourse", "projection", "rebuild", "orders"]
    with subprocess.Popen(command, env=venue.environment(), stdout=subprocess.DEVNULL) as rebuild:
        placed = 0
        while rebuild.poll() is None or placed == 0:
            trader.order(market, "buy", 1, "0.01").ok(201)
            placed += 1
        assert rebuild.returncode == 0
    venue.process("restart", "orders-projector")
    assert len(trader.items("orders", instrument=market.symbol, limit=500)) == placed


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
    port = venue.settings["BOURSE_PG_PORT"]
    superuser = (f"host=127.0.0.1 port={port} dbname=postgres user=postgres"
                 f" passfile={venue.run_dir}/secrets/postgres.pgpass")
    psql(superuser, "DROP DATABASE bourse WITH (FORCE)")
