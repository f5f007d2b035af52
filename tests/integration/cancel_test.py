"""Orders canceled together: by their owner, and by the switch of one who is not heard of any more."""
import datetime
import os
import signal
from decimal import Decimal

import pytest

from venue import wait_until


@pytest.fixture
def trader(venue, market):
    return venue.trader("trader", EUR=1000, **{market.asset: 100})


def seen(trader, order):
    found = trader.get(f"orders/{order['id']}").ok()
    return found["status"], found["end_reason"]


def test_all_open_orders_go_and_their_holds_come_back(venue, market, trader):
    other = venue.market()
    orders = [trader.order(market, "sell", 10, "12").ok(201),
              trader.order(market, "buy", 10, "9").ok(201),
              trader.order(other, "buy", 10, "9").ok(201)]
    stranger = venue.trader(EUR=100)
    stays = stranger.order(market, "buy", 1, "9").ok(201)
    answer = trader.delete("orders").ok()
    assert sorted(answer["orders"]) == sorted(order["id"] for order in orders)
    assert answer["left"] == 0
    assert {seen(trader, order) for order in orders} == {("canceled", "canceled_by_user")}
    venue.wait_for_balance(trader.account_id, market.asset, 100, 0)
    venue.wait_for_balance(trader.account_id, "EUR", 1000, 0)
    assert seen(stranger, stays) == ("open", None)
    assert trader.delete("orders").ok() == {"orders": [], "left": 0}


def test_only_an_instrument_or_a_side_may_be_meant(venue, market, trader):
    other = venue.market()
    sale = trader.order(market, "sell", 10, "12").ok(201)
    purchase = trader.order(market, "buy", 10, "9").ok(201)
    elsewhere = trader.order(other, "buy", 10, "9").ok(201)
    assert trader.delete("orders", instrument=market.symbol, side="sell").ok()["orders"] == [
        sale["id"]]
    assert trader.delete("orders", instrument=market.symbol).ok()["orders"] == [purchase["id"]]
    assert seen(trader, elsewhere) == ("open", None)
    trader.delete("orders", instrument="NONE-EUR").refused(422, "INSTRUMENT_UNKNOWN")


def test_what_was_filled_before_stays_filled(venue, market, trader):
    order = trader.order(market, "sell", 10, "10").ok(201)
    venue.trader("buyer", EUR=100).order(market, "buy", 4, "10").ok(201)
    assert trader.delete("orders").ok()["orders"] == [order["id"]]
    gone = trader.get(f"orders/{order['id']}").ok()
    assert (gone["status"], Decimal(gone["filled_quantity"])) == ("canceled", 4)
    venue.wait_for_balance(trader.account_id, market.asset, 96, 0)


def test_a_cancel_of_all_has_one_ticket(admin, trader, market):
    for price in ("12", "13"):
        trader.order(market, "sell", 10, price).ok(201)
    trader.delete("orders").ok()
    tickets = lambda: admin.items("admin/logging/tickets", entity_id=trader.account_id,
                                  action="CancelOrders")
    wait_until(tickets, 10, "the ticket is there")
    assert len(tickets()) == 1


def test_a_switch_that_is_not_held_cancels_by_itself_once(venue, market, trader):
    order = trader.order(market, "sell", 10, "12").ok(201)
    before = datetime.datetime.now(datetime.timezone.utc)
    told = trader.post("orders/cancel-after", {"timeout_s": 1}).ok()
    assert datetime.datetime.fromisoformat(told["cancel_at"]) > before
    wait_until(lambda: seen(trader, order) == ("canceled", "cancel_after"), 10, "the order is gone")
    venue.wait_for_balance(trader.account_id, market.asset, 100, 0)
    later = trader.order(market, "sell", 10, "12").ok(201)
    watched = trader.order(market, "sell", 10, "12").ok(201)
    trader.delete(f"orders/{watched['id']}").ok()
    assert seen(trader, later) == ("open", None)


def test_each_call_moves_the_deadline_and_0_switches_it_off(market, trader):
    order = trader.order(market, "sell", 10, "12").ok(201)
    first = trader.post("orders/cancel-after", {"timeout_s": 3600}).ok()["cancel_at"]
    assert trader.post("orders/cancel-after", {"timeout_s": 7200}).ok()["cancel_at"] > first
    assert trader.post("orders/cancel-after", {"timeout_s": 0}).ok()["cancel_at"] is None
    trader.post("orders/cancel-after", {"timeout_s": -1}).refused(422, "VALIDATION_FAILED")
    trader.post("orders/cancel-after", {"timeout_s": 86401}).refused(422, "VALIDATION_FAILED")
    assert seen(trader, order) == ("open", None)


@pytest.mark.disruptive
def test_a_switch_does_not_count_the_time_in_which_the_venue_stood_still(venue, market, trader):
    """The ledger stands still for longer than the timeout and what may be late: nobody could have
    moved the deadline, so the time counts anew."""
    order = trader.order(market, "sell", 10, "12").ok(201)
    ledger = int(venue.process("pid", "accounts").stdout)
    told = trader.post("orders/cancel-after", {"timeout_s": 10}).ok()["cancel_at"]
    due = datetime.datetime.fromisoformat(told) + datetime.timedelta(seconds=6)
    os.kill(ledger, signal.SIGSTOP)
    try:
        wait_until(lambda: datetime.datetime.now(datetime.timezone.utc) > due, 40, "it is late")
    finally:
        os.kill(ledger, signal.SIGCONT)
    moved = trader.post("orders/cancel-after", {"timeout_s": 3600}).ok()["cancel_at"]
    assert moved > told
    assert seen(trader, order) == ("open", None)
