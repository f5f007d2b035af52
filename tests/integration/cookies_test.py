"""A page keeps its tokens in cookies, and no other page can make use of them."""
import http.cookies
import urllib.parse

import pytest

from gateways import gateway_beside
from two_factor_test import Guarded
from venue import API, PASSWORD, Session, unique

ELSEWHERE = "https://evil.example"
APP = "https://app.example"
ACCESS, REFRESH = "__Host-bourse-access", "__Host-bourse-refresh"


class Page:
    """A browser that has signed in: it sends its cookies and its origin by itself."""

    def __init__(self, venue, email, origin=None):
        self.session = Session(venue)
        self.origin = origin or f"https://{venue.url.netloc}"
        self.cookies = {}
        self.tokens = self.ask("POST", "auth/login",
                               {"email": email, "password": PASSWORD, "cookie": True}).ok()
        self.csrf = self.tokens["csrf_token"]

    def ask(self, method, path, body=None, **headers):
        sent = {"Origin": self.origin,
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = self.session.request(method, path, body, {n: v for n, v in sent.items() if v})
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, cookie in http.cookies.SimpleCookie(header).items():
                assert cookie["secure"] and cookie["httponly"] and cookie["path"] == "/", header
                assert cookie["samesite"] == "Strict" and not cookie["domain"], header
                self.cookies[name] = cookie.value
                if cookie["max-age"] == "0":
                    del self.cookies[name]
        return answer


@pytest.fixture
def email(venue):
    address = f"{unique('page')}@example.com"
    venue.register("page", email=address)
    return address


@pytest.fixture
def page(venue, email):
    return Page(venue, email)


def test_the_tokens_are_in_cookies_and_nowhere_else(page):
    assert set(page.cookies) == {ACCESS, REFRESH}
    assert page.tokens["token_type"] == "Cookie" and page.tokens["user"]["id"]
    assert "access_token" not in page.tokens and "refresh_token" not in page.tokens
    assert page.ask("GET", "auth/me").ok()["id"] == page.tokens["user"]["id"]
    assert page.ask("GET", "auth/csrf").ok()["csrf_token"] == page.csrf


def test_a_change_needs_the_csrf_token_and_an_origin_of_ours(page, venue, email):
    change = lambda **headers: page.ask("POST", "orders/cancel-after", {"timeout_s": 0}, **headers)
    change(X_CSRF_Token=page.csrf).ok()
    other = Page(venue, email)
    for wrong in ({}, {"X_CSRF_Token": "x"}, {"X_CSRF_Token": other.csrf},
                  {"X_CSRF_Token": page.csrf, "Origin": ELSEWHERE},
                  {"X_CSRF_Token": page.csrf, "Origin": "null"},
                  {"X_CSRF_Token": page.csrf, "Origin": ""},
                  {"X_CSRF_Token": page.csrf, "Origin": page.origin + ".evil.example"},
                  {"X_CSRF_Token": page.csrf, "Origin": page.origin.replace("https", "http")}):
        change(**wrong).refused(403, "CSRF_FAILED")
    page.ask("GET", "auth/me", Origin=ELSEWHERE).ok() # which that page may not read: see below


def test_who_sends_a_token_needs_no_csrf_token(venue, email):
    token = venue.login(email, PASSWORD).ok()["access_token"]
    Session(venue, token).post("orders/cancel-after", {"timeout_s": 0},
                               headers={"Origin": ELSEWHERE, "Cookie": f"{ACCESS}=x"}).ok()


def test_the_next_pair_comes_as_cookies(page):
    before = dict(page.cookies)
    page.ask("POST", "auth/refresh").refused(403, "CSRF_FAILED")
    pair = page.ask("POST", "auth/refresh", X_CSRF_Token=page.csrf).ok()
    assert set(pair) == {"csrf_token", "token_type", "expires_in"}
    assert pair["csrf_token"] == page.csrf
    assert page.cookies[ACCESS] != before[ACCESS] and page.cookies[REFRESH] != before[REFRESH]
    page.ask("GET", "auth/me").ok()
    page.cookies = before
    page.ask("POST", "auth/refresh", X_CSRF_Token=page.csrf).refused(401, "TOKEN_REUSED")


def test_a_logout_takes_the_cookies_back(page):
    kept = dict(page.cookies)
    page.ask("POST", "auth/logout", X_CSRF_Token=page.csrf).ok()
    assert page.cookies == {}
    page.ask("GET", "auth/me").refused(401, "UNAUTHENTICATED")
    page.cookies = kept
    page.ask("GET", "auth/me").refused(401, "TOKEN_REVOKED")


def test_what_is_no_cookie_of_ours_is_nobody(venue):
    for value in ("", "x", "a.b.c", "x" * 1000):
        for cookie in (f"{ACCESS}={value}", f"other=1; {ACCESS}={value}; {ACCESS}=y", ACCESS):
            Session(venue).get("auth/me", headers={"Cookie": cookie}) \
                .refused(401, "UNAUTHENTICATED")


def from_origin(venue, path, body, origin, **headers):
    """What a page of that origin, which has no session here, is answered; None: it says none."""
    sent = {**headers, **({"Origin": origin} if origin is not None else {})}
    return venue.public.post(path, body, headers=sent)


def is_refused_without_cookies(answer):
    answer.refused(403, "CSRF_FAILED")
    assert answer.headers.get_all("Set-Cookie") is None, answer
    return True


FOREIGN = pytest.mark.parametrize("origin", [ELSEWHERE, "null", "", None], ids=["elsewhere", "null", "empty", "none"])


@FOREIGN
def test_a_foreign_page_signs_nobody_in(venue, email, origin):
    """Its form would put who sent it, who knows the password, in the place of who looks at it."""
    fields = {"username": email, "password": PASSWORD, "cookie": "true"}
    form, is_form = urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
    assert is_refused_without_cookies(from_origin(venue, "auth/login", form, origin, **is_form))
    assert is_refused_without_cookies(from_origin(
        venue, "auth/login", {"email": email, "password": PASSWORD, "cookie": True}, origin))
    ours = from_origin(venue, "auth/login", form, f"https://{venue.url.netloc}", **is_form)
    assert ours.ok()["token_type"] == "Cookie" and len(ours.headers.get_all("Set-Cookie")) == 2
    del fields["cookie"]
    token = from_origin(venue, "auth/login", urllib.parse.urlencode(fields), origin, **is_form)
    assert token.ok()["access_token"] and token.headers.get_all("Set-Cookie") is None


@FOREIGN
def test_a_second_factor_gives_cookies_too_and_none_to_a_foreign_page(venue, origin):
    guarded = Guarded(venue)
    body = {"challenge": guarded.challenge(), "cookie": True, "code": guarded.backups[0]}
    assert is_refused_without_cookies(from_origin(venue, "auth/login/2fa", body, origin))
    answer = from_origin(venue, "auth/login/2fa", body, f"https://{venue.url.netloc}")
    assert answer.ok()["token_type"] == "Cookie" and "access_token" not in answer.json
    assert len(answer.headers.get_all("Set-Cookie")) == 2


# --- other origins --------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def other(venue, tmp_path_factory):
    """A gateway that knows another origin."""
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway"),
                        BOURSE_CORS_ORIGINS=f"https://first.example,{APP}") as gateway:
        yield gateway.venue


def allowed(answer):
    return answer.headers["Access-Control-Allow-Origin"]


def test_pages_of_configured_origins_may_read_and_change(other, venue, email):
    page = Page(other, email, origin=APP)
    answer = page.ask("GET", "auth/me")
    assert (allowed(answer), answer.headers["Access-Control-Allow-Credentials"]) == (APP, "true")
    assert "X-Position" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers.get_all("Vary")
    page.ask("POST", "orders/cancel-after", {"timeout_s": 0}, X_CSRF_Token=page.csrf).ok()
    refused = page.ask("GET", "nowhere")
    assert (refused.status, allowed(refused)) == (404, APP)


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", APP + ".evil.example", APP[:-1],
                                    "https://first.example,https://app.example", APP + ":444"])
def test_pages_of_other_origins_may_read_nothing(other, origin):
    answer = Session(other).get("/health/live", headers={"Origin": origin})
    assert (answer.status, allowed(answer)) == (200, None)
    assert "Origin" in answer.headers.get_all("Vary")
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert allowed(Session(other).request("OPTIONS", "orders", headers=ask)) is None


def test_a_preflight_says_what_may_be_sent(other):
    ask = {"Origin": APP, "Access-Control-Request-Method": "PATCH",
           "Access-Control-Request-Headers": "authorization, x-csrf-token"}
    answer = Session(other).request("OPTIONS", f"{API}/orders/{unique('id')}", headers=ask)
    assert (answer.status, allowed(answer)) == (204, APP)
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-CSRF-Token" in answer.headers["Access-Control-Allow-Headers"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_where_no_origin_is_configured_none_is_allowed(venue):
    answer = venue.public.get("/health/live", headers={"Origin": APP})
    assert allowed(answer) is None
