"""Orders meet the book in price and time, end as they should, and are found by their owner."""
from decimal import Decimal

import pytest

from venue import NOBODY, TICKET, unique, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", **{market.asset: 100})


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=1000)


def levels(caller, market, side):
    book = caller.get(f"market/{market.symbol}/book").ok()
    return [(Decimal(level["price"]), Decimal(level["quantity"]), level["orders"])
            for level in book[side]]


def test_a_limit_order_that_meets_nobody_rests_in_the_book(market, buyer):
    order = buyer.order(market, "buy", 10, "9.50").ok(201)
    assert (order["status"], order["lifecycle"], order["fills"]) == ("open", "submitted", [])
    assert buyer.get(f"orders/{order['id']}").ok()["status"] == "open"
    assert buyer.get(f"market/{market.symbol}/book").ok()["bids"] == [
        {"price": "9.50", "quantity": "10.00", "orders": 1}]


def test_the_best_price_goes_first_and_at_one_price_the_oldest(market, seller, buyer):
    late = seller.order(market, "sell", 10, "10.01").ok(201)
    first = seller.order(market, "sell", 10, "10.00").ok(201)
    second = seller.order(market, "sell", 10, "10.00").ok(201)
    buyer.order(market, "buy", 15, "11").ok(201)
    seen = lambda order: Decimal(seller.get(f"orders/{order['id']}").ok()["filled_quantity"])
    wait_until(lambda: seen(first) == 10, 10, "the first is filled")
    assert (seen(second), seen(late)) == (5, 0)


def test_the_price_of_a_trade_is_that_of_the_resting_order(market, seller, buyer):
    buyer.order(market, "buy", 10, "11").ok(201)
    sold = seller.order(market, "sell", 10, "9").ok(201)
    assert Decimal(sold["average_fill_price"]) == 11
    assert seller.balance("EUR") == (110, 0)


def test_a_market_order_takes_what_there_is(market, seller, buyer):
    seller.order(market, "sell", 5, "10").ok(201)
    seller.order(market, "sell", 5, "11").ok(201)
    bought = buyer.order(market, "buy", 8, max_notional="200").ok(201)
    assert bought["status"] == "filled"
    assert Decimal(bought["average_fill_price"]) == Decimal("10.375")


def test_a_market_order_spends_no_more_than_its_max_notional(market, seller, buyer):
    seller.order(market, "sell", 100, "10").ok(201)
    bought = buyer.order(market, "buy", 100, max_notional="55").ok(201)
    assert (bought["status"], Decimal(bought["filled_quantity"])) == ("canceled", 5)
    assert buyer.balance("EUR") == (950, 0)


def test_immediate_or_cancel_never_rests(market, seller, buyer):
    seller.order(market, "sell", 5, "10").ok(201)
    bought = buyer.order(market, "buy", 8, "10", time_in_force="ioc").ok(201)
    assert (bought["status"], bought["end_reason"]) == ("canceled", "ioc_remainder")
    assert Decimal(bought["filled_quantity"]) == 5
    assert buyer.get(f"market/{market.symbol}/book").ok()["bids"] == []


def test_fill_or_kill_is_all_or_nothing(market, seller, buyer):
    seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 6, "10", time_in_force="fok").refused(409, "FOK_NOT_FILLABLE")
    assert buyer.order(market, "buy", 5, "10", time_in_force="fok").ok(201)["status"] == "filled"


def test_post_only_rests_or_is_refused(market, seller, buyer):
    seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 1, "10", post_only=True).refused(409, "POST_ONLY_WOULD_TRADE")
    assert buyer.order(market, "buy", 1, "9.99", post_only=True).ok(201)["status"] == "open"


def test_a_second_cancel_is_no_error_and_a_filled_order_cannot_be_canceled(market, seller, buyer):
    order = seller.order(market, "sell", 5, "10").ok(201)
    for _ in range(2):
        assert seller.delete(f"orders/{order['id']}").ok()["status"] == "canceled"
    order = seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 5, "10").ok(201)
    seller.delete(f"orders/{order['id']}").refused(409, "ORDER_ALREADY_FILLED")


def test_an_order_that_was_refused_cannot_be_canceled(market, buyer):
    buyer.order(market, "buy", 1, "0.001").refused(422, "TICK_SIZE")
    refused, = buyer.items("orders", status="rejected")
    buyer.delete(f"orders/{refused['id']}").refused(409, "ORDER_NOT_OPEN")


def test_the_orders_of_others_do_not_exist(market, seller, buyer):
    order = seller.order(market, "sell", 5, "10").ok(201)
    path = f"orders/{order['id']}"
    buyer.delete(path).refused(404, "NOT_FOUND")
    for part in ("", "/fills", "/history"):
        buyer.get(path + part).refused(404, "NOT_FOUND")
        buyer.get(f"orders/{NOBODY}{part}").refused(404, "NOT_FOUND")
    assert seller.items(path + "/fills") == []
    assert buyer.items("orders") == []
    assert seller.get(path).ok()["status"] == "open"


def test_orders_are_listed_by_status_side_and_instrument(market, seller):
    first = seller.order(market, "sell", 5, "10").ok(201)
    second = seller.order(market, "sell", 5, "11").ok(201)
    seller.delete(f"orders/{first['id']}").ok()
    ids = lambda **query: [order["id"] for order in seller.items("orders", **query)]
    assert ids(limit=1) == ids() == [second["id"], first["id"]]
    assert ids(status="open") == ids(side="sell", status="open") == [second["id"]]
    assert ids(side="buy") == []
    assert ids(instrument=market.symbol) == ids() and ids(instrument="CEA-EUR") == []


def test_fills_and_trades_tell_what_was_traded(market, seller, buyer):
    for price in ("10", "11"):
        seller.order(market, "sell", 5, price).ok(201)
    bought = buyer.order(market, "buy", 10, "12").ok(201)
    fills = buyer.items(f"orders/{bought['id']}/fills")
    assert sorted(Decimal(fill["price"]) for fill in fills) == [10, 11]
    trades = buyer.items("trades", instrument=market.symbol)
    ids = {fill["trade_id"] for fill in bought["fills"]}
    assert {trade["trade_id"] for trade in trades} == {fill["trade_id"] for fill in fills} == ids
    assert {trade["side"] for trade in trades} == {"buy"}
    assert {trade["order_id"] for trade in trades} == {bought["id"]}


def test_the_history_of_an_order_names_each_event_its_cause_and_its_ticket(admin, market, seller):
    order = seller.order(market, "sell", 5, "10").ok(201)
    seller.delete(f"orders/{order['id']}").ok()
    read = lambda: seller.items(f"orders/{order['id']}/history")
    is_told = lambda events: all(event["ticket_id"] for event in events if event["type"] == "OrderEntered")
    history = wait_until(lambda: is_told(found := read()) and found, 10, "its tickets are issued")
    types = [event["type"] for event in history]
    assert {"OrderAuthorized", "OrderEntered", "OrderCanceled"} <= set(types)
    assert types.index("OrderCanceled") < types.index("OrderEntered")
    assert all(event["cause"] for event in history)
    entered = history[types.index("OrderEntered")]
    assert TICKET.fullmatch(entered["ticket_id"])
    ticket = admin.get(f"admin/logging/tickets/{entered['ticket_id']}").ok()
    assert ticket["action"] == "PlaceOrder"


def test_a_client_order_id_is_used_once_in_an_accounts_life(market, seller):
    mine = unique("mine")
    order = seller.order(market, "sell", 5, "10", client_order_id=mine).ok(201)
    assert order["client_order_id"] == mine
    seller.delete(f"orders/{order['id']}").ok()
    seller.order(market, "sell", 6, "10", client_order_id=mine).refused(
        409, "DUPLICATE_CLIENT_ORDER_ID")


def test_an_order_repeated_with_its_key_is_the_same_order(market, seller):
    key = unique("key")
    first = seller.order(market, "sell", 5, "10", key=key)
    again = seller.order(market, "sell", 5, "10", key=key)
    assert again.ok(201)["id"] == first.ok(201)["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert seller.balance(market.asset) == (95, 5)
    seller.order(market, "sell", 6, "10", key=key).refused(422, "IDEMPOTENCY_KEY_REUSED")


def test_a_refusal_sticks_to_its_key(venue, market, seller):
    key = unique("key")
    seller.order(market, "sell", 101, "10", key=key).refused(409, "INSUFFICIENT_FUNDS")
    venue.fund(seller.account_id, market.asset, 100)
    again = seller.order(market, "sell", 101, "10", key=key)
    again.refused(409, "INSUFFICIENT_FUNDS")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_book_and_the_quote_show_levels_best_first(market, seller, buyer):
    for price in ("11", "10.50", "10.50"):
        seller.order(market, "sell", 5, price).ok(201)
    buyer.order(market, "buy", 7, "10").ok(201)
    assert levels(seller, market, "asks") == [(Decimal("10.50"), 10, 2), (11, 5, 1)]
    assert levels(buyer, market, "bids") == [(10, 7, 1)]
    quote, = buyer.get("market/quotes", symbols=market.symbol).ok()["items"]
    assert [Decimal(quote[name]) for name in ("bid", "ask", "mid", "spread")] == [
        10, Decimal("10.50"), Decimal("10.25"), Decimal("0.50")]
    assert quote["last"] is None


def test_a_trade_moves_the_last_price(market, seller, buyer):
    seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 2, "10").ok(201)
    quote, = buyer.get("market/quotes", symbols=market.symbol).ok()["items"]
    assert Decimal(quote["last"]) == 10
