"""What the venue mails: each thing once, whatever ends in between, and never again."""
import contextlib

import pytest

from mailbox import Mailbox, token_of
from venue import PASSWORD, Session, unique, wait_until

VERIFY, RESET = "Confirm your e-mail address", "Set a new password"


@pytest.fixture
def someone(venue):
    """The mailbox of a user who has just registered."""
    address = f"{unique('someone')}@example.com"
    venue.public.post("auth/register", {"email": address, "password": PASSWORD,
                                        "full_name": "Some One"}).ok(201)
    return Mailbox(venue, address)


def forget(venue, address):
    return venue.public.post("auth/password/forgot", {"email": address})


@contextlib.contextmanager
def mail_server(venue, does):
    """Meanwhile it takes mails, but does not say so (hold), or knows nobody whom they are for (refuse)."""
    told = venue.run_dir / "mail" / does
    told.touch()
    try:
        yield
    finally:
        told.unlink()


def test_an_address_is_verified_by_what_was_mailed_there_and_once(venue, someone):
    tokens = venue.login(someone.address, PASSWORD).ok()
    assert tokens["user"]["email_verified"] is False
    token = token_of(someone.wait(VERIFY))
    verified = venue.public.post("auth/email/verify", {"token": token}).ok()
    assert verified["user_id"] == tokens["user"]["id"]
    caller = Session(venue, tokens["access_token"])
    wait_until(lambda: caller.get("auth/me").ok()["email_verified"], 10, "it shows")
    again = venue.public.post("auth/email/verify", {"token": token})
    assert "token" in str(again.refused(422, "VALIDATION_FAILED")["errors"])


@pytest.mark.parametrize("change", [
    lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda token: token[1:],
    lambda token: "nonsense"], ids=["other hash", "cut", "nonsense"])
def test_a_token_that_was_not_mailed_verifies_nothing(venue, someone, change):
    token = change(token_of(someone.wait(VERIFY)))
    refused = venue.public.post("auth/email/verify", {"token": token})
    assert refused.refused(422, "VALIDATION_FAILED")["errors"][0]["field"] == "token"


def test_who_asks_for_a_new_password_cannot_tell_whether_anybody_has_the_address(venue, someone):
    nobody = Mailbox(venue, f"{unique('nobody')}@example.com")
    answers = [forget(venue, mailbox.address) for mailbox in (someone, nobody)]
    assert answers[0].ok() == answers[1].ok() == {}
    assert set(answers[0].headers) == set(answers[1].headers)
    someone.wait(RESET)
    assert forget(venue, someone.address).ok() == {}
    later = registered(venue)
    later.wait(VERIFY)  # so what was asked for before it has been sent, too
    assert nobody.mails() == []
    assert len(someone.mails(RESET)) == 1, "one a minute"


def registered(venue):
    """A user in whatever partition, whose mail comes after all that was asked for there."""
    address = f"{unique('later')}@example.com"
    venue.public.surely("POST", "auth/register", {"email": address, "password": PASSWORD,
                                                  "full_name": "La Ter"}).ok(201)
    return Mailbox(venue, address)


def test_requests_for_new_passwords_are_limited_by_address_as_logins_are(venue):
    email = f"{unique('nobody')}@example.com"
    assert forget(venue, email).headers["RateLimit-Policy"] == \
        venue.login(email, "wrong password").headers["RateLimit-Policy"]


def said_to_be_done(venue, mailbox):
    """A sender that begins anew has caught up, and has nothing to send to anybody."""
    venue.process("restart", "settings-deliverer")
    registered(venue).wait(VERIFY)
    return len(mailbox.mails())


@pytest.mark.disruptive
def test_a_mail_whose_sender_is_killed_before_it_is_answered_keeps_its_id(venue, someone):
    someone.wait(VERIFY)
    with mail_server(venue, "hold"):
        forget(venue, someone.address).ok()
        someone.wait(RESET)
        venue.process("kill", "settings-deliverer")
    venue.process("start", "settings-deliverer")
    second = someone.wait(RESET, 2)
    first = someone.mails(RESET)[0]
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_string() == second.as_string()
    assert said_to_be_done(venue, someone) == 3


@pytest.mark.disruptive
def test_a_rebuild_of_the_projection_sends_nothing(venue, someone):
    someone.wait(VERIFY)
    venue.bourse("projection", "rebuild", "settings")
    venue.process("restart", "settings-projector")
    assert said_to_be_done(venue, someone) == 1
