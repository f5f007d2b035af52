"""Orders that wait for a price fire by themselves, guards go in pairs, and orders expire."""
import datetime
from decimal import Decimal

import pytest

from venue import ENDED, wait_until


@pytest.fixture
def owner(venue, market):
    return venue.trader("owner", EUR=1000, **{market.asset: 100})


@pytest.fixture
def others(venue, market):
    """Somebody who buys and somebody who sells."""
    return (venue.trader("buyer", EUR=10000),
            venue.trader("seller", **{market.asset: 1000}))


def trade(market, others, price, quantity=1):
    buyer, seller = others
    seller.order(market, "sell", quantity, price).ok(201)
    buyer.order(market, "buy", quantity, price).ok(201)


def seen(caller, order):
    return caller.get(f"orders/{order['id']}").ok()


def becomes(caller, order, status):
    return wait_until(lambda: (found := seen(caller, order))["status"] == status and found, 10,
                      f"the order is {status}")


def stop(owner, market, price, **terms):
    order = owner.order(market, "sell", 10, type="stop", stop_price=price, **terms).ok(201)
    assert (order["status"], order["lifecycle"], order["trigger"]) == \
        ("pending", "pending", "waiting")
    return order


def test_a_stop_loss_waits_unseen_until_it_is_breached_and_sells_by_itself(
        market, owner, others):
    buyer, _ = others
    trade(market, others, "10")
    order = stop(owner, market, "9")
    assert owner.balance(market.asset) == (90, 10)
    assert owner.get(f"market/{market.symbol}/book").ok()["asks"] == []
    buyer.order(market, "buy", 20, "8.50").ok(201)
    trade(market, others, "9.01")
    assert seen(owner, order)["status"] == "pending"  # not breached
    trade(market, others, "9")
    sold = becomes(owner, order, "filled")
    assert (sold["trigger"], sold["type"], Decimal(sold["average_fill_price"])) == \
        ("fired", "stop", Decimal("8.5"))
    wait_until(lambda: owner.balance(market.asset) == (90, 0), 10, "the hold is gone")
    assert owner.balance("EUR") == (1085, 0)
    history = owner.get(f"orders/{order['id']}/history").ok()["items"]
    assert [event["type"] for event in history].count("OrderEntered") == 2


def test_a_stop_that_nobody_buys_from_ends(market, owner, others):
    trade(market, others, "10")
    order = stop(owner, market, "9")
    trade(market, others, "9")
    assert becomes(owner, order, "canceled")["end_reason"] == "no_liquidity"
    wait_until(lambda: owner.balance(market.asset) == (100, 0), 10, "the hold is gone")


def test_a_stop_limit_rests_once_it_has_fired(market, owner, others, public):
    trade(market, others, "10")
    order = owner.order(market, "buy", 10, "11", type="stop_limit", stop_price="11").ok(201)
    assert owner.balance("EUR") == (890, 110)
    trade(market, others, "11")
    becomes(owner, order, "open")
    assert [level["price"] for level in
            public.get(f"market/{market.symbol}/book").ok()["bids"]] == ["11.00"]


def test_a_mark_moves_a_trailing_stop(market, owner, others, admin):
    buyer, _ = others
    buyer.order(market, "buy", 10, "5").ok(201)
    mark = lambda price: admin.post(f"admin/instruments/{market.symbol}/mark",
                                    {"mark_price": price}).ok()
    mark("10")
    order = owner.order(market, "sell", 10, type="trailing_stop", trail_percent=10).ok(201)
    assert Decimal(order["stop_price"]) == 9
    mark("20")
    mark("18.01")
    waits = seen(owner, order)
    assert (waits["status"], Decimal(waits["stop_price"])) == ("pending", 18)
    mark("18")
    sold = becomes(owner, order, "filled")
    assert (Decimal(sold["stop_price"]), Decimal(sold["average_fill_price"])) == (18, 5)


def test_trailing_stops_show_where_trades_have_moved_them(market, owner, others):
    trade(market, others, "10")
    sells = owner.order(market, "sell", 1, type="trailing_stop", trail_amount="1.50").ok(201)
    buys = owner.order(market, "buy", 1, type="trailing_stop", trail_percent="33.333333",
                       max_notional=50).ok(201)
    assert (sells["stop_price"], buys["stop_price"]) == ("8.50", "13.3333333")
    for price in ("12", "11"):
        trade(market, others, price)
    at = lambda order, price: wait_until(lambda: seen(owner, order)["stop_price"] == price, 10,
                                         f"the stop is at {price}")
    at(sells, "10.50")
    assert seen(owner, buys)["stop_price"] == "13.3333333"
    owner.delete(f"orders/{sells['id']}").ok()
    trade(market, others, "9")
    at(buys, "11.99999997")  # 9 + 33.333333 %
    assert [item["stop_price"] for item in owner.items("orders", status="pending")] == \
        ["11.99999997"]
    trade(market, others, "12")
    assert becomes(owner, buys, "canceled")["stop_price"] == "11.99999997"  # as its book says


def test_a_waiting_order_can_be_canceled(market, owner, others):
    trade(market, others, "10")
    order = stop(owner, market, "9", client_order_id="stop me")
    canceled = owner.delete(f"orders/{order['id']}").ok()
    assert (canceled["status"], canceled["end_reason"]) == ("canceled", "canceled_by_user")
    wait_until(lambda: owner.balance(market.asset) == (100, 0), 10, "the hold is gone")
    assert owner.get("orders/by-client-id/stop%20me").ok()["status"] == "canceled"


def test_what_cannot_wait_is_refused_before_it_holds_anything(market, owner):
    bad = lambda field, side="sell", **terms: \
        [error["field"] for error in owner.order(market, side, 10, **terms)
         .refused(422, "VALIDATION_FAILED")["errors"]] == [field]
    assert bad("stop_price", type="stop")
    assert bad("time_in_force", type="stop", stop_price="9", time_in_force="ioc")
    assert bad("post_only", type="stop", stop_price="9", post_only=True)
    assert bad("max_notional", "buy", type="stop", stop_price="9")
    assert bad("trail_amount", type="trailing_stop")
    assert bad("expires_at", price="9", time_in_force="gtd")
    assert bad("stop_loss_price", price="9", stop_loss_price="8")
    owner.order(market, "sell", 10, type="stop", stop_price="9.001").refused(422, "TICK_SIZE")
    assert owner.balance(market.asset) == (100, 0)


def test_an_order_expires_with_nobody_asking(market, owner):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)
    order = owner.order(market, "sell", 10, "10", time_in_force="gtd",
                        expires_at=soon.isoformat()).ok(201)
    assert order["status"] == "open"
    expired = becomes(owner, order, "expired")
    assert (expired["end_reason"], expired["lifecycle"]) == ("expired", "closed")
    assert expired["updated_at"] >= expired["expires_at"]
    wait_until(lambda: owner.balance(market.asset) == (100, 0), 10, "the hold is gone")


def test_a_day_order_says_when_its_day_ends(market, owner):
    order = owner.order(market, "sell", 10, "10", time_in_force="day").ok(201)
    assert order["expires_at"].endswith("T00:00:00.000000Z")


def guards_of(owner, market, parent):
    items = owner.get("orders", instrument=market.symbol, limit=50).ok()["items"]
    return {item["type"]: item for item in items if item["parent_id"] == parent["id"]}


def test_a_guarded_purchase_gets_a_pair_that_grows_and_of_which_one_cancels_the_other(
        market, owner, others):
    buyer, seller = others
    bought = owner.order(market, "buy", 10, "10", stop_loss_price="9",
                         take_profit_price="11").ok(201)
    seller.order(market, "sell", 4, "10").ok(201)
    guards = wait_until(lambda: len(found := guards_of(owner, market, bought)) == 2 and found, 10,
                        "the pair waits")
    assert {Decimal(guard["quantity"]) for guard in guards.values()} == {4}
    assert guards["stop"]["sibling_id"] == guards["take_profit"]["id"]
    seller.order(market, "sell", 6, "10").ok(201)
    wait_until(lambda: {Decimal(guard["quantity"]) for guard in
                        guards_of(owner, market, bought).values()} == {10}, 10, "it has grown")
    wait_until(lambda: owner.balance(market.asset) == (100, 10), 10, "all of it is held")
    buyer.order(market, "buy", 10, "11").ok(201)
    trade(market, (buyer, seller), "11.50")  # crosses it; the best bid is 11
    assert becomes(owner, guards["take_profit"], "filled")
    ended = becomes(owner, guards["stop"], "canceled")
    assert ended["end_reason"] == "sibling"
    wait_until(lambda: owner.balance(market.asset) == (100, 0), 10, "nothing is held")
    booked = {line["reference_id"] for line in owner.items("transactions", asset=market.asset)}
    assert guards["take_profit"]["id"] in booked and guards["stop"]["id"] not in booked
    assert all(item["status"] in ENDED for item in owner.get("orders").ok()["items"])


def test_to_cancel_one_of_a_pair_ends_both(market, owner, others):
    _, seller = others
    seller.order(market, "sell", 4, "10").ok(201)
    bought = owner.order(market, "buy", 4, "10", stop_loss_price="9",
                         take_profit_price="11").ok(201)
    guards = wait_until(lambda: len(found := guards_of(owner, market, bought)) == 2 and found, 10,
                        "the pair waits")
    owner.delete(f"orders/{guards['stop']['id']}").ok()
    becomes(owner, guards["take_profit"], "canceled")
    wait_until(lambda: owner.balance(market.asset) == (104, 0), 10, "nothing is held")
