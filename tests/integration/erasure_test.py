"""Erasure: who somebody is, is forgotten everywhere and for ever; what was done stays."""
import pytest

from topics import SCHEMAS, ends, read
from venue import PASSWORD, Session, Trader, loopback_address, psql, unique, wait_until

TABLES = f"""SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name
            FROM information_schema.tables WHERE table_type = 'BASE TABLE'
            AND table_schema IN {SCHEMAS}"""
FORGOTTEN_S = 60


class Person:
    """Somebody with a name, an address, a place and a browser that nobody else has."""

    def __init__(self, venue):
        self.name, self.agent = unique("Ada Lovelace"), unique("browser")
        self.email, self.address = f"{unique('ada')}@example.com", loopback_address()
        there = venue.seen_from(self.address)
        session = Session(there)
        session.credentials = lambda: {"User-Agent": self.agent}
        body = {"email": self.email, "password": PASSWORD, "full_name": self.name}
        session.post("auth/register", body).ok(201)
        tokens = session.post("auth/login", {"email": self.email, "password": PASSWORD}).ok()
        self.id, self.account_id = tokens["user"]["id"], tokens["user"]["account_id"]
        self.trader = Trader(there, tokens["access_token"], tokens["user"])
        self.trader.credentials = lambda: {"Authorization": f"Bearer {self.trader.token}",
                                           "User-Agent": self.agent}
        self.words = [self.name, self.email, self.agent, self.address]


def rows_with(venue, words, tables=TABLES):
    """(table, word) of every row of the projections that has one of the words."""
    array = "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"
    return venue.sql(" UNION ALL ".join(
        f"SELECT '{table}' AS name, word FROM unnest({array}) word "
        f"WHERE EXISTS (SELECT FROM {table} t WHERE position(word IN t::text) > 0)"
        for [table] in venue.sql(tables)))


@pytest.fixture
def person(venue, market):
    person = Person(venue)
    venue.activate(person.account_id)
    venue.fund(person.account_id, "EUR", 100)
    person.order = person.trader.order(market, "buy", 1, "5").ok(201)
    person.key = person.trader.post("settings/api-keys", {"name": person.name, "scopes": ["read"],
                                                          "addresses": [person.address]}).ok(201)
    person.trader.put("settings", {"theme": "light"}).ok()
    person.trader.post("watchlists", {"name": person.name}).ok(201)
    person.trader.post("screener/screens", {"name": person.name,
                                            "filters": {"sector": {"in": [person.name]}}}).ok(201)
    return person


def erase(venue, person):
    erased = venue.admin().delete(f"admin/users/{person.id}/personal-data").ok()
    assert erased["user_id"] == person.id and erased["ticket_id"].startswith("TKT-")


def wait_until_forgotten(venue, person):
    wait_until(lambda: not rows_with(venue, person.words), FORGOTTEN_S, "no row has the words",
               pause=0.5)


def test_an_erased_person_is_signed_out_and_is_nobody_any_more(venue, admin, person):
    erase(venue, person)
    person.trader.get("auth/me").refused(401, "TOKEN_REVOKED")
    key = Session(person.trader.venue)
    key.credentials = lambda: {"X-API-Key": person.key["key"]}
    key.get("auth/me").refused(401, "TOKEN_REVOKED")
    venue.login(person.email, PASSWORD).refused(401, "INVALID_CREDENTIALS")
    shown = admin.get(f"admin/users/{person.id}").ok()
    assert (shown["email"], shown["full_name"], shown["status"]) == (None, None, "erased")
    admin.delete(f"admin/users/{person.id}/personal-data").refused(404, "NOT_FOUND")
    again = venue.register("of old", email=person.email)
    assert again.user["id"] != person.id


def test_no_projection_and_no_topic_has_the_words_of_an_erased_person(venue, admin, person):
    assert rows_with(venue, person.words)
    erase(venue, person)
    wait_until_forgotten(venue, person)
    shown = ends(venue)
    for topic in {topic for topic, _ in shown}:
        raw = b"".join(record.value or b"" for record in read(venue, topic, shown))
        assert not [word for word in person.words if word.encode() in raw], topic
    balance = admin.get(f"accounts/{person.account_id}/balances").ok()
    assert person.name not in str(balance) and "100.00" in str(balance)
    tickets = admin.items("admin/logging/tickets", actor_id=person.id)
    assert tickets
    for ticket in tickets:
        ticket = admin.get(f"admin/logging/tickets/{ticket['ticket_id']}").ok()
        assert (ticket["ip_address"], ticket["user_agent"]) == (None, None)


def test_only_an_admin_erases_and_nobody_of_the_staff(venue, admin, person):
    person.trader.delete(f"admin/users/{person.id}/personal-data").refused(403, "FORBIDDEN")
    admin.delete(f"admin/users/{admin.user['id']}/personal-data").refused(403, "FORBIDDEN")
    assert person.trader.get("auth/me").status == 200


@pytest.mark.disruptive
def test_projections_that_are_made_anew_do_not_know_an_erased_person(venue, person):
    erase(venue, person)
    wait_until_forgotten(venue, person)
    for service in ("settings", "accounts", "audit", "desk"):
        venue.bourse("projection", "rebuild", service)
    assert not rows_with(venue, person.words)


def rows_beside_with(venue, words):
    """The same, of what stands beside the live tables."""
    beside = TABLES.replace(f"IN {SCHEMAS}", r"SIMILAR TO '%\_(next|previous)'")
    return rows_with(venue, words, beside)


@pytest.mark.disruptive
def test_no_switch_of_projections_brings_an_erased_person_back(venue, person):
    for service in ("accounts", "settings"):
        venue.bourse("projection", "rebuild", service, "--beside")
    try:
        assert {table.partition(".")[0] for table, _ in rows_beside_with(venue, person.words)} == {
            "accounts_next", "settings_next"}
        erase(venue, person)
        wait_until_forgotten(venue, person)
        wait_until(lambda: not rows_beside_with(venue, person.words), FORGOTTEN_S,
                   "no row beside has the words", pause=0.5)
        for step, place in (("switch", "next"), ("switch-back", "previous")):
            # As a rebuild does that has opened this before the key was destroyed.
            psql(venue.database("bourse", "bourse"), f"""
                UPDATE settings_{place}.users SET full_name = '{person.name}' WHERE id = '{person.id}';
                UPDATE accounts_{place}.events SET user_agent = '{person.agent}'
                WHERE actor_id = '{person.id}'""")
            for service in ("accounts", "settings"):
                venue.bourse("projection", step, service)
            wait_until_forgotten(venue, person)
    finally:
        for service in ("accounts", "settings"):
            venue.bourse("projection", "drop", service)
