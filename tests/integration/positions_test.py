"""What an account holds, what it is worth, and when an order's money has come home."""
from decimal import Decimal

import pytest

from venue import unique, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", **{market.asset: 100})


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=10000)


def trade(market, seller, buyer, quantity, price):
    """One crosses the other; the purchase, as its owner was answered."""
    seller.order(market, "sell", quantity, price).ok(201)
    return buyer.order(market, "buy", quantity, price).ok(201)


def numbers(position, *names):
    return [None if position[name] is None else Decimal(position[name]) for name in names]


def lifecycle(trader, order):
    return trader.get(f"orders/{order['id']}").ok()["lifecycle"]


def test_a_position_is_worth_its_quantity_at_the_last_price(market, seller, buyer):
    trade(market, seller, buyer, 10, "10")
    trade(market, seller, buyer, 20, "13")
    position = buyer.get(f"positions/{market.symbol}").ok()
    assert numbers(position, "quantity", "average_cost", "cost", "mark", "market_value",
                   "unrealised_pnl", "realised_pnl") == [30, 12, 360, 13, 390, 30, 0]
    assert buyer.items("positions") == [position] == buyer.get("portfolio").ok()["positions"]


def test_the_mark_of_the_venue_goes_before_the_last_price(admin, market, seller, buyer):
    trade(market, seller, buyer, 10, "10")
    admin.post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "9"}).ok()
    position = lambda: numbers(buyer.get(f"positions/{market.symbol}").ok(), "mark",
                               "market_value", "unrealised_pnl")
    wait_until(lambda: position() == [9, 90, -10], 10, "the position is shown at its mark")


def test_what_was_sold_again_is_realised_and_its_orders_are_closed(market, seller, buyer):
    bought = trade(market, seller, buyer, 10, "10")
    assert bought["lifecycle"] == lifecycle(buyer, bought) == "executed"
    trade(market, buyer, seller_with_money(buyer.venue), 4, "12")
    wait_until(lambda: numbers(buyer.get(f"positions/{market.symbol}").ok(), "quantity",
                               "realised_pnl") == [6, 8], 10, "four are sold")
    assert lifecycle(buyer, bought) == "executed"
    trade(market, buyer, seller_with_money(buyer.venue), 6, "9")
    wait_until(lambda: lifecycle(buyer, bought) == "closed", 10, "the purchase is closed")
    wait_until(lambda: {order["lifecycle"] for order in buyer.items("orders")} == {"closed"}, 10,
               "its sales are closed, too, which others' orders filled")
    drilled = buyer.get(f"drilldowns/orders/{bought['id']}").ok()
    assert drilled["order"]["lifecycle"] == "closed"
    assert buyer.items("positions", status="open") == []
    flat, = buyer.items("positions", status="flat")
    assert numbers(flat, "quantity", "average_cost", "market_value", "unrealised_pnl",
                   "realised_pnl") == [0, None, 0, 0, 2]


def seller_with_money(venue):
    return venue.trader("taker", EUR=1000)


def test_a_new_position_does_not_open_what_was_closed(market, seller, buyer):
    first = trade(market, seller, buyer, 5, "10")
    trade(market, buyer, seller_with_money(buyer.venue), 5, "10")
    second = trade(market, seller, buyer, 5, "10")
    wait_until(lambda: lifecycle(buyer, first) == "closed", 10, "the first is closed")
    assert lifecycle(buyer, second) == "executed"


def test_who_has_no_position_is_told_so(venue, market, seller, buyer):
    trade(market, seller, buyer, 5, "10")
    stranger = venue.trader("stranger")
    assert stranger.items("positions") == []
    stranger.get(f"positions/{market.symbol}").refused(404, "NOT_FOUND")
    stranger.get("positions/NO-SUCH").refused(404, "NOT_FOUND")
    venue.public.get("positions").refused(401, "UNAUTHENTICATED")


def test_positions_are_listed_page_by_page(venue):
    buyer = venue.trader("buyer", EUR=1000)
    markets = sorted((venue.market() for _ in range(3)), key=lambda market: market.symbol)
    for market in markets:
        trade(market, venue.trader("seller", **{market.asset: 1}), buyer, 1, "10")
    page = buyer.get("positions", limit=2).ok()
    rest = buyer.get("positions", limit=2, cursor=page["next_cursor"]).ok()
    assert [position["instrument"] for position in page["items"] + rest["items"]] == [
        market.symbol for market in markets]
    assert rest["next_cursor"] is None


def test_a_position_has_an_etag_that_changes_with_it(market, seller, buyer):
    trade(market, seller, buyer, 5, "10")
    path = f"positions/{market.symbol}"
    tag = buyer.get(path).headers["ETag"]
    assert buyer.get(path, headers={"If-None-Match": tag}).status == 304
    trade(market, seller, buyer, 5, "11")
    assert buyer.get(path, headers={"If-None-Match": tag}).ok()["quantity"] == "10.00"


def test_orders_and_trades_are_sorted_and_taken_from_until(market, seller, buyer):
    orders = [trade(market, seller, buyer, 1, price) for price in ("10", "11", "12")]
    ids = [order["id"] for order in orders]
    listed = lambda **query: [order["id"] for order in buyer.items("orders", **query)]
    assert listed(sort="created_at") == listed(sort="created_at", limit=1) == ids
    assert listed() == listed(sort="-created_at", limit=2) == ids[::-1]
    middle = orders[1]["created_at"]
    assert listed(**{"from": middle}) == ids[:0:-1] and listed(to=middle) == ids[:1]
    prices = lambda **query: [Decimal(found["price"]) for found in buyer.items("trades", **query)]
    assert prices(sort="executed_at", limit=2) == [10, 11, 12] and prices() == [12, 11, 10]
    shown = [Decimal(found["price"]) for found in buyer.items(
        f"market/{market.symbol}/trades", sort="executed_at", limit=1)]
    assert shown == [10, 11, 12]
    buyer.get("orders", sort="price").refused(422, "VALIDATION_FAILED")


def test_the_history_of_an_order_has_what_was_tried_with_it(market, seller, buyer):
    order = seller.order(market, "sell", 5, "10", client_order_id=unique("own")).ok(201)
    buyer.delete(f"orders/{order['id']}").refused(404, "NOT_FOUND")
    buyer.order(market, "buy", 5, "10").ok(201)
    seller.delete(f"orders/{order['id']}").refused(409, "ORDER_ALREADY_FILLED")
    history = lambda: seller.items(f"orders/{order['id']}/history", limit=1)
    has = lambda events: any(event["code"] and event["ticket_id"] for event in events) and any(
        event["type"] == "FillsSettled" and event["command_id"] is None for event in events)
    events = wait_until(lambda: has(found := history()) and found, 10,
                        "the refused cancel has its ticket, and the fill is settled")
    assert [event["position"] for event in events] == [
        event["position"] for event in seller.items(f"orders/{order['id']}/history")]
    refused, = [event for event in events if event["code"]]
    assert (refused["type"], refused["action"]) == ("CommandRejected", "CancelOrder")
    assert refused["ticket_id"]
    sold, = [event for event in events if event["fills"]]
    assert sold["command_id"] is None and sold["fills"][0]["quantity"] == "5.00"
    settled, = [event for event in events if event["type"] == "FillsSettled"
                and event["command_id"] is None]
    assert settled["position"].startswith("accounts/") and settled["cause"] is None
