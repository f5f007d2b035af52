"""Passwords are changed by who knows them, and set anew by who reads the mail."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailbox import Mailbox, token_of
from venue import PASSWORD, Session, Trader, loopback_address, unique, wait_until

RESET = "Set a new password"
OTHER = "another horse, another battery"


@pytest.fixture
def someone(venue):
    """A user with a session."""
    return venue.register("someone")


def sign_in(venue, someone, password):
    return venue.login(someone.user["email"], password)


def change(someone, present, wanted):
    return someone.put("auth/password", {"current_password": present, "new_password": wanted})


def is_over(session):
    answer = session.get("auth/me")
    return answer.status == 401 and answer.json["code"] == "TOKEN_REVOKED"


def test_a_changed_password_is_the_only_one_and_other_sessions_end(venue, someone):
    other = Session(venue, sign_in(venue, someone, PASSWORD).ok()["access_token"])
    changed = change(someone, PASSWORD, OTHER).ok()
    assert changed["id"] == someone.user["id"]
    sign_in(venue, someone, PASSWORD).refused(401, "INVALID_CREDENTIALS")
    sign_in(venue, someone, OTHER).ok()
    wait_until(lambda: is_over(other), 10, "the other session is over")
    assert someone.get("auth/me").status == 200


def test_a_wrong_present_password_changes_nothing_and_counts_as_a_failure(venue, someone):
    thief = Trader(venue.seen_from(loopback_address()), someone.token, someone.user)
    for count in range(10):
        change(thief, f"wrong {count}", OTHER).refused(401, "INVALID_CREDENTIALS")
    change(thief, PASSWORD, OTHER).refused(423, "ACCOUNT_LOCKED")
    sign_in(venue, someone, PASSWORD).ok()
    sign_in(venue, someone, OTHER).refused(401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize("password", ["short", "password123"])
def test_a_weak_password_is_refused_when_changed_as_at_registration(someone, password):
    refused = change(someone, PASSWORD, password).refused(422, "WEAK_PASSWORD")
    assert refused["errors"][0]["field"] == "new_password"


def test_of_two_changes_at_once_one_happens(venue, someone):
    with ThreadPoolExecutor(2) as pool:
        wanted = [f"{OTHER} {count}" for count in range(2)]
        answers = list(pool.map(lambda new: change(someone, PASSWORD, new), wanted))
    assert sorted(answer.status for answer in answers) == [200, 401]
    won = next(new for new, answer in zip(wanted, answers) if answer.status == 200)
    sign_in(venue, someone, won).ok()


def reset(venue, token, password):
    return venue.public.post("auth/password/reset", {"token": token, "new_password": password})


def test_a_forgotten_password_is_set_anew_once_and_all_sessions_end(venue, someone):
    venue.public.post("auth/password/forgot", {"email": someone.user["email"]}).ok()
    token = token_of(Mailbox(venue, someone.user["email"]).wait(RESET))
    reset(venue, token, "short").refused(422, "WEAK_PASSWORD")
    assert reset(venue, token, OTHER).ok() == {}
    sign_in(venue, someone, OTHER).ok()
    sign_in(venue, someone, PASSWORD).refused(401, "INVALID_CREDENTIALS")
    wait_until(lambda: is_over(someone), 10, "the session is over")
    again = reset(venue, token, PASSWORD).refused(422, "VALIDATION_FAILED")
    assert again["errors"][0]["field"] == "token"


def test_a_mail_is_spent_by_a_password_that_was_changed_meanwhile(venue, someone):
    venue.public.post("auth/password/forgot", {"email": someone.user["email"]}).ok()
    token = token_of(Mailbox(venue, someone.user["email"]).wait(RESET))
    change(someone, PASSWORD, OTHER).ok()
    reset(venue, token, PASSWORD).refused(422, "VALIDATION_FAILED")


def test_the_token_that_verifies_an_address_sets_no_password(venue):
    someone = Mailbox(venue, f"{unique('verify')}@example.com")
    venue.public.post("auth/register", {"email": someone.address, "password": PASSWORD,
                                        "full_name": "Some One"}).ok(201)
    token = token_of(someone.wait("Confirm your e-mail address"))
    reset(venue, token, OTHER).refused(422, "VALIDATION_FAILED")


def test_who_is_locked_out_gets_in_where_the_mail_was_used(venue, someone):
    home = venue.seen_from(loopback_address())
    for count in range(10):
        home.login(someone.user["email"], f"wrong {count}").refused(401, "INVALID_CREDENTIALS")
    home.login(someone.user["email"], PASSWORD).refused(423, "ACCOUNT_LOCKED")
    home.public.post("auth/password/forgot", {"email": someone.user["email"]}).ok()
    token = token_of(Mailbox(venue, someone.user["email"]).wait(RESET))
    reset(home, token, OTHER).ok()
    home.login(someone.user["email"], OTHER).ok()
