"""Candles of longer times than a test lasts, from rows made up."""
from datetime import datetime, timedelta, timezone

import pytest

from scratch import Scratch

NOW = datetime.now(timezone.utc)
MINUTE = NOW.replace(second=0, microsecond=0)
SYMBOL = """INSERT INTO orders.symbols VALUES ('A-EUR', 'A', 'EUR', 1, 1, 1, 9, 0, 0, 0, 0, 2,
            'open', NULL, 'EUR', NULL, now(), now(), 1, 0);"""
CANDLE = """INSERT INTO orders.candles AS c
            VALUES ('A-EUR', {minutes}, '{start}', {price}, {price}, {price}, {price}, 1)
            ON CONFLICT (instrument, minutes, start_at)
            DO UPDATE SET high = greatest(c.high, {price}), low = least(c.low, {price}),
                          close = {price}, volume = c.volume + 1;"""


@pytest.fixture
def scratch(venue):
    scratch = Scratch(venue)
    scratch.sql(SYMBOL)
    yield scratch
    scratch.drop()


def trade(scratch, at, price):
    for minutes in (1, 60):
        step = timedelta(minutes=minutes)
        start = datetime.fromtimestamp(at.timestamp() // step.total_seconds()
                                       * step.total_seconds(), timezone.utc)
        scratch.sql(CANDLE.format(minutes=minutes, start=start.isoformat(), price=price))


def candles(scratch, interval, **query):
    return [[candle[name] for name in ("start", "open", "high", "low", "close", "volume")]
            for candle in scratch.items("orders/candles.sql", symbol="A-EUR", interval=interval,
                                        **query)]


def shown(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def flat(time, price):
    return [shown(time), *[price] * 4, "0.00"]


def test_gaps_are_flat_at_the_close_before_them(scratch):
    trade(scratch, MINUTE - timedelta(minutes=3, seconds=-5), 10)
    trade(scratch, MINUTE - timedelta(minutes=3, seconds=-9), 12)
    trade(scratch, MINUTE - timedelta(minutes=1), 11)
    found = candles(scratch, "1m", to=MINUTE.isoformat())
    assert found == [
        [shown(MINUTE - timedelta(minutes=1)), *["11.00"] * 4, "1.00"],
        flat(MINUTE - timedelta(minutes=2), "12.00"),
        [shown(MINUTE - timedelta(minutes=3)), "10.00", "12.00", "10.00", "12.00", "2.00"]]


def test_what_was_long_before_the_first_shown_is_known_there(scratch):
    trade(scratch, MINUTE - timedelta(days=40), 10)
    for interval in ("1m", "5m", "15m", "1h", "4h", "1d"):
        newest, before = candles(scratch, interval, limit=2)
        assert newest[1:] == before[1:] == [*["10.00"] * 4, "0.00"]
    days = candles(scratch, "1d")
    assert len(days) == 41
    assert days[-1][1:] == [*["10.00"] * 4, "1.00"] and days[0][5] == "0.00"
    assert days[0][0] == shown(NOW.replace(hour=0, minute=0, second=0, microsecond=0))
    assert candles(scratch, "1d", cursor=int(datetime.fromisoformat(
        days[39][0].replace("Z", "+00:00")).timestamp())) == days[40:]


def test_hours_and_days_are_made_of_what_they_contain(scratch):
    day = datetime(2026, 3, 1, tzinfo=timezone.utc)
    for hour, price in ((1, 10), (2, 9), (7, 14), (7.5, 12), (25, 1)):
        trade(scratch, day + timedelta(hours=hour), price)
    bounds = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    assert candles(scratch, "1d", **bounds) == [
        [shown(day), "10.00", "14.00", "9.00", "12.00", "4.00"]]
    four = candles(scratch, "4h", **bounds)
    assert len(four) == 6
    assert four[-2:] == [
        [shown(day + timedelta(hours=4)), "14.00", "14.00", "12.00", "12.00", "2.00"],
        [shown(day), "10.00", "10.00", "9.00", "9.00", "2.00"]]
    assert four[0] == flat(day + timedelta(hours=20), "12.00")


def test_the_day_of_an_instrument_is_the_last_24_hours(scratch):
    trade(scratch, NOW - timedelta(hours=30), 8)
    trade(scratch, NOW - timedelta(hours=20), 12)
    trade(scratch, NOW - timedelta(hours=10), 10)
    scratch.sql(f"INSERT INTO orders.market_data VALUES ('A-EUR', 10, '{NOW.isoformat()}', 1)")
    item, = scratch.items("orders/instrument.sql", symbol="A-EUR")
    assert [item[name] for name in ("last", "change_24h", "change_24h_percent", "high_24h",
                                    "low_24h", "volume_24h")] == [
        "10.00", "2.00", "25.00", "12.00", "10.00", "2.00"]
