"""Lists of ten thousand are read page by page: each row once, in order, while more of them come."""
import concurrent.futures
import hashlib
import uuid
from decimal import Decimal

import pytest

from alerts_test import Prices, create
from scratch import Scratch
from venue import wait_until

MANY, PAGE = 10_000, 500
ALERTS = 1_000  # of one user, at most
SOON = 60

HELPERS = """
CREATE FUNCTION id(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql RETURN md5(kind || n)::uuid;
CREATE FUNCTION at(n bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql
    RETURN timestamptz '2026-01-01 00:00Z' + n / 7 * interval '1 second';
"""


def id_of(kind, number):
    """As id() makes it."""
    return str(uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest()))


ME = id_of("user", 1)
TRANSFER = ("accounts.funding_transactions (id, account_id, payment_method_id, type, status, asset, amount,"
            " created_at, updated_at, version)")
CONVERSATION = ("desk.support_tickets (id, user_id, subject, category, status, priority, opened_at,"
                " first_response_due_at, resolution_due_at, messages, version, updated_at)")
# {query: (columns, values of row n, the order of the items, what is asked for)}; seven rows have the same time.
LISTS = {
    "accounts/transfers.sql": (
        TRANSFER, f"id('row', n), '{ME}', id('method', n), 'deposit', 'pending', 'EUR', 1, at(n), at(n), 1",
        "-created_at", {"caller_account_id": ME}),
    "accounts/transfers_of_all.sql": (
        TRANSFER, f"id('row', n), '{ME}', id('method', n), 'deposit', 'pending', 'EUR', 1, at(n), at(n), 1",
        "-created_at", {"status": "pending"}),
    "accounts/kyc_reviews.sql": (
        "accounts.kyc_profiles (user_id, account_id, status, level, has_profile, version, created_at, updated_at)",
        "id('row', n), id('account', n), 'submitted', 0, true, 1, at(n), at(n)",
        "-updated_at", {"status": "submitted"}),
    "settings/notifications.sql": (
        "settings.notifications (id, user_id, kind, subject_id, created_at)",
        f"id('row', n), '{ME}', 'price_alert', id('alert', n), at(n)",
        "-created_at", {"caller_user_id": ME, "unread": "true"}),
    "settings/alerts.sql": (
        "settings.price_alerts (id, user_id, instrument, condition, price, recurring, status, version, created_at,"
        " updated_at)",
        f"id('row', n), '{ME}', 'A-EUR', 'above', 1, false, 'active', 1, at(n), at(n)",
        "-created_at", {"caller_user_id": ME, "status": "active"}),
    "settings/watchlists.sql": (
        "settings.watchlists (id, user_id, symbols, version, created_at, updated_at, name)",
        f"id('row', n), '{ME}', '{{A-EUR}}', 1, at(n), at(n), 'Mine'",
        "-created_at", {"caller_user_id": ME}),
    "settings/screens.sql": (
        "settings.saved_screens (id, user_id, name, filters, version, created_at, updated_at)",
        f"id('row', n), '{ME}', 'Mine', '{{}}', 1, at(n), at(n)",
        "-created_at", {"caller_user_id": ME}),
    "desk/news.sql": (
        "desk.news_articles (id, category, title, body, symbols, published_at, created_at, updated_at, version)",
        "id('row', n), 'carbon', 'An auction', 'It cleared.', '{A-EUR}', at(n), at(n), at(n), 1",
        "-published_at", {"q": "auction", "category": "carbon", "symbol": "A-EUR"}),
    "desk/economic_calendar.sql": (
        "desk.economic_events (id, country, name, importance, scheduled_at, created_at, updated_at, version)",
        "id('row', n), 'DE', 'Figure', 'high', at(n), at(n), at(n), 1",
        "scheduled_at", {"country": "DE", "from": "2026-01-01T00:00:00Z"}),
    "desk/support_tickets.sql": (
        CONVERSATION, f"id('row', n), '{ME}', 'Where?', 'funding', 'open', 'normal', at(n), at(n), at(n), 1, 1, at(n)",
        "-opened_at", {"caller_user_id": ME}),
    "desk/desk_tickets.sql": (
        CONVERSATION,
        "id('row', n), id('user', n), 'Where?', 'funding', 'open', 'normal', at(n), at(n), at(n), 1, 1, at(n)",
        "opened_at", {"status": "open", "sort": "opened_at"}),
}


@pytest.fixture(scope="module")
def scratch(venue):
    scratch = Scratch(venue)
    scratch.sql(HELPERS + "INSERT INTO accounts.accounts (id, kind, status, tax_form, created_at, updated_at, version)"
                f" VALUES ('{ME}', 'trading', 'active', 'generic', at(1), at(1), 1)")
    yield scratch
    scratch.drop()


@pytest.mark.parametrize("query", LISTS)
def test_each_row_comes_once_and_in_order_though_others_come_meanwhile(scratch, query):
    """The newest first: what is newer than the first page is not among the next. The oldest first: it is at the end."""
    columns, values, order, asked = LISTS[query]

    def add(first, last):
        scratch.sql(f"INSERT INTO {columns} SELECT {values} FROM generate_series({first}, {last}) AS n")

    add(1, MANY)
    found, cursor, come = [], None, MANY
    while True:
        page = scratch.rows(query, **asked, limit=PAGE + 1, cursor=cursor)
        found += [item for item, _ in page[:PAGE]]
        if len(page) <= PAGE:
            break
        cursor = page[PAGE - 1][1]
        if len(found) in (2 * PAGE, 10 * PAGE, 19 * PAGE):
            add(come + 1, come + 50)
            come += 50
    newest_first, name = order.startswith("-"), order.strip("-")
    ids = [item.get("id", item.get("user_id")) for item in found]
    assert len(ids) == len({*ids})
    assert {*ids} == {id_of("row", n) for n in range(1, (MANY if newest_first else come) + 1)}
    times = [item[name] for item in found]
    assert times == sorted(times, reverse=newest_first)
    scratch.sql(f"TRUNCATE {columns.split(' ', maxsplit=1)[0]}")


# --- over HTTP, of what has really happened -------------------------------------------------------

def told(venue, user):
    """How many notifications there are."""
    return venue.sql(f"SELECT count(*) FROM settings.notifications WHERE user_id = '{user.user['id']}'")[0][0]


@pytest.fixture
def user(venue):
    """Who waits for a price with a thousand alerts, each time anew, and reads no mail."""
    user = venue.trader("who is told much")
    user.put("settings", {"email_notifications": False}).ok()
    return user


def test_ten_thousand_notifications_are_read_while_more_come(venue, user):
    prices = Prices(venue)
    prices.trade(10)
    create(user, prices, "crosses", 11, recurring=True)
    body = {"instrument": prices.symbol, "condition": "crosses", "price": "11", "recurring": True}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: user.post("alerts", body).ok(201), range(ALERTS - 1)))

    def cross(time):
        prices.trade(12 if time % 2 else 10)
        wait_until(lambda: told(venue, user) == time * ALERTS, SOON, f"the price has crossed {time} times")

    for time in range(1, MANY // ALERTS + 1):
        cross(time)
    before = read_all(user, lambda page: cross(MANY // ALERTS + 1) if page == 2 else None)
    assert len(before) == MANY
    after = read_all(user)
    assert [item["id"] for item in after[ALERTS:]] == [item["id"] for item in before]
    for alert in user.items("alerts", limit=PAGE):
        assert Decimal(alert["triggered_count"]) == MANY // ALERTS + 1


def read_all(user, meanwhile=lambda page: None):
    """All notifications, newest first, each once; something may happen behind a page."""
    found, cursor, page = [], None, 0
    while page == 0 or cursor:
        answer = user.get("notifications", limit=PAGE, cursor=cursor).ok()
        found, cursor, page = found + answer["items"], answer["next_cursor"], page + 1
        meanwhile(page)
    assert len({item["id"] for item in found}) == len(found)
    places = [(item["created_at"], item["id"]) for item in found]
    assert places == sorted(places, reverse=True)
    return found
