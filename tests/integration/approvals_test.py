"""Four eyes: what the venue's rules say needs a second person waits for one, takes effect once, and
is decided by what holds then."""
import pytest

from api_keys_test import Key
from payments import Provider
from staff_test import set_roles, signed_in
from venue import NOBODY, Session, unique, wait_until

pytestmark = pytest.mark.disruptive
RULES = {"approval_amounts": {"EUR": "1000.00", "CEA": 100}, "approval_of_roles": True}


class Desk:
    """The venue with its rules on, and the people who work there."""

    def __init__(self, venue):
        self.venue = venue
        self.admin = venue.admin()
        self.second = venue.staff_member("admin")
        self.operator = venue.staff_member("operator")
        self.colleague = venue.staff_member("operator")

    def change_rules(self, rules):
        """As two admins do it; one where no rules bind."""
        answer = self.venue.admin().put("admin/venue-rules", rules)
        if answer.status == 202:
            self.approve(answer, self.second).ok()
        else:
            answer.ok()

    def book(self, account_id, amount, kind="deposits", key=None, **more):
        return self.operator.post(f"admin/accounts/{account_id}/{kind}",
                                  {"asset": "EUR", "amount": amount, **more}, key=key)

    def approve(self, answer, who=None, key=None):
        return (who or self.colleague).post(f"{where(answer)}/approve", key=key)

    def account(self, euros=0):
        trader = self.venue.trader("who banks")
        for _ in range(0, euros, 1000):
            self.book(trader.account_id, 1000).ok(201)
        return trader.account_id

    def has(self, account_id, euros):
        """For whoever looks, soon."""
        self.venue.wait_for_balance(account_id, "EUR", euros, 0)

    def outcome(self, asked, status):
        """Of the command that waits or waited, for whoever sent it, soon."""
        path = f"commands/{asked.json['command_id']}"
        read = lambda: self.operator.get(path).ok()
        wait_until(lambda: read()["status"] == status and read()["ticket_id"], 10,
                   f"{path} is {status}, but {read()}")
        return read()


@pytest.fixture(scope="module")
def desk(venue):
    desk = Desk(venue)
    desk.change_rules(RULES)
    yield desk
    desk.change_rules({})


def where(answer):
    """The address of the request that an answer asks a second person for."""
    asked = answer.refused(202, "APPROVAL_REQUIRED")
    address = answer.headers["Location"]
    assert address == f"/api/v1/admin/approvals/{asked['approval_id']}"
    assert asked["command_id"] and asked["expires_at"]
    return address


def test_what_is_not_above_the_amount_needs_nobody_else(desk):
    account = desk.account()
    assert desk.book(account, "1000.00").ok(201)["balance_after"] == "1000.00"
    desk.has(account, 1000)


def test_what_is_above_waits_and_then_happens_exactly_as_it_was_asked_for(desk):
    account, key = desk.account(), unique("booking")
    asked = desk.book(account, "1000.01", key=key, notes="from the client")
    waits = desk.operator.get(where(asked)).ok()
    assert asked.json["ticket_id"]
    assert (waits["status"], waits["action"], waits["entity_id"]) == (
        "pending", "RecordAssetTransaction", account)
    assert (waits["requested_by"], waits["requested_by_email"]) == (
        desk.operator.user["id"], desk.operator.user["email"])
    assert (waits["request"]["amount"], waits["request"]["notes"]) == ("1000.01", "from the client")
    desk.has(account, 0)

    approved = desk.approve(asked).ok()
    assert (approved["status"], approved["decided_by"]) == ("approved", desk.colleague.user["id"])
    assert approved["ticket_id"] != asked.json["ticket_id"]
    desk.has(account, "1000.01")


def test_whoever_asked_finds_the_outcome_at_the_command_and_by_trying_again(desk):
    account, key = desk.account(), unique("booking")
    asked = desk.book(account, 2000, key=key)
    again = desk.book(account, 2000, key=key)
    assert where(again) == where(asked) and again.headers["Idempotent-Replayed"] == "true"
    assert desk.outcome(asked, "approval_pending")["approval_id"] == asked.json["approval_id"]

    approved = desk.approve(asked).ok()
    outcome = desk.outcome(asked, "succeeded")
    assert (outcome["result"]["amount"], outcome["ticket_id"]) == ("2000.00", approved["ticket_id"])
    again = desk.book(account, 2000, key=key)
    assert (again.ok(201)["id"], again.headers["Idempotent-Replayed"]) == (
        outcome["result"]["id"], "true")
    desk.has(account, 2000)


def test_a_request_is_used_once(desk):
    account, key = desk.account(), unique("consent")
    asked = desk.book(account, 2000)
    desk.approve(asked, key=key).ok()
    desk.approve(asked).refused(409, "APPROVAL_NOT_PENDING")
    desk.approve(asked, desk.operator).refused(409, "APPROVAL_NOT_PENDING")
    assert desk.approve(asked, key=key).ok()["status"] == "approved"
    desk.colleague.post(f"{where(asked)}/reject", {}).refused(409, "APPROVAL_NOT_PENDING")
    desk.has(account, 2000)
    desk.colleague.post(f"admin/approvals/{NOBODY}/approve").refused(409, "APPROVAL_NOT_PENDING")
    desk.colleague.post(f"admin/approvals/{NOBODY[:-1]}9/approve").refused(404, "NOT_FOUND")


def test_nobody_approves_what_they_asked_for_themselves(desk):
    account = desk.account()
    asked = desk.book(account, 2000)
    desk.approve(asked, desk.operator).refused(403, "APPROVAL_BY_REQUESTER")
    other_session = signed_in(desk.venue, desk.operator)
    desk.approve(asked, other_session).refused(403, "APPROVAL_BY_REQUESTER")
    body = {"name": "all that there is", "scopes": ["read", "trade", "settings", "admin"]}
    key = desk.operator.post("settings/api-keys", body).ok(201)["key"]
    by_key = Session(desk.venue)
    by_key.post(f"{where(asked)}/approve", headers={"X-API-Key": key}).refused(
        403, "SCOPE_MISSING")
    desk.has(account, 0)


def made_by(admin, owner, *scopes):
    """What an admin is answered who makes a key of somebody else's."""
    return admin.post(f"admin/users/{owner.user['id']}/api-keys", {"name": "of another", "scopes": scopes})


@pytest.mark.parametrize("scope", ["admin", "funding"])
def test_nobody_asks_in_the_name_of_another_and_consents_in_their_own(desk, scope):
    """Of whomever, for who has no role today may get one."""
    for owner in (desk.second, desk.operator, desk.venue.register("without a role")):
        refused = made_by(desk.admin, owner, "read", scope).refused(403, "FORBIDDEN")
        assert scope in refused["detail"], refused
    made = made_by(desk.admin, desk.second, "read", "trade", "settings").ok(201)
    in_her_name = Key(desk.venue, made)
    assert in_her_name.get("auth/me").ok()["id"] == desk.second.user["id"]
    in_her_name.put("admin/venue-rules", {}).refused(403, "SCOPE_MISSING")
    in_her_name.post(f"admin/accounts/{desk.second.account_id}/deposits",
                     {"asset": "EUR", "amount": 2000}).refused(403, "SCOPE_MISSING")
    in_her_name.post("funding/withdrawals", {"payment_method_id": NOBODY, "asset": "EUR",
                                             "amount": 2000}).refused(403, "SCOPE_MISSING")


def test_a_rejected_request_is_over_and_so_is_one_that_was_taken_back(desk):
    account = desk.account()
    asked, regretted = desk.book(account, 2000), desk.book(account, 3000)
    rejected = desk.colleague.post(f"{where(asked)}/reject", {"reason": "not agreed"}).ok()
    assert (rejected["status"], rejected["reason"]) == ("rejected", "not agreed")
    desk.approve(asked).refused(409, "APPROVAL_NOT_PENDING")
    desk.operator.post(f"{where(regretted)}/reject", {}).ok()
    desk.approve(regretted).refused(409, "APPROVAL_NOT_PENDING")
    desk.outcome(asked, "approval_rejected")
    desk.has(account, 0)


def test_what_is_approved_is_held_against_what_there_is_then(desk):
    account = desk.account(euros=2000)
    asked = desk.book(account, 1500, "withdrawals")
    desk.book(account, 1000, "withdrawals").ok(201)
    desk.approve(asked).refused(409, "INSUFFICIENT_BALANCE")
    assert desk.operator.get(where(asked)).ok()["status"] == "pending"
    desk.book(account, 600).ok(201)
    desk.approve(asked).ok()
    desk.has(account, 100)


def test_what_could_not_be_done_at_all_is_refused_and_waits_for_nobody(desk):
    account = desk.account(euros=1000)
    desk.book(account, 1500, "withdrawals").refused(409, "INSUFFICIENT_BALANCE")


def test_a_market_makers_first_balances_are_bookings_too(desk):
    body = {"name": unique("maker"), "email": f"{unique('maker')}@example.com",
            "initial_balances": {"CEA": 101}}
    asked = desk.operator.post("admin/market-makers", body)
    maker = desk.operator.get(where(asked)).ok()["entity_id"]
    desk.operator.get(f"admin/market-makers/{maker}").refused(404, "NOT_FOUND")
    desk.approve(asked).ok()
    balances = desk.operator.get(f"admin/market-makers/{maker}/balances").ok()
    assert balances["CEA"]["total"] == "101.00"


def test_a_role_for_others_affairs_takes_two_admins_and_is_taken_away_by_one(desk):
    person = desk.venue.register("to be promoted")
    path = f"admin/users/{person.user['id']}/role"
    asked = desk.venue.admin().put(path, {"role": "operator"})
    desk.approve(asked, desk.colleague).refused(403, "FORBIDDEN")
    assert signed_in(desk.venue, person).user["roles"] == ["user"]
    desk.approve(asked, desk.second).ok()
    promoted = signed_in(desk.venue, person)
    assert promoted.user["roles"] == ["operator"]
    promoted.get("admin/market-makers").ok()
    set_roles(desk.venue, person, "user")
    assert signed_in(desk.venue, person).user["roles"] == ["user"]


def test_one_admin_does_not_shake_off_the_rules(desk):
    asked = desk.venue.admin().put("admin/venue-rules", {})
    rules = desk.venue.admin().get("admin/venue-rules").ok()
    assert (rules["approval_amounts"]["EUR"], rules["approval_of_roles"]) == ("1000.00", True)
    assert rules["approval_expires_after_s"] == 86400
    desk.approve(asked, desk.venue.admin()).refused(403, "APPROVAL_BY_REQUESTER")
    desk.venue.admin().post(f"{where(asked)}/reject", {}).ok()
    desk.venue.admin().put("admin/venue-rules", {**RULES, "max_open_orders": 20000}).ok()


def test_a_request_expires(desk):
    desk.change_rules({**RULES, "approval_expires_after_s": 5})
    asked = desk.book(desk.account(), 2000)
    address = where(asked)
    desk.change_rules(RULES)
    wait_until(lambda: desk.operator.get(address).ok()["status"] == "expired", 10,
               "the request has expired")
    desk.approve(asked).refused(409, "APPROVAL_NOT_PENDING")
    ticket = wait_until(lambda: desk.operator.get("admin/logging/tickets",
                                                  entity_id=asked.json["approval_id"],
                                                  action="ApprovalExpired").ok()["items"],
                        10, "the expiry has its ticket")[0]
    assert (ticket["outcome"], ticket["entity_type"]) == ("success", "approval")


def test_every_step_is_a_ticket_of_whoever_took_it(desk):
    account = desk.account()
    asked = desk.book(account, 2000)
    desk.approve(asked, desk.operator).refused(403, "APPROVAL_BY_REQUESTER")
    approved = desk.approve(asked).ok()
    ticket = desk.operator.get(f"admin/logging/tickets/{asked.json['ticket_id']}").ok()
    assert (ticket["action"], ticket["outcome"], ticket["result"]["approval_id"]) == (
        "RecordAssetTransaction", "success", approved["id"])
    read = lambda: desk.colleague.get("admin/logging/tickets", entity_id=approved["id"]).ok()["items"]
    steps = wait_until(lambda: len(read()) == 2 and read(), 10, "both steps have their ticket")
    assert [(step["action"], step["outcome"], step["actor_id"]) for step in steps] == [
        ("ApproveRequest", "success", desk.colleague.user["id"]),
        ("ApproveRequest", "failed", desk.operator.user["id"])]
    assert steps[0]["account_id"] == account


def test_requests_are_listed_newest_first_whatever_they_are_about(desk):
    booking = desk.book(desk.account(), 2000)
    person = desk.venue.register("to be promoted")
    role = desk.venue.admin().put(f"admin/users/{person.user['id']}/role", {"role": "auditor"})
    newest = [role.refused(202, "APPROVAL_REQUIRED"), booking.json]
    ids = [asked["approval_id"] for asked in newest]
    wait_until(lambda: desk.operator.get(f"admin/approvals/{ids[0]}").status == 200, 10,
               "what the admin asked for is shown to others")
    page = desk.operator.get("admin/approvals", status="pending", limit=1).ok()
    rest = desk.operator.get("admin/approvals", status="pending", limit=1,
                             cursor=page["next_cursor"]).ok()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == ids
    assert all(item["status"] == "approved"
               for item in desk.operator.get("admin/approvals", status="approved").ok()["items"])


def test_a_large_withdrawal_of_a_clients_waits_and_then_locks(desk):
    client = desk.venue.trader("who withdraws", EUR=1000)
    desk.venue.fund(client.account_id, "EUR", 1000)
    desk.admin.put(f"admin/accounts/{client.account_id}/transfer-limits",
                   {"cool_off_s": 0, "max_transfer": 5000}).ok()
    provider = Provider(desk.venue)
    method = client.post("funding/payment-methods",
                         {"kind": "card", "card_number": "4111111111111111"}).ok(201)
    client.post(f"funding/payment-methods/{method['id']}/verify",
                provider.small_deposits(method)).ok()
    body = {"payment_method_id": method["id"], "asset": "EUR", "amount": "1500"}
    asked = client.post("funding/withdrawals", body)
    asked.refused(202, "APPROVAL_REQUIRED")
    desk.has(client.account_id, 2000)
    desk.approve(asked).ok()
    desk.venue.wait_for_balance(client.account_id, "EUR", 500, 1500)
    transfer = client.items("funding/transfers")[0]
    desk.operator.post(f"admin/transfers/{transfer['id']}/complete", {}).ok()
    desk.has(client.account_id, 500)


def test_a_large_deposit_that_an_operator_says_has_come_takes_two(desk):
    client = desk.venue.trader("who deposits")
    desk.admin.put(f"admin/accounts/{client.account_id}/transfer-limits",
                   {"max_transfer": 5000, "max_day": 5000}).ok()
    provider = Provider(desk.venue)
    method = client.post("funding/payment-methods",
                         {"kind": "card", "card_number": "4111111111111111"}).ok(201)
    client.post(f"funding/payment-methods/{method['id']}/verify",
                provider.small_deposits(method)).ok()
    body = {"payment_method_id": method["id"], "asset": "EUR", "amount": "1500"}
    by_hand, by_notice = (client.post("funding/deposits", body).ok(201) for _ in range(2))
    claimed = desk.operator.post(f"admin/transfers/{by_hand['id']}/complete", {})
    claimed.refused(202, "APPROVAL_REQUIRED")
    desk.has(client.account_id, 0)
    desk.approve(claimed).ok()
    desk.has(client.account_id, 1500)
    provider.notify(by_notice, "completed").ok()
    desk.has(client.account_id, 3000)
