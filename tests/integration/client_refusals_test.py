"""What a client's life is refused, where no test of its own group meets it: limits, and what comes too early or late.

Not to be had over HTTP, and so by unit tests alone: 404 NOT_FOUND of onboarding, of POST funding/payment-methods and of POST
statements, for whoever has signed in has an account (kyc_test.c, transfer_test.c, statement_test.c); a conversation that was
closed more than 30 days ago (ticket_test.c); an Idempotency-Key that is more than a day old (writer_test.c).
"""
import pytest

from funding_test import ask, verified, without_cool_off
from onboarding_test import hand_in, submitted
from payments import Provider
from venue import unique


@pytest.fixture(scope="module")
def client(venue):
    return venue.trader("who is refused", EUR=1000)


def test_nothing_is_decided_about_an_identity_check_that_was_not_handed_in(venue, admin):
    person = venue.register("who has not begun")
    review = f"admin/kyc/{person.user['id']}"
    hand_in(person).ok(201)
    for action, body in (("take-up", None), ("approve", {}), ("reject", {"reason": "no"}),
                         ("request-information", {"reason": "more"})):
        admin.post(f"{review}/{action}", body).refused(409, "KYC_NOT_SUBMITTED")
    assert person.get("onboarding/status").ok()["status"] == "draft"


def test_a_person_hands_in_twenty_documents_at_most(venue):
    person = venue.register("who hands in much")
    documents = [hand_in(person).ok(201)["id"] for _ in range(20)]
    hand_in(person).refused(422, "DOCUMENT_REJECTED")
    person.delete(f"onboarding/documents/{documents[0]}").ok()
    hand_in(person).ok(201)


def test_an_account_has_a_hundred_open_transfers_at_most(venue, admin, client):
    without_cool_off(admin, client)
    method = verified(Provider(venue), client)
    transfers = [ask(client, "deposit", method, 1).ok(201)["id"] for _ in range(100)]
    for way in ("deposit", "withdrawal"):
        ask(client, way, method, 1).refused(409, "TRANSFER_LIMIT_EXCEEDED")
    client.delete(f"funding/transfers/{transfers[0]}").ok()
    ask(client, "withdrawal", method, 1).ok(201)


def test_nobody_decides_about_their_own_identity_check(venue, admin):
    person = venue.staff_member("user", "operator")
    submitted(person)
    review = f"admin/kyc/{person.user['id']}"
    for action, body in (("take-up", None), ("approve", {}), ("reject", {"reason": "no"}),
                         ("request-information", {"reason": "more"})):
        person.post(f"{review}/{action}", body).refused(403, "FORBIDDEN")
    assert person.get("onboarding/status").ok()["status"] == "submitted"
    assert admin.post(f"{review}/approve", {}).ok()["status"] == "approved"


def test_a_deposit_is_no_more_than_a_balance_may_be(venue, admin, client):
    without_cool_off(admin, client)
    method = verified(Provider(venue), client)
    ask(client, "deposit", method, "46116860184.28").refused(422, "AMOUNT_RANGE")
    ask(client, "deposit", method, "92233720369").refused(422, "AMOUNT_RANGE")


def test_a_conversation_has_two_hundred_messages_at_most(client):
    ticket = client.post("support/tickets", {"category": "other", "subject": "Much", "text": "to say"}).ok(201)
    messages = f"support/tickets/{ticket['id']}/messages"
    for number in range(199):
        client.post(messages, {"text": f"and {number}"}).ok(201)
    client.post(messages, {"text": "and this"}).refused(422, "VALIDATION_FAILED")
    client.post("support/tickets", {"category": "other", "subject": "More", "text": "to say"}).ok(201)


def test_what_is_watched_and_waited_for_is_there_when_it_is_changed_too(client, market):
    watched = client.post("watchlists", {"name": "Mine", "symbols": [market.symbol]}).ok(201)
    client.put(f"watchlists/{watched['id']}", {"name": "Mine", "symbols": ["NO-SUCH"]}).refused(
        422, "INSTRUMENT_UNKNOWN")
    alert = client.post("alerts", {"instrument": market.symbol, "condition": "above", "price": 1}).ok(201)
    client.put(f"alerts/{alert['id']}", {"instrument": "NO-SUCH", "condition": "above", "price": 1}).refused(
        422, "INSTRUMENT_UNKNOWN")
    assert client.get(f"watchlists/{watched['id']}").ok()["symbols"] == [market.symbol]
    assert client.get(f"alerts/{alert['id']}").ok()["instrument"] == market.symbol


def test_somebody_keeps_a_hundred_screens_at_most(client):
    for number in range(100):
        client.post("screener/screens", {"name": unique(f"Screen {number}"), "filters": {}}).ok(201)
    client.post("screener/screens", {"name": "One more", "filters": {}}).refused(422, "VALIDATION_FAILED")
