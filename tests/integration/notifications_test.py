"""Notifications: the inbox, mail, signed webhooks, quiet hours, fills; each once, and only to its user."""
import contextlib
import hashlib
import hmac
import http.server
import json
import threading
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from events import Stream
from gateways import gateway_beside
from mailbox import Mailbox
from payments import Provider
from venue import NOBODY, Trader, wait_until

SECRET = "correct horse battery"
SUBJECT = "A notification for you"
SOON = 20


class Receiver(http.server.ThreadingHTTPServer):
    """Somebody's server for webhooks: keeps what it gets, and answers as it is told to."""

    def __init__(self, *answers):
        self.answers, self.got, self.lock = list(answers), [], threading.Lock()
        super().__init__(("127.0.0.1", 0), Receive)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/bourse"


class Receive(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.got.append((self.headers, body))
            status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver(*answers, kind=Receiver):
    with kind(*answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def move(venue, market, price):
    """A trade at that price."""
    seller = venue.trader("who sells", **{market.asset: 10})
    buyer = venue.trader("who buys", EUR=100_000)
    seller.order(market, "sell", 1, price).ok(201)
    buyer.order(market, "buy", 1, price).ok(201)


def wait_for_alert(user, market, price):
    return user.post("alerts", {"instrument": market.symbol, "condition": "above", "price": price}).ok(201)


def inbox(user, **query):
    return user.items("notifications", **query)


def wait_until_told(user, subject_id, condition=lambda item: True):
    found = lambda: next((i for i in inbox(user) if i["subject_id"] == subject_id and condition(i)), None)
    return wait_until(found, SOON, "there is the notification")


@pytest.fixture
def user(venue):
    return venue.trader("who is told", EUR=1000)


def test_everybody_begins_with_the_same_settings(user):
    shown = user.get("notifications/settings")
    assert {name: shown.json[name] for name in ("order_fills", "transfers", "webhook_url", "phone_number", "in_app",
                                                "email", "sms", "push", "quiet_hours")} == {
        "order_fills": False, "transfers": True, "webhook_url": None, "phone_number": None, "in_app": True, "email": True, "sms": False,
        "push": False, "quiet_hours": False}
    changed = user.put("notifications/settings", {"order_fills": True}, headers={"If-Match": '"1"'}).ok()
    assert changed["order_fills"] and changed["transfers"]
    user.put("notifications/settings", {}, headers={"If-Match": '"1"'}).refused(412, "VERSION_CONFLICT")


@pytest.mark.parametrize("body", [
    {"webhook_url": "https://example.com/x"}, {"webhook_url": "ftp://example.com", "webhook_secret": SECRET},
    {"webhook_url": "https://example.com/x", "webhook_secret": "short"}, {"order_fills": "yes"}, {"email": True}])
def test_what_cannot_be_set_is_refused(user, body):
    user.put("notifications/settings", body).refused(422, "VALIDATION_FAILED")


def test_text_messages_need_a_number_and_a_venue_that_sends_any(venue, user, tmp_path):
    wanted = {"sms_notifications": True}
    user.put("settings", wanted).refused(422, "VALIDATION_FAILED")
    user.put("notifications/settings", {"phone_number": "0170 1234567"}).refused(422, "VALIDATION_FAILED")
    user.put("notifications/settings", {"phone_number": "+491701234567"}).ok()
    with gateway_beside(venue, tmp_path) as gateway:
        beside = Trader(gateway.venue, user.token, user.user)
        refused = beside.put("settings", wanted).refused(422, "VALIDATION_FAILED")
        assert refused["errors"][0]["field"] == "sms_notifications"
        beside.put("settings", {"sms_notifications": False}).ok()
    user.put("settings", wanted).ok()
    assert user.get("notifications/settings").ok()["sms"] is True


def test_a_notification_goes_as_a_text_message(venue, user):
    user.put("notifications/settings", {"phone_number": "+491701234567"}).ok()
    user.put("settings", {"sms_notifications": True, "email_notifications": False}).ok()
    deposit = transfer_of(venue, user, "deposit", 20)
    Provider(venue).notify(deposit, "completed").ok()
    told = wait_until_told(user, deposit["id"], lambda item: item["sms"] == "sent")
    assert told["email"] is told["webhook"] is None
    sent = json.loads((venue.run_dir / "mail" / f"{told['id']}.text").read_text())
    assert sent == {"to": "+491701234567", "text": "Bourse: deposit 20.00 EUR completed"}


def test_the_inbox_is_read_one_by_one_or_all_at_once(venue, user, market):
    alerts = [wait_for_alert(user, market, price) for price in (10, 20, 30)]
    move(venue, market, 30)
    notices = [wait_until_told(user, alert["id"]) for alert in alerts]
    assert len(inbox(user, unread="true")) == 3
    read = user.post(f"notifications/{notices[0]['id']}/read").ok()
    assert read["unread"] is False
    user.post(f"notifications/{notices[0]['id']}/read").ok()
    assert len(inbox(user, unread="true")) == 2 and len(inbox(user, unread="false")) == 1
    user.post("notifications/read-all").ok()
    assert inbox(user, unread="true") == [] and len(inbox(user)) == 3
    user.post(f"notifications/{NOBODY}/read").refused(404, "NOT_FOUND")
    assert [item["id"] for item in inbox(user, limit=1)] == [item["id"] for item in inbox(user)]


def test_a_notification_is_mailed_once(venue, user, market):
    alert = wait_for_alert(user, market, 10)
    move(venue, market, 10)
    notice = wait_until_told(user, alert["id"], lambda item: item["email"] == "sent")
    mailbox = Mailbox(venue, user.user["email"])
    mail = mailbox.wait(SUBJECT)
    assert market.symbol in mail.get_payload() and notice["id"] in mail["Message-ID"]
    assert len(mailbox.mails(SUBJECT)) == 1


def test_a_webhook_is_signed_and_tried_again(venue, user, market):
    user.put("settings", {"email_notifications": False}).ok()
    with receiver(500, 503, 200) as server:
        user.put("notifications/settings", {"webhook_url": server.url, "webhook_secret": SECRET}).ok()
        assert user.get("notifications/settings").ok()["webhook_url"] == server.url
        alert = wait_for_alert(user, market, 10)
        move(venue, market, 10)
        notice = wait_until_told(user, alert["id"], lambda item: item["webhook"] == "sent")
    assert notice["email"] is None and len(server.got) == 3
    for headers, body in server.got:
        signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["Webhook-Signature"] == f"v1={expected}"
        assert headers["Webhook-Id"] == notice["id"] and headers["Content-Type"] == "application/json"
        said = json.loads(body)
        assert (said["kind"], said["subject_id"], Decimal(said["price"])) == ("price_alert", alert["id"], 10)


def test_a_webhook_that_is_refused_is_shown_as_failed(venue, user, market):
    with receiver(*[404] * 9) as server:
        user.put("notifications/settings", {"webhook_url": server.url, "webhook_secret": SECRET}).ok()
        alert = wait_for_alert(user, market, 10)
        move(venue, market, 10)
        wait_until_told(user, alert["id"], lambda item: item["webhook"] == "failed")
    assert len(server.got) == 1


def test_quiet_hours_hold_back_all_but_what_is_about_signing_in(venue, user, market):
    now = datetime.now(timezone.utc)
    away = {"notification_quiet_hours": True, "timezone": "UTC",
            "quiet_start_time": (now - timedelta(hours=1)).strftime("%H:%M"),
            "quiet_end_time": (now + timedelta(hours=1)).strftime("%H:%M")}
    user.put("settings", away).ok()
    alert = wait_for_alert(user, market, 10)
    move(venue, market, 10)
    wait_until_told(user, alert["id"], lambda item: item["email"] == "pending")
    venue.public.post("auth/password/forgot", {"email": user.user["email"]}).ok()
    mailbox = Mailbox(venue, user.user["email"])
    mailbox.wait("Set a new password")
    assert mailbox.mails(SUBJECT) == []
    assert wait_until_told(user, alert["id"])["email"] == "pending"


def test_fills_are_told_to_who_wants_to_hear_of_them(venue, user, market):
    silent = venue.trader("who hears nothing", EUR=1000)
    seller = venue.trader("who sells", **{market.asset: 10})
    user.put("notifications/settings", {"order_fills": True}).ok()
    order = user.order(market, "buy", 5, 10).ok(201)
    other = silent.order(market, "buy", 5, 9).ok(201)
    seller.order(market, "sell", 2, 10).ok(201)
    first = wait_until_told(user, order["id"])
    assert (first["kind"], first["state"], first["instrument"]) == ("order_filled", "partially_filled", market.symbol)
    assert (Decimal(first["quantity"]), Decimal(first["price"])) == (2, 10)
    seller.order(market, "sell", 8, 9).ok(201)
    last = wait_until_told(user, order["id"], lambda item: item["state"] == "filled")
    assert Decimal(last["quantity"]) == 3
    wait_until(lambda: silent.get(f"orders/{other['id']}").ok()["status"] == "filled", SOON, "it is filled")
    assert inbox(silent) == [] and len(inbox(user)) == 2
    user.put("notifications/settings", {}).ok()
    more = user.order(market, "buy", 1, 10).ok(201)
    seller.order(market, "sell", 1, 10).status
    assert more["id"] not in [item["subject_id"] for item in inbox(user)]


def transfer_of(venue, user, way, amount):
    """By a payment method that is verified, and may be withdrawn to at once."""
    provider = Provider(venue)
    venue.admin().put(f"admin/accounts/{user.account_id}/transfer-limits", {"cool_off_s": 0}).ok()
    method = user.post("funding/payment-methods",
                       {"kind": "card", "card_number": "4111111111111111"}).ok(201)
    user.post(f"funding/payment-methods/{method['id']}/verify", provider.small_deposits(method)).ok()
    return user.post(f"funding/{way}s", {"payment_method_id": method["id"], "asset": "EUR",
                                         "amount": amount}).ok(201)


def test_the_end_of_a_transfer_is_told_once(venue, user):
    provider = Provider(venue)
    deposit = transfer_of(venue, user, "deposit", 20)
    withdrawal = transfer_of(venue, user, "withdrawal", 5)
    canceled = transfer_of(venue, user, "withdrawal", 1)
    provider.notify(deposit, "processing").ok()
    provider.notify(deposit, "completed").ok()
    provider.notify(deposit, "completed").refused(409, "TRANSFER_NOT_OPEN")
    user.delete(f"funding/transfers/{canceled['id']}").ok()
    provider.notify(withdrawal, "failed", reason="closed there").ok()
    failed = wait_until_told(user, withdrawal["id"])
    assert (failed["kind"], failed["state"], failed["asset"], Decimal(failed["amount"])) == (
        "withdrawal", "failed", "EUR", 5)
    done = wait_until_told(user, deposit["id"], lambda item: item["email"] == "sent")
    assert (done["kind"], done["state"], Decimal(done["amount"])) == ("deposit", "completed", 20)
    assert {item["id"] for item in inbox(user)} == {failed["id"], done["id"]}


def test_transfers_are_not_told_to_who_does_not_want_to_hear_of_them(venue, user):
    user.put("notifications/settings", {"transfers": False}).ok()
    silent = transfer_of(venue, user, "deposit", 1)
    Provider(venue).notify(silent, "completed").ok()
    user.put("notifications/settings", {"transfers": True}).ok()
    told = transfer_of(venue, user, "deposit", 2)
    Provider(venue).notify(told, "completed").ok()
    wait_until_told(user, told["id"])
    assert [item["subject_id"] for item in inbox(user)] == [told["id"]]


def test_what_the_desk_answers_is_told_to_its_client(venue, user):
    operator = venue.staff_member("operator")
    ticket = user.post("support/tickets", {"category": "funding", "subject": "My deposit",
                                           "text": "Where is it?"}).ok(201)
    operator.post(f"admin/support/tickets/{ticket['id']}/assign", {}).ok()
    operator.post(f"admin/support/tickets/{ticket['id']}/reply", {"text": "On its way."}).ok(201)
    replied = wait_until_told(user, ticket["id"])
    assert (replied["kind"], replied["state"]) == ("support", "replied")
    operator.post(f"admin/support/tickets/{ticket['id']}/resolve", {}).ok()
    wait_until_told(user, ticket["id"], lambda item: item["state"] == "resolved")
    assert len(inbox(user)) == 2 and inbox(operator) == []


def test_the_stream_tells_each_notification_once_wherever_it_goes_on(venue, user, tmp_path):
    with Stream(user, "stream") as stream:
        stream.next("snapshot")
        first = transfer_of(venue, user, "deposit", 1)
        Provider(venue).notify(first, "completed").ok()
        told = stream.until("notification")[-1]
        assert told.data["notification"]["subject_id"] == first["id"]
        assert told.data["notification"]["amount"] == "1.00"
    missed = [transfer_of(venue, user, "deposit", amount) for amount in (2, 3)]
    for transfer in missed:
        Provider(venue).notify(transfer, "completed").ok()
        wait_until_told(user, transfer["id"])
    with gateway_beside(venue, tmp_path) as gateway:
        beside = Trader(gateway.venue, user.token, user.user)
        with Stream(beside, "stream", last_event_id=told.id) as stream:
            told = [stream.until("notification")[-1].data["notification"] for _ in missed]
    assert [item["subject_id"] for item in told] == [transfer["id"] for transfer in missed]


def test_what_is_left_of_an_emergency_close_is_told_to_everybody(venue, user, market):
    seller = venue.trader("who sells", **{market.asset: 10})
    seller.order(market, "sell", 5, 10).ok(201)
    user.order(market, "buy", 5, 10).ok(201)
    buyer = venue.trader("who buys", EUR=100)
    wait_until(lambda: user.get(f"positions/{market.symbol}").status == 200, SOON, "there is the position")
    buyer.order(market, "buy", 2, 10).ok(201)
    closed = user.post(f"positions/{market.symbol}/close").json
    notice = wait_until_told(user, closed["id"])
    assert (notice["kind"], notice["state"], Decimal(notice["quantity"])) == ("close_incomplete", "open", 3)
