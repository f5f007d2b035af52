"""An open order gets other terms, and its hold with them; whoever loses a race is told what won it."""
import os
import signal
import threading
from decimal import Decimal

import pytest

from venue import NOBODY, TICKET, unique, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", **{market.asset: 100})


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=1000)


def replace(trader, order, **terms):
    return trader.patch(f"orders/{order['id']}", terms)


def ahead(trader, order):
    return Decimal(trader.get(f"orders/{order['id']}").ok()["quantity_ahead"])


def test_less_quantity_keeps_the_place_and_more_loses_it(market, seller):
    first = seller.order(market, "sell", 10, "10").ok(201)
    second = seller.order(market, "sell", 20, "10").ok(201)
    less = replace(seller, first, quantity=6).ok()
    assert (less["id"], less["status"]) == (first["id"], "open")
    assert [Decimal(less[name]) for name in ("quantity", "remaining_quantity")] == [6, 6]
    assert (ahead(seller, first), ahead(seller, second)) == (0, 6)
    assert seller.balance(market.asset) == (74, 26)
    replace(seller, first, quantity=7).ok()
    assert (ahead(seller, second), ahead(seller, first)) == (0, 20)
    assert seller.balance(market.asset) == (73, 27)


def test_another_price_trades_at_once_and_keeps_what_was_filled(venue, market, seller, buyer):
    bought = buyer.order(market, "buy", 10, "10").ok(201)
    assert buyer.balance("EUR") == (900, 100)
    seller.order(market, "sell", 2, "10").ok(201)
    seller.order(market, "sell", 4, "11").ok(201)
    order = replace(buyer, bought, limit_price="11.50").ok()
    assert (order["status"], len(order["fills"])) == ("partially_filled", 1)
    assert Decimal(order["filled_quantity"]) == 6
    assert order["average_fill_price"] == "10.66666667"  # (2 x 10 + 4 x 11) / 6
    assert buyer.balance("EUR") == (1000 - 64 - 46, 46)
    assert buyer.get(f"orders/{bought['id']}").ok()["limit_price"] == "11.50"
    book = buyer.get(f"market/{market.symbol}/book").ok()
    assert book["bids"] == [{"price": "11.50", "quantity": "4.00", "orders": 1}]


def test_a_total_that_is_filled_already_cancels_the_rest(market, seller, buyer):
    order = seller.order(market, "sell", 10, "10").ok(201)
    buyer.order(market, "buy", 4, "10").ok(201)
    ended = replace(seller, order, quantity=4).ok()
    assert (ended["status"], ended["end_reason"]) == ("canceled", "canceled_by_user")
    assert (ended["lifecycle"], Decimal(ended["filled_quantity"])) == ("executed", 4)
    assert seller.balance(market.asset) == (96, 0)


@pytest.mark.parametrize("terms, status, code", [
    ({"limit_price": "9.995"}, 422, "TICK_SIZE"), ({"quantity": "7.5"}, 422, "LOT_SIZE"),
    ({"quantity": 1000001, "limit_price": "0.01"}, 409, "INSUFFICIENT_FUNDS"),
    ({"limit_price": "12"}, 409, "POST_ONLY_WOULD_TRADE"),
    ({"quantity": 200}, 409, "INSUFFICIENT_FUNDS"), ({"stop_price": "9"}, 422, "VALIDATION_FAILED"),
    ({}, 422, "VALIDATION_FAILED"), ({"quantity": 0}, 422, "VALIDATION_FAILED")])
def test_a_refused_replace_leaves_the_order_as_it_was(market, seller, buyer, terms, status, code):
    seller.order(market, "sell", 5, "11").ok(201)
    order = buyer.order(market, "buy", 10, "10", post_only=True).ok(201)
    replace(buyer, order, **terms).refused(status, code)
    seen = buyer.get(f"orders/{order['id']}").ok()
    assert (seen["limit_price"], seen["quantity"], seen["status"]) == ("10.00", "10.00", "open")
    assert buyer.balance("EUR") == (900, 100)
    replace(buyer, order, quantity=9).ok()  # and nothing is pending
    assert buyer.balance("EUR") == (910, 90)


def test_a_replace_is_held_against_the_price_band(venue):
    market = venue.market(price_band_percent="10")
    venue.admin().post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "10"}).ok()
    buyer = venue.trader("buyer", EUR=1000)
    order = buyer.order(market, "buy", 10, "10").ok(201)
    replace(buyer, order, limit_price="11.01").refused(409, "PRICE_BAND")
    assert replace(buyer, order, limit_price="11").ok()["limit_price"] == "11.00"


def test_a_halt_stops_a_new_arrival_but_no_smaller_total(admin, market, seller):
    order = seller.order(market, "sell", 10, "10").ok(201)
    admin.post(f"admin/instruments/{market.symbol}/halt").ok()
    replace(seller, order, limit_price="11").refused(409, "INSTRUMENT_HALTED")
    assert Decimal(replace(seller, order, quantity=5).ok()["quantity"]) == 5


def test_what_ended_or_is_not_ones_own_cannot_be_replaced(market, seller, buyer):
    canceled = seller.order(market, "sell", 5, "11").ok(201)
    seller.delete(f"orders/{canceled['id']}").ok()
    replace(seller, canceled, quantity=4).refused(409, "ORDER_NOT_OPEN")
    filled = seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 5, "10").ok(201)
    replace(seller, filled, quantity=6).refused(409, "ORDER_ALREADY_FILLED")
    theirs = seller.order(market, "sell", 5, "10").ok(201)
    replace(buyer, theirs, quantity=4).refused(404, "NOT_FOUND")
    seller.patch(f"orders/{NOBODY}", {"quantity": 4}).refused(404, "NOT_FOUND")


def settled(trader):
    """Waits until the ledger has answered what the book did last for the account: it does so by
    itself, and behind the order's own answer."""
    newest = lambda: trader.get(f"accounts/{trader.account_id}/events", limit=1).ok()["items"][0]
    wait_until(lambda: newest()["type"] == "FillsSettled", 10, "the order has been settled")


@pytest.mark.disruptive
def test_one_replace_at_a_time(venue, market, seller):
    order = seller.order(market, "sell", 5, "10").ok(201)
    settled(seller)  # else the replace waits for that, and on a busy machine too long: OVERLOADED
    book = int(venue.process("pid", "orders").stdout)
    answers = []
    os.kill(book, signal.SIGSTOP)  # so that the first is under way as long as the test wants
    try:
        first = threading.Thread(target=lambda: answers.append(replace(seller, order, quantity=8)))
        first.start()
        held = lambda: venue.balance(seller.account_id, market.asset) == (92, 8)
        wait_until(lambda: answers or held(), 10, "the first holds what it needs")
        assert answers == [], answers
        replace(seller, order, quantity=9).refused(409, "REPLACE_PENDING")
    finally:
        os.kill(book, signal.SIGCONT)
    first.join()
    assert Decimal(answers[0].ok()["quantity"]) == 8
    assert Decimal(replace(seller, order, quantity=9).ok()["quantity"]) == 9


def test_a_replace_repeated_with_its_key_happens_once(market, seller):
    order = seller.order(market, "sell", 5, "10").ok(201)
    key = unique("key")
    first = seller.patch(f"orders/{order['id']}", {"quantity": 8}, key=key).ok()
    seller.patch(f"orders/{order['id']}", {"quantity": 9}).ok()
    again = seller.patch(f"orders/{order['id']}", {"quantity": 8}, key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Decimal(again.ok()["quantity"]) == Decimal(first["quantity"]) == 8
    assert Decimal(seller.get(f"orders/{order['id']}").ok()["quantity"]) == 9


def test_every_replace_has_a_ticket_refused_or_not(venue, market, seller):
    order = seller.order(market, "sell", 5, "10").ok(201)
    replace(seller, order, limit_price="10.001").refused(422, "TICK_SIZE")
    replace(seller, order, limit_price="11").ok()
    tickets = lambda: [(ticket["action"], ticket["outcome"], ticket["code"])
                       for ticket in venue.admin().items("admin/logging/tickets",
                                                         entity_id=order["id"])]
    wait_until(lambda: len(tickets()) == 3, 10, "three tickets")
    assert tickets() == [("ReplaceOrder", "success", None), ("ReplaceOrder", "failed", "TICK_SIZE"),
                         ("PlaceOrder", "success", None)]
    assert TICKET.fullmatch(venue.admin().items("admin/logging/tickets",
                                                entity_id=order["id"])[0]["id"])


def test_replaces_fills_and_cancels_at_once_leave_right_balances(venue, market):
    """Whatever comes first: each is done or refused with the right code, and nothing is lost."""
    seller = venue.trader("seller", **{market.asset: 100})
    buyer = venue.trader("buyer", EUR=1000)
    outcomes = []

    def race(act):
        outcomes.append(act())

    for _ in range(8):
        order = seller.order(market, "sell", 5, "10").ok(201)
        acts = [lambda: replace(seller, order, quantity=4), lambda: replace(seller, order, quantity=6),
                lambda: seller.delete(f"orders/{order['id']}"),
                lambda: buyer.order(market, "buy", 5, "10", time_in_force="ioc")]
        threads = [threading.Thread(target=race, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seller.delete(f"orders/{order['id']}")
    lost = {answer.json["code"] for answer in outcomes if answer.status >= 400}
    assert lost <= {"REPLACE_PENDING", "ORDER_NOT_OPEN", "ORDER_ALREADY_FILLED"}, lost
    bought = sum(Decimal(order["filled_quantity"]) for order in buyer.items("orders"))
    venue.wait_for_balance(seller.account_id, market.asset, 100 - bought, 0)
    venue.wait_for_balance(seller.account_id, "EUR", 10 * bought, 0)
    venue.wait_for_balance(buyer.account_id, "EUR", 1000 - 10 * bought, 0)


def test_what_changed_since_it_was_read_is_neither_replaced_nor_canceled(market, seller, buyer):
    order = seller.order(market, "sell", 10, "10").ok(201)
    path = f"orders/{order['id']}"
    read = {"If-Match": seller.get(path).headers["ETag"]}
    buyer.order(market, "buy", 4, "10").ok(201)
    seller.patch(path, {"quantity": 8}, headers=read).refused(412, "VERSION_CONFLICT")
    seller.delete(path, headers=read).refused(412, "VERSION_CONFLICT")
    wait_until(lambda: Decimal(seller.get(path).ok()["filled_quantity"]) == 4, 10, "it is filled")
    seen = {"If-Match": seller.get(path).headers["ETag"]}
    assert Decimal(seller.patch(path, {"quantity": 8}, headers=seen).ok()["remaining_quantity"]) == 4
    seller.delete(path, headers=seen).refused(412, "VERSION_CONFLICT")
    wait_until(lambda: seller.balance(market.asset) == (92, 4), 10, "its hold is as before")
    canceled = seller.delete(path, headers={"If-Match": seller.get(path).headers["ETag"]}).ok()
    assert Decimal(canceled["filled_quantity"]) == 4
    assert seller.delete(path, headers={"If-Match": "*"}).ok()["status"] == "canceled"


def guard_of(trader, parent):
    return [item for item in trader.items("orders", status="pending")
            if item["parent_id"] == parent["id"]]


def test_the_version_that_is_read_is_the_one_that_its_book_has(venue, market, seller):
    """Whatever the last event about an order was."""
    buyer = venue.trader("buyer", EUR=1000, **{market.asset: 10})
    sold = seller.order(market, "sell", 10, "10").ok(201)
    parent = buyer.order(market, "buy", 4, "9", stop_loss_price="2", take_profit_price="90").ok(201)
    falls = seller.order(market, "sell", 1, "30", type="stop_limit", stop_price="9").ok(201)
    orders = [seller.order(market, "sell", 1, "12").ok(201),
              seller.order(market, "sell", 5, "13").ok(201),
              seller.order(market, "sell", 5, "14").ok(201),
              seller.order(market, "sell", 1, type="stop", stop_price="3").ok(201), falls]
    replace(seller, orders[1], quantity=4).ok()
    replace(seller, orders[2], limit_price="15").ok()
    buyer.order(market, "buy", 1, "10").ok(201)
    for _ in range(2):  # a pair that guards, then more of it; and the stop_limit is crossed
        seller.order(market, "sell", 1, "9").ok(201)
    bid = buyer.order(market, "buy", 3, "8").ok(201)
    replace(buyer, parent, quantity=2).ok()
    buyer.order(market, "sell", 1, "8", self_trade="decrement").ok(201)
    wait_until(lambda: seller.get(f"orders/{falls['id']}").ok()["status"] == "open", 10, "fired")
    wait_until(lambda: Decimal(seller.get(f"orders/{sold['id']}").ok()["filled_quantity"]) == 1,
               10, "the first sale")
    wait_until(lambda: [Decimal(item["quantity"]) for item in guard_of(buyer, parent)] == [2, 2],
               10, "a pair guards both")
    guard = guard_of(buyer, parent)[0]
    for owner, order in [(seller, order) for order in [sold, *orders]] + [(buyer, bid),
                                                                        (buyer, guard)]:
        path = f"orders/{order['id']}"
        headers = {"If-Match": owner.get(path).headers["ETag"]}
        assert owner.delete(path, headers=headers).ok()["status"] == "canceled", order
        headers = {"If-Match": owner.get(path).headers["ETag"]}
        owner.delete(path, headers=headers).ok()
