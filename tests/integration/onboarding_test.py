"""Who somebody is: said by themselves, checked by an operator, and then their account is open."""
import pytest

from venue import NOBODY, unique, wait_until

PROFILE = {"name": "Ada Lovelace", "birth_date": "1815-12-10", "nationality": "GB",
           "address": "12 St James's Square, London", "tax_id": "123-45"}


@pytest.fixture
def client(venue):
    return venue.register("who onboards")


def review_of(client):
    return f"admin/kyc/{client.user['id']}"


def submitted(client):
    client.put("onboarding/profile", PROFILE).ok()
    return client.post("onboarding/submit").ok()


def test_an_approval_activates_the_account_and_gives_the_level(admin, client):
    begun = client.get("onboarding/status").ok()
    assert (begun["status"], begun["level"], begun["account_status"]) == ("draft", 0, "pending_kyc")
    profile = client.put("onboarding/profile", PROFILE).ok()
    assert {name: profile[name] for name in PROFILE} == PROFILE
    assert client.post("onboarding/submit").ok()["status"] == "submitted"
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
    client.post("onboarding/submit").refused(409, "KYC_INCOMPLETE")


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
    found = admin.items("admin/kyc", status="submitted", limit=2)
    assert [item["user_id"] for item in found[:3]] == [c.user["id"] for c in reversed(waiting)]
    one = admin.items("admin/kyc", q=waiting[0].user["email"])
    assert [item["user_id"] for item in one] == [waiting[0].user["id"]]
    assert one[0]["name"] == PROFILE["name"]


def test_what_an_erased_person_said_is_forgotten(admin, client):
    submitted(client)
    admin.delete(f"admin/users/{client.user['id']}/personal-data").ok()
    wait_until(lambda: admin.get(review_of(client)).ok()["name"] is None, 20, "it is forgotten")
    left = admin.get(review_of(client)).ok()
    assert {left[name] for name in PROFILE} == {None} and left["status"] == "submitted"
