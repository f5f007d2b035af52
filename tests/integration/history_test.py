"""The history of an order that the clock, not a command, moved on."""
from decimal import Decimal

import pytest

from venue import wait_until


@pytest.fixture
def holder(venue, market):
    return venue.trader("holder", EUR=1000, **{market.asset: 100})


def history(trader, order):
    return trader.items(f"orders/{order['id']}/history")


def types(events):
    return [(event["type"], event["position"].split("/")[0]) for event in events]


def test_a_stop_that_fired_tells_how_it_was_placed_and_what_came_of_it(venue, market, holder):
    other = venue.trader("other", EUR=1000, **{market.asset: 100})
    stop = holder.post("orders", {"instrument": market.symbol, "side": "sell", "type": "stop",
                                  "quantity": 5, "stop_price": "9"}).ok(201)
    assert stop["status"] == "pending" and stop["trigger"] == "waiting"
    other.order(market, "buy", 10, "8").ok(201)
    venue.trader("third", **{market.asset: 1}).order(market, "sell", 1, "8").ok(201)
    wait_until(lambda: holder.get(f"orders/{stop['id']}").ok()["status"] == "filled", 10,
               "the stop is filled")
    wait_until(lambda: len(history(holder, stop)) == 5, 10, "all five events are told")
    events = history(holder, stop)
    assert sorted(types(events)) == sorted([
        ("OrderAuthorized", "accounts"), ("OrderEntered", "orders"), ("FillsSettled", "accounts"),
        ("OrderEntered", "orders"), ("FillsSettled", "accounts")])
    fired = next(event for event in events if event["fills"])
    assert (fired["type"], fired["command_id"], fired["ticket_id"]) == ("OrderEntered", None, None)
    assert Decimal(fired["fills"][0]["quantity"]) == 5
    placed = next(event for event in events if event["action"] == "PlaceOrder")
    assert fired["correlation_id"] == placed["correlation_id"] is not None
    crossed = next(trade for trade in holder.items(f"market/{market.symbol}/trades")
                   if trade["trade_id"] == fired["crossed_by"])
    assert Decimal(crossed["quantity"]) == 1 and placed["crossed_by"] is None
    assert events[0]["cause"] == fired["position"] and events[0]["command_id"] is None
    drilled = holder.get(f"drilldowns/orders/{stop['id']}").ok()
    assert {line["position"] for line in drilled["settlements"]} == {events[0]["position"]}
    assert events[0]["position"] in {
        event["position"] for event in holder.items(f"accounts/{holder.account_id}/events")}
