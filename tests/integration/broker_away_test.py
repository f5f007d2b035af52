"""The broker is away while orders are placed: nobody is told of a failure that was none."""
import os
import signal
import threading
import time
from contextlib import contextmanager
from decimal import Decimal

import pytest

from venue import unique, wait_until

pytestmark = pytest.mark.disruptive
ANSWERED_IN_S = 15


@contextmanager
def frozen(venue):
    """It keeps its connections, and what it was sent meanwhile comes to it later."""
    broker = int(venue.process("pid", "kafka").stdout)
    os.kill(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker, signal.SIGCONT)


@contextmanager
def killed(venue):
    venue.process("kill", "kafka")
    try:
        yield
    finally:
        venue.process("start", "kafka")


def place(trader, market, key):
    return trader.order(market, "buy", 1, "5", key=key)


def placed_at_once(trader, market, keys):
    """What each of the orders was answered, if in time."""
    answers = {}
    threads = [threading.Thread(target=lambda key=key: answers.update(
        {key: place(trader, market, key)})) for key in keys]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < ANSWERED_IN_S
    return answers


def is_unknown(answer):
    """What came of the order is not known yet; said so, and not that it failed."""
    if answer.status == 202:
        return answer.json["code"] == "OUTCOME_PENDING"
    return answer.status == 503 and answer.json["code"] in ("DEPENDENCY_DOWN", "OVERLOADED") and \
        int(answer.headers["Retry-After"]) > 0


def outcome(trader, pending):
    """What the address that came with a 202 says in the end: whether the order was placed."""
    path = pending.headers["Location"]
    status = wait_until(lambda: (found := trader.get(path)).status == 200 and
                        found.json["status"] != "pending" and found.json["status"], 90,
                        f"an outcome at {path}", pause=0.2)
    assert status in ("succeeded", "not_executed")
    return status == "succeeded"


@pytest.mark.parametrize("away", [frozen, killed])
def test_what_became_of_an_order_is_found_out_and_it_exists_once_or_not_at_all(venue, market, away):
    trader = venue.trader("patient", EUR=100)
    keys = [unique("key") for _ in range(4)]
    with away(venue):
        answers = placed_at_once(trader, market, keys)
    assert all(is_unknown(answer) for answer in answers.values()), answers
    venue.start_what_ended()
    asked = [answer for answer in answers.values() if answer.status == 202]
    placed = sum(outcome(trader, answer) for answer in asked)
    assert placed <= len(trader.items("orders")) <= placed + len(keys) - len(asked)
    ids = {wait_until(lambda: (again := place(trader, market, key)).status == 201 and
                      again.json["id"], 90, f"{key} is placed", pause=0.2) for key in keys}
    orders = trader.items("orders")
    assert {order["id"] for order in orders} == ids and len(orders) == len(ids) == len(keys)
    assert trader.balance("EUR") == (100 - 5 * len(keys), 5 * len(keys))
    bid, = trader.get(f"market/{market.symbol}/book").ok()["bids"]
    assert (Decimal(bid["quantity"]), bid["orders"]) == (len(keys), len(keys))
