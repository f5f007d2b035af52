"""What a venue is there for, one short flow each: run it where a stack has just been brought up,
upgraded or repaired. What each part does in every case is for tests/integration."""
import subprocess
from decimal import Decimal

from events import Stream
from venue import PASSWORD, REPO, TICKET, unique, wait_until


def prices(levels):
    return [(Decimal(level["price"]), Decimal(level["quantity"])) for level in levels]


def test_every_process_is_up_and_every_dependency_answers(venue, public):
    status = subprocess.run([REPO / "infra/status"], text=True, capture_output=True, check=False,
                            env=venue.environment())
    assert status.returncode == 0, status.stdout
    health = public.get("/health/ready").ok()
    assert health["status"] == "ok" and {"kafka", "postgres"} <= set(health["dependencies"])


def test_who_registers_signs_in_and_nobody_else_does(venue):
    user = venue.register("smoke")
    assert user.get("auth/me").ok()["email"] == user.user["email"]
    venue.login(user.user["email"], PASSWORD + "!").refused(401, "INVALID_CREDENTIALS")
    venue.public.get("auth/me").refused(401, "UNAUTHENTICATED")


def test_market_data_is_there_for_everybody(public, market, seller, buyer):
    seller.order(market, "sell", 5, "10.50").ok(201)
    seller.order(market, "sell", 5, "10").ok(201)
    buyer.order(market, "buy", 2, "10").ok(201)
    path = f"market/{market.symbol}"
    wait_until(lambda: public.get(f"{path}/trades").ok()["items"], 10, "the trade is shown")
    book = public.get(f"{path}/book").ok()
    assert prices(book["asks"]) == [(10, 3), (Decimal("10.50"), 5)] and book["bids"] == []
    quote, = public.get("market/quotes", symbols=market.symbol).ok()["items"]
    assert (Decimal(quote["ask"]), Decimal(quote["last"])) == (10, 10)
    candle = public.get(f"{path}/candles", interval="1m").ok()["items"][0]
    assert Decimal(candle["close"]) == 10
    assert public.get(f"market/instruments/{market.symbol}").ok()["status"] == "open"


def test_a_limit_order_rests_in_the_book_until_it_is_canceled(public, market, buyer):
    order = buyer.order(market, "buy", 10, "9.50").ok(201)
    assert order["status"] == "open"
    assert prices(buyer.get(f"market/{market.symbol}/book").ok()["bids"]) == [
        (Decimal("9.50"), 10)]
    assert buyer.delete(f"orders/{order['id']}").ok()["status"] == "canceled"
    assert buyer.get(f"market/{market.symbol}/book").ok()["bids"] == []


def test_a_market_order_takes_what_there_is(market, seller, buyer):
    for price in ("10", "11"):
        seller.order(market, "sell", 5, price).ok(201)
    bought = buyer.order(market, "buy", 8, max_notional="200").ok(201)
    assert (bought["status"], Decimal(bought["average_fill_price"])) == ("filled",
                                                                         Decimal("10.375"))


def test_a_stop_that_is_crossed_sells_with_nobody_asking(market, seller, buyer):
    buyer.order(market, "buy", 10, "8").ok(201)
    stop = seller.post("orders", {"instrument": market.symbol, "side": "sell", "type": "stop",
                                  "quantity": 4, "stop_price": "9"}).ok(201)
    assert (stop["status"], stop["trigger"]) == ("pending", "waiting")
    seller.order(market, "sell", 1, "8").ok(201)
    wait_until(lambda: seller.get(f"orders/{stop['id']}").ok()["status"] == "filled", 10,
               "the stop has sold")


def test_an_open_order_gets_other_terms(market, buyer):
    order = buyer.order(market, "buy", 10, "9").ok(201)
    changed = buyer.patch(f"orders/{order['id']}", {"limit_price": "9.50", "quantity": 12}).ok()
    assert (changed["id"], changed["status"]) == (order["id"], "open")
    assert prices(buyer.get(f"market/{market.symbol}/book").ok()["bids"]) == [(Decimal("9.50"), 12)]


def test_a_stream_tells_an_owner_what_happens_to_an_order(market, seller, buyer):
    with Stream(seller, "stream") as stream:
        order = seller.order(market, "sell", 5, "10").ok(201)
        assert stream.until("new")[-1].data["order"]["id"] == order["id"]
        buyer.order(market, "buy", 5, "10").ok(201)
        assert stream.until("fill")[-1].data["order"]["status"] == "filled"


def test_a_trade_is_settled_on_both_sides(venue, market, seller):
    buyer = venue.trader("smoke buyer", EUR=1000)
    seller.order(market, "sell", 20, "10").ok(201)
    buyer.order(market, "buy", 15, "10").ok(201)
    assert (buyer.balance("EUR"), buyer.balance(market.asset)) == ((850, 0), (15, 0))
    venue.wait_for_balance(seller.account_id, "EUR", 150, 0)
    venue.wait_for_balance(seller.account_id, market.asset, 80, 5)


def test_a_market_makers_offer_is_sold_and_its_proceeds_are_due(venue, admin, market, buyer):
    maker = venue.maker(**{market.asset: 50})
    venue.offer(maker, market, 30, "12.50").ok(201)
    buyer.order(market, "buy", 20, "12.50").ok(201)
    balances = lambda: admin.get(f"admin/market-makers/{maker['id']}/balances").ok()
    wait_until(lambda: balances()[market.asset]["total"] == "30.00", 10, "the offer is sold")
    assert Decimal(balances()["proceeds"]["EUR"]) == 250


def test_a_portfolio_shows_what_was_bought_and_what_it_is_worth(market, seller, buyer):
    seller.order(market, "sell", 10, "10").ok(201)
    buyer.order(market, "buy", 4, "10").ok(201)
    portfolio = buyer.get("portfolio").ok()
    position, = (found for found in portfolio["positions"]
                 if found["instrument"] == market.symbol)
    assert (Decimal(position["quantity"]), Decimal(position["average_cost"])) == (4, 10)
    assert Decimal(portfolio["balances"][market.asset]["available"]) == 4


def test_every_action_has_a_ticket_and_so_has_every_refusal(admin, market, seller):
    order = seller.order(market, "sell", 5, "10").ok(201)
    seller.order(market, "sell", 96, "10").refused(409, "INSUFFICIENT_FUNDS")
    tickets = lambda outcome: admin.items("admin/logging/tickets", action="PlaceOrder",
                                          actor_id=seller.user["id"], outcome=outcome)
    refused, = wait_until(lambda: tickets("failed"), 10, "the refusal has its ticket")
    done, = tickets("success")
    assert (done["entity_id"], refused["code"]) == (order["id"], "INSUFFICIENT_FUNDS")
    assert TICKET.fullmatch(done["ticket_id"])


def test_what_became_of_a_command_can_be_asked_and_a_repetition_changes_nothing(admin, market,
                                                                                seller):
    key = unique("smoke")
    first = seller.order(market, "sell", 5, "10", key=key)
    again = seller.order(market, "sell", 5, "10", key=key)
    assert again.ok(201)["id"] == first.ok(201)["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert seller.balance(market.asset) == (95, 5)
    ticket, = wait_until(lambda: admin.items("admin/logging/tickets", action="PlaceOrder",
                                             entity_id=first.json["id"]), 10, "it has a ticket")
    whole = admin.get(f"admin/logging/tickets/{ticket['ticket_id']}").ok()
    outcome = seller.get(f"commands/{whole['command_id']}").ok()
    assert outcome["status"] == "succeeded" and first.json["id"] in str(outcome["result"])
