"""Watchlists: kept in their owner's order, with live quotes, and nobody else's."""
from decimal import Decimal

import pytest

from venue import NOBODY, wait_until


def create(session, name="Mine", symbols=()):
    return session.post("watchlists", {"name": name, "symbols": list(symbols)}).ok(201)


@pytest.fixture(scope="module")
def owner(venue):
    return venue.trader("who watches")


@pytest.fixture(scope="module")
def symbols(venue):
    return [venue.market().symbol for _ in range(3)]


def test_a_list_is_created_changed_and_deleted(owner, symbols):
    answer = owner.post("watchlists", {"name": "Carbon", "symbols": symbols[:2]})
    made = answer.ok(201)
    path = f"watchlists/{made['id']}"
    assert answer.headers["Location"] == f"/api/v1/{path}"
    assert (made["name"], made["symbols"]) == ("Carbon", symbols[:2])
    assert [quote["symbol"] for quote in made["quotes"]] == symbols[:2]
    shown = owner.get(path)
    assert shown.ok() == {name: value for name, value in made.items() if name != "ticket_id"}
    assert shown.headers["ETag"].strip('W/"') == "1"

    changed = owner.put(path, {"name": "Other", "symbols": symbols[1:]}, headers={"If-Match": '"1"'}).ok()
    assert (changed["name"], changed["symbols"]) == ("Other", symbols[1:])
    owner.put(path, {"name": "Late"}, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    assert owner.delete(path).status == 200
    owner.get(path).refused(404, "NOT_FOUND")
    owner.delete(path).refused(404, "NOT_FOUND")
    assert made["id"] not in [item["id"] for item in owner.items("watchlists")]


def test_symbols_are_added_at_the_end_and_taken_off(owner, symbols):
    path = f"watchlists/{create(owner, symbols=symbols[:1])['id']}"
    added = owner.post(f"{path}/symbols", {"symbols": [symbols[2], symbols[0], symbols[1]]}).ok()
    assert added["symbols"] == [symbols[0], symbols[2], symbols[1]] and added["name"] == "Mine"
    left = owner.delete(f"{path}/symbols/{symbols[2]}").ok()
    assert left["symbols"] == [symbols[0], symbols[1]]
    owner.delete(f"{path}/symbols/{symbols[2]}").refused(404, "NOT_FOUND")
    owner.post(f"{path}/symbols", {"symbols": ["NO-SUCH"]}).refused(422, "INSTRUMENT_UNKNOWN")
    assert owner.get(path).ok()["symbols"] == [symbols[0], symbols[1]]


def test_quotes_are_live(venue, owner, market):
    path = f"watchlists/{create(owner, symbols=[market.symbol])['id']}"
    nothing = {"symbol": market.symbol, "bid": None, "ask": None, "last": None, "change_24h": None,
               "change_24h_percent": None}
    assert owner.get(path).ok()["quotes"] == [nothing]
    seller = venue.trader("who sells", **{market.asset: 10})
    buyer = venue.trader("who buys", EUR=1000)
    seller.order(market, "sell", 5, "20").ok(201)
    buyer.order(market, "buy", 2, "20").ok(201)
    buyer.order(market, "buy", 2, "10").ok(201)
    quote = wait_until(lambda: next((q for q in owner.get(path).ok()["quotes"]
                                     if q["last"] and q["bid"]), None), 10, "it is quoted")
    assert [Decimal(quote[name]) for name in ("bid", "ask", "last", "change_24h")] == [10, 20, 20, 0]


def test_what_every_venue_begins_with_can_be_watched(owner):
    assert create(owner, symbols=["EUA-EUR", "CEA-EUR"])["symbols"] == ["EUA-EUR", "CEA-EUR"]


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": "x" * 101}, {"name": "x", "symbols": "CEA-EUR"},
    {"name": "x", "symbols": [""]}, {"name": "x", "colour": "red"}])
def test_what_is_no_list_is_refused(owner, body):
    owner.post("watchlists", body).refused(422, "VALIDATION_FAILED")


def test_a_list_of_unknown_instruments_is_refused(owner):
    owner.post("watchlists", {"name": "x", "symbols": ["NO-SUCH"]}).refused(422, "INSTRUMENT_UNKNOWN")
    owner.get(f"watchlists/{NOBODY}").refused(404, "NOT_FOUND")


def test_two_users_do_not_see_each_others_lists(venue, owner, symbols):
    stranger = venue.trader("a stranger")
    path = f"watchlists/{create(owner)['id']}"
    stranger.get(path).refused(404, "NOT_FOUND")
    stranger.put(path, {"name": "Theirs"}).refused(404, "NOT_FOUND")
    stranger.post(f"{path}/symbols", {"symbols": symbols}).refused(404, "NOT_FOUND")
    stranger.delete(f"{path}/symbols/{symbols[0]}").refused(404, "NOT_FOUND")
    stranger.delete(path).refused(404, "NOT_FOUND")
    assert stranger.items("watchlists") == []
    assert owner.get(path).ok()["name"] == "Mine"


def test_a_hundred_lists_are_paged_through_and_no_more_are_made(venue):
    user = venue.trader("who watches much")
    made = [create(user, f"List {n}")["id"] for n in range(100)]
    user.post("watchlists", {"name": "One more"}).refused(422, "VALIDATION_FAILED")
    assert [item["id"] for item in user.items("watchlists", limit=7)] == made[::-1]


def test_a_retry_makes_no_second_list(owner):
    first = owner.post("watchlists", {"name": "Once"}, key="watch-once").ok(201)
    again = owner.post("watchlists", {"name": "Once"}, key="watch-once")
    assert again.ok(201)["id"] == first["id"] and again.headers["Idempotent-Replayed"] == "true"
    owner.post("watchlists", {"name": "Twice"}, key="watch-once").refused(422, "IDEMPOTENCY_KEY_REUSED")
