"""People register, sign in, and see who they are."""
import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from venue import PASSWORD, UUID, Session, unique, wait_until


def registration(email, password=PASSWORD, name="Ada Lovelace"):
    return {"email": email, "password": password, "full_name": name}


def fresh_email():
    return f"{unique('ada')}@example.com"


def test_a_new_user_has_an_account_that_waits_for_its_identity_check(public, admin):
    email = fresh_email()
    user = public.post("auth/register", registration(email)).ok(201)
    assert UUID.fullmatch(user["id"]) and UUID.fullmatch(user["account_id"])
    assert (user["email"], user["full_name"], user["roles"]) == (email, "Ada Lovelace", ["user"])
    assert user["two_factor_enabled"] is False
    assert "password" not in str(user)
    path = f"admin/accounts/{user['account_id']}"
    wait_until(lambda: admin.get(path).status == 200, 10, "operators see the account")
    account = admin.get(path).ok()
    assert (account["status"], account["kind"]) == ("pending_kyc", "trading")
    assert account["user_id"] == user["id"]


def test_the_account_can_be_activated_right_after_the_registration(public, admin):
    user = public.post("auth/register", registration(fresh_email())).ok(201)
    path = f"admin/accounts/{user['account_id']}"
    changed = admin.put(path, {"status": "active", "reason": "identity checked"}).ok()
    assert (changed["status"], changed["reason"]) == ("active", "identity checked")


def test_one_signs_in_with_json_and_with_a_form(venue, public):
    email = fresh_email()
    user = public.post("auth/register", registration(email)).ok(201)
    by_json = venue.login(email, PASSWORD).ok()
    form = f"username={email.replace('@', '%40')}&password={PASSWORD.replace(' ', '+')}"
    by_form = public.post("auth/login", form,
                          headers={"Content-Type": "application/x-www-form-urlencoded"}).ok()
    for tokens in (by_json, by_form):
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", venue.access_ttl_s())
        assert tokens["user"]["id"] == user["id"]
        assert Session(venue, tokens["access_token"]).get("auth/me").ok() == tokens["user"]


def test_the_address_is_compared_without_case_and_spaces_around_it(venue, public):
    email = fresh_email()
    public.post("auth/register", registration(email)).ok(201)
    venue.login(email.upper(), PASSWORD).ok()
    public.post("auth/register", registration(email.upper())).refused(409, "EMAIL_TAKEN")


def test_the_first_admin_also_signs_in_as_admin(venue, admin):
    assert "admin" in admin.get("auth/me").ok()["roles"]
    venue.login("admin", "not the password").refused(401, "INVALID_CREDENTIALS")


def test_two_registrations_of_one_address_at_once_give_one_user(public):
    email = fresh_email()

    def register(_):
        return public.post("auth/register", registration(email))

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(register, range(2)), key=lambda answer: answer.status)
    answers[0].ok(201)
    answers[1].refused(409, "EMAIL_TAKEN")


@pytest.mark.parametrize("password", ["short", "ninechars", "password123", "1234567890",
                                      "qwertyuiop"])
def test_weak_passwords_are_refused(public, password):
    body = registration(fresh_email(), password)
    public.post("auth/register", body).refused(422, "WEAK_PASSWORD")


@pytest.mark.parametrize("body, field", [
    (registration("no address"), "email"), (registration(fresh_email(), name=""), "full_name"),
    ({"email": fresh_email(), "password": PASSWORD}, "full_name"),
    ({**registration(fresh_email()), "roles": ["admin"]}, "roles")])
def test_what_is_missing_wrong_or_unknown_is_named(public, body, field):
    refused = public.post("auth/register", body).refused(422, "VALIDATION_FAILED")
    assert field in [error["field"] for error in refused["errors"]]


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(venue, public):
    email = fresh_email()
    public.post("auth/register", registration(email)).ok(201)
    wrong = venue.login(email, PASSWORD + "!").refused(401, "INVALID_CREDENTIALS")
    unknown = venue.login(fresh_email(), PASSWORD).refused(401, "INVALID_CREDENTIALS")
    assert (wrong["title"], wrong["detail"]) == (unknown["title"], unknown["detail"])


@pytest.mark.parametrize("change", [
    lambda token: None, lambda token: "nonsense", lambda token: token[:-6] + "AAAAAA",
    lambda token: ".".join(token.split(".")[:2]) + ".",
    lambda token: "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."],
    ids=["none", "nonsense", "other signature", "no signature", "alg none"])
def test_a_token_that_is_not_ours_opens_nothing(venue, user, change):
    Session(venue, change(user.token)).get("auth/me").refused(401, "UNAUTHENTICATED")


def test_the_public_keys_verify_the_tokens_kind(public):
    keys = public.get("/.well-known/jwks.json").ok()["keys"]
    assert all(key["kty"] == "EC" and key["alg"] == "ES256" and "d" not in key for key in keys)


def test_the_old_addresses_answer_as_their_twins(user):
    assert user.get("/api/auth/me").ok() == user.get("auth/me").ok()


def test_accounts_are_listed_by_status_and_kind(venue, admin, public):
    venue.maker("listed")
    email = fresh_email()
    waiting = public.post("auth/register", registration(email)).ok(201)["account_id"]
    listed = lambda **query: [item["id"] for item in admin.items("admin/accounts", q=email, **query)]
    wait_until(lambda: listed(status="pending_kyc", kind="trading") == [waiting], 10,
               "the new account waits for its identity check")
    assert listed() == [waiting] and listed(kind="market_maker") == listed(status="active") == []


def test_an_account_can_be_restricted_and_closed(venue, market):
    trader = venue.trader(EUR=100, **{market.asset: 10})
    venue.activate(trader.account_id, "restricted")
    trader.order(market, "buy", 1, "5").refused(409, "ACCOUNT_RESTRICTED")
    order = trader.order(market, "sell", 1, "5").ok(201)
    trader.delete(f"orders/{order['id']}").ok()
    venue.activate(trader.account_id, "closed")
    trader.order(market, "sell", 1, "5").refused(409, "ACCOUNT_NOT_ACTIVE")


def test_what_its_status_does_not_allow_any_more_is_canceled(venue, market):
    trader = venue.trader(EUR=100, **{market.asset: 10})
    bid, ask = trader.order(market, "buy", 1, "5").ok(201), trader.order(market, "sell", 1, "9").ok(201)

    def ended(order):
        found = trader.get(f"orders/{order['id']}").ok()
        return (found["status"], found["end_reason"]) == ("canceled", "canceled_by_operator")

    venue.activate(trader.account_id, "restricted")
    wait_until(lambda: ended(bid), 10, "it buys nothing more")
    wait_until(lambda: trader.balance("EUR") == (100, 0), 10, "nothing is held for it")
    assert not ended(ask)
    venue.activate(trader.account_id, "closed")
    wait_until(lambda: ended(ask), 10, "it trades no more")


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def integers(der):
    """The numbers of an ASN.1 sequence of short integers."""
    place, found = 2, []
    while place < len(der):
        size = der[place + 1]
        found.append(int.from_bytes(der[place + 2:place + 2 + size], "big"))
        place += 2 + size
    return found


def signed_again(venue, token, **claims):
    """The token with other claims, signed with the venue's own key."""
    head, said = token.split(".")[:2]
    said = {**json.loads(base64.urlsafe_b64decode(said + "==")), **claims}
    signed = f"{head}.{base64url(json.dumps(said, separators=(',', ':')).encode())}"
    key = venue.run_dir / "secrets/token.key"
    sign = f"printf %s '{signed}' | openssl dgst -sha256 -hex -sign '{key}'"
    der = bytes.fromhex(venue.process("run", "bash", "-c", sign).stdout.split()[-1])
    signature = b"".join(number.to_bytes(32, "big") for number in integers(der))
    return f"{signed}.{base64url(signature)}"


def test_a_token_is_good_until_it_expires(venue, user):
    now = int(time.time())
    fresh = signed_again(venue, user.token, iat=now - 60, nbf=now - 60, exp=now + 60)
    Session(venue, fresh).get("auth/me").ok()
    stale = signed_again(venue, user.token, iat=now - 60, nbf=now - 60, exp=now - 1)
    Session(venue, stale).get("auth/me").refused(401, "TOKEN_EXPIRED")
