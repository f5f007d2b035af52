"""API keys: what they open and what not, from where, how often, and that they end everywhere at once."""
import datetime
import time

import pytest

from events import Stream
from gateways import gateway_beside, is_ready
from venue import NOBODY, Session, unique, wait_until

REVOKED_S = 10  # within which every gateway has to refuse; the goal is one second


class Key(Session):
    """Requests that show an API key and nothing else."""

    def __init__(self, venue, made):
        super().__init__(venue)
        self.made = made

    def credentials(self):
        return {"X-API-Key": self.made["key"]}


@pytest.fixture(scope="module")
def other(venue, tmp_path_factory):
    """The same venue through a gateway beside."""
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway.venue


def make(venue, session, *scopes, path="settings/api-keys", **options):
    """A key of the session's user, seen through `venue`."""
    made = session.post(path, {"name": unique("key"), "scopes": scopes, **options}).ok(201)
    return Key(venue, made)


def listed(session, key):
    return next(item for item in session.items("settings/api-keys") if item["id"] == key.made["id"])


def in_time(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat().replace("+00:00", "Z")


def is_refused(key):
    answer = key.get("auth/me")
    return answer.status == 401 and answer.refused(401, "TOKEN_REVOKED")


def wait_until_good(key):
    """At a gateway where it was not made it is good as soon as that has read of it."""
    wait_until(lambda: key.get("auth/me").status == 200, REVOKED_S, "the key is good", pause=0.005)


def wait_until_refused(key, what, began):
    wait_until(lambda: is_refused(key), REVOKED_S, f"{what} is refused", pause=0.005)
    print(f"{what}: refused after {time.monotonic() - began:.3f} s")


def test_a_key_is_its_owner_and_is_shown_once(venue, user):
    key = make(venue, user, "read", "trade")
    assert key.made["key"].startswith("bk_") and key.made["is_active"]
    assert key.get("auth/me").ok() == user.get("auth/me").ok()
    shown = listed(user, key)
    assert key.made["key"] not in str(shown)
    assert {**shown, "last_used_at": None} == {
        name: value for name, value in key.made.items() if name != "key"}


def test_a_key_trades_for_its_owner(venue, market):
    trader = venue.trader("with a key", EUR=100)
    key = make(venue, trader, "read", "trade")
    order = key.post("orders", {"instrument": market.symbol, "side": "buy", "type": "limit", "quantity": "1",
                                "limit_price": "5"}).ok(201)
    assert key.get(f"orders/{order['id']}").ok()["account_id"] == trader.user["account_id"]
    key.delete(f"orders/{order['id']}").ok()


@pytest.mark.parametrize("scopes, method, path", [
    (["read"], "POST", "orders"), (["read"], "POST", "settings/api-keys"),
    (["trade", "settings", "funding", "admin"], "GET", "orders"), (["read", "settings"], "DELETE", "orders"),
    (["read", "trade", "funding", "settings", "admin"], "POST", "auth/logout"),
    (["read", "trade", "funding", "settings"], "GET", "admin/users")])
def test_what_the_scopes_do_not_cover_is_refused(venue, user, scopes, method, path):
    make(venue, user, *scopes).request(method, path).refused(403, "SCOPE_MISSING")


def test_a_key_has_no_more_rights_than_its_owner(venue, user):
    make(venue, user, "admin", "read").get("admin/users").refused(403, "FORBIDDEN")


def test_a_key_has_the_rights_that_its_owner_has_now(venue, other, admin):
    user = venue.register("of keys")
    key, path = make(other, user, "read", "admin"), f"admin/users/{user.user['id']}"
    wait_until_good(key)
    key.get("admin/market-makers").refused(403, "FORBIDDEN")
    admin.put(f"{path}/role", {"roles": ["user", "operator"]}).ok()
    wait_until(lambda: key.get("admin/market-makers").status == 200, REVOKED_S, "the role counts")
    admin.put(f"{path}/role", {"role": "user"}).ok()
    wait_until(lambda: key.get("admin/market-makers").status == 403, REVOKED_S, "the role is gone")
    began = time.monotonic()
    admin.put(f"{path}/status", {"status": "locked"}).ok()
    wait_until_refused(key, "the key of somebody who was locked out", began)
    admin.put(f"{path}/status", {"status": "active"}).ok()
    wait_until_good(key)


def test_without_the_scope_admin_staff_is_a_user_like_others(venue, admin, market):
    trader = venue.trader("of keys", EUR=100)
    order = trader.order(market, "buy", 1, "5").ok(201)
    weak, strong = make(venue, admin, "read", "trade"), make(venue, admin, "read", "trade", "admin")
    assert strong.get(f"accounts/{trader.user['account_id']}/balances").status == 200
    weak.get(f"accounts/{trader.user['account_id']}/balances").refused(404, "NOT_FOUND")
    weak.delete(f"orders/{order['id']}").refused(404, "NOT_FOUND")
    assert strong.get("admin/users").status == 200


def test_a_key_makes_no_key(venue, user, admin):
    """Which could be good for longer, from anywhere, and beyond the first one's revocation."""
    for maker, path in ((user, "settings/api-keys"), (admin, "settings/api-keys"),
                        (admin, f"admin/users/{user.user['id']}/api-keys")):
        key = make(venue, maker, "read", "trade", "funding", "settings", "admin")
        before = len(maker.items(path))
        key.post(path, {"name": "more", "scopes": ["read"]}).refused(403, "SCOPE_MISSING")
        assert len(maker.items(path)) == before


@pytest.mark.parametrize("change", [
    {"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"rate_limit": 0}, {"addresses": ["here"]},
    {"addresses": ["192.0.2.1/24"]}, {"expires_at": "2020-01-01T00:00:00Z"}, {"colour": "red"}])
def test_a_key_that_could_not_be_used_is_not_made(user, change):
    user.post("settings/api-keys", {"name": "of the tests", "scopes": ["read"], **change}).refused(
        422, "VALIDATION_FAILED")


@pytest.mark.parametrize("change", [
    lambda key: "nonsense", lambda key: key[:-1], lambda key: key + "A", lambda key: "ck_" + key[3:],
    lambda key: key[:-9] + ("B" if key[-9] == "A" else "A") + key[-8:]],
    ids=["nonsense", "cut short", "longer", "another start", "another secret"])
def test_a_key_that_is_not_ours_opens_nothing(venue, user, change):
    key = make(venue, user, "read")
    Key(venue, {"key": change(key.made["key"])}).get("auth/me").refused(401, "UNAUTHENTICATED")
    assert key.get("auth/me").status == 200


def test_a_key_expires(venue, user):
    key = make(venue, user, "read", expires_at=in_time(5))
    assert key.get("auth/me").status == 200
    wait_until(lambda: key.get("auth/me").status == 401, 10, "the key has expired")
    key.get("auth/me").refused(401, "TOKEN_EXPIRED")
    assert listed(user, key)["is_active"] is False


def test_a_key_is_good_from_its_networks_only(venue, user):
    key = make(venue, user, "read", addresses=["127.0.0.0/30", "2001:db8::/32"])
    there = Key(venue.seen_from("127.0.0.9"), key.made)
    assert key.get("auth/me").status == 200
    there.get("auth/me").refused(403, "FORBIDDEN")
    assert listed(user, key)["addresses"] == ["127.0.0.0/30", "2001:db8::/32"]


def test_a_key_has_a_rate_limit_of_its_own(venue, user):
    slow, fast = make(venue, user, "read", rate_limit=1), make(venue, user, "read")
    refused = lambda: (answer := slow.get("auth/me")).status == 429 and answer
    wait_until(refused, 30, "the key has asked too often", pause=0).refused(429, "RATE_LIMITED")
    assert fast.get("auth/me").status == 200
    assert user.get("auth/me").status == 200


def test_the_use_of_a_key_is_told(venue, user):
    key = make(venue, user, "read")
    assert listed(user, key)["last_used_at"] is None
    key.get("auth/me").ok()
    used = wait_until(lambda: listed(user, key)["last_used_at"], 30, "the use has been told")
    assert used > key.made["created_at"]


def test_nobody_sees_or_ends_the_key_of_somebody_else(venue, user):
    key, stranger = make(venue, user, "read"), venue.register("of keys")
    assert stranger.get("settings/api-keys").ok()["items"] == []
    stranger.delete(f"settings/api-keys/{key.made['id']}").refused(404, "NOT_FOUND")
    stranger.get(f"admin/users/{user.user['id']}/api-keys").refused(403, "FORBIDDEN")
    assert key.get("auth/me").status == 200


def test_an_admin_makes_and_ends_keys_of_others_by_tickets(venue, admin):
    machine = venue.register("a machine")
    path = f"admin/users/{machine.user['id']}/api-keys"
    key = make(venue, admin, "read", path=path)
    assert key.made["ticket_id"].startswith("TKT-")
    assert key.get("auth/me").ok()["id"] == machine.user["id"]
    assert [item["id"] for item in admin.get(path).ok()["items"]] == [key.made["id"]]
    ended = admin.delete(f"{path}/{key.made['id']}").ok()
    assert ended["ticket_id"].startswith("TKT-")
    key.get("auth/me").refused(401, "TOKEN_REVOKED")
    admin.delete(f"{path}/{key.made['id']}").refused(404, "NOT_FOUND")
    admin.get(f"admin/users/{NOBODY}/api-keys").refused(404, "NOT_FOUND")
    admin.post(f"admin/users/{NOBODY}/api-keys", {"name": "x", "scopes": ["read"]}).refused(
        404, "NOT_FOUND")


def test_a_retry_makes_no_second_key_and_shows_none(venue):
    user, body, retry = venue.register("of keys"), {"name": "once", "scopes": ["read"]}, unique("key")
    made = user.post("settings/api-keys", body, key=retry).ok(201)
    again = wait_until(lambda: user.post("settings/api-keys", body, key=retry), 10, "it is answered")
    assert made["key"] not in str(again.json)
    assert [item["id"] for item in user.items("settings/api-keys")] == [made["id"]]


def test_a_user_has_fifty_active_keys_at_most(venue):
    user = venue.register("of many keys")
    keys = [make(venue, user, "read") for _ in range(50)]
    user.post("settings/api-keys", {"name": "more", "scopes": ["read"]}).refused(
        422, "VALIDATION_FAILED")
    user.delete(f"settings/api-keys/{keys[0].made['id']}").ok()
    assert make(venue, user, "read").get("auth/me").status == 200


def test_a_key_revoked_at_one_gateway_is_refused_at_the_other(venue, other, user):
    for here, there in ((user, other), (Session(other, user.token), venue)):
        key = make(there, here, "read")
        wait_until_good(key)
        began = time.monotonic()
        here.delete(f"settings/api-keys/{key.made['id']}").ok()
        wait_until_refused(key, "a key revoked at the other gateway", began)


def test_an_event_stream_ends_with_its_key(venue, other):
    trader = venue.trader("of keys")
    key = make(other, trader, "read")
    wait_until_good(key)
    with Stream(key, "stream") as ending:
        ending.next("snapshot")
        trader.delete(f"settings/api-keys/{key.made['id']}").ok()
        ending.next("token_revoked")
        assert not list(ending)


@pytest.mark.disruptive
def test_a_key_is_refused_at_the_other_gateway_with_postgres_away(venue, other, user):
    key = make(other, user, "read", "trade")
    wait_until_good(key)
    venue.process("stop", "postgres")
    try:
        began = time.monotonic()
        user.delete(f"settings/api-keys/{key.made['id']}").ok()
        wait_until_refused(key, "a key revoked at the other gateway, with Postgres away", began)
    finally:
        venue.process("start", "postgres")
        venue.start_what_ended()
        for gateway in (venue, other):
            wait_until(lambda gateway=gateway: is_ready(gateway), 60, "the gateway is ready again")


@pytest.mark.disruptive
def test_no_projection_brings_back_a_key_that_was_revoked(venue, user, tmp_path):
    """Neither one that has not heard of it yet, nor one that is made anew."""
    key, lasting = make(venue, user, "read"), make(venue, user, "read", addresses=["127.0.0.0/8"])
    user.items("settings/api-keys")
    venue.process("stop", "settings-projector")
    user.delete(f"settings/api-keys/{key.made['id']}").ok()
    for rebuilds, name in ((False, "behind"), (True, "anew")):
        if rebuilds:
            venue.bourse("projection", "rebuild", "settings")
            venue.process("start", "settings-projector")
        folder = tmp_path / name
        folder.mkdir()
        with gateway_beside(venue, folder) as gateway:
            answer = Key(gateway.venue, key.made).get("auth/me")
            answer.refused(401, "TOKEN_REVOKED")
            assert Key(gateway.venue, lasting.made).get("auth/me").status == 200
