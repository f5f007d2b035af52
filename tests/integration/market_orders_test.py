"""Market makers sell, and only that; what they offer is open to all and leads to nobody."""
from decimal import Decimal

import pytest

from venue import TICKET, UUID, wait_until


@pytest.fixture
def maker(venue, market):
    return venue.maker("seller", **{market.asset: 100})


def test_a_sale_is_shown_with_its_ticket_and_locks_its_quantity(venue, admin, maker, market):
    order = venue.offer(maker, market, 60, "12.50").ok(201)
    assert (order["side"], order["status"], order["lifecycle"]) == ("sell", "open", "submitted")
    assert Decimal(order["limit_price"]) == Decimal("12.50")
    assert TICKET.fullmatch(order["ticket_id"])
    assert venue.balance(maker["id"], market.asset) == (40, 60)
    seen = admin.get(f"admin/market-orders/{order['id']}").ok()
    assert Decimal(seen["remaining_quantity"]) == 60


def test_the_asset_alone_names_its_instrument_against_eur(admin, maker, market):
    body = {"market_maker_id": maker["id"], "asset": market.asset, "quantity": 1, "price": 9}
    assert admin.post("admin/market-orders", body).ok(201)["instrument"] == market.symbol


def test_a_market_maker_cannot_buy(admin, maker, market):
    body = {"market_maker_id": maker["id"], "instrument": market.symbol, "side": "buy",
            "quantity": 1, "price": "1"}
    admin.post("admin/market-orders", body).refused(422, "MARKET_MAKER_SELL_ONLY")


def test_a_market_maker_cannot_sell_what_it_does_not_have(venue, maker, market):
    venue.offer(maker, market, 101, "5").refused(409, "INSUFFICIENT_BALANCE")
    assert venue.balance(maker["id"], market.asset) == (100, 0)


def test_an_inactive_market_maker_cannot_sell(venue, admin, maker, market):
    admin.delete(f"admin/market-makers/{maker['id']}").ok()
    venue.offer(maker, market, 1, "5").refused(409, "MARKET_MAKER_INACTIVE")


def test_orders_are_listed_by_maker_asset_and_status(venue, admin, maker, market):
    first = venue.offer(maker, market, 10, "5").ok(201)
    second = venue.offer(maker, market, 20, "6").ok(201)
    admin.delete(f"admin/market-orders/{first['id']}").ok()
    ids = lambda **query: [order["id"] for order in admin.items("admin/market-orders", **query)]
    assert ids(market_maker_id=maker["id"]) == [second["id"], first["id"]]
    assert ids(asset=market.asset, status="open") == [second["id"]]
    assert ids(asset=market.asset, status="canceled") == [first["id"]]


def test_orders_are_sorted_found_by_time_and_closed_when_sold(venue, admin, maker, market):
    sold, second, third = (venue.offer(maker, market, 5, price).ok(201)
                           for price in ("9", "10", "11"))
    listed = lambda **query: [order["id"] for order in admin.items(
        "admin/market-orders", market_maker_id=maker["id"], **query)]
    ids = [order["id"] for order in (sold, second, third)]
    wait_until(lambda: listed(sort="created_at", limit=2) == ids, 10, "they are listed in order")
    assert listed() == ids[::-1]
    middle = second["created_at"]
    assert listed(to=middle) == ids[:1] and listed(**{"from": middle}) == ids[:0:-1]
    venue.trader("buyer", EUR=100).order(market, "buy", 5, "9").ok(201)
    lifecycle = lambda: admin.get(f"admin/market-orders/{sold['id']}").ok()["lifecycle"]
    wait_until(lambda: lifecycle() == "closed", 10, "what is sold opened nothing")


def test_canceling_unlocks_at_once_and_twice_is_no_error(venue, admin, maker, market):
    order = venue.offer(maker, market, 70, "8").ok(201)
    for _ in range(2):
        gone = admin.delete(f"admin/market-orders/{order['id']}").ok()
        assert (gone["status"], gone["end_reason"]) == ("canceled", "canceled_by_operator")
        assert TICKET.fullmatch(gone["ticket_id"])
    assert venue.balance(maker["id"], market.asset) == (100, 0)


def test_the_cash_market_shows_offers_best_first(venue, public, maker, market):
    for price in ("12.50", "12.40", "12.60"):
        venue.offer(maker, market, 10, price).ok(201)
    offers = wait_until(lambda: has(public.items("market/cash", asset=market.asset), 3), 10,
                        "three offers in the cash market")
    assert [Decimal(offer["price"]) for offer in offers] == [
        Decimal("12.40"), Decimal("12.50"), Decimal("12.60")]
    assert {Decimal(offer["quantity"]) for offer in offers} == {10}
    assert all(offer["age_seconds"] >= 0 for offer in offers)


@pytest.mark.parametrize("path", ["market/cash", "market/{symbol}/book", "market/quotes",
                                  "market/instruments/{symbol}"])
def test_nothing_public_leads_to_the_owner_of_an_offer(venue, public, maker, market, path):
    venue.offer(maker, market, 10, "12.50").ok(201)
    path = path.format(symbol=market.symbol)
    query = {"market/cash": {"asset": market.asset},
             "market/quotes": {"symbols": market.symbol}}.get(path, {})
    shown = wait_until(lambda: with_price(public.get(path, **query), path), 10,
                       f"the offer in {path}")
    assert UUID.search(shown) is None
    assert maker["name"] not in shown and maker["email"] not in shown


def test_public_trades_show_neither_orders_nor_parties(venue, public, maker, market):
    order = venue.offer(maker, market, 10, "12.50").ok(201)
    buyer = venue.trader("buyer", EUR=1000)
    bought = buyer.order(market, "buy", 4, "12.50").ok(201)
    path = f"market/{market.symbol}/trades"
    trade, = wait_until(lambda: has(public.items(path), 1), 10, "the trade in public")
    assert (Decimal(trade["price"]), Decimal(trade["quantity"])) == (Decimal("12.50"), 4)
    shown = public.get(path).text
    for secret in (order["id"], bought["id"], maker["id"], buyer.account_id, buyer.user["id"]):
        assert secret not in shown


def has(items, count):
    return items if len(items) == count else None


def with_price(answer, path):
    """What is shown, once the offer is there; an instrument shows its rules at once."""
    answer.ok()
    return answer.text if "12.50" in answer.text or "instruments/" in path else None
