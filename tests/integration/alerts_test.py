"""Price alerts: each fires once for each crossing, whatever ends meanwhile, and only its user is told."""
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from venue import NOBODY, wait_until

SOON = 15


class Prices:
    """An instrument whose price goes where it is told to."""

    def __init__(self, venue):
        self.market = venue.market()
        self.symbol = self.market.symbol
        self.seller = venue.trader("who sells", **{self.market.asset: 10000})
        self.buyer = venue.trader("who buys", EUR=1_000_000)

    def trade(self, *prices):
        for price in prices:
            self.seller.order(self.market, "sell", 1, price).ok(201)
            self.buyer.order(self.market, "buy", 1, price).ok(201)


@pytest.fixture
def prices(venue):
    return Prices(venue)


@pytest.fixture
def user(venue):
    """With no mails about alerts: there are many."""
    user = venue.trader("who waits")
    user.put("settings", {"email_notifications": False}).ok()
    return user


def create(session, prices, condition, price=None, **more):
    """Soon: what crosses or changes begins from a price, which settings has to have heard of."""
    body = {"instrument": prices.symbol, "condition": condition, "price": price, **more}
    made = wait_until(lambda: (found := session.post("alerts", body)).status == 201 and found, SOON, "it is made")
    return made.ok(201)


def told(session, alert):
    """What the user was told of an alert, oldest first."""
    return [item for item in session.items("notifications")[::-1] if item["subject_id"] == alert["id"]]


def wait_until_told(session, alert, count=1):
    wait_until(lambda: len(told(session, alert)) >= count, SOON, f"{count} notifications")
    assert len(told(session, alert)) == count
    return told(session, alert)[-1]


def test_an_alert_fires_once(venue, user, prices):
    prices.trade(8)
    alert = create(user, prices, "above", 10)
    assert (alert["status"], alert["triggered_at"], alert["triggered_count"]) == ("active", None, 0)
    prices.trade(12)
    notice = wait_until_told(user, alert)
    assert (notice["kind"], notice["instrument"], notice["unread"]) == ("price_alert", prices.symbol, True)
    assert Decimal(notice["price"]) == 12
    shown = user.get(f"alerts/{alert['id']}").ok()
    assert (shown["status"], shown["triggered_count"]) == ("triggered", 1)
    assert Decimal(shown["triggered_price"]) == 12 and shown["triggered_at"]
    prices.trade(8, 13)
    again = create(user, prices, "above", 13)
    prices.trade(14)
    wait_until_told(user, again)
    wait_until_told(user, alert)


def test_a_crossing_between_two_tellings_is_not_missed(user, prices):
    prices.trade(10)
    up, down = create(user, prices, "crosses", 15), create(user, prices, "below", 5)
    prices.trade(15, 5, 10)
    wait_until_told(user, up)
    wait_until_told(user, down)


def test_a_recurring_alert_fires_with_each_crossing(user, prices):
    prices.trade(10)
    alert = create(user, prices, "crosses", 20, recurring=True)
    for count, price in enumerate((25, 15, 20), 1):
        prices.trade(price)
        wait_until_told(user, alert, count)
    assert user.get(f"alerts/{alert['id']}").ok()["status"] == "active"


def test_a_change_within_a_window(user, prices):
    prices.trade(100)
    alert = create(user, prices, "percent_change", percent=10, window_s=3600)
    assert (Decimal(alert["percent"]), alert["window_s"]) == (10, 3600)
    prices.trade(109)
    prices.trade(90)
    wait_until_told(user, alert)


def test_an_alert_is_changed_paused_resumed_and_deleted(user, prices):
    alert = create(user, prices, "above", 10)
    path = f"alerts/{alert['id']}"
    assert user.post(f"{path}/pause").ok()["status"] == "paused"
    user.put(path, {"instrument": prices.symbol, "condition": "above", "price": 30},
             headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    changed = user.put(path, {"instrument": prices.symbol, "condition": "above", "price": 30},
                       headers={"If-Match": '"2"'}).ok()
    assert (changed["status"], Decimal(changed["price"])) == ("active", 30)
    prices.trade(30)
    wait_until_told(user, alert)
    user.post(f"{path}/pause").refused(422, "VALIDATION_FAILED")
    assert user.post(f"{path}/resume").ok()["status"] == "active"
    prices.trade(31)
    wait_until_told(user, alert, 2)
    assert user.delete(path).status == 200
    user.get(path).refused(404, "NOT_FOUND")
    user.post(f"{path}/resume").refused(404, "NOT_FOUND")


def test_an_alert_ends_by_itself(user, prices):
    alert = create(user, prices, "above", 10, expires_at="2030-01-01T00:00:00Z")
    assert user.get("alerts", status="active").ok()["items"][0]["id"] == alert["id"]
    end = (datetime.now(timezone.utc) + timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
    short = create(user, prices, "above", 10, expires_at=end)
    wait_until(lambda: user.get(f"alerts/{short['id']}").ok()["status"] == "expired", SOON, "it is over")
    user.post(f"alerts/{short['id']}/resume").refused(422, "VALIDATION_FAILED")
    prices.trade(10)
    wait_until_told(user, alert)
    assert told(user, short) == []


@pytest.mark.parametrize("change", [
    {"condition": "sideways"}, {"price": None}, {"price": 0}, {"price": -1}, {"percent": 5}, {"window_s": 60},
    {"condition": "percent_change"}, {"condition": "percent_change", "price": None, "percent": 5},
    {"condition": "percent_change", "price": None, "percent": 5, "window_s": 59},
    {"condition": "percent_change", "price": None, "percent": 0, "window_s": 60}, {"condition": "crosses"},
    {"expires_at": "2020-01-01T00:00:00Z"}, {"colour": "red"}])
def test_what_cannot_be_waited_for_is_refused(user, prices, change):
    body = {"instrument": prices.symbol, "condition": "above", "price": 10, **change}
    user.post("alerts", body).refused(422, "VALIDATION_FAILED")


def test_an_alert_on_nothing_is_refused(user):
    user.post("alerts", {"instrument": "NO-SUCH", "condition": "above", "price": 1}).refused(
        422, "INSTRUMENT_UNKNOWN")
    user.get(f"alerts/{NOBODY}").refused(404, "NOT_FOUND")


def test_two_users_do_not_see_each_others_alerts(venue, user, prices):
    stranger, alert = venue.trader("a stranger"), create(user, prices, "above", 10)
    path, body = f"alerts/{alert['id']}", {"instrument": prices.symbol, "condition": "above", "price": 1}
    for answer in (stranger.get(path), stranger.put(path, body), stranger.delete(path),
                   stranger.post(f"{path}/pause"), stranger.post(f"{path}/resume")):
        answer.refused(404, "NOT_FOUND")
    prices.trade(10)
    notice = wait_until_told(user, alert)
    assert stranger.items("alerts") == [] and stranger.items("notifications") == []
    stranger.post(f"notifications/{notice['id']}/read").refused(404, "NOT_FOUND")


@pytest.mark.disruptive
def test_a_thousand_that_one_price_crosses_fire_once_each_though_the_service_is_killed(venue, user, prices):
    prices.trade(10)
    for number in range(1000):
        create(user, prices, "above" if number % 2 else "crosses", str(Decimal(2000 + number) / 100))
    user.post("alerts", {"instrument": prices.symbol, "condition": "above", "price": 20}).refused(
        422, "VALIDATION_FAILED")
    prices.trade(40, 9)
    venue.process("kill", "settings")
    venue.process("start", "settings")
    wait_until(lambda: len(user.items("notifications", limit=500)) >= 1000, 120, "all have fired", pause=0.5)
    witness = venue.trader("a witness")
    seen = create(witness, prices, "above", 41)
    prices.trade(41)
    wait_until_told(witness, seen)
    told_of = [item["subject_id"] for item in user.items("notifications", limit=500)]
    assert len(told_of) == len(set(told_of)) == 1000
    assert {item["status"] for item in user.items("alerts", limit=500)} == {"triggered"}
