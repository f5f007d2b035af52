"""A file of prices becomes an instrument's marks, or real trades, at the pace that was asked for."""
import os
import re
import signal
import subprocess
from decimal import Decimal

import pytest

from venue import REPO, password_file, wait_until

HEADER = "Date,Open,Close\n"
PRICES = ["12.344", "12.345", "12.355", "12.355", "11.8e0", "12.00000000000001"]
ROUNDED = [Decimal(price) for price in ("12.34", "12.34", "12.36", "12.36", "11.80", "12.00")]


def rows(prices, seconds=1):
    """A file with a row every so many seconds, which begins at noon."""
    times = [divmod(number * seconds, 60) for number in range(len(prices))]
    return HEADER + "".join(f"2017-04-19 12:{minute:02}:{second:02},1,{price}\n"
                            for (minute, second), price in zip(times, prices))


@pytest.fixture(scope="module")
def environment(venue):
    """What `bourse feed` runs with where it trades: the password of the tests' users."""
    with password_file(venue, "feed") as path:
        yield {**venue.environment(), "BOURSE_FEED_PASSWORD_FILE": str(path)}


@pytest.fixture
def maker(venue, market):
    return venue.trader("maker", EUR=1000, **{market.asset: 20})


@pytest.fixture
def client(venue):
    return venue.trader("client", EUR=1000)


def trading(market, maker, client):
    return ["feed", "--instrument", market.symbol, "--csv", "-", "--mode", "trade", "--maker",
            maker.user["email"], "--client", client.user["email"]]


def feed_marks(venue, market, text, *options, **how):
    return venue.bourse("feed", "--instrument", market.symbol, "--csv", "-", "--speed", "1000",
                        *options, input=text, **how)


def marks_of(admin, market):
    """How many tickets there are for changes of an instrument."""
    return len(admin.items("admin/logging/tickets", action="ChangeInstrument",
                           entity_id=market.symbol))


def test_prices_become_marks_rounded_to_the_tick(venue, admin, public, market):
    done = feed_marks(venue, market, rows(PRICES), "--column", "close")
    assert "6 rows in" in done.stdout and "low 11.80, high 12.36, last 12.00" in done.stdout
    shown = public.get(f"market/instruments/{market.symbol}").ok()
    assert Decimal(shown["mark_price"]) == ROUNDED[-1]
    # A mark that stays what it is is not fed in again.
    assert "4 marks" in done.stdout
    wait_until(lambda: marks_of(admin, market) == 4, 10, "there are tickets for four marks")


def test_prices_are_scaled_rows_limited_and_gaps_passed_over(venue, public, market):
    text = rows(["0.5", "", "NaN", "0.755", "9"])
    done = feed_marks(venue, market, text, "--scale", "10", "--limit", "2")
    assert "2 rows in" in done.stdout and "2 rows without a price" in done.stdout
    shown = public.get(f"market/instruments/{market.symbol}").ok()
    assert Decimal(shown["mark_price"]) == Decimal("7.55")


def test_rows_are_fed_in_as_far_apart_as_their_times_are(venue, market):
    """Forty seconds at twenty times the pace take two, and each second says how it goes."""
    done = venue.bourse("feed", "--instrument", market.symbol, "--csv", "-", "--speed", "20",
                        input=rows(["1", "2", "3", "4", "5"], seconds=10))
    assert float(re.search(r"5 rows in ([0-9.]+) s", done.stdout).group(1)) >= 2
    said = re.findall(rf"line (\d+), 2017-04-19T12:00:(\d\d)\.000000Z: {market.symbol} at ([\d.]+);",
                      done.stderr)
    assert said and all(int(second) == (int(line) - 2) * 10 and int(line) == Decimal(price) + 1
                        for line, second, price in said)


def test_prices_become_trades(public, venue, market, maker, client, environment):
    venue.bourse(*trading(market, maker, client), "--speed", "1000", "--quantity", "2",
                 input=rows(PRICES), env=environment)
    wait_until(lambda: len(public.items(f"market/{market.symbol}/trades")) == 6, 10, "six trades")
    traded = [(Decimal(trade["price"]), Decimal(trade["quantity"]), trade["side"])
              for trade in reversed(public.items(f"market/{market.symbol}/trades"))]
    sides = ["buy", "sell"] * 3
    assert traded == [(price, 2, side) for price, side in zip(ROUNDED, sides)]
    wait_until(lambda: (book := public.get(f"market/{market.symbol}/book").ok()) and
               (book["bids"], book["asks"]) == ([], []), 10, "the last quote is taken back")
    earned = sum(price * 2 * (1 if side == "buy" else -1) for price, _, side in traded)
    venue.wait_for_balance(maker.account_id, "EUR", 1000 + earned, 0)
    venue.wait_for_balance(client.account_id, "EUR", 1000 - earned, 0)
    venue.wait_for_balance(maker.account_id, market.asset, 20, 0)


def test_a_signal_ends_it_and_takes_the_quote_back(public, venue, market, maker, client,
                                                   environment):
    """The second row is due in an hour."""
    started = subprocess.Popen(
        [REPO / "infra/process", "run", "bourse", *trading(market, maker, client), "--speed", "1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, start_new_session=True)
    with started as feeding:
        feeding.stdin.write(rows(["10", "11"], seconds=3599))
        feeding.stdin.close()
        wait_until(lambda: public.items(f"market/{market.symbol}/trades"), 20, "it has traded")
        assert public.get(f"market/{market.symbol}/book").ok()["asks"]
        assert "line 2," in feeding.stderr.readline()
        os.killpg(feeding.pid, signal.SIGINT)
        assert feeding.stdout.read().startswith(f"stopped; {market.symbol}: 1 rows in")
    wait_until(lambda: maker.balance(market.asset) == (19, 0), 10, "the quote is taken back")


@pytest.mark.parametrize("text, said", [
    ("Date,Last\n", "line 1: no column is named 'Close'; there are: 'Date' 'Last'"),
    ("", "line 1: the file is empty"),
    (HEADER + "2017-04-19,1,2\nyesterday,1,2\n", "line 3: 'yesterday' is no time"),
    (HEADER + "2017-04-19,1\n", "line 2: it has 2 fields, too few for column 3"),
    (HEADER + "2017-04-19,1,ten\n", "line 2: the price 'ten' is no number"),
    (HEADER + "2017-04-19,1,0.004\n",
     "line 2: the price '0.004' is not above zero in ticks of 0.01"),
    (HEADER + "2017-04-19,1,2\n2017-04-18,1,2\n",
     "line 3: its time is before that of the row before it"),
])
def test_what_is_wrong_with_a_file_is_said_with_its_line(venue, market, text, said):
    done = feed_marks(venue, market, text, "--speed", "1000000", check=False)
    assert done.returncode == 1 and f"-, {said}\n" in done.stderr, done


def test_what_the_venue_refuses_is_said_with_its_code(venue, market, maker, client, environment):
    done = venue.bourse("feed", "--instrument", "NO-SUCH", "--csv", "-", check=False, input="")
    assert done.returncode == 1 and "404 NOT_FOUND" in done.stderr, done
    done = venue.bourse(*trading(market, maker, client), "--quantity", "11",
                        input=rows(["10"]), env=environment, check=False)
    assert done.returncode == 1 and "line 2: POST orders: 409 INSUFFICIENT_FUNDS" in done.stderr
