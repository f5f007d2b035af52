"""Event streams while the venue breaks: who comes back by an id has missed nothing."""
import threading

import pytest

from events import Book, Stream
from history import CUT_OFF
from venue import wait_until

LAST_PRICE = 3  # of the order that ends a test


@pytest.fixture(autouse=True)
def whole(stack):
    yield
    stack.mend()


@pytest.fixture
def market(stack):
    return stack.market()


@pytest.fixture
def traders(stack, market):
    traders = [stack.trader("of broken streams", EUR=1000000) for _ in range(2)]
    for trader in traders:
        stack.fund(trader.account_id, market.asset, 100000)
    return traders


class Listener(threading.Thread):
    """A client that keeps a book and the trades, at either gateway: whenever a stream ends it goes
    on at the other one. It ends with the order of the last price."""

    def __init__(self, stack, market, door):
        super().__init__()
        self.stack, self.market, self.door = stack, market, door
        self.book = Book(market.symbol)
        self.trades = []
        self.visits = 0
        self.last_event_id = None
        self.fault = None
        self.begun = threading.Event()

    def run(self):
        try:
            while not self.is_over():
                self.visit()
        except BaseException as fault:  # pylint: disable=broad-except  told by the test's thread
            self.fault = fault
        self.begun.set()

    def is_over(self):
        return LAST_PRICE in self.book.sides["bids"]

    def visit(self):
        try:
            stream = Stream(self.stack.doors[self.door].public, "market/stream",
                            self.last_event_id, timeout=60, symbols=self.market.symbol)
            if stream.response.status == 200:
                self.visits += 1
                self.listen(stream)
            stream.close()
        except CUT_OFF:
            pass
        self.door = 1 - self.door

    def listen(self, stream):
        for message in stream:
            assert message.event != "reset", "the log was there to go on from"
            self.book.take(message)
            if message.event == "trade":
                self.trades.append(message.data["trade_id"])
            self.last_event_id = message.id
            self.begun.set()
            if self.is_over():
                return


def trade(traders, market, count):
    """Orders that may or may not be answered."""
    for number in range(count):
        try:
            traders[number % 2].order(market, ("buy", "sell")[number // 2 % 2], 1 + number % 7,
                                      95 + number * 7 % 11)
        except CUT_OFF:
            pass


def begin(stack, market):
    listeners = [Listener(stack, market, door) for door in (0, 1)]
    for listener in listeners:
        listener.start()
        assert listener.begun.wait(60)
    return listeners


def end(stack, traders, market, listeners):
    """Both have the venue's book and all of its trades, each once and in order."""
    wait_until(lambda: placed(traders[0], market), 60, "the venue takes orders again")
    for listener in listeners:
        listener.join(120)
        assert not listener.is_alive() and listener.fault is None, listener.fault
    shown = wait_until(
        lambda: (found := stack.public.get(f"market/{market.symbol}/book", depth=200).ok())
        and found["sequence"] >= listeners[0].book.sequence and found, 60, "the book is projected")
    items = stack.public.items(f"market/{market.symbol}/trades")
    trades = [item["trade_id"] for item in reversed(items)]
    assert trades
    for listener in listeners:
        assert listener.book.sequence == shown["sequence"]
        assert listener.book.checksum() == shown["checksum"]
        assert listener.book.levels("bids") == shown["bids"]
        assert listener.book.levels("asks") == shown["asks"]
        assert listener.trades == trades


def placed(trader, market):
    """The order that ends a test, which has to be placed once."""
    try:
        answer = trader.order(market, "buy", 1, LAST_PRICE, key=f"last-{market.symbol}")
        return answer.status == 201
    except CUT_OFF:
        return False


def test_two_clients_end_with_the_venues_book_after_a_restart_of_the_broker(
        stack, traders, market):
    listeners = begin(stack, market)
    trade(traders, market, 20)
    stack.kill("kafka")
    trading = threading.Thread(target=trade, args=(traders, market, 6))
    trading.start()
    stack.start("kafka")
    trading.join()
    end(stack, traders, market, listeners)


def test_two_clients_end_with_the_venues_book_after_both_gateways_died(stack, traders, market):
    listeners = begin(stack, market)
    for name, door in (("gateway", 1), ("gateway-2", 0)):
        trade(traders, market, 20)
        stack.kill(name)
        trade([stack.through(door, trader) for trader in traders], market, 20)
        stack.start(name)
    end(stack, traders, market, listeners)
    assert all(listener.visits > 1 for listener in listeners)
