"""The event streams: what they tell is what the venue has, in order, once, and the owner's only."""
import collections
import contextlib
import random
import socket
import threading
import urllib.parse
from decimal import Decimal

import pytest

from events import Book, Stream, checksum_of
from gateways import gateway_beside
from venue import Trader, wait_until

HEARTBEAT_S = 15
STREAMS_MAX = 2000 # of a gateway


@pytest.fixture(scope="module")
def traders(venue):
    """Two who trade in any market, for fund() gives them what they sell."""
    return [venue.trader("of streams", EUR=1000000) for _ in range(2)]


@pytest.fixture
def stocked(venue, market, traders):
    """A market in which both have something to sell."""
    for trader in traders:
        venue.fund(trader.account_id, market.asset, 100000)
    return market


@pytest.fixture(scope="module")
def second(venue, tmp_path_factory):
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def beside(session, gateway):
    return Trader(gateway.venue, session.token, session.user)


def trade(traders, market, count, seed=1):
    """Orders at random, some of which are canceled again."""
    chance = random.Random(seed)
    for number in range(count):
        trader = traders[number % 2]
        order = trader.order(market, chance.choice(("buy", "sell")), chance.randint(1, 9),
                             chance.randint(90, 110)).ok(201)
        if chance.random() < 0.3 and order["status"] in ("open", "partially_filled"):
            trader.delete(f"orders/{order['id']}")


def market_stream(session, market, channels="book,trades,quotes", **options):
    return Stream(session, "market/stream", symbols=market.symbol, channels=channels, **options)


def trades_of(messages):
    return [message.data["trade_id"] for message in messages if message.event == "trade"]


def all_trades(traders, market):
    """Ids of the market's trades, oldest first, those included that the traders know of."""
    path = f"market/{market.symbol}/trades"
    items = max((trader.items(path) for trader in traders), key=len)
    return [item["trade_id"] for item in reversed(items)]


def test_a_book_kept_up_by_the_stream_is_the_venues(venue, public, traders, stocked):
    trade(traders, stocked, 20)
    with market_stream(public, stocked, "book") as stream:
        book = Book(stocked.symbol)
        assert book.take(stream.next("snapshot"))
        trade(traders, stocked, 60, seed=2)
        last = traders[0].order(stocked, "buy", 3, 50).ok(201)
        shown = wait_until(
            lambda: (found := public.get(f"market/{stocked.symbol}/book", depth=200).ok())
            and any(level["price"] == "50.00" for level in found["bids"]) and found, 20,
            f"{last['id']} is in the book")
        while book.sequence < shown["sequence"]:
            assert book.take(stream.next("book"))
        assert book.sequence == shown["sequence"]
        for side in ("bids", "asks"):
            assert book.levels(side) == shown[side]
        assert book.checksum() == shown["checksum"] == checksum_of(shown["bids"], shown["asks"])


def test_a_quote_is_told_when_it_moves_and_only_then(public, traders, stocked):
    with market_stream(public, stocked, "quotes") as stream:
        assert stream.next("quote").data["bid"] is None
        traders[0].order(stocked, "buy", 5, 99).ok(201)
        assert stream.next("quote").data["bid"] == "99.00"
        traders[0].order(stocked, "buy", 5, 98).ok(201)
        traders[0].order(stocked, "sell", 5, 101).ok(201)
        quote = stream.next("quote").data
        assert (quote["bid"], quote["ask"], quote["mid"], quote["spread"]) == \
            ("99.00", "101.00", "100.00", "2.00")


def test_who_comes_back_with_an_id_gets_every_trade_once_at_any_gateway(
        public, traders, stocked, second):
    gateways = [public, second.venue.public]
    background = threading.Thread(target=trade, args=(traders, stocked, 80, 3))
    told, last_id = [], None
    with market_stream(public, stocked) as stream:
        stream.until("quote")
        last_id = stream.last_event_id
    background.start()
    for visit in range(6):
        with market_stream(gateways[visit % 2], stocked, last_event_id=last_id) as stream:
            while len(trades_of(told)) < 3 * (visit + 1):
                told.append(next(stream))
            last_id = stream.last_event_id
    background.join()
    expected = all_trades(traders, stocked)
    with market_stream(public, stocked, "trades", last_event_id=last_id) as stream:
        while len(trades_of(told)) < len(expected):
            told.append(next(stream))
    assert trades_of(told) == expected


def test_a_gateway_tells_what_happened_before_it_began(venue, public, traders, stocked, tmp_path):
    with market_stream(public, stocked, "trades") as stream, Stream(traders[0], "stream") as own:
        own.next("snapshot")
        traders[0].order(stocked, "sell", 9, 100).ok(201)
        traders[1].order(stocked, "buy", 1, 100).ok(201)
        stream.next("trade")
        own.until("partial_fill")
        ids = stream.last_event_id, own.last_event_id
        trade(traders, stocked, 40, seed=6)
        expected = all_trades(traders, stocked)[1:]
        assert [stream.next("trade").data["trade_id"] for _ in expected] == expected
        traders[0].order(stocked, "buy", 1, 2).ok(201)
        steps = [message for message in own.until("new") if message.event != "balances"]
        while steps[-1].data["order"]["limit_price"] != "2.00":
            steps += [message for message in own.until("new") if message.event != "balances"]
    assert traders[0].get("orders").ok()["items"]
    with gateway_beside(venue, tmp_path) as gateway:
        with market_stream(gateway.venue.public, stocked, "trades", last_event_id=ids[0]) as stream:
            assert [stream.next("trade").data["trade_id"] for _ in expected] == expected
        with Stream(beside(traders[0], gateway), "stream", last_event_id=ids[1]) as own:
            told = []
            while len(told) < len(steps):
                message = next(own)
                told += [message] if message.event != "balances" else []
            assert [(m.event, m.data) for m in told] == [(m.event, m.data) for m in steps]


def test_an_event_that_was_told_in_part_goes_on_where_it_was_left(public, traders, stocked):
    with market_stream(public, stocked, "trades") as stream:
        for _ in range(3):
            traders[0].order(stocked, "sell", 1, 100).ok(201)
        traders[1].order(stocked, "buy", 3, 100).ok(201)
        first = stream.next("trade")
        assert first.id.endswith(".1")
        rest = [stream.next("trade"), stream.next("trade")]
    with market_stream(public, stocked, "trades", last_event_id=first.id) as stream:
        assert [stream.next("trade"), stream.next("trade")] == rest
    assert "." not in rest[1].id


def test_an_owner_is_told_of_each_step_of_an_order(traders, stocked):
    buyer, seller = traders
    with Stream(buyer, "stream") as stream:
        assert set(stream.next("snapshot").data) == {"orders", "balances"}
        order = buyer.order(stocked, "buy", 10, 100, client_order_id="told").ok(201)
        new = stream.until("new")[-1].data
        assert new["order"]["id"] == order["id"] and new["order"]["client_order_id"] == "told"
        seller.order(stocked, "sell", 4, 100).ok(201)
        partial = stream.until("partial_fill")[-1].data
        assert partial["order"]["remaining_quantity"] == "6.00"
        assert (partial["fill"]["quantity"], partial["fill"]["liquidity"]) == ("4.00", "maker")
        buyer.delete(f"orders/{order['id']}").ok()
        canceled = stream.until("canceled")[-1].data["order"]
        assert (canceled["id"], canceled["end_reason"]) == (order["id"], "canceled_by_user")
        refused = buyer.order(stocked, "buy", 1, "0.001")
        assert refused.status == 422
        assert stream.until("rejected")[-1].data["code"] == "TICK_SIZE"


def test_an_owner_is_told_that_a_trigger_fired_and_nobody_that_it_waits(
        public, traders, stocked):
    buyer, seller = traders
    with Stream(buyer, "stream") as own, market_stream(public, stocked, "book") as stream:
        own.next("snapshot")
        stream.next("snapshot")
        waits = buyer.order(stocked, "buy", 2, type="stop", stop_price=105,
                            max_notional=1000).ok(201)
        assert own.until("new")[-1].data["order"]["trigger"] == "waiting"
        offer = seller.order(stocked, "sell", 5, 105).ok(201)
        assert stream.next("book").data["asks"][0]["price"] == "105.00"
        buyer.order(stocked, "buy", 1, 105).ok(201)
        fired = own.until("triggered")[-1].data["order"]
        assert (fired["id"], fired["trigger"]) == (waits["id"], "fired")
        assert own.until("fill")[-1].data["order"]["id"] == waits["id"]
        seller.delete(f"orders/{offer['id']}").ok()
        assert [level["quantity"] for _ in range(3) for level in stream.next("book").data["asks"]] \
            == ["4.00", "2.00", "0.00"]


def test_an_owner_is_told_of_new_terms_and_the_book_moves_with_them(public, traders, stocked):
    buyer = traders[0]
    with Stream(buyer, "stream") as own, market_stream(public, stocked, "book") as stream:
        book = Book(stocked.symbol)
        assert book.take(stream.next("snapshot"))
        order = buyer.order(stocked, "buy", 5, 90).ok(201)
        buyer.patch(f"orders/{order['id']}", {"quantity": 7, "limit_price": 91}).ok()
        replaced = own.until("replaced")[-1].data["order"]
        assert (replaced["id"], replaced["quantity"], replaced["limit_price"]) == \
            (order["id"], "7.00", "91.00")
        assert book.take(stream.next("book")) and book.take(stream.next("book"))
        assert [level["price"] for level in book.levels("bids")] == ["91.00"]


def test_balances_told_are_those_of_the_portfolio(traders, stocked):
    buyer, seller = traders
    with Stream(buyer, "stream") as stream:
        balances = stream.next("snapshot").data["balances"]
        seller.order(stocked, "sell", 4, 100).ok(201)
        buyer.order(stocked, "buy", 7, 100).ok(201)
        shown = wait_until(
            lambda: (found := buyer.get("portfolio").ok()["balances"])
            and Decimal(found.get(stocked.asset, {"total": 0})["total"]) == 100004 and found, 20,
            "the trade is settled")
        while {asset: balances.get(asset) for asset in shown} != shown:
            message = next(stream)
            if message.event == "balances":
                balances.update(message.data["balances"])


def test_an_owner_who_comes_back_gets_everything_once_at_any_gateway(traders, stocked, second):
    buyer, seller = traders
    with Stream(buyer, "stream") as whole, Stream(buyer, "stream") as parted:
        whole.next("snapshot")
        last_id = parted.next("snapshot").id
        parted.close()
        background = threading.Thread(target=trade, args=(traders, stocked, 60, 4))
        background.start()
        told = []
        for visit in range(5):
            session = buyer if visit % 2 else beside(buyer, second)
            with Stream(session, "stream", last_event_id=last_id) as stream:
                told += [next(stream) for _ in range(12)]
                last_id = stream.last_event_id
        background.join()
        seller.order(stocked, "sell", 1, 500).ok(201)
        end = buyer.order(stocked, "buy", 2, 10).ok(201)["id"]

        def is_end(message):
            return message.event == "new" and message.data["order"]["id"] == end

        with Stream(buyer, "stream", last_event_id=last_id) as stream:
            while not is_end(told[-1]):
                told.append(next(stream))
        expected = [next(whole)]
        while not is_end(expected[-1]):
            expected.append(next(whole))
    # Partitions are independent: what each of them told is in its order, and each message once.
    for words in (("balances",), ("new", "partial_fill", "fill", "canceled", "prevented")):
        assert [(m.event, m.data) for m in told if m.event in words][:-1] == \
            [(m.event, m.data) for m in expected if m.event in words][:-1]


def test_nobody_is_told_of_others(venue, public, traders, stocked):
    stranger = venue.trader("stranger", EUR=10)
    with Stream(stranger, "stream") as own, market_stream(public, stocked) as stream:
        assert own.next("snapshot").data["orders"] == []
        trade(traders, stocked, 20, seed=5)
        stranger.order(stocked, "buy", 1, 1).ok(201)
        told = own.until("new")
        assert {message.event for message in told} == {"balances", "new"}
        assert told[-1].data["order"]["account_id"] == stranger.account_id
        messages = stream.until("trade")
        owners = [trader.account_id for trader in traders] + \
            [order["id"] for trader in traders for order in trader.items("orders")]
        for message in messages:
            assert not [owner for owner in owners if owner in str(message.data)]
    public.get("stream").refused(401, "UNAUTHENTICATED")


def test_an_id_that_the_log_cannot_have_begins_anew(traders, public, stocked):
    with market_stream(public, stocked, last_event_id="orders/0:99999999 orders/1:99999999 "
                       "orders/2:99999999") as stream:
        assert [stream.next().event for _ in range(3)] == ["reset", "snapshot", "quote"]
    with Stream(traders[0], "stream", last_event_id="orders/0:99999999") as stream:
        assert [stream.next().event for _ in range(2)] == ["reset", "snapshot"]


def test_what_cannot_be_streamed_is_refused(public, market):
    def field(**query):
        return public.get("market/stream", **query).refused(422, "VALIDATION_FAILED")["errors"][0]

    assert field(symbols="NO-SUCH")["field"] == "symbols"
    assert field(symbols=market.symbol, channels="gossip")["field"] == "channels"
    assert field(symbols=market.symbol, last_event_id="yesterday")["field"] == "last_event_id"


def test_a_stream_in_which_nothing_happens_shows_that_it_lives(public, market):
    with market_stream(public, market, timeout=HEARTBEAT_S + 10) as stream:
        stream.until("quote")
        assert stream.retry == "2000"
        while stream.comments == 0:
            assert stream.response.readline().startswith((b": hb", b"id: ", b"\n"))
            stream.comments += 1


def test_a_gateway_that_ends_says_so_and_its_streams_go_on_elsewhere(
        venue, public, traders, stocked, tmp_path):
    with gateway_beside(venue, tmp_path) as gateway:
        with market_stream(gateway.venue.public, stocked, "trades") as stream, \
                Stream(beside(traders[0], gateway), "stream") as own:
            own.next("snapshot")
            traders[0].order(stocked, "sell", 1, 100).ok(201)
            traders[1].order(stocked, "buy", 1, 100).ok(201)
            stream.next("trade")
            own.until("fill")
            gateway.stop()
            assert stream.until("server_shutdown")[-1].data == {}
            assert own.until("server_shutdown")[-1].data == {}
            assert list(stream) == list(own) == []
            last_ids = stream.last_event_id, own.last_event_id
    traders[0].order(stocked, "sell", 2, 100).ok(201)
    traders[1].order(stocked, "buy", 2, 100).ok(201)
    with market_stream(public, stocked, "trades", last_event_id=last_ids[0]) as stream:
        assert stream.next("trade").data["quantity"] == "2.00"
    with Stream(traders[0], "stream", last_event_id=last_ids[1]) as own:
        assert own.until("new")[-1].data["order"]["quantity"] == "2.00"


def asked_for(venue, path, source="", size=None):
    """A connection from a loopback address that has asked for a stream and has room for so much of it."""
    plain = socket.socket()
    plain.settimeout(60)
    if size is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    plain.bind((source, 0))
    plain.connect((venue.url.hostname, venue.url.port))
    reader = venue.tls.wrap_socket(plain, server_hostname=venue.url.hostname)
    reader.sendall(f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return reader


def opened(venue, path, **options):
    reader = asked_for(venue, path, **options)
    assert reader.recv(12) == b"HTTP/1.1 200"
    return reader


class Opener(threading.Thread):
    """Opens one stream after the other, and reads of none what it is answered."""

    OPEN, OPENINGS = 30, 200

    def __init__(self, venue, path):
        super().__init__()
        self.venue, self.path = venue, path
        self.enough, self.over = threading.Event(), threading.Event()

    def run(self):
        readers, count = collections.deque(), 0
        while not self.over.is_set():
            readers.append(asked_for(self.venue, self.path))
            count += 1
            if len(readers) > self.OPEN:
                readers.popleft().close()
            if count == self.OPENINGS:
                self.enough.set()
        for reader in readers:
            reader.close()

    def __enter__(self):
        self.start()
        assert self.enough.wait(120)

    def __exit__(self, *_):
        self.over.set()
        self.join()


def test_who_opens_old_ids_again_and_again_keeps_nobody_waiting(
        venue, public, traders, stocked, tmp_path):
    with market_stream(public, stocked, "trades") as stream:
        traders[0].order(stocked, "sell", 1, 100).ok(201)
        traders[1].order(stocked, "buy", 1, 100).ok(201)
        query = {"symbols": stocked.symbol, "last_event_id": stream.next("trade").id}
    trade(traders, stocked, 10, seed=8)
    with gateway_beside(venue, tmp_path, BOURSE_LIMIT_READ="off") as gateway, \
            Opener(gateway.venue, f"market/stream?{urllib.parse.urlencode(query)}"):
        with Stream(beside(traders[0], gateway), "stream") as own, \
                market_stream(beside(traders[1], gateway), stocked) as stream:
            own.next("snapshot")
            stream.next("snapshot")


def test_who_is_not_signed_in_leaves_half_of_the_places_to_who_is(venue, traders, stocked, tmp_path):
    path = f"market/stream?symbols={stocked.symbol}&channels=trades"
    with gateway_beside(venue, tmp_path, BOURSE_LIMIT_READ="off", BOURSE_LIMIT_STREAMS=STREAMS_MAX) as gateway:
        with contextlib.ExitStack() as readers:
            for number in range(STREAMS_MAX // 2):
                source = f"127.0.2.{1 + number // 250}" # an address has its share of connections
                readers.enter_context(opened(gateway.venue, path, source=source))
            with contextlib.closing(market_stream(gateway.venue.public, stocked)) as refused:
                assert refused.response.status == 503 and "OVERLOADED" in refused.response.read().decode()
            with Stream(beside(traders[0], gateway), "stream") as own, \
                    market_stream(beside(traders[1], gateway), stocked) as stream:
                own.next("snapshot")
                stream.next("snapshot")

        def is_free():
            with contextlib.closing(market_stream(gateway.venue.public, stocked)) as stream:
                return stream.response.status == 200

        wait_until(is_free, 30, "there are places again")


def test_a_reader_who_does_not_keep_up_is_cut_and_others_are_not(
        venue, traders, stocked, tmp_path):
    with gateway_beside(venue, tmp_path, BOURSE_STREAM_BUFFER=16384,
                        BOURSE_LIMIT_STREAMS=2) as gateway:
        slow = opened(gateway.venue, f"market/stream?symbols={stocked.symbol}", size=4096)
        with market_stream(gateway.venue.public, stocked) as quick:
            quick.until("quote")
            gateway.venue.public.get("market/stream", symbols=stocked.symbol) \
                .refused(429, "RATE_LIMITED")
            placed = 0

            def place_is_free():
                nonlocal placed
                for _ in range(50):
                    placed += 1
                    traders[0].order(stocked, "buy", 1, 50 + placed % 40).ok(201)
                    quick.until("book")
                third = market_stream(gateway.venue.public, stocked)
                third.close()
                return third.response.status == 200

            wait_until(place_is_free, 60, "the slow reader is cut, so that there is room again")
        slow.close()
