"""Emergency closes: all of a position is sold at once, whatever is in the book for it."""
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from venue import wait_until


@pytest.fixture
def trader(venue, market):
    return venue.trader("trader", EUR=1000, **{market.asset: 100})


def close(trader, market):
    return trader.post(f"positions/{market.symbol}/close", {})


def wait_for_orders(trader, answer):
    """The orders of an answer come by themselves, behind it."""
    for close in answer["closes"]:
        wait_until(lambda: trader.get(f"orders/{close['order_id']}").status == 200 and
                   trader.get(f"orders/{close['order_id']}").ok()["status"] != "pending", 10,
                   f"the close of {close['instrument']} has met its book")


def seen(trader, order):
    found = trader.get(f"orders/{order['id']}").ok()
    return found["status"], found["end_reason"]


def test_all_is_sold_and_the_sells_beside_it_end(venue, market, trader):
    sale = trader.order(market, "sell", 30, "12").ok(201)
    venue.trader("buyer", EUR=2000).order(market, "buy", 150, "10").ok(201)
    order = close(trader, market).ok(201)
    assert (order["status"], Decimal(order["filled_quantity"])) == ("filled", 100)
    assert (order["close"], Decimal(order["average_fill_price"])) == (True, 10)
    assert seen(trader, sale) == ("canceled", "closed")
    venue.wait_for_balance(trader.account_id, market.asset, 0, 0)
    assert seen(trader, order) == ("filled", "filled")


def test_what_is_left_over_stays_for_the_last_price(venue, market, trader):
    trader.order(market, "sell", 100, "12").ok(201)
    buyer = venue.trader("buyer", EUR=2000)
    buyer.order(market, "buy", 40, "10").ok(201)
    order = close(trader, market).ok(201)
    assert (order["status"], order["type"], Decimal(order["limit_price"])) == (
        "partially_filled", "limit", 10)
    venue.wait_for_balance(trader.account_id, market.asset, 0, 60)
    buyer.order(market, "buy", 60, "10").ok(201)
    venue.wait_for_balance(trader.account_id, market.asset, 0, 0)
    assert seen(trader, order) == ("filled", "filled")


def test_own_bids_give_way(venue, market, trader):
    bid = trader.order(market, "buy", 10, "11").ok(201)
    venue.trader("buyer", EUR=2000).order(market, "buy", 100, "10").ok(201)
    assert close(trader, market).ok(201)["status"] == "filled"
    assert seen(trader, bid)[0] == "canceled"


def test_an_empty_book_takes_nothing_and_gives_all_back(venue, market, trader):
    sale = trader.order(market, "sell", 30, "12").ok(201)
    order = close(trader, market).ok(201)
    assert (order["status"], order["end_reason"]) == ("canceled", "no_liquidity")
    assert seen(trader, sale) == ("canceled", "closed")
    venue.wait_for_balance(trader.account_id, market.asset, 100, 0)


def test_an_operator_closes_what_a_client_has(venue, admin, market, trader):
    sale = trader.order(market, "sell", 30, "12").ok(201)
    venue.trader("buyer", EUR=2000).order(market, "buy", 150, "10").ok(201)
    path, body = f"admin/accounts/{trader.account_id}/close-positions", {"instrument": market.symbol}
    trader.post(path, body).refused(403, "FORBIDDEN")
    answer = admin.post(path, body).ok()
    assert answer["ticket_id"].startswith("TKT-")
    [close] = answer["closes"]
    assert close["instrument"] == market.symbol
    wait_for_orders(trader, answer)
    assert Decimal(trader.get(f"orders/{close['order_id']}").ok()["filled_quantity"]) == 100
    wait_until(lambda: seen(trader, sale) == ("canceled", "closed"), 10, "the client sees it, too")
    venue.wait_for_balance(trader.account_id, market.asset, 0, 0)


def test_all_that_one_has_is_sold_and_money_stays(venue, market, trader):
    """Of one kind nobody buys anything, of the other all."""
    other = venue.market()
    venue.fund(trader.account_id, other.asset, 20)
    venue.trader("buyer", EUR=2000).order(other, "buy", 20, "10").ok(201)
    answer = trader.post("positions/close", {}).ok()
    assert [close["instrument"] for close in answer["closes"]] == sorted([market.symbol, other.symbol])
    wait_for_orders(trader, answer)
    venue.wait_for_balance(trader.account_id, other.asset, 0, 0)
    venue.wait_for_balance(trader.account_id, market.asset, 100, 0)
    venue.wait_for_balance(trader.account_id, "EUR", 1200, 0)
    venue.trader(EUR=10).post("positions/close", {}).refused(404, "NOT_FOUND")


def test_what_is_not_there_is_not_closed(venue, market, trader):
    stranger = venue.trader(EUR=10)
    close(stranger, market).refused(404, "NOT_FOUND")
    stranger.post("positions/NONE-EUR/close", {}).refused(422, "INSTRUMENT_UNKNOWN")


@pytest.mark.disruptive
def test_a_sell_that_fills_meanwhile_is_not_sold_twice(venue, market, trader):
    """The buyer's order and the close both wait for their book, in this order."""
    sale = trader.order(market, "sell", 100, "10").ok(201)
    buyer = venue.trader("buyer", EUR=2000)
    book = int(venue.process("pid", "orders").stdout)
    with ThreadPoolExecutor(2) as pool:
        os.kill(book, signal.SIGSTOP)
        try:
            bought = pool.submit(buyer.order, market, "buy", 40, "10")
            venue.wait_for_balance(buyer.account_id, "EUR", 1600, 400)
            closing = pool.submit(close, trader, market)
        finally:
            os.kill(book, signal.SIGCONT)
        bought.result().ok(201)
        order = closing.result().ok(201)
    assert Decimal(order["quantity"]) in (60, 100)
    filled = Decimal(trader.get(f"orders/{sale['id']}").ok()["filled_quantity"])
    assert filled + Decimal(order["quantity"]) == 100
    venue.wait_for_balance(buyer.account_id, market.asset, 40, 0)
