"""What everybody may see of a market: its book with a checksum, its candles, its day."""
import zlib
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from venue import wait_until


@pytest.fixture(scope="module")
def traded(venue):
    """A market where one purchase swept sales at 10 and 12, and another met one at 9."""
    market = venue.market()
    seller = venue.trader("seller", **{market.asset: 1000})
    buyer = venue.trader("buyer", EUR=100000)
    for quantity, price in ((2, "10"), (3, "12")):
        seller.order(market, "sell", quantity, price).ok(201)
    buyer.order(market, "buy", 5, "12").ok(201)
    seller.order(market, "sell", 4, "9").ok(201)
    buyer.order(market, "buy", 4, "9").ok(201)
    wait_until(lambda: len(venue.public.items(f"market/{market.symbol}/trades")) == 3, 10,
               "three trades are shown")
    return market


def checksum(book):
    levels = book["bids"][:10] + book["asks"][:10]
    return zlib.crc32("|".join(f"{level['price']}:{level['quantity']}" for level in levels).encode())


def candles(public, market, **query):
    return public.items(f"market/{market.symbol}/candles", **query)


def start_of(candle):
    return datetime.fromisoformat(candle["start"].replace("Z", "+00:00"))


def test_the_checksum_of_a_book_is_that_of_its_ten_best_levels(venue, public, market):
    seller = venue.trader("seller", **{market.asset: 100})
    buyer = venue.trader("buyer", EUR=100)
    path = f"market/{market.symbol}/book"
    assert public.get(path).ok()["checksum"] == 0
    for price in range(12):
        seller.order(market, "sell", 1 + price, f"10.{price:02}").ok(201)
    buyer.order(market, "buy", 3, "9.50").ok(201)
    book = buyer.get(path).ok()
    assert len(book["asks"]) == 12 and book["checksum"] == checksum(book) != 0
    best = buyer.get(path, depth=1).ok()
    assert (len(best["asks"]), best["checksum"]) == (1, book["checksum"])


def test_a_candle_says_what_traded_in_it(public, traded):
    day, = candles(public, traded, interval="1d")
    assert [Decimal(day[name]) for name in ("open", "high", "low", "close", "volume")] == [
        10, 12, 9, 9, 9]
    for interval, length in (("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240)):
        found = candles(public, traded, interval=interval)
        assert sum(Decimal(candle["volume"]) for candle in found) == 9
        assert (Decimal(found[0]["close"]), Decimal(found[-1]["open"])) == (9, 10)
        assert all(start_of(candle).timestamp() % (60 * length) == 0 for candle in found)


def test_the_instrument_shows_its_day(public, traded):
    shown = public.get(f"market/instruments/{traded.symbol}").ok()
    assert [Decimal(shown[name]) for name in (
        "last", "high_24h", "low_24h", "volume_24h", "change_24h")] == [9, 12, 9, 9, -1]
    assert Decimal(shown["change_24h_percent"]) == -10


def test_candles_of_an_instrument_that_never_traded_are_none(public, market):
    assert candles(public, market) == []
    public.get("market/NO-SUCH/candles").refused(404, "NOT_FOUND")
    public.get(f"market/{market.symbol}/candles", interval="2m").refused(422, "VALIDATION_FAILED")


def test_candles_are_taken_from_until_and_page_by_page(public, traded):
    found = candles(public, traded)
    assert candles(public, traded, limit=1)[-len(found):] == found
    first = start_of(found[-1])
    times = [(first + timedelta(minutes=count)).strftime("%Y-%m-%dT%H:%M:%SZ") for count in (0, 1)]
    assert candles(public, traded, **{"from": times[0], "to": times[1]}) == found[-1:]
    assert found[-1] not in candles(public, traded, **{"from": times[1]})
    assert candles(public, traded, to=times[0]) == []
