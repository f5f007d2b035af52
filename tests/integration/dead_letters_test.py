"""Dead letters: what was set aside is shown to admins, and decided anew once, by two where the rules
say so, with a ticket each time."""
import base64

import pytest

import topics
from poison import poisoned
from venue import NOBODY, unique, wait_until

pytestmark = pytest.mark.disruptive
PATH = "admin/dead-letters"


def letter_of(venue, command_id):
    """What shows a command that was set aside, soon."""
    find = lambda: [letter for letter in venue.admin().items(PATH, kind="poisonous")
                    if letter["command_id"] == command_id]
    return wait_until(find, 10, f"the command {command_id} is shown")[0]


def set_aside(venue, market, key=None):
    """An order over 5 EUR that was, its dead letter, and who placed it."""
    trader = venue.trader(EUR=100)
    order = lambda: trader.order(market, "buy", 1, "5", key=key)
    poisoned(venue, "accounts", trader.account_id, order).refused(500, "COMMAND_POISON")
    sql = f"SELECT command_id FROM accounts.events WHERE actor_id = '{trader.user['id']}'" \
          " AND code = 'COMMAND_POISON'"
    command_id = wait_until(lambda: venue.sql(sql), 10, "it is in the journal")[0][0]
    return trader, letter_of(venue, command_id)


def retry(admin, letter, reason="mended", key=None):
    return admin.post(f"{PATH}/{letter['id']}/retry", {"reason": reason}, key=key)


def test_what_cannot_be_read_is_shown_and_not_retried(venue):
    admin, said = venue.admin(), unique("no command").encode()
    topics.produce(venue, "bourse.orders.commands", b"garbage", [said])
    raw = base64.b64encode(said).decode()
    whole = lambda: [letter for item in admin.items(PATH, kind="malformed", service="orders")
                     for letter in [admin.get(f"{PATH}/{item['id']}").ok()] if letter["raw"] == raw]
    letter, = wait_until(whole, 20, "it is shown")
    assert (letter["status"], letter["code"], letter["size"]) == (
        "not_retriable", "VALIDATION_FAILED", len(said))
    assert letter["action"] is letter["request"] is letter["actor_id"] is None
    assert letter["source"].startswith("orders.commands/")
    retry(admin, letter).refused(422, "DEAD_LETTER_UNREADABLE")
    assert not [item for item in admin.items(PATH, kind="malformed") if item["service"] != "orders"
                and item["id"] == letter["id"]]


def test_a_command_is_decided_anew_once_and_is_its_senders(venue, market):
    admin, sent, key = venue.admin(), unique("order"), unique("retry")
    trader, letter = set_aside(venue, market, key=sent)
    assert (letter["status"], letter["kind"], letter["service"], letter["action"]) == (
        "waiting", "poisonous", "accounts", "PlaceOrder")
    assert (letter["actor_email"], letter["request"]["quantity"]) == (trader.user["email"], "1.00")
    assert trader.get(f"commands/{letter['command_id']}").ok()["code"] == "COMMAND_POISON"

    retried = retry(admin, letter, "the check is mended", key).ok()
    assert (retried["status"], retried["retried_by"]) == ("retried", admin.user["id"])
    wait_until(lambda: trader.balance("EUR") == (95, 5), 10, "its money is held")
    ticket = admin.get(f"admin/logging/tickets/{retried['ticket_id']}").ok()
    assert (ticket["action"], ticket["actor_id"], ticket["entity_id"], ticket["outcome"]) == (
        "RetryDeadLetter", admin.user["id"], letter["id"], "success")
    assert ticket["request"]["reason"] == "the check is mended"

    retry(admin, letter).refused(409, "DEAD_LETTER_NOT_WAITING")
    again = retry(admin, letter, "the check is mended", key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.ok()["ticket_id"] == retried["ticket_id"]
    outcome = lambda: trader.get(f"commands/{letter['command_id']}").ok()["status"]
    wait_until(lambda: outcome() == "succeeded", 10, "it shows what came of it")
    replayed = trader.order(market, "buy", 1, "5", key=sent)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.ok(201)["id"] == letter["request"]["order_id"]
    assert trader.balance("EUR") == (95, 5)


def test_what_is_refused_anew_says_why_and_waits_on(venue, market):
    admin = venue.admin()
    trader, letter = set_aside(venue, market)
    venue.activate(trader.account_id, "restricted")
    retry(admin, letter).refused(409, "ACCOUNT_RESTRICTED")
    assert admin.get(f"{PATH}/{letter['id']}").ok()["status"] == "waiting"
    venue.activate(trader.account_id)
    assert retry(admin, letter).ok()["status"] == "retried"


def test_a_retry_waits_for_another_admin_where_the_rules_say_so(venue, market):
    admin, second = venue.admin(), venue.staff_member("admin")
    admin.put("admin/venue-rules", {"approval_of_retries": True}).ok()
    try:
        trader, letter = set_aside(venue, market)
        asked = retry(admin, letter)
        request = asked.refused(202, "APPROVAL_REQUIRED")
        approval = f"admin/approvals/{request['approval_id']}"
        shown = admin.get(approval).ok()
        assert (shown["action"], shown["entity_type"], shown["entity_id"]) == (
            "RetryDeadLetter", "dead_letter", letter["id"])
        admin.post(f"{approval}/approve").refused(403, "APPROVAL_BY_REQUESTER")
        assert trader.balance("EUR") == (100, 0)
        assert second.post(f"{approval}/approve").ok()["status"] == "approved"
        wait_until(lambda: trader.balance("EUR") == (95, 5), 10, "its money is held")
        retried = second.get(f"{PATH}/{letter['id']}").ok()
        assert (retried["status"], retried["retried_by"]) == ("retried", second.user["id"])
        second.post(f"{approval}/approve").refused(409, "APPROVAL_NOT_PENDING")
        retry(second, letter).refused(409, "DEAD_LETTER_NOT_WAITING")
    finally:
        venue.lift_rules()


def halt(venue):
    """(key, what is asked of it, whether that has happened)."""
    symbol, admin = venue.market().symbol, venue.admin()
    status = lambda: venue.public.get(f"market/instruments/{symbol}").ok()["status"]
    return symbol, lambda: admin.post(f"admin/instruments/{symbol}/halt"), lambda: status() == "halted"


def correction(venue):
    """The same of a piece of news."""
    admin = venue.admin()
    news = {"category": "carbon", "title": "Auction clears", "body": "At 71.20."}
    document = admin.post("admin/news", news).ok(201)["id"]
    correct = lambda: admin.put(f"admin/news/{document}", {**news, "body": "At 71.30."})
    return document, correct, lambda: venue.public.get(f"news/{document}").ok()["body"] == "At 71.30."


@pytest.mark.parametrize("service, make", [("orders", halt), ("desk", correction)])
def test_every_service_takes_retries_and_holds_to_the_rules(venue, service, make):
    key, send, happened = make(venue)
    admin, second = venue.admin(), venue.staff_member("admin")
    admin.put("admin/venue-rules", {"approval_of_retries": True}).ok()
    try:
        poisoned(venue, service, key, send).refused(500, "COMMAND_POISON")
        mine = lambda: [item for item in admin.items(PATH, service=service, kind="poisonous")
                        if key in item["request"].values()]
        letter, = wait_until(mine, 10, "it is shown")
        request = retry(admin, letter).refused(202, "APPROVAL_REQUIRED")
        assert not happened()
        second.post(f"admin/approvals/{request['approval_id']}/approve").ok()
        wait_until(happened, 10, "it has happened")
        assert admin.get(f"{PATH}/{letter['id']}").ok()["status"] == "retried"
    finally:
        venue.lift_rules()


def test_dead_letters_are_for_admins_and_of_this_venue(venue):
    operator, admin = venue.staff_member("operator"), venue.admin()
    operator.get(PATH).refused(403, "FORBIDDEN")
    operator.post(f"{PATH}/{NOBODY}/retry", {"reason": "?"}).refused(403, "FORBIDDEN")
    admin.get(f"{PATH}/{NOBODY}").refused(404, "NOT_FOUND")
    admin.post(f"{PATH}/{NOBODY}/retry", {"reason": "?"}).refused(404, "NOT_FOUND")
    admin.post(f"{PATH}/{NOBODY}/retry", {}).refused(422, "VALIDATION_FAILED")
