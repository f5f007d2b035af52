"""Previews: what an order, a replace or a close would come to, told by the code that does it."""
from decimal import Decimal

import pytest
from venue import unique, wait_until


@pytest.fixture
def seller(venue, market):
    return venue.trader("seller", EUR=1000, **{market.asset: 100})


@pytest.fixture
def buyer(venue, market):
    return venue.trader("buyer", EUR=1000)


def preview(trader, market, side, quantity, price, **terms):
    body = {"instrument": market.symbol, "side": side, "type": "limit", "quantity": quantity,
            "limit_price": price, **terms}
    return trader.post("orders/preview", body)


def book(trader, market):
    found = trader.get(f"market/{market.symbol}/book").ok()
    return found["bids"], found["asks"]


def problem(answer):
    return answer.status, answer.json["code"], answer.json["detail"], answer.json.get("errors")


def same_order(told, order):
    """All but what only a preview says."""
    for name in set(told["order"]) - {"keeps_place"}:
        assert told["order"][name] == order[name], name


def test_it_costs_what_placing_it_then_costs(venue, market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    seller.order(market, "sell", 10, "11").ok(201)
    told = preview(buyer, market, "buy", 15, "11").ok()
    assert told["order"]["status"] == "filled"
    assert [(Decimal(f["price"]), Decimal(f["quantity"])) for f in told["fills"]] == [(10, 10), (11, 5)]
    placed = buyer.order(market, "buy", 15, "11").ok(201)
    assert told["fills"] == [{k: f[k] for k in ("price", "quantity", "fee")} for f in placed["fills"]]
    same_order(told, placed)
    assert told["order"]["keeps_place"] is None
    assert told["fees"] == placed["fees"]
    assert Decimal(told["cost"]) == Decimal(placed["filled_notional"]) + Decimal(placed["fees"])
    venue.wait_for_balance(buyer.account_id, "EUR", 1000 - Decimal(told["cost"]), 0)


def test_a_sale_brings_what_it_says(venue, market, seller, buyer):
    buyer.order(market, "buy", 10, "10").ok(201)
    told = preview(seller, market, "sell", 4, "10").ok()
    assert told["hold"]["asset"] == market.asset and Decimal(told["hold"]["amount"]) == 4
    seller.order(market, "sell", 4, "10").ok(201)
    venue.wait_for_balance(seller.account_id, "EUR", 1000 - Decimal(told["cost"]), 0)


def test_nothing_moves(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    before = book(seller, market), buyer.balance("EUR"), list(buyer.items("orders"))
    told = preview(buyer, market, "buy", 20, "10", client_order_id="mine").ok()
    assert told["order"]["status"] == "partially_filled"
    assert Decimal(told["hold"]["amount"]) >= 200
    assert preview(buyer, market, "buy", 20, "10", client_order_id="mine").ok() == told
    assert (book(seller, market), buyer.balance("EUR"), list(buyer.items("orders"))) == before
    buyer.order(market, "buy", 20, "10", client_order_id="mine").ok(201)


@pytest.mark.parametrize("quantity, price, terms, code", [
    (1000, "10", {}, "INSUFFICIENT_FUNDS"),
    (1, "10.001", {}, "TICK_SIZE"),
    (5, "10", {"post_only": True}, "POST_ONLY_WOULD_TRADE"),
    (50, "10", {"time_in_force": "fok"}, "FOK_NOT_FILLABLE"),
])
def test_it_is_refused_as_the_order_is(market, seller, buyer, quantity, price, terms, code):
    seller.order(market, "sell", 10, "10").ok(201)
    told = preview(buyer, market, "buy", quantity, price, **terms)
    placed = buyer.order(market, "buy", quantity, price, **terms)
    assert told.json["code"] == code
    assert problem(told) == problem(placed)
    assert "ticket_id" not in told.json


def test_a_replace_does_what_it_says(venue, market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    order = buyer.order(market, "buy", 5, "9").ok(201)
    change = {"quantity": 8, "limit_price": "10"}
    held = buyer.balance("EUR")
    told = buyer.post(f"orders/{order['id']}/preview", change).ok()
    assert buyer.balance("EUR") == held and buyer.get(f"orders/{order['id']}").ok()["limit_price"] == "9.00"
    assert told["order"]["keeps_place"] is False and told["order"]["status"] == "filled"
    assert [(Decimal(f["price"]), Decimal(f["quantity"])) for f in told["fills"]] == [(10, 8)]
    replaced = buyer.patch(f"orders/{order['id']}", change).ok()
    same_order(told, replaced)
    assert Decimal(told["fees"]) == Decimal(replaced["fees"])
    venue.wait_for_balance(buyer.account_id, "EUR", 1000 - Decimal(told["cost"]), 0)


def test_a_replace_by_less_keeps_its_place(market, buyer):
    order = buyer.order(market, "buy", 5, "9").ok(201)
    told = buyer.post(f"orders/{order['id']}/preview", {"quantity": 3}).ok()
    assert told["order"]["keeps_place"] is True and told["fills"] == []
    assert Decimal(told["order"]["remaining_quantity"]) == 3


@pytest.mark.parametrize("change, code", [
    ({"quantity": 1000}, "INSUFFICIENT_FUNDS"),
    ({"limit_price": "9.001"}, "TICK_SIZE"),
    ({"stop_price": "9"}, "VALIDATION_FAILED"),
])
def test_a_replace_is_refused_as_it_would_be(market, buyer, change, code):
    order = buyer.order(market, "buy", 5, "9").ok(201)
    told = buyer.post(f"orders/{order['id']}/preview", change)
    assert told.json["code"] == code and "ticket_id" not in told.json
    assert problem(told) == problem(buyer.patch(f"orders/{order['id']}", change))


def test_a_replace_of_what_has_ended_or_is_a_strangers_is_refused(market, seller, buyer):
    order = buyer.order(market, "buy", 5, "9").ok(201)
    seller.post(f"orders/{order['id']}/preview", {"quantity": 3}).refused(404, "NOT_FOUND")
    buyer.delete(f"orders/{order['id']}").ok()
    buyer.post(f"orders/{order['id']}/preview", {"quantity": 3}).refused(409, "ORDER_NOT_OPEN")


def test_a_close_does_what_it_says(venue, market, seller, buyer):
    buyer.order(market, "buy", 40, "10").ok(201)
    sell = seller.order(market, "sell", 30, "12").ok(201)
    told = seller.post(f"positions/{market.symbol}/preview", {}).ok()
    assert seller.get(f"orders/{sell['id']}").ok()["status"] == "open"
    assert told["hold"]["asset"] == market.asset and Decimal(told["hold"]["amount"]) == 70
    assert Decimal(told["order"]["filled_quantity"]) == 40
    order = seller.post(f"positions/{market.symbol}/close", {}).ok(201)
    same_order(told, order)
    assert order["limit_price"] is not None and Decimal(order["remaining_quantity"]) == 60
    venue.wait_for_balance(seller.account_id, "EUR", 1000 - Decimal(told["cost"]), 0)


def test_a_close_of_nothing_is_refused(market, buyer):
    buyer.post(f"positions/{market.symbol}/preview", {}).refused(404, "NOT_FOUND")


def test_an_instrument_that_is_not_there_is_refused(buyer):
    body = {"instrument": "NONE-EUR", "side": "buy", "type": "limit", "quantity": 1, "limit_price": "1"}
    buyer.post("orders/preview", body).refused(422, "INSTRUMENT_UNKNOWN")


def test_a_foreign_account_is_nobodys_to_name(market, seller, buyer):
    preview(buyer, market, "buy", 1, "10", account_id=seller.account_id).refused(422, "VALIDATION_FAILED")


def test_a_preview_is_repeated_under_its_key(market, buyer):
    body = {"instrument": market.symbol, "side": "buy", "type": "limit", "quantity": 1, "limit_price": "10"}
    for quantity, status in ((1, 200), (1000, 409)):
        body["quantity"], key = quantity, unique("key")
        told = buyer.post("orders/preview", body, key=key)
        again = buyer.post("orders/preview", body, key=key)
        assert again.headers["Idempotent-Replayed"] == "true" or status != 200
        assert (told.status, again.status) == (status, status)
        members = ("cost", "fees", "hold", "order", "fills", "code", "detail")
        assert [told.json.get(m) for m in members] == [again.json.get(m) for m in members]


def test_no_preview_has_a_ticket(venue, market, buyer):
    preview(buyer, market, "buy", 1, "10").ok()
    preview(buyer, market, "buy", 1000, "10").refused(409, "INSUFFICIENT_FUNDS")
    order = buyer.order(market, "buy", 1, "10").ok(201)
    tickets = lambda **of: list(venue.admin().items("admin/logging/tickets", **of))
    wait_until(lambda: tickets(entity_id=order["id"]), 10, "the order's ticket, behind them")
    assert tickets(action="PreviewOrder") == []
