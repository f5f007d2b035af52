"""From the number on the dashboard down to the events behind it."""
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from venue import NOBODY, wait_until

OWN = ("dashboard/overview", "dashboard/trading", "dashboard/risk", "analytics/performance",
       "analytics/pnl", "analytics/allocation", "analytics/risk")


def numbers(found, *names):
    return [None if found[name] is None else Decimal(found[name]) for name in names]


def today():
    return datetime.now(timezone.utc).date().isoformat()


class Story:
    """A buyer who bought 10 at 10, sold 4 at 12, and has an order for 1 at 8; the last price is 12."""

    def __init__(self, venue):
        self.market = venue.market(sector="forests")
        self.seller = venue.trader("seller", EUR=100, **{self.market.asset: 100})
        self.buyer = venue.trader("buyer", EUR=1000)
        self.seller.order(self.market, "sell", 10, "10").ok(201)
        self.bought = self.buyer.order(self.market, "buy", 10, "10").ok(201)
        self.buyer.order(self.market, "sell", 4, "12").ok(201)
        self.seller.order(self.market, "buy", 4, "12").ok(201)
        venue.wait_for_balance(self.buyer.account_id, "EUR", 948, 0)
        self.open = self.buyer.order(self.market, "buy", 1, "8").ok(201)
        wait_until(lambda: Decimal(self.position()["quantity"]) == 6, 10, "four are sold again")

    def position(self):
        return self.buyer.get(f"positions/{self.market.symbol}").ok()


@pytest.fixture(scope="module")
def story(venue):
    return Story(venue)


@pytest.fixture
def buyer(story):
    return story.buyer


def test_the_overview_tells_what_there_is_and_what_today_brought(story, buyer):
    shown = buyer.get("dashboard/overview").ok()
    assert numbers(shown, "value", "assets_value", "unrealised_pnl", "realised_pnl") == [
        1020, 72, 12, 8]
    assert numbers(shown["cash"], "available", "locked", "total") == [940, 8, 948]
    assert numbers(shown["today"], "flow", "pnl", "return") == [1000, 20, Decimal("0.02")]
    assert shown["today"]["date"] == today()
    assert shown["positions"] == [story.position()]
    assert (shown["open_orders"], len(shown["recent_trades"])) == (1, 2)
    assert buyer.get("/api/dashboard/overview").ok() == shown


def test_the_trading_dashboard_tells_of_orders_and_quotes(story, buyer):
    shown = buyer.get("dashboard/trading").ok()
    assert shown["open_orders"]["count"] == 1
    assert [order["id"] for order in shown["open_orders"]["items"]] == [story.open["id"]]
    assert numbers(shown["today"], "orders", "fills", "bought", "sold", "fees") == [3, 2, 100, 48, 0]
    quote, = shown["quotes"]
    assert (quote["symbol"], *numbers(quote, "bid", "ask", "last")) == (
        story.market.symbol, 8, None, 12)


def test_the_risk_dashboard_tells_what_is_exposed_and_held(story, buyer):
    shown = buyer.get("dashboard/risk").ok()
    assert numbers(shown, "value", "exposure", "exposure_share", "max_drawdown") == [
        1020, 72, round(Decimal(72) / 1020, 8), 0]
    exposed, = shown["instruments"]
    assert (exposed["instrument"], exposed["share"]) == (story.market.symbol, shown["largest_share"])
    assert shown["locked"] == {"EUR": "8.00"}
    assert numbers(shown["open_orders"], "buy", "sell", "buy_notional", "sell_notional") == [
        1, 0, 8, 0]


def test_analytics_tell_the_same_of_today_as_the_dashboards(story, buyer):
    performance = buyer.get("analytics/performance").ok()
    assert len(performance["days"]) == 30 and performance["to"] == today()
    last = performance["days"][-1]
    assert numbers(last, "value_before", "value", "flow", "pnl", "return", "return_since") == [
        0, 1020, 1000, 20, Decimal("0.02"), Decimal("0.02")]
    assert performance["time_weighted_return"] == last["return_since"]
    pnl = buyer.get("analytics/pnl", **{"from": today(), "to": today()}).ok()
    assert numbers(pnl, "realised_pnl", "unrealised_pnl", "fees") == [8, 12, 0]
    instrument, = pnl["days"][0]["instruments"]
    assert instrument["instrument"] == story.market.symbol
    risk = buyer.get("analytics/risk", **{"from": today()}).ok()
    assert numbers(risk["days"][0], "value", "exposure", "drawdown") == [1020, 72, 0]
    allocation = buyer.get("analytics/allocation").ok()
    assert [share["asset"] for share in allocation["assets"]] == ["EUR", story.market.asset]
    assert [sector["sector"] for sector in allocation["sectors"]] == ["cash", "forests"]
    assert sum(Decimal(share["share"]) for share in allocation["assets"]) == pytest.approx(1)


def test_one_goes_from_a_day_to_its_order_to_its_trade_to_its_event(story, buyer, admin):
    links = buyer.get("dashboard/overview").ok()["today"]["links"]
    day = buyer.get(links["pnl"]).ok()
    assert numbers(day, "value", "flow", "pnl", "realised_pnl") == [1020, 1000, 20, 8]
    sold, bought = day["settlements"]
    assert numbers(sold, "quantity", "realised_pnl") == [-4, 8]
    assert numbers(bought, "quantity", "realised_pnl") == [10, 0]
    assert [flow["type"] for flow in day["flows"]] == ["deposit"]
    order = buyer.get(bought["links"]["order"]).ok()
    assert order["order"]["id"] == bought["order_id"] == story.bought["id"]
    assert {line["position"] for line in order["settlements"]} == {bought["position"]}
    assert {line["asset"]: Decimal(line["amount"]) for line in order["settlements"]} == {
        "EUR": -100, story.market.asset: 10}
    wait_until(lambda: buyer.get(bought["links"]["order"]).ok()["tickets"], 10, "it has a ticket")
    trade = buyer.get(order["trades"][0]["links"]["trade"]).ok()
    assert trade["event"]["position"] == order["trades"][0]["position"]
    assert trade["event"]["type"] == "OrderEntered"
    assert {line["position"] for line in trade["settlements"]} == {bought["position"]}
    events = buyer.items(f"accounts/{buyer.account_id}/events")
    assert bought["position"] in {event["position"] for event in events}
    position = buyer.get(trade["links"]["position"]).ok()
    assert position["position"] == story.position()
    assert [line["position"] for line in position["settlements"]] == [
        sold["position"], bought["position"]]
    instrument = buyer.get(trade["links"]["instrument"]).ok()
    assert [order["id"] for order in instrument["open_orders"]] == [story.open["id"]]
    assert len(instrument["recent_trades"]) == 2
    assert instrument["last_event"].startswith("orders/")
    account = admin.get(f"drilldowns/accounts/{buyer.account_id}").ok()
    assert account["positions"] == [story.position()] and account["value"] == day["value"]
    assert len(account["events"]) > 5


def test_a_trade_by_another_leads_to_its_settlement(story):
    sold = next(order for order in story.buyer.items("orders") if order["side"] == "sell")
    drilled = story.buyer.get(f"drilldowns/orders/{sold['id']}").ok()
    assert {line["asset"]: Decimal(line["amount"]) for line in drilled["settlements"]} == {
        "EUR": 48, story.market.asset: -4}


def test_who_has_nothing_is_told_so(venue):
    nobody = venue.trader("nobody")
    for path in OWN:
        assert nobody.get(path).ok()["account_id"] == nobody.account_id
    assert numbers(nobody.get("dashboard/overview").ok(), "value", "realised_pnl") == [0, 0]
    assert nobody.get("analytics/allocation").ok()["assets"] == []
    assert nobody.get(f"drilldowns/pnl/{today()}").ok()["settlements"] == []
    assert nobody.get("drilldowns/instruments/CEA-EUR").ok()["position"] is None
    for path in OWN:
        venue.public.get(path).refused(401, "UNAUTHENTICATED")


def test_what_is_anothers_does_not_exist(venue, story):
    stranger = venue.trader("stranger")
    trade_id = story.bought["fills"][0]["trade_id"]
    for path in (f"orders/{story.bought['id']}", f"trades/{trade_id}", f"trades/{NOBODY}",
                 f"positions/{story.market.symbol}", "instruments/NO-SUCH"):
        stranger.get(f"drilldowns/{path}").refused(404, "NOT_FOUND")
    stranger.get(f"drilldowns/accounts/{stranger.account_id}").refused(403, "FORBIDDEN")
    stranger.get("drilldowns/pnl/yesterday").refused(422, "VALIDATION_FAILED")


def test_dashboards_have_an_etag(buyer):
    tag = buyer.get("dashboard/overview").headers["ETag"]
    assert buyer.get("dashboard/overview", headers={"If-None-Match": tag}).status == 304


def test_a_pair_has_one_instrument(admin, market):
    """So what an account holds is worth what that one says."""
    rules = {"base": market.asset, "quote": "EUR", "tick_size": "0.01", "lot_size": "1", "min_quantity": "1",
             "max_quantity": "1000"}
    for symbol in (f"Z{market.asset}-EUR", market.symbol):
        refused = admin.post("admin/instruments", {"symbol": symbol, **rules}).refused(422, "VALIDATION_FAILED")
        assert refused["errors"][0]["field"] == "symbol"
