"""The complete life of a client: from the registration until nobody knows any more who it was."""
import re
import secrets
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

import topics
from approvals_test import RULES, Desk
from erasure_test import rows_with, wait_until_forgotten
from mailbox import Mailbox, token_of
from onboarding_test import JPEG, PDF, content_of, hand_in
from payments import Provider
from statements_test import (E8, EPOCH, download, expected_figures, issue, postings_of_the_log,
                             text_of)
from venue import PASSWORD, Trader, unique, wait_until

SOON = 20


def german_iban():
    """A number that a bank could have given, with its check digits (ISO 13616)."""
    account = f"12030000{secrets.randbelow(10 ** 10):010}"
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


class Client:
    """Somebody whose every word is nobody else's, so that it can be looked for afterwards."""

    def __init__(self, venue):
        self.venue, self.name, self.email = venue, unique("Ada King"), f"{unique('ada')}@example.com"
        self.profile = {"name": self.name, "birth_date": "1985-12-10", "nationality": "GB",
                        "address": unique("12 Square of St James"), "tax_id": unique("tax")}
        self.question, self.iban = unique("Where are my certificates?"), german_iban()
        self.words = [self.name, self.email, self.profile["address"], self.profile["tax_id"],
                      self.question, self.iban]
        self.mailbox = Mailbox(venue, self.email)

    def sign_in(self):
        tokens = self.venue.login(self.email, PASSWORD).ok()
        self.id = tokens["user"]["id"]
        return Trader(self.venue, tokens["access_token"], tokens["user"])


@pytest.fixture
def market(venue):
    return venue.market(taker_fee_bps=25)


class Prices:
    """A market maker who sells, and somebody who buys at any price, in a market that begins at 10."""

    def __init__(self, venue, market):
        self.venue, self.market = venue, market
        self.maker = venue.maker("of a life", **{market.asset: 1000})
        self.other = venue.trader("who moves the price", EUR=10_000)
        self.move(10)

    def offer(self, quantity, price):
        self.venue.offer(self.maker, self.market, quantity, price).ok(201)

    def move(self, price):
        self.offer(1, price)
        self.other.order(self.market, "buy", 1, price).ok(201)


@pytest.fixture
def prices(venue, market):
    return Prices(venue, market)


@pytest.fixture
def desk(venue, prices):
    """Operators who need each other above a thousand, once the others have their money."""
    desk = Desk(venue)
    desk.change_rules(RULES)
    yield desk
    desk.change_rules({})


# --- chapters -------------------------------------------------------------------------------------

def registers(venue):
    """And proves that the address is theirs."""
    person = Client(venue)
    body = {"email": person.email, "password": PASSWORD, "full_name": person.name}
    venue.public.post("auth/register", body).ok(201)
    client = person.sign_in()
    assert client.user["email_verified"] is False
    token = token_of(person.mailbox.wait("Confirm your e-mail address"))
    venue.public.post("auth/email/verify", {"token": token}).ok()
    wait_until(lambda: client.get("auth/me").ok()["email_verified"], SOON, "the address is verified")
    return person, client


def onboards(person, client, market, operator):
    """With documents, which the operator sees; before, nothing can be bought."""
    client.order(market, "buy", 1, "10").refused(409, "ACCOUNT_NOT_ACTIVE")
    client.put("onboarding/profile", person.profile).ok()
    documents = [(hand_in(client, kind, content).ok(201), content)
                 for kind, content in (("passport", PDF), ("proof_of_address", JPEG))]
    assert client.post("onboarding/submit").ok()["status"] == "submitted"
    review = f"admin/kyc/{person.id}"
    wait_until(lambda: person.id in [item["user_id"] for item in operator.items("admin/kyc", status="submitted")],
               SOON, "it waits for a review")
    assert operator.post(f"{review}/take-up").ok()["name"] == person.name
    for document, content in documents:
        assert content_of(operator, client, document) == (200, content)
    assert operator.post(f"{review}/approve", {"level": 2}).ok()["account_status"] == "active"
    assert client.get("onboarding/status").ok()["level"] == 2
    return documents[0][0]


def funds(person, client, provider, amount):
    """By a payment method that is proved by two small deposits; the provider says what came."""
    method = client.post("funding/payment-methods", {"kind": "bank_account", "iban": person.iban}).ok(201)
    body = {"payment_method_id": method["id"], "asset": "EUR", "amount": amount}
    client.post("funding/deposits", body).refused(409, "PAYMENT_METHOD_UNVERIFIED")
    path = f"funding/payment-methods/{method['id']}/verify"
    assert client.post(path, provider.small_deposits(method)).ok()["status"] == "verified"
    transfer = client.post("funding/deposits", body).ok(201)
    for status in ("processing", "completed"):
        assert provider.notify(transfer, status).ok()["status"] == status
    client.venue.wait_for_balance(client.account_id, "EUR", amount, 0)
    return method


def sets_an_alert(client, market):
    body = {"instrument": market.symbol, "condition": "crosses", "price": "12"}
    created = lambda: (answer := client.post("alerts", body)).status == 201 and answer
    return wait_until(created, SOON, "the alert waits from the price there is").ok(201)


def buys(client, market, prices):
    """What a market maker offers, and so moves the price to what the alert waits for."""
    prices.offer(100, 12)
    order = client.order(market, "buy", 100, "12").ok(201)
    assert (order["status"], Decimal(order["fees"])) == ("filled", 3)
    wait_until(lambda: client.balance(market.asset) == (100, 0), SOON, "what was bought is there")


def told_of(client, alert):
    return [item for item in client.items("notifications") if item["subject_id"] == alert["id"]]


def is_told(person, client, alert):
    """In the venue and by mail."""
    wait_until(lambda: [item["email"] for item in told_of(client, alert)] == ["sent"], SOON, "the client is told")
    notice, = told_of(client, alert)
    assert (notice["kind"], Decimal(notice["price"])) == ("price_alert", 12)
    person.mailbox.wait("A notification for you")


def was_told_once(person, client, alert):
    """However often the price has come there since, and whatever else happened."""
    notice, = told_of(client, alert)
    assert client.get(f"alerts/{alert['id']}").ok()["triggered_count"] == 1
    mail, = [mail for mail in person.mailbox.mails() if notice["id"] in (mail["Message-ID"] or "")]
    assert mail["Subject"] == "A notification for you"


def withdraws(client, method, provider, desk):
    """More than one person may let go; it leaves when the provider has sent it."""
    client.venue.admin().put(f"admin/accounts/{client.account_id}/transfer-limits", {"cool_off_s": 0}).ok()
    body = {"payment_method_id": method["id"], "asset": "EUR", "amount": "2000"}
    asked = client.post("funding/withdrawals", body)
    asked.refused(202, "APPROVAL_REQUIRED")
    assert client.balance("EUR") == (3797, 0) and client.items("funding/transfers", type="withdrawal") == []
    desk.approve(asked).ok()
    client.venue.wait_for_balance(client.account_id, "EUR", 1797, 2000)
    transfer, = client.items("funding/transfers", type="withdrawal")
    assert provider.notify(transfer, "completed").ok()["status"] == "completed"
    client.venue.wait_for_balance(client.account_id, "EUR", 1797, 0)


def figures_of_the_log(venue, client, statement):
    """{asset: (opening, closing, received, paid)} of a statement's time, of the records of the log."""
    since, until = ((datetime.fromisoformat(statement[name].replace("Z", "+00:00")) - EPOCH)
                    // timedelta(microseconds=1) for name in ("from", "to"))
    before = int(statement["position"].split("/")[2])
    figures = expected_figures(postings_of_the_log(venue)[client.account_id], since, until, before)
    return {asset: tuple(figure / E8 for figure in of_it) for asset, of_it in figures.items()}


def figures_of_the_text(text):
    """The same, as the balances of a statement's text have them."""
    rows = re.findall(r"^ *(\w+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) *$", text, re.M)
    return {asset: tuple(map(Decimal, (opening, closing, received, paid)))
            for asset, opening, received, paid, closing in rows}


def downloads_a_statement(venue, person, client, market):
    """Its sums are those of the log, added up from its records alone."""
    statement = issue(client)
    response, pdf = download(client, statement, "application/pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    text = text_of(pdf)
    assert person.name in text and client.account_id in text
    figures = figures_of_the_text(text)
    assert figures == figures_of_the_log(venue, client, statement)
    assert figures == {"EUR": (0, 1797, 5000, 3203), market.asset: (0, 100, 100, 0)}


def asks_and_rates(person, client, operator):
    """Is answered, and says how well."""
    body = {"category": "trading", "subject": person.question, "text": person.question}
    ticket = client.post("support/tickets", body).ok(201)["id"]
    operator.post(f"admin/support/tickets/{ticket}/assign", {}).ok()
    operator.post(f"admin/support/tickets/{ticket}/reply", {"text": f"You wrote: {person.question}"}).ok(201)
    answered = wait_until(lambda: (found := client.items(f"support/tickets/{ticket}/messages"))[0]["by_staff"]
                          and found, SOON, "the client reads the answer")
    assert [message["by_staff"] for message in answered] == [True, False]
    operator.post(f"admin/support/tickets/{ticket}/resolve", {}).ok()
    wait_until(lambda: client.get(f"support/tickets/{ticket}").ok()["status"] == "resolved", SOON, "it is resolved")
    assert client.post(f"support/tickets/{ticket}/rating", {"rating": 5}).ok()["rating"] == 5


def is_forgotten(venue, admin, person, client, document):
    """Who it was; what was done stays, and adds up."""
    assert {word for _, word in rows_with(venue, person.words)} == {*person.words}
    assert admin.delete(f"admin/users/{person.id}/personal-data").ok()["user_id"] == person.id
    client.get("auth/me").refused(401, "TOKEN_REVOKED")
    wait_until_forgotten(venue, person)
    venue.login(person.email, PASSWORD).refused(401, "INVALID_CREDENTIALS")
    wait_until(lambda: content_of(admin, client, document)[0] == 404, SOON, "the document is gone")
    shown = topics.ends(venue)
    for topic in {topic for topic, _ in shown}:
        raw = b"".join(record.value or b"" for record in topics.read(venue, topic, shown))
        assert not [word for word in person.words if word.encode() in raw], topic
    assert venue.balance(client.account_id, "EUR") == (1797, 0)


@pytest.mark.disruptive
def test_the_complete_life_of_a_client(venue, admin, market, prices, desk):
    person, client = registers(venue)
    document = onboards(person, client, market, desk.operator)
    provider = Provider(venue)
    method = funds(person, client, provider, 5000)
    alert = sets_an_alert(client, market)
    buys(client, market, prices)
    is_told(person, client, alert)
    for price in (13, 11, 12):
        prices.move(price)
    withdraws(client, method, provider, desk)
    downloads_a_statement(venue, person, client, market)
    asks_and_rates(person, client, desk.operator)
    was_told_once(person, client, alert)
    is_forgotten(venue, admin, person, client, document)
