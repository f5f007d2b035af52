"""What happened to an account, event by event, and what it had after each."""
from decimal import Decimal

import pytest

from venue import NOBODY, balance_of, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", EUR=50, **{market.asset: 100})


def events(caller, account_id, **query):
    return caller.items(f"accounts/{account_id}/events", **query)


def as_of(caller, account_id, when):
    return caller.get(f"accounts/{account_id}/balances", as_of=when).ok()


def test_each_event_shows_the_balances_behind_it_and_as_of_it_they_are_the_same(
        venue, market, seller):
    order = seller.order(market, "sell", 60, "2").ok(201)
    venue.trader("buyer", EUR=100).order(market, "buy", 10, "2").ok(201)
    venue.wait_for_balance(seller.account_id, "EUR", 70, 0)
    seller.delete(f"orders/{order['id']}").ok()
    venue.wait_for_balance(seller.account_id, market.asset, 90, 0)
    found = events(seller, seller.account_id)
    assert [event["type"] for event in found][:4] == [
        "HoldReleased", "FillsSettled", "FillsSettled", "OrderAuthorized"]
    assert {event["type"] for event in found[4:]} == {
        "AssetTransactionRecorded", "AccountStatusChanged", "AccountOpened"}
    shown = [balance_of(event["balances"], market.asset) for event in found[:4]]
    assert shown == [(90, 0), (40, 50), (40, 60), (40, 60)]
    known = {}
    for event in reversed(found):
        known.update(event["balances"] or {})
        assert as_of(seller, seller.account_id, event["position"]) == known, event
    assert as_of(seller, seller.account_id, found[0]["occurred_at"]) == known
    assert as_of(seller, seller.account_id, "2020-01-01T00:00:00Z") == {}
    before = as_of(seller, seller.account_id, found[3]["occurred_at"])
    assert balance_of(before, market.asset) == (40, 60)


def test_an_event_names_its_command_and_ticket_but_not_anothers(venue, admin, market, seller):
    seller.order(market, "sell", 5, "2").ok(201)
    bought = venue.trader("buyer", EUR=100).order(market, "buy", 5, "2").ok(201)
    venue.wait_for_balance(seller.account_id, "EUR", 60, 0)
    newest, _, placed = events(seller, seller.account_id)[:3]
    assert (newest["type"], newest["command_id"], newest["cause"], newest["ticket_id"]) == (
        "FillsSettled", None, None, None)
    assert placed["action"] == "PlaceOrder" and placed["command_id"]
    wait_until(lambda: events(seller, seller.account_id)[2]["ticket_id"], 10, "it has its ticket")
    seen = events(admin, seller.account_id)[0]
    assert seen["command_id"] and bought["id"]


def test_what_was_refused_is_an_event_too(seller, market):
    seller.order(market, "sell", 500, "2").refused(409, "INSUFFICIENT_FUNDS")
    newest = events(seller, seller.account_id, limit=1)[0]
    assert (newest["type"], newest["code"], newest["balances"]) == (
        "CommandRejected", "INSUFFICIENT_FUNDS", None)


def test_events_come_page_by_page_and_by_time(seller):
    found = events(seller, seller.account_id)
    positions = [event["position"] for event in found]
    listed = lambda **query: [event["position"] for event in events(seller, seller.account_id,
                                                                    **query)]
    assert len(found) == 4
    assert listed(limit=1) == positions
    bounds = {"from": found[1]["occurred_at"], "to": found[0]["occurred_at"]}
    assert listed(**bounds) == positions[1:2]


def test_the_events_and_balances_of_others_do_not_exist(venue, admin, seller):
    stranger = venue.trader("stranger")
    for part in ("events", "balances"):
        stranger.get(f"accounts/{seller.account_id}/{part}").refused(404, "NOT_FOUND")
        admin.get(f"accounts/{NOBODY}/{part}").refused(404, "NOT_FOUND")
        venue.public.get(f"accounts/{seller.account_id}/{part}").refused(401, "UNAUTHENTICATED")
    assert events(admin, seller.account_id)
    path = f"accounts/{seller.account_id}/balances"
    seller.get(path, as_of="orders/0/5").refused(422, "VALIDATION_FAILED")
    seller.get(path, as_of="yesterday").refused(422, "VALIDATION_FAILED")
    assert Decimal(seller.get(path).ok()["EUR"]["total"]) == 50


def test_the_certificates_and_proceeds_of_a_market_maker_are_told_as_they_were(
        venue, admin, market):
    maker = venue.maker("seller", **{market.asset: 100})
    venue.offer(maker, market, 60, "2").ok(201)
    buyer = venue.trader("buyer", EUR=100)
    for quantity in (10, 5):
        buyer.order(market, "buy", quantity, "2").ok(201)
    venue.wait_for_balance(maker["id"], market.asset, 40, 45)
    path = f"admin/market-makers/{maker['id']}"
    admin.post(f"{path}/payouts", {"asset": "EUR", "amount": "25"}).ok(201)
    shown = []
    for event in reversed(events(admin, maker["id"])):
        found = admin.get(f"{path}/balances", as_of=event["position"]).ok()
        shown.append((*balance_of(found, market.asset), Decimal(found["proceeds"]["EUR"])))
    assert shown == [(100, 0, 0), (40, 60, 0), (40, 60, 0), (40, 50, 20), (40, 45, 30), (40, 45, 5)]
    assert found == admin.get(f"{path}/balances").ok()
