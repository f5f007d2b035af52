"""Who somebody is: said by themselves, checked by an operator, and then their account is open."""
import hashlib
import http.client
import json
import time

import pytest

from gateways import free_port, gateway_beside
from metrics import counted
from restore_test import superuser
from venue import NOBODY, Trader, psql, unique, wait_until

PROFILE = {"name": "Ada Lovelace", "birth_date": "1815-12-10", "nationality": "GB",
           "address": "12 St James's Square, London", "tax_id": "123-45"}
PDF = b"%PDF-1.4\n" + b"who I am " * 100_000 + b"\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100 + b"IEND\xae\x42\x60\x82"
ANSWER_S = 10 # within which a gateway answers what it has (WAIT_OUTCOME_NS)
UPLOADS_OF_ONE = 4
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100 + b"\xff\xd9"


@pytest.fixture
def client(venue):
    return venue.register("who onboards")


def review_of(client):
    return f"admin/kyc/{client.user['id']}"


def hand_in(client, kind="passport", content=PDF, **options):
    return client.post("onboarding/documents", content, kind=kind,
                       headers={"Content-Type": "application/octet-stream"}, **options)


def submitted(client):
    if not client.items("onboarding/documents"):
        hand_in(client).ok(201)
        hand_in(client, "proof_of_address", PNG).ok(201)
    client.put("onboarding/profile", PROFILE).ok()
    return client.post("onboarding/submit").ok()


def test_an_approval_activates_the_account_and_gives_the_level(admin, client):
    begun = client.get("onboarding/status").ok()
    assert (begun["status"], begun["level"], begun["account_status"]) == ("draft", 0, "pending_kyc")
    profile = client.put("onboarding/profile", PROFILE).ok()
    assert {name: profile[name] for name in PROFILE} == PROFILE
    assert submitted(client)["status"] == "submitted"
    taken = admin.post(f"{review_of(client)}/take-up").ok()
    assert (taken["status"], taken["reviewer_id"]) == ("in_review", admin.user["id"])
    assert {name: taken[name] for name in PROFILE} == PROFILE
    approved = admin.post(f"{review_of(client)}/approve", {"level": 2}).ok()
    assert (approved["status"], approved["level"], approved["account_status"]) == (
        "approved", 2, "active")
    assert approved["ticket_id"].startswith("TKT-")
    done = client.get("onboarding/status").ok()
    assert (done["status"], done["level"], done["account_status"]) == ("approved", 2, "active")


def test_what_is_sent_back_says_why_and_may_be_handed_in_anew(admin, client):
    submitted(client)
    asked = admin.post(f"{review_of(client)}/request-information", {"reason": "which flat?"}).ok()
    assert asked["status"] == "needs_information"
    told = client.get("onboarding/status").ok()
    assert (told["status"], told["reason"]) == ("needs_information", "which flat?")
    client.put("onboarding/profile", {**PROFILE, "address": "flat 4, 12 St James's Square"}).ok()
    again = client.post("onboarding/submit").ok()
    assert (again["status"], again["reason"]) == ("submitted", None)
    rejected = admin.post(f"{review_of(client)}/reject", {"reason": "not you"}).ok()
    assert (rejected["status"], rejected["account_status"]) == ("rejected", "pending_kyc")
    client.put("onboarding/profile", PROFILE).ok()
    assert client.get("onboarding/status").ok()["status"] == "draft"


def test_nothing_is_submitted_that_is_not_complete(client):
    client.get("onboarding/profile").refused(404, "NOT_FOUND")
    def is_missing(what):
        refused = client.post("onboarding/submit").refused(409, "KYC_INCOMPLETE")
        assert what in refused["detail"], refused

    is_missing("profile")
    client.put("onboarding/profile", PROFILE).ok()
    is_missing("passport")
    hand_in(client, "id_card", JPEG).ok(201)
    is_missing("proof_of_address")
    hand_in(client, "proof_of_address", PNG).ok(201)
    client.post("onboarding/submit").ok()


def test_what_was_handed_in_stays_as_it_is(admin, client):
    submitted(client)
    client.put("onboarding/profile", PROFILE).refused(409, "KYC_NOT_OPEN")
    client.post("onboarding/submit").refused(409, "KYC_NOT_OPEN")
    admin.post(f"{review_of(client)}/approve", {}).ok()
    client.put("onboarding/profile", PROFILE).refused(409, "KYC_NOT_OPEN")
    admin.post(f"{review_of(client)}/approve", {}).refused(409, "KYC_NOT_SUBMITTED")


def test_a_change_is_made_from_what_was_read(client):
    client.put("onboarding/profile", PROFILE).ok()
    read = client.get("onboarding/profile").headers["ETag"]
    client.put("onboarding/profile", PROFILE, headers={"If-Match": read}).ok()
    client.put("onboarding/profile", PROFILE, headers={"If-Match": read}).refused(
        412, "VERSION_CONFLICT")


@pytest.mark.parametrize("wrong", [{"birth_date": "1815-02-30"}, {"nationality": "gb"},
                                   {"name": ""}, {"address": "x" * 501}])
def test_what_is_no_profile_is_refused_by_its_field(client, wrong):
    refused = client.put("onboarding/profile", {**PROFILE, **wrong}).refused(
        422, "VALIDATION_FAILED")
    assert [error["field"] for error in refused["errors"]] == list(wrong)


def test_only_an_operator_decides_and_never_on_themselves(venue, admin, client):
    submitted(client)
    client.post(f"{review_of(client)}/approve", {}).refused(403, "FORBIDDEN")
    admin.post(f"{review_of(client)}/reject", {}).refused(422, "VALIDATION_FAILED")
    admin.post(f"admin/kyc/{NOBODY}/approve", {}).refused(404, "NOT_FOUND")
    admin.get(f"admin/kyc/{NOBODY}").refused(404, "NOT_FOUND")
    other = venue.register("who looks on")
    other.get("onboarding/profile").refused(404, "NOT_FOUND")


def test_operators_see_what_waits_page_after_page(venue, admin):
    waiting = [venue.register(unique("waits")) for _ in range(3)]
    for client in waiting:
        submitted(client)
    ids = [client.user["id"] for client in waiting]
    found = [item["user_id"] for item in admin.items("admin/kyc", status="submitted", limit=2)]
    assert [user for user in found if user in ids] == ids[::-1]
    one = admin.items("admin/kyc", q=waiting[0].user["email"])
    assert [item["user_id"] for item in one] == [waiting[0].user["id"]]
    assert one[0]["name"] == PROFILE["name"]


def test_what_an_erased_person_said_is_forgotten(admin, client):
    submitted(client)
    admin.delete(f"admin/users/{client.user['id']}/personal-data").ok()
    wait_until(lambda: admin.get(review_of(client)).ok()["name"] is None, 20, "it is forgotten")
    left = admin.get(review_of(client)).ok()
    assert {left[name] for name in PROFILE} == {None} and left["status"] == "submitted"


# --- documents ------------------------------------------------------------------------------------

def content_of(admin, client, document):
    """Its bytes, which are no text; the first of them, where it is erased while it is read."""
    connection = admin.venue.connect()
    connection.request("GET", f"/api/v1/{review_of(client)}/documents/{document['id']}/content",
                       headers=admin.credentials())
    response = connection.getresponse()
    try:
        return response.status, response.read()
    except http.client.IncompleteRead as read:
        return response.status, read.partial


def comes_back(admin, client, document, content):
    """For whoever reviews it, soon."""
    wait_until(lambda: content_of(admin, client, document) == (200, content), 10,
               "the document is there as it was handed in")


@pytest.mark.parametrize("content, name", [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg")],
                         ids=["pdf", "png", "jpeg"])
def test_a_document_is_known_by_its_content_and_comes_back_as_it_was(admin, client, content, name):
    document = hand_in(client, content=content).ok(201)
    assert (document["format"], document["size_bytes"]) == (name, len(content))
    assert document["sha256"] == hashlib.sha256(content).hexdigest()
    comes_back(admin, client, document, content)
    whole = admin.get(review_of(client)).ok()
    assert whole["documents"] == client.items("onboarding/documents") == [document]


@pytest.mark.parametrize("content", [b"MZ not a document", PDF[:-7], PNG[:-1], JPEG[:-1], b"%PDF-"],
                         ids=["program", "part of a pdf", "part of a png", "part of a jpeg", "head"])
def test_what_is_no_document_or_not_all_of_one_is_rejected(client, content):
    hand_in(client, content=content).refused(422, "DOCUMENT_REJECTED")
    assert client.items("onboarding/documents") == []


def test_ten_megabytes_are_taken_and_no_more(admin, client):
    most = PDF[:-7] + b"\0" * (10 * 1024 * 1024 - len(PDF)) + PDF[-7:]
    document = hand_in(client, content=most).ok(201)
    comes_back(admin, client, document, most)
    hand_in(client, content=b"\0" + most).refused(413, "BODY_TOO_LARGE")
    client.put("onboarding/profile", b" " * 70_000,
               headers={"Content-Type": "application/json"}).refused(413, "BODY_TOO_LARGE")


def begin_to_send(client, size, kind="passport"):
    """The head of a document of so many bytes."""
    connection = client.venue.connect()
    connection.putrequest("POST", f"/api/v1/onboarding/documents?kind={kind}")
    for name, value in {**client.credentials(), "Content-Type": "application/octet-stream",
                        "Content-Length": size}.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection


def kept_of(venue, client):
    """How many documents of a person's are in the vault, and how many parts of them."""
    return psql(superuser(venue, "bourse_vault"), "SELECT count(DISTINCT document_id), count(part) FROM documents "
                f"LEFT JOIN document_parts USING (document_id) WHERE key_id = '{client.user['id']}'")


def test_a_document_that_breaks_off_leaves_nothing(venue, client):
    connection = begin_to_send(client, 5 * 1024 * 1024)
    connection.send(PDF + b"\0" * (1024 * 1024))
    wait_until(lambda: kept_of(venue, client) not in (["0|0"], ["1|0"]), 10, "a part of it is in the vault")
    connection.close()
    wait_until(lambda: kept_of(venue, client) == ["0|0"], 10, "nothing of it is")
    assert client.items("onboarding/documents") == []
    hand_in(client).ok(201)


def test_a_document_may_take_longer_than_an_answer(venue, admin, client):
    other, rest = venue.register("who breaks off"), PDF + b"\0" * 1024 + PDF[-7:]
    begun = time.monotonic()
    going_on, breaking_off = (begin_to_send(each, len(PDF) + len(rest)) for each in (client, other))
    for connection in (going_on, breaking_off):
        connection.send(PDF)
    for each in (client, other):
        wait_until(lambda: kept_of(venue, each) not in (["0|0"], ["1|0"]), 10, "a part of it is in the vault")
    wait_until(lambda: time.monotonic() > begun + ANSWER_S + 1, 60, "an answer would have been due")
    breaking_off.close()
    going_on.send(rest)
    answer = going_on.getresponse()
    document = json.loads(answer.read())
    assert (answer.status, document.get("size_bytes")) == (201, len(PDF) + len(rest)), document
    comes_back(admin, client, document, PDF + rest)
    wait_until(lambda: kept_of(venue, other) == ["0|0"], 10, "nothing of the other is")
    assert other.items("onboarding/documents") == []


def test_nobody_sends_so_many_documents_that_others_cannot(venue, client):
    sending = [begin_to_send(client, 5 * 1024 * 1024) for _ in range(UPLOADS_OF_ONE)]
    for connection in sending:
        connection.send(PDF)
    has_all = lambda: kept_of(venue, client)[0].startswith(f"{UPLOADS_OF_ONE}|")
    wait_until(has_all, 30, "all of them have begun")
    fifth = begin_to_send(client, 5 * 1024 * 1024).getresponse() # before any of its body
    assert (fifth.status, "RATE_LIMITED" in fifth.read().decode()) == (429, True)
    hand_in(client, content=PNG).ok(201) # a small one takes no place of the large
    hand_in(venue.register("who is not kept waiting")).ok(201)
    sending.pop().close()
    wait_until(lambda: hand_in(client).status == 201, 30, "there is a place again")
    for connection in sending:
        connection.close()


def test_what_is_no_document_is_refused_at_its_first_bytes(venue, client, tmp_path):
    """At a gateway of its own, which counts what this client is refused and nobody else."""
    rejected, port = 'bourse_http_problems_total{code="DOCUMENT_REJECTED"}', free_port()
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port) as gateway:
        connection = begin_to_send(Trader(gateway.venue, client.token, client.user), 5 * 1024 * 1024)
        connection.send(b"MZ" + b"\0" * (300 * 1024))
        wait_until(lambda: counted(port, rejected) == 1, 10, "it is refused")
        assert kept_of(venue, client) == ["0|0"]
        connection.send(b"\0" * (5 * 1024 * 1024 - 300 * 1024 - 2))
        answer = connection.getresponse()
        assert (answer.status, "DOCUMENT_REJECTED" in answer.read().decode()) == (422, True)


def test_a_document_comes_in_chunks_as_well(admin, client):
    connection = client.venue.connect()
    connection.request("POST", "/api/v1/onboarding/documents?kind=passport", iter([PDF[:100], PDF[100:]]),
                       {**client.credentials(), "Content-Type": "application/octet-stream"}, encode_chunked=True)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    assert (answer.status, document["size_bytes"]) == (201, len(PDF))
    comes_back(admin, client, document, PDF)


def test_a_document_that_is_sent_again_with_its_key_is_there_once(venue, client):
    first = hand_in(client, key="again").ok(201)
    again = hand_in(client, key="again")
    assert again.ok(201)["id"] == first["id"] and again.headers["Idempotent-Replayed"] == "true"
    hand_in(client, content=PNG, key="again").refused(422, "IDEMPOTENCY_KEY_REUSED")
    wait_until(lambda: kept_of(venue, client)[0].startswith("1|"), 10, "its copies are gone")


def test_what_is_taken_back_is_gone(venue, admin, client):
    document = hand_in(client).ok(201)
    other = venue.register("who pries")
    other.delete(f"onboarding/documents/{document['id']}").refused(404, "NOT_FOUND")
    client.delete(f"onboarding/documents/{document['id']}").ok()
    client.delete(f"onboarding/documents/{document['id']}").refused(404, "NOT_FOUND")
    assert client.items("onboarding/documents", limit=1) == []
    wait_until(lambda: content_of(admin, client, document)[0] == 404, 10, "it is gone")
    kept = hand_in(client).ok(201)
    assert content_of(admin, other, kept)[0] == 404
    client.get(f"{review_of(client)}/documents/{kept['id']}/content").refused(403, "FORBIDDEN")
    hand_in(client, "proof_of_address").ok(201)
    submitted(client)
    client.delete(f"onboarding/documents/{kept['id']}").refused(409, "KYC_NOT_OPEN")
    hand_in(client).refused(409, "KYC_NOT_OPEN")


def test_documents_of_an_erased_person_are_unreadable(admin, client):
    document = hand_in(client).ok(201)
    admin.delete(f"admin/users/{client.user['id']}/personal-data").ok()
    wait_until(lambda: content_of(admin, client, document)[0] == 404, 20, "it is gone")
