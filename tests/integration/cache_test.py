"""Dashboards and books are kept at the gateways, and no answer is older than the event that changed it."""
import threading
from decimal import Decimal

import pytest

from gateways import gateway_beside
from venue import Trader, wait_until

ROUNDS = 30
BOARDS = ("dashboard/overview", "dashboard/trading", "dashboard/risk")


@pytest.fixture(scope="module")
def other(venue, tmp_path_factory):
    """The same venue through a gateway of its own, whose answers live for an hour."""
    settings = {f"BOURSE_CACHE_TTL_{name}": "1h" for name in ("TRADING", "RISK", "OVERVIEW")}
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway"), BOURSE_LIMIT_READ="off",
                        **settings) as gateway:
        yield gateway.venue


def beside(trader, other):
    """The same caller at the other gateway."""
    return Trader(other, trader.token, trader.user)


def is_hit(answer):
    assert answer.headers["X-Cache"] in ("HIT", "MISS"), answer.headers
    return answer.headers["X-Cache"] == "HIT"


def wait_for_hit(trader, board):
    """Reads until the answer is kept: an event of before may still be on its way to this gateway."""
    def hit():
        answer = trader.get(board)
        answer.ok()
        return answer if is_hit(answer) else None
    return wait_until(hit, 10, f"{board} is kept")


@pytest.mark.parametrize("board", BOARDS)
def test_a_dashboard_is_kept_for_its_caller_alone(venue, other, market, board):
    one, two = (beside(venue.trader(name, EUR=100), other) for name in ("one", "two"))
    first = one.get(board)
    kept = wait_for_hit(one, board)
    assert kept.ok() == first.ok()
    assert kept.headers["ETag"] == first.headers["ETag"]
    assert kept.headers["X-Projection-Position"] and kept.headers["X-Position"]
    assert kept.headers["Cache-Control"] == "no-store"
    assert two.get(board).ok()["account_id"] == two.account_id

    def is_kept_unchanged():
        unchanged = one.get(board, headers={"If-None-Match": kept.headers["ETag"]})
        assert unchanged.status == 304
        return is_hit(unchanged)

    wait_until(is_kept_unchanged, 10, "that it is unchanged is told from what is kept")


def test_what_was_written_through_one_gateway_is_read_through_another(venue, other, market):
    trader = venue.trader("writer", EUR=1000)
    elsewhere = beside(trader, other)
    hits = 0
    for count in range(1, ROUNDS + 1):
        placed = trader.order(market, "buy", 1, "5")
        placed.ok(201)
        after = {"X-Position": placed.headers["X-Position"]}
        read = [elsewhere.get(board, headers=after) for board in BOARDS * 3]
        counts = [answer.ok()["open_orders"] for answer in read]
        assert [found for found in counts[::3]] == [count] * 3
        assert [found["count"] for found in counts[1::3]] == [count] * 3
        assert [found["buy"] for found in counts[2::3]] == [count] * 3
        hits += sum(map(is_hit, read))
    assert hits > 0 # else this says nothing of what is kept


def test_preferences_are_kept_until_they_change_at_any_gateway(venue, other):
    someone = venue.trader("of taste")
    elsewhere = beside(someone, other)
    assert elsewhere.get("settings").ok()["theme"] == "dark"
    hits = 0
    for theme in ("light", "dark", "system", "light"):
        kept = wait_for_hit(elsewhere, "settings")
        assert elsewhere.get("settings", headers={
            "If-None-Match": kept.headers["ETag"]}).status == 304
        changed = someone.put("settings", {"theme": theme, "full_name": f"Of {theme}"})
        assert changed.ok()["theme"] == theme and someone.get("settings").ok()["theme"] == theme
        after = {"X-Position": changed.headers["X-Position"]}
        for _ in range(3):
            answer = elsewhere.get("settings", headers=after)
            found = answer.ok()
            assert (found["theme"], found["full_name"]) == (theme, f"Of {theme}")
            hits += is_hit(answer)
    assert hits > 0
    stranger = beside(venue.trader("of none"), other)
    assert stranger.get("settings").ok()["theme"] == "dark"


def test_what_others_do_is_seen_in_what_is_kept(venue, other, market):
    """A trade of strangers changes what a holding is worth, an offer of theirs the quote."""
    holder, seller, buyer = (venue.trader(name, EUR=1000, **{market.asset: 100})
                             for name in ("holder", "seller", "buyer"))
    holder.order(market, "buy", 1, "7").ok(201)
    seller.order(market, "sell", 1, "7").ok(201)
    reader = beside(holder, other)
    worth = lambda: Decimal(reader.get("dashboard/overview").ok()["assets_value"])
    wait_until(lambda: worth() == 101 * 7, 10, "101 are worth 7 each")
    wait_for_hit(reader, "dashboard/overview")
    for price in (8, 9):
        seller.order(market, "sell", 1, price).ok(201)
        ask = lambda: reader.get("dashboard/trading").ok()["quotes"][0]["ask"]
        wait_until(lambda: ask() == f"{price}.00", 10, f"the quote asks {price}")
        wait_for_hit(reader, "dashboard/trading")
        buyer.order(market, "buy", 1, price).ok(201)
        wait_until(lambda: worth() == 101 * price, 10, f"101 are worth {price} each")
        wait_for_hit(reader, "dashboard/overview")


def test_while_orders_come_no_reader_ever_sees_fewer_than_before(venue, other, market):
    trader = venue.trader("writer", EUR=1000)
    over = threading.Event()
    faults, hits = [], []

    def read(caller, board, number):
        seen = 0
        while not over.is_set():
            answer = caller.get(board)
            count = number(answer.json["open_orders"]) if answer.status == 200 else -1
            if count < seen:
                faults.append((board, seen, answer))
            seen = max(seen, count)
            hits.append(is_hit(answer))

    def read_both(caller):
        """What is kept is never older than what a query has shown there before."""
        while not over.is_set():
            shown = len(caller.get("orders", status="open", limit=500).ok()["items"])
            kept = caller.get("dashboard/overview").ok()["open_orders"]
            if kept < shown:
                faults.append((shown, kept))

    readers = [threading.Thread(target=read, args=(beside(trader, at), board, number))
               for at in (venue, other)
               for board, number in (("dashboard/overview", int),
                                     ("dashboard/trading", lambda found: found["count"]))]
    readers += [threading.Thread(target=read_both, args=(beside(trader, at),)) for at in (venue, other)]
    for reader in readers:
        reader.start()
    try:
        for count in range(1, ROUNDS + 1):
            trader.order(market, "buy", 1, "5").ok(201)
            assert trader.get("dashboard/overview").ok()["open_orders"] == count
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert any(hits) and not all(hits)


def book_of(market, depth=20):
    return f"market/{market.symbol}/book?depth={depth}"


def test_a_book_is_kept_for_everybody_until_its_instrument_changes(venue, other, market):
    one, two = (beside(venue.trader(name, EUR=100), other) for name in ("one", "two"))
    elsewhere = venue.market()
    for count in range(1, 4):
        order = one.order(market, "buy", 1, "5").ok(201)
        assert one.get(book_of(market)).ok()["bids"] == [
            {"price": "5.00", "quantity": f"{count}.00", "orders": count}]
        kept = wait_for_hit(one, book_of(market))
        one.order(elsewhere, "buy", 1, "5").ok(201)
        assert wait_for_hit(two, book_of(market)).json == kept.json
        assert wait_for_hit(other.public, book_of(market)).headers["ETag"] == kept.headers["ETag"]
    one.delete(f"orders/{order['id']}").ok()
    assert one.get(book_of(market)).ok()["bids"][0]["orders"] == 2
    other.public.get("market/NONE-EUR/book").refused(404, "NOT_FOUND")


def test_while_orders_come_no_book_is_older_than_what_was_shown_before(venue, other, market):
    trader = venue.trader("of the book", EUR=1000)
    over = threading.Event()
    faults, hits = [], []

    def read(caller):
        depth, before = 0, 0
        while not over.is_set():
            depth = depth % 20 + 1
            shown = len(caller.get("orders", status="open", limit=500).ok()["items"])
            answer = caller.get(book_of(market, depth))
            book = answer.ok()
            there = sum(level["orders"] for level in book["bids"])
            if there < shown or (book["sequence"] or 0) < before:
                faults.append((shown, before, book))
            before = book["sequence"] or 0
            hits.append(is_hit(answer))

    readers = [threading.Thread(target=read, args=(beside(trader, at),)) for at in (venue, other)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(ROUNDS):
            trader.order(market, "buy", 1, "5").ok(201)
        wait_until(lambda: any(hits[-20:]), 20, "a book is kept")
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert not all(hits)


def test_trade_elsewhere_leaves_what_is_kept(venue, other):
    """Nine answers of ten come from what is kept, while others trade in other instruments; and nobody
    lists a new one, which concerns all: other tests do that now and then."""
    mine, theirs = venue.market(), venue.market()
    holder = venue.trader("holder", EUR=1000, **{mine.asset: 10})
    seller, buyer = (venue.trader(name, EUR=1000, **{theirs.asset: 100})
                     for name in ("seller", "buyer"))
    reader = beside(holder, other)

    def nine_of_ten():
        for board in BOARDS:
            wait_for_hit(reader, board)
        hits = []
        for _ in range(10):
            seller.order(theirs, "sell", 1, "5").ok(201)
            buyer.order(theirs, "buy", 1, "5").ok(201)
            hits += [is_hit(reader.get(board)) for board in BOARDS]
        return sum(hits) >= len(hits) * 9 // 10

    wait_until(nine_of_ten, 30, "nine answers of ten are kept ones")
