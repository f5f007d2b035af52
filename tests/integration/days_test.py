"""Worth, growth and swings over several days, from rows made up."""
import statistics
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from scratch import Scratch
from venue import NOBODY

ACCOUNT = "11111111-1111-8111-8111-111111111111"
MIDNIGHT = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)


def at(day, hour):
    """So many days before today, at that hour."""
    return (MIDNIGHT + timedelta(days=-day, hours=hour)).isoformat()


def trade(scratch, number, when, price):
    scratch.sql(f"""
        INSERT INTO orders.trades VALUES (gen_random_uuid(), bourse.place('{when}') || '{number}',
            'A-EUR', {price}, 1, '{NOBODY}', '{NOBODY}', '{NOBODY}', '{NOBODY}', 0, 0, 'buy',
            '{when}', 0, {number});""")


def posting(scratch, offset, when, asset, amount, total, position=None):
    moved = "'A-EUR', %s, %s, %s" % position if position else "NULL, NULL, NULL, NULL"
    scratch.sql(f"""
        INSERT INTO accounts.transactions
        SELECT 0, {offset}, count(*), 'account', '{ACCOUNT}', '{asset}', {amount}, {total}, 'trade',
               '{NOBODY}', '{when}', {moved}
        FROM accounts.transactions WHERE event_offset = {offset};""")


def deposit(scratch, offset, when, amount, total):
    scratch.sql(f"""
        INSERT INTO accounts.asset_transactions VALUES (gen_random_uuid(), '{ACCOUNT}', 'EUR',
            'deposit', {amount}, 0, {amount}, NULL, '{when}', NULL, {offset}, 0);""")
    posting(scratch, offset, when, "EUR", amount, total)


class Asset:
    """What is traded today for money of a currency: 2 bought at 10, 1 sold at 15, and two orders left open."""

    def __init__(self, scratch, name, currency, offset):
        self.scratch, self.name, self.symbol = scratch, name, f"{name}-{currency}"
        scratch.sql(f"""
            INSERT INTO orders.symbols VALUES ('{self.symbol}', '{name}', '{currency}', 1, 1, 1, 9, 0, 0,
                0, 0, 2, 'open', NULL, '{currency}', NULL, now(), now(), 1, 0);
            INSERT INTO accounts.balances VALUES ('{ACCOUNT}', '{name}', 1, 0, 1, '{at(0, 0)}');
            INSERT INTO accounts.positions VALUES ('{ACCOUNT}', '{self.symbol}', 1, 10, 5, now());""")
        self.fill(offset, "buy", 2, 10, (2, 20, 0))
        self.fill(offset + 1, "sell", 1, 15, (1, 10, 5))
        self.open_order("buy", 3, 7)
        self.open_order("sell", 1, 20)

    def fill(self, offset, side, quantity, price, position):
        """With a fee of 1."""
        buyer, seller = (ACCOUNT, NOBODY) if side == "buy" else (NOBODY, ACCOUNT)
        self.scratch.sql(f"""
            INSERT INTO orders.trades VALUES (gen_random_uuid(), bourse.place('{at(0, 0)}') || '{offset}',
                '{self.symbol}', {price}, {quantity}, '{NOBODY}', '{NOBODY}', '{buyer}', '{seller}', 1, 1,
                'buy', '{at(0, 0)}', 0, {offset});
            INSERT INTO accounts.transactions VALUES (0, {offset}, 0, 'account', '{ACCOUNT}', '{self.name}',
                {quantity if side == "buy" else -quantity}, {position[0]}, 'trade', '{NOBODY}',
                '{at(0, 0)}', '{self.symbol}', {position[0]}, {position[1]}, {position[2]});""")

    def open_order(self, side, quantity, price):
        self.scratch.sql(f"""
            INSERT INTO orders.orders (id, place, account_id, instrument, side, type, time_in_force, status,
                lifecycle, quantity, filled_quantity, prevented_quantity, limit_price, filled_notional, fees,
                post_only, self_trade, trigger, close, created_at, updated_at, partition, placed_offset,
                entered_offset, event_offset, version)
            VALUES (gen_random_uuid(), bourse.place('{at(0, 0)}') || '0', '{ACCOUNT}', '{self.symbol}',
                '{side}', 'limit', 'good_til_canceled', 'open', 'submitted', {quantity}, 0, 0, {price}, 0,
                0, false, 'cancel_newest', 'none', false, '{at(0, 0)}', '{at(0, 0)}', 0, 1, 1, 1, 1);""")


@pytest.fixture(scope="module")
def scratch(venue):
    scratch = made(venue)
    yield scratch
    scratch.drop()


@pytest.fixture
def own_scratch(venue):
    """The same, for a test that changes it."""
    scratch = made(venue)
    yield scratch
    scratch.drop()


def made(venue):
    """1,000 come in; the next day buys 10 at 100, which end it at 110; the day after they fall to 88,
    500 come in, and they fall to 66."""
    scratch = Scratch(venue)
    scratch.sql(f"""
        INSERT INTO orders.symbols VALUES ('A-EUR', 'A', 'EUR', 1, 1, 1, 9, 0, 0, 0, 0, 2, 'open',
            NULL, 'EUR', NULL, now(), now(), 1, 0);
        INSERT INTO orders.market_data VALUES ('A-EUR', 66, now(), 1);
        INSERT INTO accounts.accounts VALUES ('{ACCOUNT}', NULL, 'trading', 'active', NULL,
            'generic', '{at(3, 0)}', '{at(3, 0)}', 1);
        INSERT INTO accounts.balances VALUES ('{ACCOUNT}', 'EUR', 500, 0, 500, '{at(1, 12)}'),
            ('{ACCOUNT}', 'A', 10, 0, 10, '{at(2, 10)}');
        INSERT INTO accounts.positions VALUES ('{ACCOUNT}', 'A-EUR', 10, 1000, 0, now());""")
    deposit(scratch, 1, at(3, 10), 1000, 1000)
    posting(scratch, 2, at(2, 10), "A", 10, 10, (10, 1000, 0))
    posting(scratch, 2, at(2, 10), "EUR", -1000, 0)
    deposit(scratch, 3, at(1, 12), 500, 500)
    for number, (when, price) in enumerate([(at(2, 10), 100), (at(2, 20), 110), (at(1, 10), 88),
                                            (at(1, 20), 66)]):
        trade(scratch, number, when, price)
    return scratch


def shown(scratch, query, first=3):
    item, = scratch.items(f"accounts/{query}.sql", caller_account_id=ACCOUNT,
                          **{"from": at(first, 0)[:10]})
    return item


def column(item, name):
    return [Decimal(day[name]) for day in item["days"]]


FALL = Decimal(880) / 1100 * 1160 / 1380 - 1
RETURNS = [Decimal(0), Decimal("0.1"), FALL, Decimal(0)]


def test_a_day_is_divided_where_money_came_in(scratch):
    item = shown(scratch, "analytics_performance")
    assert column(item, "value") == [1000, 1100, 1160, 1160]
    assert column(item, "flow") == [1000, 0, 500, 0]
    assert column(item, "pnl") == [0, 100, -440, 0]
    assert column(item, "return") == [round(part, 8) for part in RETURNS]
    whole = round(Decimal("1.1") * (1 + FALL) - 1, 8)
    assert Decimal(item["time_weighted_return"]) == column(item, "return_since")[-1] == whole


def test_volatility_and_drawdown_are_those_of_the_returns(scratch):
    item = shown(scratch, "analytics_risk")
    swing = statistics.stdev(RETURNS)
    assert Decimal(item["volatility_daily"]) == round(swing, 8)
    assert Decimal(item["volatility_annual"]) == round(swing * Decimal(365).sqrt(), 8)
    assert Decimal(item["max_drawdown"]["fall"]) == round(-FALL, 8)
    assert (item["max_drawdown"]["peak_date"], item["max_drawdown"]["trough_date"]) == (
        at(2, 0)[:10], at(1, 0)[:10])
    assert column(item, "exposure") == [0, 1100, 660, 660]


def test_profit_is_unrealised_until_it_is_sold(scratch):
    assert column(shown(scratch, "analytics_pnl"), "unrealised_pnl") == [0, 100, -340, -340]


def test_what_was_there_before_the_first_day_is_known(scratch):
    item = shown(scratch, "analytics_performance", first=1)
    assert column(item, "value_before") == [1100, 1160]
    assert column(item, "return") == [round(FALL, 8), 0]


def test_a_day_leads_to_what_happened_in_it(scratch):
    item, = scratch.items("accounts/drilldown_pnl.sql", caller_account_id=ACCOUNT,
                          date=at(2, 0)[:10])
    assert [Decimal(item[name]) for name in ("value_before", "value", "flow", "pnl")] == [
        1000, 1100, 0, 100]
    assert [line["position"] for line in item["settlements"]] == ["accounts/0/2"]


def figures(scratch):
    """What reads in EUR say of today's trades: (sums of money, how many of anything)."""
    decimals = lambda found, *names: [Decimal(found[name]) for name in names]
    trading, = scratch.items("accounts/dashboard_trading.sql", caller_account_id=ACCOUNT)
    risk, = scratch.items("accounts/dashboard_risk.sql", caller_account_id=ACCOUNT)
    pnl = shown(scratch, "analytics_pnl")
    drilled, = scratch.items("accounts/drilldown_pnl.sql", caller_account_id=ACCOUNT, date=at(0, 0)[:10])
    assert {found["currency"] for found in (trading, risk, pnl, drilled)} == {"EUR"}
    return ({"trading": decimals(trading["today"], "bought", "sold", "fees"),
             "risk": decimals(risk["open_orders"], "buy_notional", "sell_notional"),
             "pnl": decimals(pnl, "realised_pnl", "fees") + decimals(pnl["days"][-1], "realised_pnl", "fees"),
             "drilldown": decimals(drilled, "realised_pnl")},
            [trading["today"]["fills"], risk["open_orders"]["buy"], risk["open_orders"]["sell"],
             len(drilled["settlements"])])


def test_sums_in_euros_take_nothing_from_instruments_of_other_currencies(own_scratch):
    Asset(own_scratch, "B", "EUR", 10)
    sums, counts = figures(own_scratch)
    assert sums == {"trading": [20, 15, 2], "risk": [21, 20], "pnl": [5, 2, 5, 2], "drilldown": [5]}
    assert counts == [2, 1, 1, 2]
    Asset(own_scratch, "D", "USD", 20)
    assert figures(own_scratch) == (sums, [4, 2, 2, 4]), "what is counted counts in any currency"
