"""A caller sees what it has done, and does nothing before what it has seen."""
from concurrent.futures import ThreadPoolExecutor

from venue import PASSWORD, Session, unique

ROUNDS = 30


def test_a_read_right_after_a_write_sees_it(venue, admin):
    maker = venue.maker("watched")
    path = f"admin/market-makers/{maker['id']}"
    for count in range(1, ROUNDS + 1):
        admin.post(f"{path}/transactions", {"asset": "CEA", "type": "deposit", "amount": 1}).ok(201)
        assert venue.balance(maker["id"], "CEA") == (count, 0)
        assert len(admin.items(f"{path}/transactions", limit=500)) == count


def test_who_buys_sees_the_certificates_at_once_and_can_sell_them(venue, market):
    maker = venue.maker("source", **{market.asset: ROUNDS})
    buyer = venue.trader("quick", EUR=1000)
    for count in range(1, ROUNDS + 1):
        venue.offer(maker, market, 1, "10").ok(201)
        buyer.order(market, "buy", 1, "10").ok(201)
        sale = buyer.order(market, "sell", count, "50").ok(201)
        assert buyer.balance(market.asset) == (0, count)
        buyer.delete(f"orders/{sale['id']}").ok()
        assert buyer.balance(market.asset) == (count, 0)


def test_a_deposit_right_after_a_registration_finds_the_account(venue, public):
    for _ in range(5):
        body = {"email": f"{unique('early')}@example.com", "password": PASSWORD, "full_name": "E."}
        account = public.post("auth/register", body).ok(201)["account_id"]
        venue.fund(account, "EUR", 1)


def test_many_callers_each_see_their_own_writes(venue, market):
    traders = [venue.trader(f"busy {number}", EUR=100) for number in range(4)]

    def trade(trader):
        for count in range(1, ROUNDS + 1):
            trader.order(market, "buy", 1, "1").ok(201)
            assert trader.balance("EUR") == (100 - count, count)
            assert len(trader.items("orders", limit=500)) == count

    with ThreadPoolExecutor(len(traders)) as pool:
        list(pool.map(trade, traders))


def test_positions_name_what_the_caller_was_shown(venue, market):
    trader = venue.trader("positioned", EUR=10)
    answer = trader.order(market, "buy", 1, "1")
    answer.ok(201)
    assert answer.headers["X-Position"]
    read = Session(venue, trader.token).get("portfolio",
                                            headers={"X-Position": answer.headers["X-Position"]})
    assert read.ok() and read.headers["X-Projection-Position"]


def test_what_became_of_a_write_is_found_by_its_command(venue, user, market):
    trader = venue.trader("asking", EUR=10)
    order = trader.order(market, "buy", 1, "1").ok(201)
    command = trader.items(f"orders/{order['id']}/history")[0]["command_id"]
    found = trader.get(f"commands/{command}").ok()
    assert (found["status"], found["action"]) == ("succeeded", "PlaceOrder")
    user.get(f"commands/{command}").refused(404, "NOT_FOUND")
