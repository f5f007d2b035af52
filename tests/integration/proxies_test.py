"""Behind proxies a caller is who they say it is, where they are trusted, and nobody else's word counts."""
import secrets

import pytest

from cookies_test import Page
from gateways import gateway_beside
from venue import PASSWORD, Session, Trader, loopback_address, unique, wait_until

PROXY, OTHER_PROXY, STRANGER = "127.0.2.1", "127.0.2.2", "127.0.3.1"
PUBLIC = "https://bourse.example"


@pytest.fixture(scope="module")
def behind(venue, tmp_path_factory):
    """A gateway with TLS of its own, and proxies that it trusts; five logins a minute, and five reads."""
    with gateway_beside(venue, tmp_path_factory.mktemp("behind"),
                        BOURSE_TRUSTED_PROXIES="127.0.2.0/24,fd00::/8",
                        BOURSE_LIMIT_LOGIN="5/60s", BOURSE_LIMIT_READ="5/60s") as gateway:
        yield gateway.venue


@pytest.fixture(scope="module")
def plain(venue, tmp_path_factory):
    """A gateway behind an ingress that ends TLS."""
    with gateway_beside(venue, tmp_path_factory.mktemp("plain"), BOURSE_TLS="off",
                        BOURSE_TRUSTED_PROXIES="127.0.0.1,127.0.2.0/24",
                        BOURSE_PUBLIC_URL=PUBLIC) as gateway:
        yield gateway.venue


def some_address():
    """One that no other test calls from."""
    return f"2001:db8:{secrets.randbelow(65536):x}::7"


def through(venue, peer, *hops, proto="https"):
    """The venue for whoever comes from `peer`, which says that it was asked by way of these."""
    return venue.seen_from(peer, {"X-Forwarded-For": ", ".join(hops), "X-Forwarded-Proto": proto})


def address_of_login(venue, seen):
    """Where a login came from, as its user is shown it."""
    user = venue.register("behind")
    tokens = seen.login(user.user["email"], PASSWORD).ok()
    [session] = [one for one in Trader(seen, tokens["access_token"], tokens["user"])
                 .items("settings/sessions") if one["current"]]
    return session["ip_address"]


def test_the_address_is_the_one_that_trusted_proxies_say(venue, behind):
    client = some_address()
    assert address_of_login(venue, through(behind, PROXY, client)) == client
    client = some_address()
    assert address_of_login(venue, through(behind, PROXY, "203.0.113.9", client,
                                           OTHER_PROXY)) == client
    assert address_of_login(venue, through(behind, PROXY, "rubbish")) == PROXY


def test_nobody_else_is_believed(venue, behind):
    assert address_of_login(venue, through(behind, STRANGER, "203.0.113.9")) == STRANGER
    assert address_of_login(venue, through(venue, PROXY, "203.0.113.9")) == PROXY


def test_the_security_log_shows_where_a_wrong_password_came_from(venue, behind):
    someone, client = venue.register("watched"), some_address()
    through(behind, PROXY, client).login(someone.user["email"], "wrong").refused(
        401, "INVALID_CREDENTIALS")

    def shown():
        return [item["ip_address"] for item in someone.items("settings/security-log")
                if item["event"] == "login_failed"]
    wait_until(lambda: shown() == [client], 10, "it shows")


def statuses(count, seen):
    """What becomes of so many logins of nobody, each through what `seen` gives."""
    return [seen().login(f"{unique('nobody')}@example.com", "wrong").status for _ in range(count)]


def test_logins_are_limited_by_the_client_and_not_by_the_proxy(behind):
    client = some_address()
    assert statuses(6, lambda: through(behind, PROXY, client)) == [401] * 5 + [429]
    assert statuses(1, lambda: through(behind, OTHER_PROXY, client)) == [429]
    assert statuses(1, lambda: through(behind, PROXY, some_address())) == [401]


def test_a_list_that_the_client_made_up_gives_it_no_other_limit(behind):
    client, stranger = some_address(), loopback_address()
    assert statuses(6, lambda: through(behind, PROXY, some_address(), client)) == [401] * 5 + [429]
    assert statuses(6, lambda: through(behind, stranger, some_address())) == [401] * 5 + [429]


def test_whoever_has_many_addresses_of_a_line_has_one_limit(behind):
    line = some_address().removesuffix("7")
    read = lambda address: through(behind, PROXY, address).public.get("market/instruments").status
    assert [read(f"{line}{number}") for number in range(1, 7)] == [200] * 5 + [429]
    assert read(some_address()) == 200


def test_behind_an_ingress_that_ends_tls_answers_are_as_over_tls(venue, plain):
    client = some_address()
    assert address_of_login(venue, through(plain, PROXY, client)) == client
    answer = through(plain, PROXY, client).public.get("/health/live")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    email = f"{unique('page')}@example.com"
    venue.register("page", email=email)
    page = Page(through(plain, PROXY, client), email, origin=PUBLIC) # says that each is Secure
    assert page.ask("GET", "auth/me").ok()["email"] == email
    page.ask("POST", "auth/logout", X_CSRF_Token=page.csrf).ok()


@pytest.mark.parametrize("peer, headers", [
    (PROXY, {"X-Forwarded-Proto": "http"}), (STRANGER, {"X-Forwarded-Proto": "https"}),
    (STRANGER, {})])
def test_what_did_not_come_by_tls_is_sent_there(plain, peer, headers):
    answer = Session(plain.seen_from(peer, headers)).post("auth/login?next=1", {"email": "a@b.example"})
    assert answer.status == 308
    assert answer.headers["Location"] == f"{PUBLIC}/api/v1/auth/login?next=1"
