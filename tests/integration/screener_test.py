"""The screener: instruments by what they are like, a closed list of filters, and screens that are kept."""
from decimal import Decimal

import pytest

from venue import unique, wait_until


@pytest.fixture(scope="module")
def owner(venue):
    return venue.trader("who looks")


@pytest.fixture(scope="module")
def traded(venue, owner):
    """Two instruments of a sector of their own, traded at 20 and 30; the first has a spread of 1."""
    sector, found = unique("sector"), []
    seller, buyer = venue.trader("who sells"), venue.trader("who buys", EUR=10000)
    for price in (20, 30):
        market = venue.market(sector=sector)
        venue.fund(seller.account_id, market.asset, 100)
        seller.order(market, "sell", 5 if price == 20 else 2, price).ok(201)
        buyer.order(market, "buy", 2, price).ok(201)
        if price == 20:
            buyer.order(market, "buy", 1, price - 1).ok(201)
        found.append(market.symbol)
    own = {"sector": {"in": [sector]}}
    wait_until(lambda: len([i for i in run(owner, own)["items"] if i["price"]]) == 2, 10, "both have traded")
    wait_until(lambda: any(i["spread"] for i in run(owner, own)["items"]), 10, "there is a spread")
    return sector, found


def run(session, filters, **more):
    return session.post("screener/run", {"filters": filters, **more}).ok()


def symbols(session, filters, **more):
    return [item["symbol"] for item in run(session, filters, **more)["items"]]


def test_what_it_filters_by_is_listed(owner):
    fields = {item["field"]: item for item in owner.items("screener/fields", limit=3)}
    assert fields["price"]["operators"] == ["above", "at_least", "at_most", "below"]
    assert fields["sector"]["operators"] == ["in", "not_in"]
    names = set(run(owner, {})["items"][0])
    assert set(fields) == names - {"symbol"}


def test_filters_narrow_down(owner, traded):
    sector, (cheap, dear) = traded
    own = {"sector": {"in": [sector]}}
    shown = {item["symbol"]: item for item in run(owner, own)["items"]}
    assert Decimal(shown[cheap]["price"]) == 20 and Decimal(shown[cheap]["volume"]) == 2
    assert Decimal(shown[cheap]["spread"]) == 1 and shown[dear]["spread"] is None
    assert symbols(owner, {**own, "price": {"above": "20"}}) == [dear]
    assert symbols(owner, {**own, "price": {"at_least": 20, "below": 30}}) == [cheap]
    assert symbols(owner, {**own, "price": {"at_most": "30"}}, sort="-price") == [dear, cheap]
    assert symbols(owner, {**own, "price": {"at_most": "30"}}, sort="price") == [cheap, dear]
    assert symbols(owner, {**own, "spread": {"above": "0"}}) == [cheap]
    assert symbols(owner, {**own, "status": {"not_in": ["open"]}}) == []
    assert symbols(owner, {**own, "currency": {"in": ["EUR", "USD"]}, "volume": {"at_least": "2"}},
                   sort="price") == [cheap, dear]


def test_it_knows_what_one_watches(venue, owner, traded):
    sector, (cheap, dear) = traded
    watcher = venue.trader("who watches")
    watcher.post("watchlists", {"name": "Mine", "symbols": [dear]}).ok(201)
    own = {"sector": {"in": [sector]}}
    assert symbols(watcher, {**own, "watched": True}) == [dear]
    assert symbols(watcher, {**own, "watched": False}) == [cheap]
    assert symbols(owner, {**own, "watched": True}) == []


@pytest.fixture(scope="module")
def many(venue, traded):
    """The filters that find the two that have traded, and three that have not: what others do moves none."""
    sector, found = traded
    found = [*found, *(venue.market(sector=sector).symbol for _ in range(3))]
    return {"sector": {"in": [sector]}}, set(found)


@pytest.mark.parametrize("sort", [None, "price", "-price", "volatility", "-spread_percent", "change_percent",
                                  "-volume"])
def test_pages_have_everything_once(owner, many, sort):
    filters, there = many
    asked = {"filters": filters, **({"sort": sort} if sort else {})}
    for limit in (1, 2, 50):
        found, cursor = [], None
        while cursor is not None or not found:
            body = {**asked, "limit": limit, **({"cursor": cursor} if cursor else {})}
            page = owner.post("screener/run", body).ok()
            found, cursor = found + [item["symbol"] for item in page["items"]], page["next_cursor"]
        assert len(found) == len(there) and set(found) == there
        assert found == symbols(owner, filters, **({"sort": sort} if sort else {}))


@pytest.mark.parametrize("body", [
    {"filters": {"colour": {"in": ["red"]}}}, {"filters": {"price": {"like": "1"}}},
    {"filters": {"price": {"above": "cheap"}}}, {"filters": {"sector": {"in": "energy"}}},
    {"filters": {"price": 20}}, {"filters": {"watched": "yes"}}, {"sort": "colour"}, {"sort": "price; DROP TABLE"},
    {"filters": {"sector": {"above": "1"}}}, {"limit": 501}, {"cursor": "!"}, {"sql": "SELECT 1"}])
def test_what_it_does_not_know_is_refused(owner, body):
    owner.post("screener/run", body).refused(422, "VALIDATION_FAILED")


@pytest.mark.parametrize("word", ["' OR true --", "%", "\"}", "\\", "') ; SELECT pg_sleep(9) --"])
def test_words_are_only_words(owner, word):
    assert symbols(owner, {"sector": {"in": [word]}}) == []


def test_a_screen_is_kept_changed_run_and_deleted(owner, traded):
    sector, (cheap, _) = traded
    wanted = {"name": "Cheap", "filters": {"sector": {"in": [sector]}, "price": {"below": "25"}}, "sort": "-volume"}
    answer = owner.post("screener/screens", wanted)
    made = answer.ok(201)
    path = f"screener/screens/{made['id']}"
    assert answer.headers["Location"] == f"/api/v1/{path}"
    kept = owner.get(path).ok()
    assert {name: kept[name] for name in wanted} == wanted
    assert symbols(owner, kept["filters"], sort=kept["sort"]) == [cheap]
    changed = owner.put(path, {"name": "All", "filters": {}}, headers={"If-Match": '"1"'}).ok()
    assert (changed["name"], changed["filters"], changed["sort"]) == ("All", {}, None)
    owner.put(path, wanted, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")
    assert [item["id"] for item in owner.items("screener/screens")] == [made["id"]]
    assert owner.delete(path).status == 200
    owner.get(path).refused(404, "NOT_FOUND")


@pytest.mark.parametrize("body", [{"name": "x"}, {"filters": {}}, {"name": "x", "filters": {"colour": {}}},
                                  {"name": "x", "filters": {}, "sort": "colour"}])
def test_what_is_no_screen_is_refused(owner, body):
    owner.post("screener/screens", body).refused(422, "VALIDATION_FAILED")


def test_two_users_do_not_see_each_others_screens(venue, owner):
    stranger = venue.trader("a stranger")
    path = f"screener/screens/{owner.post('screener/screens', {'name': 'Mine', 'filters': {}}).ok(201)['id']}"
    for answer in (stranger.get(path), stranger.put(path, {"name": "x", "filters": {}}), stranger.delete(path)):
        answer.refused(404, "NOT_FOUND")
    assert stranger.items("screener/screens") == []
