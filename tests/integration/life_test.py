"""Orders from their placing to their end: status, lifecycle, and the story told of them."""
from decimal import Decimal

import pytest

from venue import NOBODY, TICKET, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", **{market.asset: 100})


@pytest.fixture
def buyer(venue):
    return venue.trader("buyer", EUR=1000)


def becomes(owner, order, status, lifecycle):
    """Waits until the order shows both, and gives it."""
    wanted = (status, lifecycle)
    read = lambda: owner.get(f"orders/{order['id']}").ok()
    return wait_until(lambda: ((found := read())["status"], found["lifecycle"]) == wanted and found,
                      10, f"the order is {wanted}: {read()}")


def quantities(order):
    return [Decimal(order[name]) for name in ("quantity", "filled_quantity", "remaining_quantity")]


def test_several_fills_have_their_exact_weighted_average(venue, market, seller, buyer):
    for quantity, price in ((1, "10.00"), (1, "10.01"), (5, "10.03")):
        seller.order(market, "sell", quantity, price).ok(201)
    bought = buyer.order(market, "buy", 10, "11").ok(201)
    assert (bought["status"], quantities(bought)) == ("partially_filled", [10, 7, 3])
    assert bought["average_fill_price"] == "10.02285714"  # 70.16 / 7 = 10.022857142857...
    seller.order(market, "sell", 3, "11").ok(201)
    filled = becomes(buyer, bought, "filled", "executed")
    assert quantities(filled) == [10, 10, 0]
    assert Decimal(filled["average_fill_price"]) == Decimal("10.316")  # of 103.16
    venue.wait_for_balance(buyer.account_id, "EUR", "896.84", 0)


def test_an_order_that_does_not_exist_cannot_be_seen_canceled_or_replaced(buyer):
    for answer in (buyer.get(f"orders/{NOBODY}"), buyer.delete(f"orders/{NOBODY}"),
                   buyer.patch(f"orders/{NOBODY}", {"quantity": 1}),
                   buyer.get("orders/by-client-id/never-used")):
        answer.refused(404, "NOT_FOUND")


def test_decrement_takes_the_smaller_from_the_larger_and_goes_on(venue, market, seller):
    both = venue.trader("both", EUR=1000, **{market.asset: 100})
    own = both.order(market, "sell", 4, "10").ok(201)
    seller.order(market, "sell", 3, "10").ok(201)
    incoming = both.order(market, "buy", 10, "10", self_trade="decrement").ok(201)
    assert [Decimal(fill["quantity"]) for fill in incoming["fills"]] == [3]
    assert (incoming["status"], quantities(incoming)) == ("partially_filled", [10, 3, 3])
    ended = both.get(f"orders/{own['id']}").ok()
    assert (ended["status"], ended["end_reason"]) == ("canceled", "self_trade")
    venue.wait_for_balance(both.account_id, market.asset, 103, 0)
    venue.wait_for_balance(both.account_id, "EUR", 940, 30)


def test_both_fees_of_a_trade_come_to_the_house(venue):
    market = venue.market(maker_fee_bps=10, taker_fee_bps=25)
    seller = venue.trader("seller", **{market.asset: 10})
    buyer = venue.trader("buyer", EUR=1000)
    sold = seller.order(market, "sell", 10, "20").ok(201)
    bought = buyer.order(market, "buy", 10, "20").ok(201)
    venue.wait_for_balance(seller.account_id, "EUR", "199.80", 0)
    assert buyer.balance("EUR") == (Decimal("799.50"), 0)
    taken = f"SELECT sum(h.amount) FROM accounts.transactions h WHERE h.book = 'house' AND" \
            " h.asset = 'EUR' AND EXISTS (SELECT FROM accounts.transactions t WHERE t.partition =" \
            " h.partition AND t.event_offset = h.event_offset AND t.reference_id IN" \
            f" ('{sold['id']}', '{bought['id']}'))"
    assert venue.sql(taken) == [[Decimal("0.70")]]  # 0.20 of the maker, 0.50 of the taker


def test_the_complete_life_of_an_order_and_all_that_is_told_of_it(venue, admin, market, seller,
                                                                  buyer):
    other = venue.trader("other", EUR=1000)
    order = buyer.order(market, "buy", 10, "11.50", type="stop_limit", stop_price="11").ok(201)
    assert (order["status"], order["lifecycle"], order["trigger"]) == (
        "pending", "pending", "waiting")
    seller.order(market, "sell", 1, "11").ok(201)
    other.order(market, "buy", 1, "11").ok(201)
    assert becomes(buyer, order, "open", "submitted")["trigger"] == "fired"
    seller.order(market, "sell", 4, "11.20").ok(201)
    partial = becomes(buyer, order, "partially_filled", "submitted")
    assert quantities(partial) == [10, 4, 6]
    seller.order(market, "sell", 6, "11").ok(201)
    filled = becomes(buyer, order, "filled", "executed")
    assert (filled["end_reason"], filled["average_fill_price"]) == ("filled", "11.50")
    other.order(market, "buy", 10, "12").ok(201)
    sale = buyer.order(market, "sell", 10, "12").ok(201)
    becomes(buyer, order, "filled", "closed")
    becomes(buyer, sale, "filled", "closed")
    assert buyer.balance("EUR") == (1005, 0)
    check_story(buyer, admin, order)


def check_story(owner, admin, order):
    """Placed by its owner's command, under one ticket; fired by the book itself; filled by others,
    of whose commands nothing is told; and each of that settled by the ledger, because of it."""
    read = lambda: owner.items(f"orders/{order['id']}/history")[::-1]
    story = wait_until(lambda: (found := read())[1]["ticket_id"] and found, 10, "it has its ticket")
    assert [(event["type"], event["position"].split("/")[0]) for event in story] == [
        ("OrderAuthorized", "accounts"), ("OrderEntered", "orders"), ("FillsSettled", "accounts"),
        *[("OrderEntered", "orders"), ("FillsSettled", "accounts")] * 3]
    authorized, entered, _, fired, _, first, _, last, _ = story
    assert [authorized["action"], *(event["cause"].split("/")[0] for event in
                                    (authorized, entered, fired))] == [
        "PlaceOrder", "accounts.commands", "accounts", "clock"]
    causes = [(answer["cause"], event["position"]) for event, answer in zip(story, story[1:])]
    assert all(cause == position for cause, position in causes[:2] + causes[3:4])
    assert [Decimal(event["fills"][0]["quantity"]) for event in (first, last)] == [4, 6]
    assert {event["command_id"] for event in story[:3]} == {authorized["command_id"]}
    for event in story[3:]:
        assert (event["command_id"], event["ticket_id"]) == (None, None)
    read_by_staff = lambda: admin.items(f"orders/{order['id']}/history")[::-1]
    whole = wait_until(lambda: (found := read_by_staff())[7]["ticket_id"] and found, 10,
                       "whoever filled it has a ticket, which staff sees")
    assert all(event["cause"] for event in whole)
    assert {whole[i]["command_id"] for i in (5, 7)} == {whole[i + 1]["command_id"] for i in (5, 7)}
    ticket = admin.get(f"admin/logging/tickets/{entered['ticket_id']}").ok()
    assert (ticket["action"], ticket["outcome"], ticket["entity_id"]) == (
        "PlaceOrder", "success", order["id"])
    assert TICKET.fullmatch(ticket["id"])
