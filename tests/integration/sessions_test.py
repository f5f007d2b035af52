"""Sessions: kept up by refresh tokens that are good once, ended by their user, and over everywhere."""
import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from events import Stream
from gateways import gateway_beside, is_ready
from venue import NOBODY, PASSWORD, Session, Trader, unique, wait_until

REVOKED_S = 10  # within which every gateway has to refuse; the goal is one second


@pytest.fixture(scope="module")
def other(venue, tmp_path_factory):
    """The same venue through a gateway beside."""
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway.venue


def tokens_of(venue, user):
    return venue.login(user.user["email"], PASSWORD).ok()


def signed_in(venue, user):
    """One more session of a user."""
    return Session(venue, tokens_of(venue, user)["access_token"])


def refresh(venue, token, **options):
    return venue.public.post("auth/refresh", {"refresh_token": token}, **options)


def is_refused(session):
    answer = session.get("auth/me")
    return answer.status == 401 and answer.refused(401, "TOKEN_REVOKED")


def wait_until_refused(session, what, began=None):
    began = began or time.monotonic()
    wait_until(lambda: is_refused(session), REVOKED_S, f"{what} is refused", pause=0.005)
    print(f"{what}: refused after {time.monotonic() - began:.3f} s")


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_refresh_gives_the_next_pair_of_the_same_session(venue, user):
    tokens = tokens_of(venue, user)
    pair = refresh(venue, tokens["refresh_token"]).ok()
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", venue.access_ttl_s()) and "user" not in pair
    before, after = claims_of(tokens["access_token"]), claims_of(pair["access_token"])
    assert before["sid"] == after["sid"] and before["jti"] != after["jti"]
    assert Session(venue, pair["access_token"]).get("auth/me").ok() == tokens["user"]
    assert Session(venue, tokens["access_token"]).get("auth/me").status == 200
    refresh(venue, pair["refresh_token"]).ok()


def test_a_refresh_token_that_comes_twice_ends_the_session(venue, user):
    tokens = tokens_of(venue, user)
    pair = refresh(venue, tokens["refresh_token"]).ok()
    refresh(venue, tokens["refresh_token"]).refused(401, "TOKEN_REUSED")
    refresh(venue, pair["refresh_token"]).refused(401, "TOKEN_REVOKED")
    for token in (tokens["access_token"], pair["access_token"]):
        Session(venue, token).get("auth/me").refused(401, "TOKEN_REVOKED")
    assert user.get("auth/me").status == 200


def test_one_refresh_token_used_twice_at_once_gives_one_pair_or_none_and_ends_the_session(
        venue, other, user):
    tokens = tokens_of(venue, user)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: refresh(other if number % 2 else venue,
                                                       tokens["refresh_token"]), range(8)))
    pairs = [answer.json for answer in answers if answer.status == 200]
    assert len(pairs) <= 1
    codes = {answer.json["code"] for answer in answers if answer.status != 200}
    assert "TOKEN_REUSED" in codes and codes <= {"TOKEN_REUSED", "TOKEN_REVOKED"}
    for pair in pairs:
        refresh(venue, pair["refresh_token"]).refused(401, "TOKEN_REVOKED")
    for gateway in (venue, other):
        wait_until_refused(Session(gateway, tokens["access_token"]), "a session whose token was reused")


def test_a_refresh_token_is_not_answered_twice_under_one_idempotency_key(venue, user):
    tokens, key = tokens_of(venue, user), unique("key")
    refresh(venue, tokens["refresh_token"], key=key).ok()
    refresh(venue, tokens["refresh_token"], key=key).refused(401, "TOKEN_REUSED")


@pytest.mark.parametrize("change", [
    lambda token: "nonsense", lambda token: token[:-1], lambda token: token + "A",
    lambda token: ("B" if token[0] == "A" else "A") + token[1:]],
    ids=["nonsense", "cut short", "longer", "another session"])
def test_a_refresh_token_that_is_not_ours_gives_nothing(venue, user, change):
    tokens = tokens_of(venue, user)
    refresh(venue, change(tokens["refresh_token"])).refused(401, "UNAUTHENTICATED")
    refresh(venue, tokens["refresh_token"]).ok()


def test_the_sessions_of_a_user_say_where_and_when_and_which_is_this(venue):
    user = venue.register("of sessions")
    here = Session(venue, venue.public.post(
        "auth/login", {"email": user.user["email"], "password": PASSWORD},
        headers={"User-Agent": "of the tests/1.0"}).ok()["access_token"])
    newest, first = here.get("settings/sessions").ok()["items"]
    assert (newest["current"], first["current"]) == (True, False)
    assert (newest["user_agent"], newest["ip_address"]) == ("of the tests/1.0", "127.0.0.1")
    assert newest["location"] is None and newest["is_active"] and newest["logout_at"] is None
    assert first["login_at"] < newest["login_at"] < newest["expires_at"]
    assert here.items("settings/sessions", limit=1) == [newest, first]

    ended = here.delete(f"settings/sessions/{first['id']}").ok()
    assert (ended["session_ids"], ended["reason"]) == ([first["id"]], "revoked")
    user.get("auth/me").refused(401, "TOKEN_REVOKED")
    here.delete(f"settings/sessions/{first['id']}").refused(404, "NOT_FOUND")
    shown = here.get("settings/sessions").ok()["items"][1]
    assert (shown["is_active"], shown["end_reason"]) == (False, "revoked")
    assert shown["logout_at"] == ended["ended_at"]


def test_nobody_sees_or_ends_the_session_of_somebody_else(venue, user):
    stranger = venue.register("of sessions")
    mine = user.get("settings/sessions").ok()["items"][0]["id"]
    assert mine not in str(stranger.get("settings/sessions").ok())
    stranger.delete(f"settings/sessions/{mine}").refused(404, "NOT_FOUND")
    stranger.delete(f"settings/sessions/{NOBODY}").refused(404, "NOT_FOUND")
    assert user.get("auth/me").status == 200


def test_a_logout_is_a_ticket_and_ends_this_session_only(venue, admin, user):
    leaving, staying = signed_in(venue, user), signed_in(venue, user)
    ended = leaving.post("auth/logout").ok()
    assert ended["reason"] == "logout" and len(ended["session_ids"]) == 1
    leaving.post("auth/logout").refused(401, "TOKEN_REVOKED")
    assert staying.get("auth/me").status == 200
    found = wait_until(lambda: [
        ticket for ticket in admin.get("admin/logging/tickets", action="EndSession",
                                       entity_id=ended["session_ids"][0]).ok()["items"]],
        10, "the logout has its ticket")
    assert found[0]["actor_id"] == user.user["id"] and found[0]["outcome"] == "success"


def test_under_one_idempotency_key_each_sign_in_has_its_own_tokens(venue, user):
    """Nobody could give a secret again: what is answered with one takes no key."""
    body, key = {"email": user.user["email"], "password": PASSWORD}, unique("key")
    tokens = [venue.public.post("auth/login", body, key=key).ok()["access_token"] for _ in range(2)]
    assert len({claims_of(token)["sid"] for token in tokens}) == 2
    assert all(Session(venue, token).get("auth/me").status == 200 for token in tokens)


def test_the_oldest_session_gives_way_to_the_hundred_and_first(venue):
    user = venue.register("of many sessions")
    for _ in range(99):
        last = signed_in(venue, user)
    assert user.get("auth/me").status == 200
    signed_in(venue, user)
    user.get("auth/me").refused(401, "TOKEN_REVOKED")
    assert last.get("auth/me").status == 200


def test_a_logout_at_one_gateway_is_refused_at_the_other(venue, other, user):
    for here, there in ((venue, other), (other, venue)):
        session = signed_in(here, user)
        beside = Session(there, session.token)
        assert beside.get("auth/me").status == 200
        began = time.monotonic()
        session.post("auth/logout").ok()
        wait_until_refused(beside, "a logout at the other gateway", began)


def test_an_event_stream_ends_with_its_session(venue, other, market):
    user = venue.trader("of sessions", EUR=10)
    leaving = signed_in(venue, user)
    with Stream(Trader(other, leaving.token, user.user), "stream") as ending, \
            Stream(Trader(other, user.token, user.user), "stream") as lasting:
        ending.next("snapshot")
        lasting.next("snapshot")
        began = time.monotonic()
        leaving.post("auth/logout").ok()
        ending.next("token_revoked")
        print(f"a stream: ended after {time.monotonic() - began:.3f} s")
        assert not list(ending)
        user.order(market, "buy", 1, "1").ok(201)
        lasting.until("new")


@pytest.mark.disruptive
def test_a_logout_is_refused_at_the_other_gateway_with_postgres_away(venue, other, user):
    session = signed_in(venue, user)
    beside = Session(other, session.token)
    assert beside.get("auth/me").status == 200
    venue.process("stop", "postgres")
    try:
        began = time.monotonic()
        session.post("auth/logout").ok()
        wait_until_refused(beside, "a logout at the other gateway, with Postgres away", began)
    finally:
        venue.process("start", "postgres")
        venue.start_what_ended()
        for gateway in (venue, other):
            wait_until(lambda gateway=gateway: is_ready(gateway), 60, "the gateway is ready again")


@pytest.mark.disruptive
def test_no_projection_brings_back_a_session_that_is_over(venue, user, tmp_path):
    """Neither one that has not heard of it yet, nor one that is made anew."""
    session, lasting = signed_in(venue, user), signed_in(venue, user)
    venue.process("stop", "settings-projector")
    session.post("auth/logout").ok()
    folder = tmp_path / "behind"
    folder.mkdir()
    with gateway_beside(venue, folder) as gateway:
        Session(gateway.venue, session.token).get("auth/me").refused(401, "TOKEN_REVOKED")
        assert Session(gateway.venue, lasting.token).get("auth/me").status == 200
    venue.bourse("projection", "rebuild", "settings")
    venue.process("start", "settings-projector")
    with gateway_beside(venue, tmp_path) as gateway:
        Session(gateway.venue, session.token).get("auth/me").refused(401, "TOKEN_REVOKED")
        assert Session(gateway.venue, lasting.token).get("auth/me").status == 200
