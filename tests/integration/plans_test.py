"""With many rows no query of the gateway reads a large table from end to end."""
import hashlib
import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from many_rows import many_rows
from scratch import Scratch
from venue import REPO

ROWS = 50_000
LARGE = 10_000  # rows of a table that none may read whole
PAGES = 2_000  # of 8 kB that a page of any list, or one thing, may take
PAGES_OF_DAYS = 5_000  # and thirty days: mostly the same ones again
# Read to sign in, by what is unique.
INTERNAL = {"settings/credentials.sql", "accounts/market_maker_credentials.sql"}

PARAMS = {
    "caller_account_id": "made.id('account', 77)", "caller_user_id": "made.id('user', 77)",
    "user_id": "made.id('user', 77)", "account_id": "made.id('account', 77)",
    "market_maker_id": "made.id('account', 7)", "transaction_id": "made.id('booking', 77)", "subscription_id": "made.id('order', 78)",
    "statement_id": "made.id('statement', 1077)", "document_id": "made.id('document', 1077)",
    "id": "made.id('order', 10077)", "letter_id": "made.id('order', 10077)", "notification_id": "made.id('order', 10077)", "ticket_id": "'TKT-2025-0010077'", "client_order_id": "'mine77'",
    "symbol": "'A1-EUR'", "instrument": "'A1-EUR'", "any": "'false'", "depth": "'20'", "date": "(now() - interval '9 days')::date::text",
}


def made(what):
    """As made.id() makes it."""
    return str(uuid.UUID(hashlib.md5(what.encode()).hexdigest()))


CONVERSATION = made("conversation77")
OF_TRADES = ("orders/drilldown_trade.sql",)
OF_ACCOUNTS = ("accounts/account.sql", "accounts/risk_limits_as_of.sql", "accounts/balances.sql", "accounts/account_events.sql",
               "accounts/drilldown_account.sql")
QUERIES = sorted(f"{path.parents[1].name}/{path.name}"
                 for path in REPO.glob("services/*/queries/*.sql"))


def days_ago(days):
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def scratch(venue):
    scratch = Scratch(venue)
    scratch.sql(many_rows(ROWS) + "VACUUM ANALYZE;")
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
        needed["id"] = "'0-10078-2'"
    if query in OF_TRADES: # a trade of the caller's
        needed.update(id="made.id('trade', 10078)", caller_account_id="made.id('account', 78)")
    if not needed:
        return more
    found, = scratch.sql("SELECT concat_ws(' ', " + ", ".join(needed.values()) + ")")
    return {**dict(zip(needed, found.split(" "))), **more}


def assert_reads_little(scratch, query, **more):
    nodes = scratch.plan(query, **values(scratch, query, **more))
    large = {name for name, in (line.split("|") for line in scratch.sql(
        f"SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE reltuples > {LARGE}"))}
    whole = {f"{node['Schema']}.{node['Relation Name']}" for node in nodes
             if node["Node Type"] == "Seq Scan"} & large
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
    ("orders/market_orders.sql", {"market_maker_id": None, "status": "rejected"}),
    ("orders/market_orders.sql", {"market_maker_id": None, "status": "pending"}),
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
    ("audit/failed_actions.sql", {"market_maker_id": None, "actor_id": made("user77")}),  # none
    ("accounts/balances.sql", {"as_of": days_ago(10)}),
    ("accounts/balances.sql", {"as_of": "accounts/0/12345"}),
    ("accounts/positions.sql", {"as_of": days_ago(10)}),
    ("accounts/positions.sql", {"as_of": "accounts/0/12345", "status": "open"}),
    ("accounts/statements.sql", {"as_of": days_ago(10)}),
    ("accounts/risk_limits_as_of.sql", {"as_of": days_ago(10)}),
    ("accounts/risk_usage.sql", {}),
    ("accounts/risk_usage.sql", {"as_of": days_ago(10)}),
    ("accounts/risk_usage.sql", {"as_of": "accounts/0/12345"}),
    ("orders/orders.sql", {"as_of": days_ago(10)}),
    ("orders/orders.sql", {"as_of": "orders/0/12345", "status": "open"}),
    ("orders/order.sql", {"as_of": days_ago(1)}),
])
def test_what_is_asked_for_more_narrowly_is_found_by_an_index(scratch, query, narrowed):
    assert_reads_little(scratch, query, **narrowed)
