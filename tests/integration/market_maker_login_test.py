"""A market maker cannot log in, and one with the right password is told so."""
import datetime

import pytest

from venue import PASSWORD, unique, wait_until


@pytest.fixture(scope="module")
def maker(venue):
    """One whose password is set, once the part that refuses sign-ins has heard of it."""
    maker = venue.maker("locked out", password=PASSWORD)
    wait_until(lambda: venue.login(maker["email"], PASSWORD).status == 403, 10,
               "the market maker is told that it does not sign in")
    return maker


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")


def wait_for_failed_logins(admin, since, expected):
    """Until the failed logins since then have these codes, newest first."""
    failed = lambda: [ticket["code"] for ticket in admin.items(
        "admin/logging/failed-actions", action="RecordLogin", **{"from": since})]
    wait_until(lambda: failed() == expected, 10, f"failed-action tickets with {expected}")


@pytest.mark.disruptive
def test_with_the_right_password_it_is_told_in_a_sentence(venue, admin, maker):
    since = now()
    refused = venue.login(maker["email"], PASSWORD).refused(403, "MARKET_MAKER_LOGIN_FORBIDDEN")
    assert "arket maker" in refused["detail"] and len(refused["detail"].split()) > 4
    wait_for_failed_logins(admin, since, ["MARKET_MAKER_LOGIN_FORBIDDEN"])


@pytest.mark.disruptive
def test_with_a_wrong_password_it_learns_nothing(venue, admin, maker):
    since = now()
    wrong = venue.login(maker["email"], "not " + PASSWORD).refused(401, "INVALID_CREDENTIALS")
    nobody = venue.login(f"{unique('nobody')}@example.com", PASSWORD).refused(
        401, "INVALID_CREDENTIALS")
    assert wrong["detail"] == nobody["detail"]
    wait_for_failed_logins(admin, since, ["INVALID_CREDENTIALS"] * 2)


def test_one_without_a_password_cannot_log_in_either(venue):
    maker = venue.maker("no password")
    venue.login(maker["email"], PASSWORD).refused(401, "INVALID_CREDENTIALS")


def test_its_password_is_held_to_the_rules_for_passwords(admin):
    body = {"name": "weak", "email": "weak@example.com", "password": "password123"}
    admin.post("admin/market-makers", body).refused(422, "WEAK_PASSWORD")


def test_its_password_and_hash_are_shown_nowhere(admin, maker):
    path = f"admin/market-makers/{maker['id']}"
    ticket = admin.get(f"admin/logging/tickets/{maker['ticket_id']}")
    for answer in (admin.get(path), ticket):
        answer.ok()
        assert PASSWORD not in answer.text and "$argon2" not in answer.text
