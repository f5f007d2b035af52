"""What an order is held against before funds are: the venue's limits, and an account's own."""
from decimal import Decimal

import pytest

from venue import TICKET, unique, wait_until

NONE = {"max_order_notional": None, "max_daily_notional": None, "max_concentration_percent": None,
        "max_open_orders": None}


def limits_of(trader):
    return f"admin/accounts/{trader.account_id}/risk-limits"


def limit(admin, trader, **limits):
    return admin.put(limits_of(trader), limits).ok()


@pytest.fixture
def market(venue):
    return venue.market()


@pytest.fixture
def trader(venue):
    return venue.trader(EUR=1000)


@pytest.fixture
def rules(admin):
    """Changes the venue's rules, which are gone again after the test."""
    yield lambda **limits: admin.put("admin/venue-rules", limits).ok()
    admin.put("admin/venue-rules", {}).ok()


def test_an_order_within_its_limits_is_taken(admin, market, trader):
    limit(admin, trader, max_order_notional=100, max_daily_notional="200", max_open_orders=2)
    assert trader.order(market, "buy", 10, "10").ok(201)["status"] == "open"


def test_an_order_over_the_order_limit_is_refused_and_leaves_a_ticket(admin, market, trader):
    limit(admin, trader, max_order_notional="99.99")
    problem = trader.order(market, "buy", 10, "10").refused(409, "RISK_ORDER_LIMIT")
    assert "100.00 EUR" in problem["detail"] and "99.99" in problem["detail"]
    assert trader.balance("EUR") == (1000, 0)
    failed = wait_until(lambda: admin.items("admin/logging/failed-actions", action="PlaceOrder",
                                            actor_id=trader.user["id"]), 10, "the ticket is there")
    assert [ticket["code"] for ticket in failed] == ["RISK_ORDER_LIMIT"]


def test_the_buys_of_a_day_are_limited_together(admin, market, trader):
    limit(admin, trader, max_daily_notional=150)
    order = trader.order(market, "buy", 10, "10").ok(201)
    trader.delete(f"orders/{order['id']}").ok()
    problem = trader.order(market, "buy", 6, "10").refused(409, "RISK_DAILY_LIMIT")
    assert "50.00 are left" in problem["detail"] and "T00:00:00.000000Z" in problem["detail"]
    trader.order(market, "buy", 5, "10").ok(201)
    used = trader.get("risk/limits").ok()
    assert used["limits"]["max_daily_notional"] == "150.00"
    assert used["used"]["daily_notional"] == {"EUR": "150.00"}
    assert used["used"]["open_orders"] == 1
    assert used["resets_at"].endswith("T00:00:00.000000Z")


def test_open_orders_are_limited(admin, market, trader):
    limit(admin, trader, max_open_orders=1)
    order = trader.order(market, "buy", 1, "10").ok(201)
    trader.order(market, "buy", 1, "10").refused(409, "RISK_OPEN_ORDERS")
    trader.delete(f"orders/{order['id']}").ok()
    trader.order(market, "buy", 1, "10").ok(201)


def test_so_much_may_be_in_one_instrument(admin, market, trader):
    limit(admin, trader, max_concentration_percent=40)
    trader.order(market, "buy", 41, "10").refused(409, "RISK_CONCENTRATION")
    trader.order(market, "buy", 40, "10").ok(201)
    trader.order(market, "buy", 1, "10").refused(409, "RISK_CONCENTRATION")  # open buys count


def test_a_mark_weighs_as_soon_as_it_is_answered(venue, admin, market, trader):
    venue.fund(trader.account_id, market.asset, 20)
    limit(admin, trader, max_concentration_percent=25)
    mark = f"admin/instruments/{market.symbol}/mark"
    admin.post(mark, {"mark_price": "10"}).ok()
    trader.order(market, "buy", 10, "10").ok(201)  # 300 of 1200
    admin.post(mark, {"mark_price": "20"}).ok()
    trader.order(market, "buy", 1, "1").refused(409, "RISK_CONCENTRATION")
    share = trader.get("risk/limits").ok()["used"]["concentration_percent"]
    assert share == {market.symbol: "28.57142857"}  # 400 of 1400; what is not bought yet is cash


def test_an_order_is_refused_while_a_holding_has_no_price(venue, admin, market, trader):
    other = venue.market()
    venue.fund(trader.account_id, other.asset, 5)
    trader.order(market, "buy", 1, "10").ok(201)  # without a limit nothing has to be weighed
    limit(admin, trader, max_concentration_percent=90)
    problem = trader.order(market, "buy", 1, "10").refused(503, "RISK_DATA_UNAVAILABLE")
    assert other.symbol in problem["detail"]


def test_a_trade_gives_a_holding_its_price_without_anybody_asking(venue, admin, market, trader):
    other = venue.market()
    venue.fund(trader.account_id, other.asset, 5)
    limit(admin, trader, max_concentration_percent=90)
    trader.order(market, "buy", 1, "10").refused(503, "RISK_DATA_UNAVAILABLE")
    maker = venue.maker(**{other.asset: 10})
    venue.offer(maker, other, 10, "2").ok(201)
    venue.trader(EUR=100).order(other, "buy", 1, "2").ok(201)
    wait_until(lambda: trader.order(market, "buy", 1, "10").status == 201, 10,
               "the trade's price has reached the account")


def test_a_sale_is_not_held_against_what_limits_buying(venue, admin, market, trader):
    venue.fund(trader.account_id, market.asset, 100)
    limit(admin, trader, max_order_notional=0, max_daily_notional=0, max_concentration_percent=0)
    trader.order(market, "sell", 100, "10").ok(201)
    trader.order(market, "buy", 1, "1").refused(409, "RISK_ORDER_LIMIT")


def test_what_is_not_there_is_refused_before_any_limit(admin, market, trader):
    limit(admin, trader, max_order_notional=0)
    trader.order(market._replace(symbol="NOT-HERE"), "buy", 1, "1").refused(422, "INSTRUMENT_UNKNOWN")


def test_funds_are_asked_for_last(admin, market, trader):
    limit(admin, trader, max_order_notional=2000)
    trader.order(market, "buy", 100, "10.01").refused(409, "INSUFFICIENT_FUNDS")
    trader.order(market, "buy", 201, "10").refused(409, "RISK_ORDER_LIMIT")


@pytest.mark.disruptive
def test_an_account_has_its_own_limit_in_place_of_the_venues(admin, market, trader, rules):
    rules(max_order_notional=50, max_open_orders=1)
    trader.order(market, "buy", 10, "10").refused(409, "RISK_ORDER_LIMIT")
    own = limit(admin, trader, max_order_notional=100)
    assert own["max_order_notional"] == "100.00" and own["max_open_orders"] is None
    assert own["in_force"] == {"max_order_notional": "100.00", "max_daily_notional": None,
                               "max_concentration_percent": None, "max_open_orders": 1}
    trader.order(market, "buy", 10, "10").ok(201)
    trader.order(market, "buy", 1, "10").refused(409, "RISK_OPEN_ORDERS")
    limit(admin, trader)
    trader.order(market, "buy", 10, "10").refused(409, "RISK_ORDER_LIMIT")


@pytest.mark.disruptive
def test_a_rule_holds_in_every_partition_when_it_is_answered(venue, market, rules):
    traders = [venue.trader(EUR=100) for _ in range(8)]  # of all partitions, most likely
    rules(max_order_notional=0)
    for trader in traders:
        trader.order(market, "buy", 1, "1").refused(409, "RISK_ORDER_LIMIT")
    rules()
    for trader in traders:
        trader.order(market, "buy", 1, "1").ok(201)


@pytest.mark.disruptive
def test_each_change_has_its_ticket_and_goes_on_from_what_was_read(admin, trader, rules):
    for path in (limits_of(trader), "admin/venue-rules"):
        seen = admin.get(path)
        assert {name: seen.ok()[name] for name in NONE} == NONE
        etag = {"If-Match": seen.headers["ETag"]}
        changed = admin.put(path, {"max_open_orders": 7}, headers=etag).ok()
        assert changed["max_open_orders"] == 7
        ticket = admin.get(f"admin/logging/tickets/{changed['ticket_id']}").ok()
        assert TICKET.fullmatch(ticket["id"]) and ticket["outcome"] == "success"
        admin.put(path, {"max_open_orders": 8}, headers=etag).refused(412, "VERSION_CONFLICT")
        assert admin.get(path).ok()["max_open_orders"] == 7


def test_limits_are_for_staff_to_set_and_the_venues_for_admins(admin, trader):
    for path in (limits_of(trader), "admin/venue-rules"):
        trader.put(path, {"max_open_orders": 7}).refused(403, "FORBIDDEN")
        trader.get(path).refused(403, "FORBIDDEN")
        admin.put(path, {"max_open_orders": -1}).refused(422, "VALIDATION_FAILED")
        admin.put(path, {"max_open_order": 1}).refused(422, "VALIDATION_FAILED")


def test_a_repeated_change_is_the_first_one(admin, trader):
    key = unique("limits")
    first = admin.put(limits_of(trader), {"max_open_orders": 7}, key=key).ok()
    again = admin.put(limits_of(trader), {"max_open_orders": 7}, key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.ok()["ticket_id"] == first["ticket_id"]
    assert Decimal(again.json["max_open_orders"]) == 7


def test_a_market_buy_takes_its_budget_from_the_band(venue, admin, market, trader):
    maker = venue.maker(**{market.asset: 10})
    trader.order(market, "buy", 3).refused(422, "VALIDATION_FAILED")
    admin.put(f"admin/instruments/{market.symbol}", {"price_band_percent": 10}).ok()
    trader.order(market, "buy", 3).refused(422, "VALIDATION_FAILED")  # there is no price yet
    admin.post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "10"}).ok()
    venue.offer(maker, market, 2, "11").ok(201)
    order = trader.order(market, "buy", 3).ok(201)
    assert order["max_notional"] == "33.00"
    assert (order["filled_quantity"], order["end_reason"]) == ("2.00", "ioc_remainder")


def test_a_market_order_trades_no_further_than_the_band(venue, admin, market, trader):
    maker = venue.maker(**{market.asset: 10})
    venue.offer(maker, market, 1, "11").ok(201)
    venue.offer(maker, market, 1, "12").ok(201)
    admin.put(f"admin/instruments/{market.symbol}", {"price_band_percent": 10}).ok()
    admin.post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "10"}).ok()
    order = trader.order(market, "buy", 2, max_notional=100).ok(201)
    assert [Decimal(fill["price"]) for fill in order["fills"]] == [11]
    assert order["end_reason"] == "ioc_remainder"
