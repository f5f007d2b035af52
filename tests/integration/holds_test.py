"""An order locks what it can cost at once, and unlocks what is left however it ends."""
from decimal import Decimal

import pytest


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", **{market.asset: 100})


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=1000)


def test_a_resting_sale_locks_certificates_and_a_resting_purchase_money(market, seller, buyer):
    seller.order(market, "sell", 30, "12").ok(201)
    buyer.order(market, "buy", 40, "11").ok(201)
    assert seller.balance(market.asset) == (70, 30)
    assert buyer.balance("EUR") == (560, 440)


def test_filled_unlocks_what_a_better_price_saved(venue, market, seller, buyer):
    seller.order(market, "sell", 30, "10").ok(201)
    bought = buyer.order(market, "buy", 30, "12").ok(201)
    assert (bought["status"], bought["end_reason"]) == ("filled", "filled")
    assert buyer.balance("EUR") == (700, 0)
    assert buyer.balance(market.asset) == (30, 0)
    venue.wait_for_balance(seller.account_id, market.asset, 70, 0)
    venue.wait_for_balance(seller.account_id, "EUR", 300, 0)


def test_partly_filled_keeps_locked_what_the_rest_can_cost(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    bought = buyer.order(market, "buy", 30, "12").ok(201)
    assert (bought["status"], Decimal(bought["remaining_quantity"])) == ("partially_filled", 20)
    assert buyer.balance("EUR") == (660, 240)


def test_canceled_by_the_user_unlocks(market, seller):
    order = seller.order(market, "sell", 30, "12").ok(201)
    assert seller.delete(f"orders/{order['id']}").ok()["end_reason"] == "canceled_by_user"
    assert seller.balance(market.asset) == (100, 0)


def test_canceled_when_partly_filled_unlocks_the_rest(market, seller, buyer):
    order = seller.order(market, "sell", 30, "12").ok(201)
    buyer.order(market, "buy", 10, "12").ok(201)
    gone = seller.delete(f"orders/{order['id']}").ok()
    assert (gone["status"], Decimal(gone["filled_quantity"])) == ("canceled", 10)
    assert seller.balance(market.asset) == (90, 0)
    assert seller.balance("EUR") == (120, 0)


def test_canceled_by_an_operator_unlocks(venue, admin, market):
    maker = venue.maker(**{market.asset: 50})
    order = venue.offer(maker, market, 50, "9").ok(201)
    assert venue.balance(maker["id"], market.asset) == (0, 50)
    admin.delete(f"admin/market-orders/{order['id']}").ok()
    assert venue.balance(maker["id"], market.asset) == (50, 0)


def test_the_remainder_of_an_immediate_or_cancel_unlocks(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    bought = buyer.order(market, "buy", 30, "10", time_in_force="ioc").ok(201)
    assert (bought["status"], bought["end_reason"]) == ("canceled", "ioc_remainder")
    assert buyer.balance("EUR") == (900, 0)


def test_a_market_order_unlocks_what_it_did_not_spend(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    bought = buyer.order(market, "buy", 10, max_notional="500").ok(201)
    assert bought["status"] == "filled"
    assert buyer.balance("EUR") == (900, 0)


def test_a_market_order_that_meets_nobody_unlocks(market, buyer):
    bought = buyer.order(market, "buy", 10, max_notional="500").ok(201)
    assert (bought["status"], bought["end_reason"]) == ("canceled", "no_liquidity")
    assert buyer.balance("EUR") == (1000, 0)


def test_a_refused_fill_or_kill_unlocks(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    buyer.order(market, "buy", 11, "10", time_in_force="fok").refused(409, "FOK_NOT_FILLABLE")
    assert buyer.balance("EUR") == (1000, 0)


def test_a_refused_post_only_unlocks(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    buyer.order(market, "buy", 1, "10", post_only=True).refused(409, "POST_ONLY_WOULD_TRADE")
    assert buyer.balance("EUR") == (1000, 0)


@pytest.mark.parametrize("quantity, price, code", [
    (1, "10.005", "TICK_SIZE"), ("1.5", "10", "LOT_SIZE"), (1000001, "0.01", "QUANTITY_RANGE")])
def test_refused_by_the_rules_of_the_instrument_unlocks(venue, market, quantity, price, code):
    buyer = venue.trader(EUR=20000)
    buyer.order(market, "buy", quantity, price).refused(422, code)
    assert buyer.balance("EUR") == (20000, 0)


@pytest.mark.parametrize("how", ["halt", "cancel-only"])
def test_refused_by_a_halt_unlocks_and_the_halt_cancels_nothing(admin, market, seller, buyer, how):
    resting = seller.order(market, "sell", 10, "10").ok(201)
    admin.post(f"admin/instruments/{market.symbol}/{how}").ok()
    buyer.order(market, "buy", 1, "10").refused(409, "INSTRUMENT_HALTED")
    assert buyer.balance("EUR") == (1000, 0)
    assert seller.get(f"orders/{resting['id']}").ok()["status"] == "open"
    assert seller.balance(market.asset) == (90, 10)
    admin.post(f"admin/instruments/{market.symbol}/resume").ok()
    buyer.order(market, "buy", 1, "10").ok(201)


@pytest.mark.parametrize("mode, sale, purchase", [
    ("cancel_resting", ("canceled", "self_trade"), ("open", None)),
    ("cancel_incoming", ("open", None), ("canceled", "self_trade")),
    ("cancel_both", ("canceled", "self_trade"), ("canceled", "self_trade")),
    ("decrement", ("canceled", "self_trade"), ("canceled", "self_trade"))])
def test_a_self_trade_does_not_happen_and_unlocks(venue, market, mode, sale, purchase):
    both = venue.trader("both", EUR=1000, **{market.asset: 100})
    resting = both.order(market, "sell", 10, "10").ok(201)
    incoming = both.order(market, "buy", 10, "10", self_trade=mode).ok(201)
    assert (incoming["status"], incoming["end_reason"]) == purchase
    assert Decimal(incoming["filled_quantity"]) == 0
    seen = both.get(f"orders/{resting['id']}").ok()
    assert (seen["status"], seen["end_reason"]) == sale
    locked_certificates = 10 if sale[0] == "open" else 0
    locked_money = 100 if purchase[0] == "open" else 0
    assert both.balance(market.asset) == (100 - locked_certificates, locked_certificates)
    assert both.balance("EUR") == (1000 - locked_money, locked_money)


def test_deactivating_a_market_maker_with_open_orders_must_be_meant(venue, admin, market):
    maker = venue.maker(**{market.asset: 50})
    path = f"admin/market-makers/{maker['id']}"
    orders = [venue.offer(maker, market, 10, price).ok(201) for price in ("9", "10", "11")]
    admin.delete(path).refused(409, "MARKET_MAKER_HAS_OPEN_ORDERS")
    assert venue.balance(maker["id"], market.asset) == (20, 30)
    assert admin.delete(path, cancel_orders="true").ok()["status"] == "inactive"
    for order in orders:
        assert admin.get(f"admin/market-orders/{order['id']}").ok()["status"] == "canceled"
    venue.wait_for_balance(maker["id"], market.asset, 50, 0)


def test_fees_are_held_with_the_price_and_what_was_not_charged_unlocks(venue):
    market = venue.market(maker_fee_bps=10, taker_fee_bps=25)
    seller = venue.trader("seller", **{market.asset: 10})
    buyer = venue.trader("buyer", EUR=1000)
    seller.order(market, "sell", 5, "10").ok(201)
    bought = buyer.order(market, "buy", 10, "10").ok(201)
    assert Decimal(bought["fees"]) == Decimal("0.12")  # 50.00 at 25 bps, half to even
    available, locked = buyer.balance("EUR")
    assert locked == Decimal("50.06")  # 50.00 more; both fees, 0.125 + 0.05, rounded up, less 0.12
    assert available + locked == 1000 - 50 - Decimal("0.12")
    buyer.delete(f"orders/{bought['id']}").ok()
    assert buyer.balance("EUR") == (Decimal("949.88"), 0)
