"""Options are opened by buying, closed by selling, and paid for in cash when they expire."""
import collections
import datetime
import secrets
from decimal import Decimal

import pytest

from venue import Market, wait_until

Option = collections.namedtuple("Option", "market underlying expires_at")
MULTIPLIER = 100


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat()


def asset_of(market, right, seconds, **terms):
    return {"code": "O" + secrets.token_hex(4).upper(), "name": "Test option", "kind": "option",
            "scale": 0, "underlying": market.symbol, "strike": "13", "right": right,
            "multiplier": MULTIPLIER, "expires_at": in_seconds(seconds), **terms}


def list_option(admin, underlying, right="call", seconds=3600):
    """An option on a market, and the instrument that trades it."""
    asset = admin.post("admin/assets", asset_of(underlying, right, seconds)).ok(201)
    market = Market(asset["code"], f"{asset['code']}-EUR")
    admin.post("admin/instruments", {"symbol": market.symbol, "base": market.asset,
                                     "quote": "EUR"}).ok(201)
    return Option(market, underlying, asset["expires_at"])


@pytest.fixture
def writer(venue):
    """Who was given contracts to sell."""
    return venue.trader("writer", EUR=10)


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=1000)


def settlement(admin, option):
    """The price that settled it; None: nothing did yet."""
    asset, = (found for found in admin.items("admin/assets")
              if found["code"] == option.market.asset)
    return asset["settlement_price"]


def ended(trader, order):
    """The order as it has ended; None: it is open."""
    found = trader.get(f"orders/{order['id']}").ok()
    return found if found["end_reason"] else None


def position(trader, market):
    found = [held for held in trader.get("portfolio").ok()["positions"]
             if held["instrument"] == market.symbol]
    return Decimal(found[0]["quantity"]) if found else 0


def test_an_option_is_bought_to_open_and_sold_to_close(venue, admin, market, writer, buyer):
    option = list_option(admin, market)
    venue.fund(writer.account_id, option.market.asset, 10)
    writer.order(option.market, "sell", 4, "0.50", position_effect="sell_to_close").ok(201)
    bought = buyer.order(option.market, "buy", 4, "0.50", position_effect="buy_to_open").ok(201)
    assert bought["status"] == "filled" and position(buyer, option.market) == 4
    assert bought["expires_at"] == option.expires_at
    buyer.order(option.market, "sell", 4, "0.60", position_effect="sell_to_close").ok(201)
    writer.order(option.market, "buy", 4, "0.60").ok(201)
    venue.wait_for_balance(buyer.account_id, "EUR", "1000.40", 0)
    assert position(buyer, option.market) == 0


def test_nobody_goes_short(admin, market, buyer):
    option = list_option(admin, market).market
    for side, effect in (("sell", "sell_to_open"), ("buy", "buy_to_close")):
        buyer.order(option, side, 1, "1", position_effect=effect).refused(
            422, "SHORT_NOT_SUPPORTED")
    buyer.order(option, "sell", 1, "1").refused(409, "INSUFFICIENT_FUNDS")
    buyer.order(option, "buy", 1, "1", position_effect="sell_to_close").refused(
        422, "VALIDATION_FAILED")
    buyer.order(market, "buy", 1, "1", position_effect="buy_to_open").refused(
        422, "VALIDATION_FAILED")


def test_an_option_that_expires_is_paid_at_the_mark_of_its_underlying(venue, admin, market, writer,
                                                                      buyer):
    option = list_option(admin, market, seconds=10)
    venue.fund(writer.account_id, option.market.asset, 10)
    writer.order(option.market, "sell", 4, "0.50").ok(201)
    buyer.order(option.market, "buy", 3, "0.50").ok(201)
    resting = buyer.order(option.market, "buy", 2, "0.10").ok(201)
    admin.post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "13.45"}).ok()
    wait_until(lambda: settlement(admin, option), 20, "it has been settled")
    assert Decimal(settlement(admin, option)) == Decimal("13.45")
    worth = Decimal("0.45") * MULTIPLIER
    venue.wait_for_balance(buyer.account_id, "EUR", 1000 - Decimal("1.50") + 3 * worth, 0)
    venue.wait_for_balance(writer.account_id, "EUR", Decimal("11.50") + 7 * worth, 0)
    for holder in (buyer, writer):
        assert venue.balance(holder.account_id, option.market.asset) == (0, 0)
    assert position(buyer, option.market) == 0
    order = wait_until(lambda: ended(buyer, resting), 20, "its orders have ended")
    assert (order["status"], order["end_reason"]) == ("expired", "expired")
    buyer.order(option.market, "buy", 1, "1").refused(409, "COMMAND_EXPIRED")
    admin.post(f"admin/accounts/{writer.account_id}/deposits",
               {"asset": option.market.asset, "amount": 1}).refused(422, "ASSET_NOT_SUPPORTED")
    paid = venue.sql("SELECT sum(amount) FROM accounts.transactions"
                     f" WHERE kind = 'settlement' AND asset = '{option.market.asset}'")
    assert paid == [[-10]]


def test_a_put_out_of_the_money_is_worth_nothing(venue, admin, market, writer):
    option = list_option(admin, market, right="put", seconds=6)
    venue.fund(writer.account_id, option.market.asset, 10)
    admin.post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "13.00"}).ok()
    wait_until(lambda: writer.balance(option.market.asset) == (0, 0), 20, "it has expired")
    assert writer.balance("EUR") == (10, 0)


@pytest.mark.parametrize("terms", [{"strike": "0"}, {"scale": 2}, {"multiplier": "1.5"},
                                   {"underlying": "CEA"}, {"underlying": None},
                                   {"expires_at": "2020-01-01T00:00:00Z"}, {"kind": "equity"}])
def test_an_option_has_all_its_terms(admin, market, terms):
    admin.post("admin/assets", asset_of(market, "call", 60, **terms)).refused(
        422, "VALIDATION_FAILED")


def test_one_instrument_trades_an_option(admin, market):
    asset = admin.post("admin/assets", asset_of(market, "call", 60)).ok(201)
    admin.post("admin/instruments", {"symbol": f"{asset['code']}-USD", "base": asset["code"],
                                     "quote": "USD"}).refused(422, "VALIDATION_FAILED")
