"""What was, asked for by time and by position: exactly what was shown then, and nothing that is not over."""
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

import avro
import topics
from read_model import wait_until_at_rest
from venue import NOBODY, wait_until

E8 = Decimal(10 ** 8)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def now():
    return datetime.now(timezone.utc).isoformat()


def balances(trader, **when):
    return trader.get(f"accounts/{trader.account_id}/balances", **when).ok()


def statements(trader, **when):
    return [statement["id"] for statement in trader.items("statements", **when)]


def each_order(trader, **when):
    """The orders one by one; how many stand before them is told of now alone."""
    found = [trader.get(f"orders/{order['id']}", **when).ok() for order in trader.items("orders", **when)]
    return [{name: said for name, said in order.items() if name != "quantity_ahead"} for order in found]


def used(trader, **when):
    """What of the limits is used, where anything is."""
    found = trader.get("risk/limits", **when).ok()["used"]
    return found if any(found.values()) else {}


READS = {
    "balances": balances,
    "positions": lambda trader, **when: trader.items("positions", **when),
    "open positions": lambda trader, **when: trader.items("positions", status="open", **when),
    "statements": statements,
    "limits used": used,
    "orders": lambda trader, **when: trader.items("orders", **when),
    "open orders": lambda trader, **when: trader.items("orders", status="open", **when),
    "orders, oldest first": lambda trader, **when: trader.items("orders", sort="created_at", limit=2, **when),
    "each order": each_order,
}
OF_ORDERS = {name for name in READS if "order" in name}


def wait_until_settled(trader):
    """Until the ledger has answered what the trader's book has done, the book what came of that, and the
    ledger that again. Every partition of the ledger follows a change of the instrument behind all that
    was in its book before; and a change comes behind what its sender has been shown."""
    admin = trader.venue.admin()
    for _ in range(2):
        admin.post(f"admin/instruments/{trader.market.symbol}/resume").ok()
        admin.get(f"accounts/{trader.account_id}/balances").ok()


class Diary:
    """What an account was shown after each thing that it did, and when that was, in several ways."""

    def __init__(self, trader):
        self.trader = trader
        self.entries = []

    def write(self, what):
        wait_until_settled(self.trader)
        newest, = self.trader.get(f"accounts/{self.trader.account_id}/events", limit=1).ok()["items"]
        self.entries.append({
            "what": what, "time": now(), "happened": newest["occurred_at"], "position": newest["position"],
            "ends": {f"{service}/{partition}": offset for service, partition, offset in self.trader.venue.sql(
                "SELECT service, partition, next_offset - 1 FROM bourse.positions")},
            "shown": {name: read(self.trader) for name, read in READS.items()}})


@pytest.fixture(scope="module")
def diary(venue):
    """Of somebody who was given money, bought at two prices, had orders open, replaced and canceled, sold
    what they had, waited for prices, guarded a purchase, and was kept from trading with themselves."""
    market = venue.market(taker_fee_bps=25)
    seller = venue.trader("seller", EUR=10000, **{market.asset: 1000})
    client = venue.trader("client", EUR=10000)
    client.market = market
    diary = Diary(client)
    diary.write("money came")
    seller.order(market, "sell", 10, "10").ok(201)
    client.order(market, "buy", 10, "10").ok(201)
    diary.write("bought")
    resting = client.order(market, "buy", 30, "9").ok(201)
    diary.write("an order rests")
    seller.order(market, "sell", 10, "9").ok(201)
    diary.write("a part is filled")
    client.patch(f"orders/{resting['id']}", {"quantity": 25, "limit_price": "8"}).ok()
    diary.write("it is replaced")
    seller.order(market, "sell", 3, "8").ok(201)
    diary.write("it is filled further")
    client.patch(f"orders/{resting['id']}", {"quantity": 20}).ok()
    diary.write("it keeps its place")
    client.post("statements", {"from": "2020-01-01T00:00:00Z", "to": now()}).ok(201)
    diary.write("a statement was issued")
    client.delete(f"orders/{resting['id']}").ok()
    diary.write("the rest is canceled")
    seller.order(market, "buy", 23, "12").ok(201)
    client.order(market, "sell", 23, "12").ok(201)
    client.delete(f"orders/{resting['id']}").ok()
    diary.write("all is sold, and what was canceled is canceled again")
    venue.admin().post(f"admin/accounts/{client.account_id}/withdrawals",
                       {"asset": "EUR", "amount": "500.25"}).ok(201)
    diary.write("money went")
    seller.order(market, "sell", 4, "11").ok(201)
    seller.order(market, "sell", 3, "11").ok(201)
    client.order(market, "buy", 4, "11", stop_loss_price="5", take_profit_price="19").ok(201)
    diary.write("bought again, guarded")
    client.order(market, "buy", 3, "11").ok(201)
    stop = client.order(market, "sell", 1, type="stop", stop_price="10.50").ok(201)
    client.order(market, "sell", 1, type="trailing_stop", trail_amount="2").ok(201)
    diary.write("a stop and a trailing stop wait")
    seller.order(market, "sell", 1, "12").ok(201)
    venue.trader("buyer", EUR=100).order(market, "buy", 1, "12").ok(201)
    diary.write("the price rose, and the trailing stop with it")
    seller.order(market, "buy", 1, "10.50").ok(201)
    seller.order(market, "buy", 2, "10.40").ok(201)
    venue.trader("other", **{market.asset: 1}).order(market, "sell", 1, "10.50").ok(201)
    wait_until(lambda: client.get(f"orders/{stop['id']}").ok()["status"] == "filled", 10, "the stop has fired")
    diary.write("the stop fired")
    client.order(market, "buy", 5, "10.45").ok(201)
    client.order(market, "sell", 1, "10.45", self_trade="decrement").ok(201)
    diary.write("a trade with oneself was prevented")
    venue.admin().post(f"admin/instruments/{market.symbol}/mark", {"mark_price": "13"}).ok()
    diary.write("a mark was fed in")
    return diary


@pytest.mark.parametrize("name", READS)
def test_as_of_each_time_there_is_what_was_shown_then(diary, name):
    for entry in diary.entries:
        assert READS[name](diary.trader, as_of=entry["time"]) == entry["shown"][name], entry["what"]


@pytest.mark.parametrize("when", ["happened", "position"])
def test_as_of_the_last_event_of_an_account_it_has_what_that_left(diary, when):
    """At prices of then, which others may have moved since."""
    held = lambda positions: [{name: position[name] for name in (
        "instrument", "quantity", "cost", "realised_pnl", "updated_at")} for position in positions]
    for entry in diary.entries:
        shown, asked = entry["shown"], entry[when]
        assert balances(diary.trader, as_of=asked) == shown["balances"], entry["what"]
        found = diary.trader.items("positions", as_of=asked)
        assert held(found) == held(shown["positions"]), entry["what"]


def test_any_record_of_the_log_is_a_position(venue, diary):
    """Also those that changed nothing; the orders here are all of one book."""
    mine = diary.entries[0]["position"].rsplit("/", 1)[0]
    book = venue.sql(f"SELECT DISTINCT partition FROM orders.orders WHERE account_id = '{diary.trader.account_id}'")
    for entry in diary.entries:
        for name in {"balances", "statements"} | OF_ORDERS:
            partition = f"orders/{book[0][0]}" if name in OF_ORDERS else mine
            found = READS[name](diary.trader, as_of=f"{partition}/{entry['ends'][partition]}")
            assert found == entry["shown"][name], (entry["what"], name)


def test_the_diary_has_something_to_tell(diary):
    for name in READS:
        told = [entry["shown"][name] for entry in diary.entries]
        assert any(before != after for before, after in zip(told, told[1:])), name
    orders = [order for entry in diary.entries for order in entry["shown"]["orders"]]
    assert {order["trigger"] for order in orders} == {"none", "waiting", "fired"}
    assert {order["lifecycle"] for order in orders} == {"pending", "submitted", "executed", "closed"}
    trailing = {order["stop_price"] for order in orders if order["type"] == "trailing_stop"}
    assert len(trailing) > 1, "it has moved"
    assert any(Decimal(order["remaining_quantity"]) + Decimal(order["filled_quantity"])
               < Decimal(order["quantity"]) for order in orders), "something was prevented"
    assert {len(entry["shown"]["open orders"]) for entry in diary.entries} == {0, 1}


def test_one_position_is_told_as_the_list_tells_it(diary):
    path = f"positions/{diary.trader.market.symbol}"
    for entry in diary.entries[1:]:
        position, = entry["shown"]["positions"]
        assert diary.trader.get(path, as_of=entry["time"]).ok() == position
    diary.trader.get(path, as_of=diary.entries[0]["time"]).refused(404, "NOT_FOUND")


def test_before_its_beginning_an_account_has_nothing(diary):
    for name, read in READS.items():
        assert not read(diary.trader, as_of="2020-01-01T00:00:00Z"), name
        service = "orders" if name in OF_ORDERS else "accounts"
        assert not read(diary.trader, as_of=f"{service}/0/0"), name


def folded(venue, account_id):
    """What the raw log says that the account had behind each event that says anything of it."""
    had, found = {}, []
    records = topics.read(venue, "bourse.accounts.events")
    for record, event in topics.valid_events(records, avro.Registry(venue).decode):
        left = event.get("balances") or [event.get("balance")]
        said = [balance for balance in left if balance and balance["account_id"] == account_id]
        for balance in said:
            had[balance["asset"]] = tuple(balance[name] / E8 for name in (
                "available_e8", "locked_e8", "total_e8"))
        if said:
            found.append((f"accounts/{record.partition}/{record.offset}",
                          event["meta"]["occurred_at"], dict(had)))
    return found


def numbers(shown):
    return {asset: tuple(Decimal(balance[name]) for name in ("available", "locked", "total"))
            for asset, balance in shown.items()}


def test_the_balances_of_any_position_and_time_are_those_that_the_log_folds_to(venue, diary):
    folds = folded(venue, diary.trader.account_id)
    assert len(folds) > 10
    times = [time for _, time, _ in folds]
    for position, time, had in folds:
        assert numbers(balances(diary.trader, as_of=position)) == had, position
        if times.count(time) == 1:
            assert numbers(balances(diary.trader, as_of=text_of(time))) == had, position
            before = [known for _, earlier, known in folds if earlier < time]
            shown = balances(diary.trader, as_of=text_of(time - 1))
            assert numbers(shown) == (before[-1] if before else {})


def text_of(time_us):
    return (EPOCH + timedelta(microseconds=time_us)).isoformat()


def test_a_position_of_another_partition_stands_for_its_time(venue, diary):
    if venue.settings["BOURSE_PARTITIONS"] == "1":
        pytest.skip("this stack has one partition, and no other")
    other = next(trader for trader in iter(lambda: venue.trader("other"), None) if position_of(
        trader).split("/")[1] != diary.entries[0]["position"].split("/")[1])
    assert balances(diary.trader, as_of=position_of(other)) == balances(diary.trader)


def position_of(trader):
    return trader.get(f"accounts/{trader.account_id}/events", limit=1).ok()["items"][0]["position"]


def test_what_is_not_over_or_is_no_past_at_all_is_refused(diary):
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    paths = {f"accounts/{diary.trader.account_id}/balances": "accounts", "positions": "accounts",
             "statements": "accounts", "risk/limits": "accounts", "orders": "orders"}
    for path, service in paths.items():
        other = {"accounts": "orders", "orders": "accounts"}[service]
        for when in (later, f"{service}/0/999999999999", f"{service}/99999/5", f"{service}/0", f"{other}/0/5",
                     "2026-13-45T00:00:00Z", "yesterday"):
            refused = diary.trader.get(path, as_of=when).refused(422, "VALIDATION_FAILED")
            assert refused["errors"][0]["field"] == "as_of", when


@pytest.mark.disruptive
def test_limits_are_told_as_orders_were_held_against_them(venue, admin):
    trader = venue.trader("trader", EUR=10)
    path = f"admin/accounts/{trader.account_id}/risk-limits"
    known, shown = [], lambda: {name: said for name, said in admin.get(path).ok().items()}
    limits = lambda **when: trader.get("risk/limits", **when).ok()["limits"]
    steps = [lambda: admin.put("admin/venue-rules", {}).ok(),
             lambda: admin.put("admin/venue-rules", {"max_order_notional": 500, "max_open_orders": 7}).ok(),
             lambda: admin.put(path, {"max_order_notional": 100}).ok(),
             lambda: admin.put(path, {"max_daily_notional": "250.50"}).ok(),
             lambda: admin.put("admin/venue-rules", {"max_open_orders": 9}).ok()]
    try:
        for step in steps:
            step()
            wait_until_at_rest(venue)
            known.append((now(), position_of(trader), shown()))
            assert limits() == limits(as_of=known[-1][0]), known[-1]
    finally:
        admin.put("admin/venue-rules", {}).ok()
    assert len({str(said) for _, _, said in known}) == len(steps)
    for time, _, said in known:
        assert admin.get(path, as_of=time).ok() == said
        assert limits(as_of=time) == said["in_force"]
    own = lambda limits: {name: said for name, said in limits.items() if name != "in_force"}
    for _, position, said in known:
        assert own(admin.get(path, as_of=position).ok()) == own(said)
    trader.get(path, as_of=known[0][0]).refused(403, "FORBIDDEN")
    admin.get(f"admin/accounts/{NOBODY}/risk-limits", as_of=known[0][0]).refused(404, "NOT_FOUND")


def test_the_past_of_others_is_not_told(venue, diary):
    path = f"accounts/{diary.trader.account_id}/balances"
    when = diary.entries[0]["time"]
    stranger = venue.trader("stranger")
    stranger.get(path, as_of=when).refused(404, "NOT_FOUND")
    venue.public.get(path, as_of=when).refused(401, "UNAUTHENTICATED")
    assert stranger.items("positions", as_of=when) == stranger.items("orders", as_of=when) == []
    order = diary.entries[-1]["shown"]["each order"][0]
    last = diary.entries[-1]["time"]
    stranger.get(f"orders/{order['id']}", as_of=last).refused(404, "NOT_FOUND")
    auditor = venue.staff_member("auditor")
    assert auditor.get(path, as_of=when).ok() == diary.entries[0]["shown"]["balances"]
    told = auditor.get(f"orders/{order['id']}", as_of=last).ok()
    assert {name: told[name] for name in order} == order
    diary.trader.get(f"orders/{order['id']}", as_of=when).refused(404, "NOT_FOUND")
    auditor.get(f"accounts/{NOBODY}/balances", as_of=when).refused(404, "NOT_FOUND")


def test_an_event_that_only_another_caller_was_told_of_is_waited_for(venue):
    trader = venue.trader("trader", EUR=10)
    partition = position_of(trader).rsplit("/", 1)[0]
    for amount in range(1, 6):
        booked = venue.admin().post(f"admin/accounts/{trader.account_id}/deposits",
                                    {"asset": "EUR", "amount": 1})
        booked.ok(201)
        shown = dict(part.rsplit(":", 1) for part in booked.headers["X-Position"].split(" "))
        found = balances(trader, as_of=f"{partition}/{shown[partition]}")
        assert Decimal(found["EUR"]["total"]) == 10 + amount
