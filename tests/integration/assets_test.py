"""Market makers hold certificates and nothing else; deposits and withdrawals are booked exactly."""
from decimal import Decimal

import pytest

from venue import TICKET


def book(admin, maker, kind, asset, amount, **options):
    return admin.post(f"admin/market-makers/{maker['id']}/transactions",
                      {"asset": asset, "type": kind, "amount": amount}, **options)


@pytest.fixture(scope="module")
def maker(venue):
    return venue.maker("assets")


@pytest.mark.parametrize("asset", ["CEA", "EUA"])
def test_certificates_are_deposited_and_withdrawn(venue, admin, asset):
    maker = venue.maker()
    came = book(admin, maker, "deposit", asset, "1000").ok(201)
    assert (Decimal(came["balance_before"]), Decimal(came["balance_after"])) == (0, 1000)
    went = book(admin, maker, "withdrawal", asset, 400).ok(201)
    assert (Decimal(went["balance_before"]), Decimal(went["balance_after"])) == (1000, 600)
    assert TICKET.fullmatch(came["ticket_id"]) and came["ticket_id"] != went["ticket_id"]
    assert venue.balance(maker["id"], asset) == (600, 0)
    history = admin.items(f"admin/market-makers/{maker['id']}/transactions", asset=asset)
    assert [entry["id"] for entry in history] == [went["id"], came["id"]]
    assert [entry["ticket_id"] for entry in history] == [went["ticket_id"], came["ticket_id"]]


@pytest.mark.parametrize("asset", ["EUR", "USD", "GOLD"])
@pytest.mark.parametrize("kind", ["deposit", "withdrawal"])
def test_cash_and_the_unknown_are_refused(admin, maker, asset, kind):
    book(admin, maker, kind, asset, 10).refused(422, "ASSET_NOT_SUPPORTED")


def test_a_market_maker_cannot_begin_with_cash(admin):
    body = {"name": "rich", "email": "rich@example.com", "initial_balances": {"CEA": 1, "EUR": 1}}
    admin.post("admin/market-makers", body).refused(422, "ASSET_NOT_SUPPORTED")


def test_initial_balances_are_the_first_entries_of_its_history(venue, admin):
    maker = venue.maker(CEA="12")
    history = admin.items(f"admin/market-makers/{maker['id']}/transactions")
    assert [(entry["asset"], Decimal(entry["amount"])) for entry in history] == [("CEA", 12)]


def test_the_assets_from_the_start_are_listed(admin):
    assets = {asset["code"]: asset for asset in admin.items("admin/assets", limit=500)}
    kinds = {code: (assets[code]["kind"], assets[code]["scale"])
             for code in ("EUR", "USD", "CEA", "EUA")}
    assert kinds == {"EUR": ("cash", 2), "USD": ("cash", 2), "CEA": ("certificate", 0),
                     "EUA": ("certificate", 0)}


def test_an_asset_exists_once(admin):
    body = {"code": "CEA", "name": "again", "kind": "certificate", "scale": 0}
    answer = admin.post("admin/assets", body)
    assert 400 <= answer.status < 500, answer


def test_a_new_market_can_be_used_as_soon_as_it_is_answered(venue):
    market = venue.market()
    maker = venue.maker(**{market.asset: 10})
    assert venue.offer(maker, market, 10, "5").ok(201)["status"] == "open"
