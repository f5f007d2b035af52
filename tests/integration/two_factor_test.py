"""A second factor: asked for, each code once, however many try it and whatever projections say."""
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from venue import PASSWORD, Session, loopback_address, psql, wait_until


def code_of(secret, steps=0):
    """What an authenticator shows now, or steps of 30 seconds from now."""
    at = int(time.time()) + 30 * steps
    done = subprocess.run(["oathtool", "--totp", "-b", "-N", f"@{at}", secret], text=True,
                          capture_output=True, check=True)
    return done.stdout.strip()


class Guarded:
    """A user with a second factor on, whose code of now was used to switch it on."""

    def __init__(self, venue):
        self.venue = venue
        self.session = venue.register("guarded")
        self.prepared = self.session.post("settings/2fa/enable").ok()
        self.secret = self.prepared["secret"]
        wait_for_a_young_step()
        enabled = self.session.post("settings/2fa/verify", {"code": code_of(self.secret, -1)}).ok()
        self.backups = enabled["backup_codes"]

    def challenge(self, venue=None):
        answer = (venue or self.venue).login(self.session.user["email"], PASSWORD)
        return answer.refused(401, "TWO_FACTOR_REQUIRED")["challenge"]

    def complete(self, challenge, code, venue=None):
        return (venue or self.venue).public.post("auth/login/2fa",
                                                 {"challenge": challenge, "code": code})


def wait_for_a_young_step():
    """The codes of now and of the steps beside it stay what they are for a while."""
    wait_until(lambda: time.time() % 30 < 22, 30, "a step has begun")


@pytest.fixture
def guarded(venue):
    return Guarded(venue)


def test_a_second_factor_is_switched_on_with_a_code_of_its_secret(venue):
    someone = venue.register("someone")
    assert someone.get("settings/2fa").ok() == {"enabled": False, "created_at": None,
                                                "verified_at": None}
    prepared = someone.post("settings/2fa/enable").ok()
    assert prepared["secret"] in prepared["otpauth_uri"]
    assert prepared["otpauth_uri"].startswith("otpauth://totp/Bourse:")
    assert prepared["qr_svg"].startswith("<svg ")
    assert someone.get("settings/2fa").ok()["enabled"] is False
    venue.login(someone.user["email"], PASSWORD).ok()
    someone.post("settings/2fa/verify", {"code": "000000"}).refused(401, "TWO_FACTOR_INVALID")
    backups = someone.post("settings/2fa/verify", {"code": code_of(prepared["secret"])}).ok()
    assert len(set(backups["backup_codes"])) == 10
    assert someone.get("settings/2fa").ok()["verified_at"] is not None
    assert someone.get("auth/me").ok()["two_factor_enabled"] is True
    someone.post("settings/2fa/enable").refused(422, "VALIDATION_FAILED")


def test_a_login_asks_for_it_and_a_code_works_once(venue, guarded):
    code = code_of(guarded.secret)
    tokens = guarded.complete(guarded.challenge(), code).ok()
    assert tokens["user"]["id"] == guarded.session.user["id"]
    assert tokens["user"]["two_factor_enabled"] is True
    assert Session(venue, tokens["access_token"]).get("auth/me").status == 200
    guarded.complete(guarded.challenge(), code).refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(guarded.challenge(), code_of(guarded.secret, 1)).ok()


def test_one_code_fifty_times_at_once_opens_one_session(guarded):
    challenges = 5 * [guarded.challenge() for _ in range(10)]
    wait_for_a_young_step()
    code = code_of(guarded.secret)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda one: guarded.complete(one, code), challenges))
    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.status for answer in answers} <= {200, 401, 423}


def test_a_challenge_is_good_once_and_for_five_tries(guarded):
    challenge = guarded.challenge()
    for _ in range(5):
        guarded.complete(challenge, "000000").refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(challenge, code_of(guarded.secret)).refused(401, "UNAUTHENTICATED")
    challenge = guarded.challenge()
    guarded.complete(challenge, code_of(guarded.secret)).ok()
    guarded.complete(challenge, code_of(guarded.secret, 1)).refused(401, "UNAUTHENTICATED")


@pytest.mark.parametrize("change", [lambda one: one[:-1] + ("A" if one[-1] != "A" else "B"),
                                    lambda one: "nonsense"], ids=["other hash", "nonsense"])
def test_a_challenge_that_is_not_ours_opens_nothing(guarded, change):
    code = code_of(guarded.secret)
    guarded.complete(change(guarded.challenge()), code).refused(401, "UNAUTHENTICATED")


def test_a_backup_code_works_once_however_it_is_typed(guarded):
    one, two = guarded.backups[:2]
    guarded.complete(guarded.challenge(), one).ok()
    guarded.complete(guarded.challenge(), one).refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(guarded.challenge(), two.lower().replace("-", "")).ok()


def test_new_backup_codes_replace_the_old_ones(guarded):
    body = {"code": code_of(guarded.secret)}
    made = guarded.session.post("settings/2fa/backup-codes", body).ok()["backup_codes"]
    assert not set(made) & set(guarded.backups)
    guarded.complete(guarded.challenge(), guarded.backups[0]).refused(401, "TWO_FACTOR_INVALID")
    guarded.complete(guarded.challenge(), made[0]).ok()


def test_it_is_switched_off_with_a_code_and_the_login_asks_no_more(venue, guarded):
    disable = lambda code: guarded.session.post("settings/2fa/disable", {"code": code})
    disable("000000").refused(401, "TWO_FACTOR_INVALID")
    challenge = guarded.challenge()
    assert disable(guarded.backups[0]).ok() == {}
    venue.login(guarded.session.user["email"], PASSWORD).ok()
    guarded.complete(challenge, code_of(guarded.secret)).refused(401, "UNAUTHENTICATED")
    guarded.session.post("settings/2fa/backup-codes",
                         {"code": code_of(guarded.secret)}).refused(422, "VALIDATION_FAILED")


def test_guessing_codes_locks_out_where_it_is_done(venue, guarded):
    thief = venue.seen_from(loopback_address())
    for _ in range(2):
        challenge = guarded.challenge(thief)
        for _ in range(5):
            guarded.complete(challenge, "000000", thief).refused(401, "TWO_FACTOR_INVALID")
    thief.login(guarded.session.user["email"], PASSWORD).refused(423, "ACCOUNT_LOCKED")
    guarded.complete(guarded.challenge(), code_of(guarded.secret)).ok()


def test_an_older_projection_brings_no_used_code_back(venue, guarded):
    """What a restored backup of Postgres shows: the row as it was before the secret was changed."""
    superuser = venue.database("bourse", "postgres")
    where = f"WHERE user_id = '{guarded.session.user['id']}'"
    wait_until(lambda: guarded.session.get("settings/2fa").ok()["enabled"], 10, "it is on")
    backup = psql(superuser, f"SELECT secret FROM settings.two_factor_auth {where}")[0]
    used, code = guarded.backups[0], code_of(guarded.secret)
    guarded.complete(guarded.challenge(), code).ok()
    guarded.session.post("settings/2fa/disable", {"code": used}).ok()
    again = guarded.session.post("settings/2fa/enable").ok()["secret"]
    guarded.session.post("settings/2fa/verify", {"code": code_of(again, 1)}).ok()
    wait_until(lambda: guarded.session.get("settings/2fa").ok()["enabled"], 10, "it is on")
    psql(superuser, f"UPDATE settings.two_factor_auth SET secret = '{backup}', secret_version = 1"
                    f" {where}")
    for stale in (code, code_of(guarded.secret, 1), used):
        guarded.complete(guarded.challenge(), stale).refused(401, "TWO_FACTOR_INVALID")
