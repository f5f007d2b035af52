"""With many rows no query of the gateway reads a large table from end to end."""
import hashlib
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import topics
from scratch import Scratch
from venue import REPO

ROWS = 50_000
LARGE = 10_000  # rows of a table that none may read whole
PAGES = 2_000  # of 8 kB that a page of any list, or one thing, may take
PAGES_OF_DAYS = 5_000  # and thirty days: mostly the same ones again
# Read to sign in, by what is unique.
INTERNAL = {"settings/credentials.sql", "accounts/market_maker_credentials.sql"}

FILL = f"""
CREATE FUNCTION id(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN md5(kind || n)::uuid;
CREATE FUNCTION at(n bigint) RETURNS timestamptz STABLE LANGUAGE sql
    RETURN date_trunc('minute', now()) - ({ROWS} - n) * interval '40 seconds';
CREATE TABLE n AS SELECT n::bigint AS n FROM generate_series(1, {ROWS}) AS n;

INSERT INTO orders.assets SELECT 'A' || n, 'A' || n, 'certificate', 0 FROM n WHERE n <= 20;
INSERT INTO orders.symbols
SELECT 'A' || n || '-EUR', 'A' || n, 'EUR', 1, 1, 1, 9, 0, 0, 0, 0, 2, 'open', NULL, 'EUR', NULL,
       at(n), at(n), 1, n FROM n WHERE n <= 20;
INSERT INTO orders.market_data SELECT symbol, 100, at({ROWS}), {ROWS} FROM orders.symbols;
INSERT INTO orders.candles
SELECT 'A' || s || '-EUR', minutes, start_at, 100, 100, 100, 100, 1
FROM generate_series(1, 20) AS s, (VALUES (1, 2000), (60, 1000)) AS sizes (minutes, rows),
     generate_series(at({ROWS}) - rows * minutes * interval '1 minute', at({ROWS}),
                     minutes * interval '1 minute') AS start_at;
INSERT INTO accounts.accounts
SELECT id('account', n), id('user', n), CASE WHEN n <= 20 THEN 'market_maker' ELSE 'trading' END,
       'active', NULL, 'generic', at(n), at(n), 1 FROM n WHERE n <= 20000;
INSERT INTO accounts.market_maker_clients
SELECT id('account', n), 'maker', 'maker@example.com', NULL, 'hash' || n, 'active', at(n), at(n), 1
FROM n WHERE n <= 20;
INSERT INTO accounts.balances
SELECT id('account', a), asset, 10, 5, 15, at({ROWS}) FROM generate_series(1, 10000) AS a,
       (VALUES ('EUR'), ('A1'), ('A2')) AS held (asset);
INSERT INTO accounts.positions
SELECT id('account', a), 'A' || s || '-EUR', 10, 1000, 5, at({ROWS}), 7
FROM generate_series(1, 10000) AS a, generate_series(1, 2) AS s;
INSERT INTO orders.orders (id, place, account_id, instrument, side, type, time_in_force, status,
    lifecycle, quantity, filled_quantity, prevented_quantity, limit_price, filled_notional, fees,
    post_only, self_trade, client_order_id, created_at, updated_at, partition, placed_offset,
    entered_offset, event_offset, filled_offset, version,
    average_fill_price, trigger, close)
SELECT id('order', n), bourse.place(at(n)) || id('order', n), id('account', n % 500), s, side,
       'limit', 'gtc', status, lifecycle, 10, 10 * (status = 'filled')::int, 0, 100 + n % 997,
       1000, 0, false, 'cancel_resting', 'mine' || n, at(n), at(n), 0, n, n, n, n, n,
       100, 'none', false
FROM n, LATERAL (SELECT 'A' || n % 20 + 1 || '-EUR' AS s,
                        CASE n % 2 WHEN 0 THEN 'buy' ELSE 'sell' END AS side,
                        CASE n / 20 % 10 WHEN 0 THEN 'open' ELSE 'filled' END AS status,
                        CASE n / 20 % 10 WHEN 0 THEN 'submitted' ELSE 'executed' END AS lifecycle) AS o;
INSERT INTO orders.trades
SELECT id('trade', n), bourse.place(at(n)) || n, 'A' || n % 20 + 1 || '-EUR', 100, 10,
       id('order', n), id('order', n - 1), id('account', n % 500), id('account', (n - 1) % 500),
       0, 0, 'buy', at(n), 0, n FROM n WHERE n % 2 = 0;
INSERT INTO accounts.asset_transactions
SELECT id('booking', n), id('account', n % 500), 'EUR', 'deposit', 10, 0, 10, NULL, at(n),
       id('command', n), n, 0 FROM n;
INSERT INTO accounts.transactions
SELECT 0, n, line, 'account', id('account', (n + line) % 500), asset, 10, 100, 'trade',
       id('order', n), at(n), 'A1-EUR', 10, 1000, n
FROM n, (VALUES (0, 'EUR'), (1, 'A1')) AS legs (line, asset);
INSERT INTO desk.news_articles
SELECT id('news', n), 'category' || n % 20, 'Title ' || n, NULL, 'Text of ' || n || ' about word' || n % 500,
       NULL, NULL, ARRAY['A' || n % 20 + 1 || '-EUR', 'B' || n], at(n), at(n), at(n), 1, NULL FROM n;
INSERT INTO desk.economic_events
SELECT id('figure', n), 'DE', 'Figure ' || n, 'high', at(n) + interval '20 days', NULL, NULL, 1, 2, 3, NULL,
       at(n), at(n), 1, NULL FROM n;
INSERT INTO desk.earnings_calendar
SELECT id('report', n), 'A' || n % 20 + 1 || '-EUR', 'Company ' || n, '2026-Q3', at(n) + interval '20 days',
       'after_close', 'EUR', 1, 2, 3, 4, at(n), at(n), 1, NULL FROM n;
INSERT INTO desk.faq_items
SELECT id('question', n), 'category' || n % 20, 'Question ' || n, 'Answer', n, at(n), at(n), 1, NULL
FROM n;
INSERT INTO desk.support_tickets
SELECT id('conversation', n), id('user', n % 500), 'Subject ' || n, 'funding',
       CASE n % 20 WHEN 0 THEN 'open' ELSE 'closed' END, 'normal', id('user', n % 20), at(n), at(n), NULL,
       at(n), NULL, NULL, NULL, NULL, NULL, 2, 1, at(n) FROM n;
INSERT INTO desk.support_messages
SELECT id('message', n), id('conversation', n / 2), id('user', n / 2 % 500), id('user', n % 500), false,
       'Text', at(n), n % 2 + 1 FROM n;
INSERT INTO accounts.account_statements
SELECT id('statement', n), id('account', n % 500), 'monthly', at(n) - interval '1 day', at(n), 0, n, '{{}}',
       at(n) FROM n WHERE n <= 20000;
INSERT INTO accounts.tax_documents
SELECT id('document', n), id('account', n % 500), 'generic', date_trunc('year', at(n)), at(n), 0, n, '{{}}',
       at(n) FROM n WHERE n <= 20000;
INSERT INTO accounts.account_events
SELECT id('account', n % 500), at(n), n, 0, '{{"EUR":["10","5"],"A1":["1","0"]}}' FROM n;
"""
JOURNAL = """
INSERT INTO {service}.events
SELECT 0, n, id('event', n), 'OrderEntered', id('account', n % 500)::text, id('command', n),
       id('correlation', n), id('user', n % 500), true, NULL, at(n), 'orders/0/' || n, '{{}}',
       'PlaceOrder', NULL, NULL, '{{}}' FROM n;
"""
TICKETS = """
INSERT INTO audit.ticket_logs
SELECT 'TKT-2026-' || lpad(n::text, 6, '0'), n, id('command', n), 'PlaceOrder', 'order',
       id('order', n)::text, id('account', n % 500), id('user', n % 500),
       CASE n % 10 WHEN 0 THEN 'failed' ELSE 'success' END, NULL, 'bourse.orders.events', 0, n,
       id('event', n), NULL, at(n), at(n), 1 FROM n;
INSERT INTO settings.price_alerts
SELECT id('order', n), id('user', n % 500), 'A1-EUR', 'above', 10, NULL, NULL, false, NULL, 'active', 1, at(n), at(n)
FROM n;
INSERT INTO settings.notifications
SELECT id('order', n), id('user', n % 500), 'price_alert', id('order', n), 'A1-EUR', 10, NULL, NULL, NULL, NULL, NULL,
       NULL, at(n) FROM n;
INSERT INTO settings.watchlists
SELECT id('order', n), id('user', n % 500), '{A1-EUR,A2-EUR}', 1, at(n), at(n), 'list' FROM n;
INSERT INTO settings.saved_screens
SELECT id('order', n), id('user', n % 500), 'screen', '{}', NULL, 1, at(n), at(n) FROM n;
INSERT INTO settings.users
SELECT id('user', n), 'user@example.com', 'hash' || n, 'User', id('account', n), '{user}',
       'active', at(n), 1 FROM n WHERE n <= 20000;
"""
PARAMS = {
    "caller_account_id": "id('account', 77)", "caller_user_id": "id('user', 77)",
    "user_id": "id('user', 77)", "account_id": "id('account', 77)",
    "market_maker_id": "id('account', 7)", "transaction_id": "id('booking', 77)",
    "statement_id": "id('statement', 1077)", "document_id": "id('document', 1077)",
    "id": "id('order', 10077)", "notification_id": "id('order', 10077)", "ticket_id": "'TKT-2026-010077'", "client_order_id": "'mine77'",
    "symbol": "'A1-EUR'", "instrument": "'A1-EUR'", "any": "'false'", "depth": "'20'", "date": "(now() - interval '9 days')::date::text",
}
CONVERSATION = str(uuid.UUID(hashlib.md5(b"conversation77").hexdigest()))  # as id() makes it
OF_TRADES = ("orders/drilldown_trade.sql",)
OF_ACCOUNTS = ("accounts/account.sql", "accounts/balances.sql", "accounts/account_events.sql",
               "accounts/drilldown_account.sql")
QUERIES = sorted(f"{path.parents[1].name}/{path.name}"
                 for path in REPO.glob("services/*/queries/*.sql"))


def days_ago(days):
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def scratch(venue):
    scratch = Scratch(venue)
    journals = "".join(JOURNAL.format(service=service) for service in topics.SERVICES)
    scratch.sql(FILL + TICKETS + journals + "VACUUM ANALYZE;")
    yield scratch
    scratch.drop()


def text_of(query):
    return (REPO / "services" / query.replace("/", "/queries/")).read_text()


def values(scratch, query, **more):
    """What a query is asked for: what it must be, and nothing that only narrows."""
    params = re.findall(r"(\w+):\w+",
                        re.search(r"^-- params: *(.*)$", text_of(query), re.M).group(1))
    needed = {name: PARAMS[name] for name in params if name in PARAMS}
    if query in OF_ACCOUNTS:
        needed["id"] = PARAMS["account_id"]
    if query == "accounts/transaction.sql":
        needed["id"] = "'0-10077-0'"
    if query in OF_TRADES: # a trade of the caller's
        needed.update(id="id('trade', 10078)", caller_account_id="id('account', 78)")
    if not needed:
        return more
    found, = scratch.sql("SELECT concat_ws(' ', " + ", ".join(needed.values()) + ")")
    return {**dict(zip(needed, found.split(" "))), **more}


def assert_reads_little(scratch, query, **more):
    nodes = scratch.plan(query, **values(scratch, query, **more))
    large = {name for name, in (line.split("|") for line in scratch.sql(
        f"SELECT relname FROM pg_class WHERE reltuples > {LARGE}"))}
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & large
    assert not whole, f"{query} reads {whole} from end to end"
    pages = nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"]
    assert pages < (PAGES_OF_DAYS if "accounts.days(" in text_of(query) else PAGES), f"{query} reads {pages} pages"


@pytest.mark.parametrize("query", [query for query in QUERIES if query not in INTERNAL])
def test_a_query_finds_its_rows_by_an_index(scratch, query):
    assert_reads_little(scratch, query)


@pytest.mark.parametrize("query, narrowed", [
    ("orders/orders.sql", {"sort": "created_at"}),
    ("orders/orders.sql", {"status": "open", "side": "buy"}),
    ("orders/orders.sql", {"from": days_ago(10), "to": days_ago(9)}),
    ("orders/trades.sql", {"sort": "executed_at"}),
    ("orders/market_trades.sql", {"sort": "executed_at", "from": days_ago(10)}),
    ("orders/candles.sql", {"interval": "1d", "limit": "501"}),
    ("orders/candles.sql", {"interval": "15m", "limit": "501"}),
    ("orders/market_orders.sql", {"market_maker_id": None, "sort": "created_at"}),
    ("orders/book.sql", {"depth": "200"}),
    ("accounts/transactions.sql", {"sort": "occurred_at", "from": days_ago(10)}),
    ("accounts/transactions.sql", {"kind": "deposit"}),
    ("accounts/transactions.sql", {"asset": "EUR", "to": days_ago(10)}),
    ("accounts/transactions_summary.sql", {"from": days_ago(10), "to": days_ago(9)}),
    ("desk/desk_tickets.sql", {"user_id": None}),
    ("desk/desk_tickets.sql", {"user_id": None, "status": "open", "sort": "opened_at"}),
    ("desk/support_messages.sql", {"id": CONVERSATION}),
    ("desk/desk_ticket.sql", {"id": CONVERSATION}),
    ("desk/desk_messages.sql", {"id": CONVERSATION}),
    ("desk/news.sql", {"category": "category7", "symbol": None}),
    ("desk/news.sql", {"q": "word77", "symbol": None}),
    ("desk/news.sql", {"from": days_ago(10), "to": days_ago(9)}),
    ("desk/economic_calendar.sql", {"sort": "-scheduled_at"}),
    ("desk/economic_calendar.sql", {"q": "4711"}),
    ("desk/faq.sql", {"category": "category7"}),
    ("accounts/balances.sql", {"as_of": days_ago(10)}),
    ("accounts/balances.sql", {"as_of": "accounts/0/12345"}),
])
def test_what_is_asked_for_more_narrowly_is_found_by_an_index(scratch, query, narrowed):
    assert_reads_little(scratch, query, **narrowed)
