"""Orders that meet more than one event may hold (R12): ten thousand fills, and then it ends."""
import collections
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import avro
from venue import unique, wait_until

pytestmark = pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1",
                                reason="takes long: infra/test --full")
FILLS_MAX = 10_000
RECORD_SIZE_MAX = 8 << 20
SELLERS, THREADS = 10, 10


def test_an_order_that_sweeps_past_the_cap_fills_to_it_and_ends(stack):
    market = stack.market()
    each = FILLS_MAX // SELLERS + 1
    sellers = [stack.trader(f"seller {number}", **{market.asset: each}) for number in range(SELLERS)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda seller: rest(seller, market, each), sellers))
    buyer = stack.trader("sweeper", EUR=each * SELLERS * 2)
    key = unique("sweep")
    answer = buyer.order(market, "buy", each * SELLERS, "2", key=key)
    assert answer.status in (201, 202), answer
    wait_until(lambda: buyer.items("orders") and
               buyer.items("orders")[0]["status"] == "canceled", 120, "the sweep has ended")
    order = buyer.items("orders")[0]
    assert (order["filled_quantity"], order["end_reason"]) == (f"{FILLS_MAX}.00", "fill_limit")
    wait_until(lambda: buyer.balance(market.asset) == (FILLS_MAX, 0), 120, "it is settled")
    assert buyer.balance("EUR") == (each * SELLERS * 2 - FILLS_MAX, 0)

    valid, void = stack.events("orders", avro.Registry(stack))
    sweeps = [record for record, event in valid
              if event["type"] == "OrderEntered" and event["order"]["id"] == order["id"]]
    assert len(sweeps) == 1 and len(sweeps[0].value) < RECORD_SIZE_MAX
    left = collections.Counter(one["status"] for seller in sellers
                               for one in seller.items("orders", limit=500))
    assert left == {"filled": FILLS_MAX, "open": each * SELLERS - FILLS_MAX}


def rest(seller, market, count):
    for _ in range(count):
        seller.order(market, "sell", 1, "1").ok(201)
