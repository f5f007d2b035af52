"""Money that comes and goes: by payment methods that are verified, within limits, each unit once."""
import time
from decimal import Decimal

import pytest

from payments import Provider
from venue import NOBODY, wait_until

IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture(scope="module")
def provider(venue):
    return Provider(venue)


def verified(provider, client, **method):
    added = client.post("funding/payment-methods",
                        method or {"kind": "bank_account", "iban": IBAN}).ok(201)
    path = f"funding/payment-methods/{added['id']}/verify"
    return client.post(path, provider.small_deposits(added)).ok()


def without_cool_off(admin, client, **limits):
    return admin.put(f"admin/accounts/{client.account_id}/transfer-limits",
                     {"cool_off_s": 0, **limits}).ok()


@pytest.fixture
def client(venue):
    return venue.trader("who pays", EUR=1000)


@pytest.fixture
def method(provider, admin, client):
    without_cool_off(admin, client)
    return verified(provider, client)


def ask(client, way, method, amount, asset="EUR", **options):
    return client.post(f"funding/{way}s", {"payment_method_id": method["id"], "asset": asset,
                                           "amount": amount}, **options)


# --- payment methods ------------------------------------------------------------------------------

def test_a_payment_method_is_masked_and_verified_by_its_small_deposits(provider, client):
    added = client.post("funding/payment-methods",
                        {"kind": "bank_account", "iban": IBAN, "holder": "Ada"}).ok(201)
    assert (added["status"], added["shown"]) == ("pending", "DE••••3000")
    right = provider.small_deposits(added)
    path = f"funding/payment-methods/{added['id']}/verify"
    wrong = client.post(path, {**right, "first_amount": "1.00"}).ok()
    assert (wrong["status"], wrong["attempts_left"]) == ("pending", 2)
    done = client.post(path, {"first_amount": right["second_amount"],
                              "second_amount": right["first_amount"]}).ok()
    assert done["status"] == "verified" and done["verified_at"]
    assert client.items("funding/payment-methods") == [done]
    assert client.delete(f"funding/payment-methods/{added['id']}").ok()["status"] == "removed"
    assert client.items("funding/payment-methods") == []
    client.post(path, right).refused(404, "NOT_FOUND")


def test_who_reads_projections_does_not_learn_the_small_deposits(venue, provider, client):
    added = client.post("funding/payment-methods",
                        {"kind": "bank_account", "iban": IBAN}).ok(201)
    sent = provider.small_deposits(added)
    shown, = venue.sql("SELECT details, shown, small_deposits FROM accounts.payment_methods "
                       f"WHERE id = '{added['id']}'")
    assert not [text for text in shown for amount in sent.values() if amount in text]
    client.post(f"funding/payment-methods/{added['id']}/verify", sent).ok()
    assert added["id"] not in venue.bourse("small-deposits").stdout


def test_three_wrong_amounts_are_enough(client):
    added = client.post("funding/payment-methods",
                        {"kind": "card", "card_number": "4111 1111 1111 1111"}).ok(201)
    path = f"funding/payment-methods/{added['id']}/verify"
    wrong = {"first_amount": "1.00", "second_amount": "1.00"}
    assert [client.post(path, wrong).ok()["status"] for _ in range(3)] == [
        "pending", "pending", "failed"]
    client.post(path, wrong).refused(409, "PAYMENT_METHOD_UNVERIFIED")


@pytest.mark.parametrize("field, body", [
    ("iban", {"kind": "bank_account", "iban": "DE89 3704 0044 0532 0130 01"}),
    ("iban", {"kind": "bank_account"}),
    ("card_number", {"kind": "card", "card_number": "4111 1111 1111 1112"}),
    ("network", {"kind": "crypto_wallet", "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"}),
    ("address", {"kind": "crypto_wallet", "network": "bitcoin", "address": "here"}),
    ("kind", {"kind": "cheque"}),
])
def test_what_cannot_be_a_number_is_refused(client, field, body):
    refused = client.post("funding/payment-methods", body).refused(422, "VALIDATION_FAILED")
    assert [error["field"] for error in refused["errors"]] == [field]


def test_there_are_so_many_payment_methods(client):
    for _ in range(20):
        client.post("funding/payment-methods", {"kind": "bank_account", "iban": IBAN}).ok(201)
    client.post("funding/payment-methods",
                {"kind": "bank_account", "iban": IBAN}).refused(422, "VALIDATION_FAILED")
    assert len(client.items("funding/payment-methods", limit=7)) == 20


# --- transfers ------------------------------------------------------------------------------------

def test_a_deposit_is_booked_when_the_provider_says_so(provider, client, method):
    asked = ask(client, "deposit", method, "250.50")
    transfer = asked.ok(201)
    assert asked.headers["Location"] == f"/api/v1/funding/transfers/{transfer['id']}"
    assert (transfer["status"], transfer["amount"]) == ("pending", "250.50")
    assert client.balance("EUR") == (1000, 0)
    assert provider.notify(transfer, "processing").ok()["status"] == "processing"
    assert provider.notify(transfer, "completed", reference="pay-1").ok()["status"] == "completed"
    client.venue.wait_for_balance(client.account_id, "EUR", "1250.50", 0)
    assert client.get(f"funding/transfers/{transfer['id']}").ok()["status"] == "completed"
    booked = client.items("transactions", asset="EUR")[0]
    assert (booked["kind"], booked["amount"]) == ("deposit", "250.50")


def test_a_withdrawal_is_locked_at_once_and_goes_once(provider, admin, client, method):
    transfer = ask(client, "withdrawal", method, 400).ok(201)
    assert client.balance("EUR") == (600, 400)
    ask(client, "withdrawal", method, "600.01").refused(409, "INSUFFICIENT_FUNDS")
    done = admin.post(f"admin/transfers/{transfer['id']}/complete", {"reference": "wire-7"}).ok()
    assert (done["status"], done["destination"], done["reference"]) == (
        "completed", "DE••••3000", "wire-7")
    assert done["ticket_id"].startswith("TKT-")
    client.venue.wait_for_balance(client.account_id, "EUR", 600, 0)
    provider.notify(transfer, "completed").refused(409, "TRANSFER_NOT_OPEN")
    admin.post(f"admin/transfers/{transfer['id']}/fail",
               {"reason": "late"}).refused(409, "TRANSFER_NOT_OPEN")
    assert client.balance("EUR") == (600, 0)


def test_what_fails_or_is_canceled_is_free_again_and_counts_no_more(admin, client, method):
    failing = ask(client, "withdrawal", method, 300).ok(201)
    canceled = ask(client, "withdrawal", method, 200).ok(201)
    failed = admin.post(f"admin/transfers/{failing['id']}/fail", {"reason": "no such bank"}).ok()
    assert (failed["status"], failed["reason"]) == ("failed", "no such bank")
    gone = client.delete(f"funding/transfers/{canceled['id']}").ok()
    assert gone["status"] == "canceled"
    assert client.balance("EUR") == (1000, 0)
    assert [used["day"] for used in client.get("funding/limits").ok()["used"]] == ["0.00"]
    client.delete(f"funding/transfers/{canceled['id']}").refused(404, "NOT_FOUND")
    assert [item["status"] for item in client.items("funding/transfers", limit=1)] == [
        "canceled", "failed"]
    assert [item["id"] for item in client.items("funding/transfers", status="failed")] == [
        failing["id"]]


def test_what_is_under_way_is_not_canceled(provider, client, method):
    transfer = ask(client, "withdrawal", method, 10).ok(201)
    provider.notify(transfer, "processing").ok()
    client.delete(f"funding/transfers/{transfer['id']}").refused(409, "TRANSFER_NOT_OPEN")
    provider.notify(transfer, "processing").refused(409, "TRANSFER_NOT_OPEN")
    provider.notify(transfer, "failed", reason="closed there").ok()
    client.venue.wait_for_balance(client.account_id, "EUR", 1000, 0)


def test_a_retry_meets_the_transfer_that_there_is(client, method):
    first = ask(client, "withdrawal", method, 5, key="the same").ok(201)
    again = ask(client, "withdrawal", method, 5, key="the same")
    assert again.ok(201)["id"] == first["id"] and again.headers["Idempotent-Replayed"] == "true"
    assert client.balance("EUR") == (995, 5)


# --- what is refused ------------------------------------------------------------------------------

def test_nothing_goes_by_what_is_not_verified_or_not_ones_own(venue, provider, client, method):
    pending = client.post("funding/payment-methods",
                          {"kind": "bank_account", "iban": IBAN}).ok(201)
    for way in ("deposit", "withdrawal"):
        ask(client, way, pending, 1).refused(409, "PAYMENT_METHOD_UNVERIFIED")
        ask(client, way, {"id": NOBODY}, 1).refused(404, "NOT_FOUND")
        ask(client, way, method, 1, asset="CEA").refused(422, "ASSET_NOT_SUPPORTED")
        ask(client, way, method, 1, asset="NONE").refused(422, "ASSET_NOT_SUPPORTED")
        ask(client, way, method, "0.001").refused(422, "VALIDATION_FAILED")
    other = venue.trader("a stranger", EUR=10)
    ask(other, "withdrawal", method, 1).refused(404, "NOT_FOUND")
    transfer = ask(client, "withdrawal", method, 1).ok(201)
    other.get(f"funding/transfers/{transfer['id']}").refused(404, "NOT_FOUND")
    other.delete(f"funding/transfers/{transfer['id']}").refused(404, "NOT_FOUND")
    other.delete(f"funding/payment-methods/{method['id']}").refused(404, "NOT_FOUND")
    assert other.items("funding/transfers") == other.items("funding/payment-methods") == []


def test_a_new_destination_waits(provider, admin, client):
    method = verified(provider, client)
    refused = ask(client, "withdrawal", method, 1).refused(409, "DESTINATION_COOLING_OFF")
    assert "from 2" in refused["detail"]
    ask(client, "deposit", method, 1).ok(201)
    without_cool_off(admin, client)
    ask(client, "withdrawal", method, 1).ok(201)


def test_limits_say_what_is_left_and_when_it_is_more(admin, client, method):
    ask(client, "deposit", method, "1000.01").refused(409, "TRANSFER_LIMIT_EXCEEDED")
    ask(client, "deposit", method, 1000).ok(201)
    ask(client, "deposit", method, 700).ok(201)
    refused = ask(client, "deposit", method, "300.01").refused(409, "TRANSFER_LIMIT_EXCEEDED")
    assert "300.00 until" in refused["detail"] and "T00:00:00.000000Z" in refused["detail"]
    limits = client.get("funding/limits").ok()
    assert (limits["level"], limits["max_transfer"]) == (0, "1000.00")
    assert [(used["type"], used["day_left"]) for used in limits["used"]] == [("deposit", "300.00")]
    ask(client, "withdrawal", method, 500).ok(201)
    without_cool_off(admin, client, max_day=5000, max_month="1800")
    refused = ask(client, "deposit", method, "100.01").refused(409, "TRANSFER_LIMIT_EXCEEDED")
    assert "100.00 until" in refused["detail"] and "month" in refused["detail"]


def test_limits_are_set_for_a_client_from_what_was_read(admin, client):
    path = f"admin/accounts/{client.account_id}/transfer-limits"
    read = admin.get(path)
    assert read.ok()["max_transfer"] is None
    etag = read.headers["ETag"]
    done = admin.put(path, {"max_transfer": 5}, headers={"If-Match": etag}).ok()
    assert (done["max_transfer"], done["in_force"]["max_transfer"]) == ("5.00", "5.00")
    assert done["in_force"]["max_day"] == "2000.00"
    admin.put(path, {}, headers={"If-Match": etag}).refused(412, "VERSION_CONFLICT")
    admin.put(path, {"max_day": "-1"}).refused(422, "VALIDATION_FAILED")
    admin.get(f"admin/accounts/{NOBODY}/transfer-limits").refused(404, "NOT_FOUND")
    admin.put(f"admin/accounts/{NOBODY}/transfer-limits", {}).refused(404, "NOT_FOUND")


def test_accounts_do_what_their_status_lets_them(venue, provider, admin, client, method):
    waiting = venue.register("who waits")
    known = verified(provider, waiting)
    for way in ("deposit", "withdrawal"):
        ask(waiting, way, known, 1).refused(409, "ACCOUNT_NOT_ACTIVE")
    venue.activate(client.account_id, "restricted")
    ask(client, "deposit", method, 1).refused(409, "ACCOUNT_RESTRICTED")
    ask(client, "withdrawal", method, 1).ok(201)
    venue.activate(client.account_id, "closed")
    ask(client, "deposit", method, 1).refused(409, "ACCOUNT_NOT_ACTIVE")
    ask(client, "withdrawal", method, 1).ok(201)


# --- the allow-list -------------------------------------------------------------------------------

def allow(client, method, **options):
    return client.post("funding/allow-list", {"payment_method_id": method["id"]}, **options)


def test_withdrawals_go_to_what_is_on_the_list_only(provider, client, method):
    other = verified(provider, client, kind="card", card_number="4111 1111 1111 1111")
    assert client.get("funding/limits").ok()["allow_list_binds"] is False
    allowed = allow(client, method).ok(201)
    assert (allowed["payment_method_id"], allowed["shown"]) == (method["id"], "DE••••3000")
    assert client.items("funding/allow-list") == [allowed]
    assert client.get("funding/limits").ok()["allow_list_binds"] is True
    ask(client, "withdrawal", method, 1).ok(201)
    ask(client, "withdrawal", other, 1).refused(409, "DESTINATION_NOT_ALLOWED")
    ask(client, "deposit", other, 1).ok(201)
    added = allow(client, other).ok(201)
    assert client.items("funding/allow-list", limit=1) == [added, allowed]
    ask(client, "withdrawal", other, 1).ok(201)
    assert client.delete(f"funding/allow-list/{allowed['id']}").ok()["id"] == allowed["id"]
    client.delete(f"funding/allow-list/{allowed['id']}").refused(404, "NOT_FOUND")
    ask(client, "withdrawal", method, 1).refused(409, "DESTINATION_NOT_ALLOWED")
    client.delete(f"funding/payment-methods/{other['id']}").ok()
    assert client.items("funding/allow-list") == []


def test_a_list_that_binds_lets_nothing_new_through_at_once(provider, admin, client, method):
    other = verified(provider, client, kind="card", card_number="4111 1111 1111 1111")
    first = allow(client, method).ok(201)
    without_cool_off(admin, client, cool_off_s=3600)
    new = allow(client, other).ok(201)
    assert new["usable_from"] > new["created_at"]
    refused = ask(client, "withdrawal", other, 1).refused(409, "DESTINATION_COOLING_OFF")
    assert new["usable_from"] in refused["detail"]
    for item in (first, new):
        client.delete(f"funding/allow-list/{item['id']}").ok()
    limits = client.get("funding/limits").ok()
    assert limits["allow_list_binds"] and limits["allow_list_until"]
    ask(client, "withdrawal", method, 1).refused(409, "DESTINATION_NOT_ALLOWED")
    without_cool_off(admin, client)
    assert client.get("funding/limits").ok()["allow_list_binds"] is False
    ask(client, "withdrawal", method, 1).ok(201)


def test_only_ones_own_verified_destinations_are_allowed(venue, client, method):
    pending = client.post("funding/payment-methods",
                          {"kind": "bank_account", "iban": IBAN}).ok(201)
    allow(client, pending).refused(409, "PAYMENT_METHOD_UNVERIFIED")
    allow(client, {"id": NOBODY}).refused(404, "NOT_FOUND")
    client.post("funding/allow-list", {}).refused(422, "VALIDATION_FAILED")
    allowed = allow(client, method, key="once").ok(201)
    again = allow(client, method, key="once")
    assert again.ok(201) == allowed and again.headers["Idempotent-Replayed"] == "true"
    allow(client, method).refused(422, "VALIDATION_FAILED")
    other = venue.trader("a stranger", EUR=10)
    allow(other, method).refused(404, "NOT_FOUND")
    other.delete(f"funding/allow-list/{allowed['id']}").refused(404, "NOT_FOUND")
    assert other.items("funding/allow-list") == []


# --- notices --------------------------------------------------------------------------------------

def test_only_who_knows_the_secret_tells_of_payments(venue, provider, client, method):
    transfer = ask(client, "deposit", method, 50).ok(201)
    provider.notify(transfer, "completed", signature="0" * 64).refused(401, "UNAUTHENTICATED")
    for away in (-301, 301):
        provider.notify(transfer, "completed", at=time.time() + away).refused(
            401, "UNAUTHENTICATED")
    other = provider.signature(str(int(time.time())), b"another body")
    provider.notify(transfer, "completed", signature=other).refused(401, "UNAUTHENTICATED")
    venue.public.post("funding/callback/nobody", {"transfer_id": transfer["id"],
                                                  "status": "completed"},
                      headers={"X-Payment-Timestamp": "1", "X-Payment-Signature": "0" * 64}
                      ).refused(404, "NOT_FOUND")
    provider.notify({"id": NOBODY}, "completed").refused(409, "TRANSFER_NOT_OPEN")
    assert client.get(f"funding/transfers/{transfer['id']}").ok()["status"] == "pending"


def test_a_notice_that_comes_many_times_moves_money_once(provider, client, method):
    transfer = ask(client, "withdrawal", method, 100).ok(201)
    answers = [provider.notify(transfer, "completed").status for _ in range(5)]
    assert sorted(answers) == [200, 409, 409, 409, 409]
    client.venue.wait_for_balance(client.account_id, "EUR", 900, 0)


def test_no_transfer_makes_or_destroys_money(venue, provider, client, method):
    for way, amount in (("deposit", 70), ("withdrawal", 30)):
        provider.notify(ask(client, way, method, amount).ok(201), "completed").ok()
    client.venue.wait_for_balance(client.account_id, "EUR", 1040, 0)
    booked = venue.sql("SELECT sum(line.amount), count(*) FROM accounts.transactions line "
                       "JOIN accounts.transactions own USING (partition, event_offset) "
                       f"WHERE own.account_id = '{client.account_id}'")
    assert booked[0][0] == 0 and booked[0][1] == 6


# --- operators ------------------------------------------------------------------------------------

def test_operators_see_everybodys_transfers_page_after_page(admin, client, method):
    asked = [ask(client, "deposit", method, amount).ok(201)["id"] for amount in (1, 2, 3)]
    seen = admin.items("admin/transfers", account_id=client.account_id, limit=2)
    assert [item["id"] for item in seen] == asked[::-1]
    assert {item["email"] for item in seen} == {client.user["email"]}
    newest = admin.get("admin/transfers", account_id=client.account_id, status="pending",
                       type="deposit", limit=1).ok()["items"]
    assert newest[0]["id"] == asked[-1]
    admin.post(f"admin/transfers/{NOBODY}/complete", {}).refused(409, "TRANSFER_NOT_OPEN")
    client.post(f"admin/transfers/{asked[0]}/complete", {}).refused(403, "FORBIDDEN")
    admin.post(f"admin/transfers/{asked[0]}/fail", {}).refused(422, "VALIDATION_FAILED")


def test_what_an_erased_person_paid_by_is_forgotten(venue, admin, client, method):
    admin.delete(f"admin/users/{client.user['id']}/personal-data").ok()
    known = lambda: venue.sql("SELECT details, shown FROM accounts.payment_methods "
                              f"WHERE id = '{method['id']}'")
    wait_until(lambda: known() == [[None, None]], 20, "it is forgotten")
    assert Decimal(venue.balance(client.account_id, "EUR")[0]) == 1000
