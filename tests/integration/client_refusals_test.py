"""What a client's life is refused, where no test of its own group meets it: limits, and what comes too early or late."""
import pytest

from funding_test import ask, verified, without_cool_off
from onboarding_test import hand_in
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
