"""Who may do what: every operation of the document, by everybody, and with what is whose.

Generated from the document that the gateway routes by, so an operation that is added is tested, and
one with an address of its own objects fails until OWN says how to come by one.
"""
from datetime import datetime, timezone

import pytest
import yaml

from payments import Provider
from push_service import Browser, push_service
from venue import NOBODY, PASSWORD, REPO, Session, unique, wait_until

METHODS = ("get", "put", "post", "delete", "patch")
ROLES = ("user", "operator", "auditor", "admin")
DOCUMENT = yaml.safe_load((REPO / "schemas/openapi.yaml").read_text())
OPERATIONS = {operation["operationId"]: (method.upper(), path, operation)
              for path, item in DOCUMENT["paths"].items()
              for method, operation in item.items() if method in METHODS}
# Nothing here is anybody's: a date, what the venue lists, and what is for all to read.
NOBODYS = {"drillPnl", "drillInstrument"}


def resolve(node):
    while "$ref" in node:
        target = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def parameters(operation, place):
    found = [resolve(parameter) for parameter in operation.get("parameters", [])]
    return [parameter["name"] for parameter in found if parameter["in"] == place]


def is_public(operation):
    return operation["x-allow"] == ["public"]


def address(path, operation, **values):
    for name in parameters(operation, "path"):
        path = path.replace("{%s}" % name, str(values.get(name, NOBODY)))
    return path


@pytest.fixture(scope="module")
def callers(venue):
    """Somebody with each role and no other, and somebody without a token."""
    found = {"nobody": venue.public}
    for role in ROLES:
        user = venue.register(f"only {role}")
        venue.admin().put(f"admin/users/{user.user['id']}/role", {"role": role}).ok()
        tokens = venue.login(user.user["email"], PASSWORD).ok()
        assert tokens["user"]["roles"] == [role]
        found[role] = Session(venue, tokens["access_token"])
    return found


def ask_wrongly(caller, method, path, operation):
    """A request with a parameter that no operation has: whoever may ask is told so, and nothing
    comes of it."""
    body = {} if "requestBody" in operation else None
    return caller.request(method, address(path, operation), body, no_such_parameter="1")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_for_whom_the_document_says_and_nobody_else(callers, name):
    method, path, operation = OPERATIONS[name]
    for role, caller in callers.items():
        answer = ask_wrongly(caller, method, path, operation)
        if is_public(operation):
            assert answer.status not in (401, 403), (role, answer)
        elif role == "nobody":
            answer.refused(401, "UNAUTHENTICATED")
        elif role not in operation["x-allow"]:
            answer.refused(403, "FORBIDDEN")
        else:
            answer.refused(422, "VALIDATION_FAILED")


def body_schema(operation):
    content = operation.get("requestBody", {}).get("content", {})
    return resolve(content["application/json"]["schema"]) if "application/json" in content else None


WITH_BODY = [name for name, (_, _, operation) in OPERATIONS.items()
             if body_schema(operation) is not None]
TOLERANT = {"login"}  # whose form other clients send more of (OAuth's grant_type); it is not read


@pytest.mark.parametrize("name", [name for name in WITH_BODY if name not in TOLERANT])
def test_nobody_writes_a_field_that_the_document_does_not_have(callers, name):
    """What belongs to the venue, given beside all that may be said, is refused by its name."""
    method, path, operation = OPERATIONS[name]
    role = next((role for role in ROLES if role in operation["x-allow"]), "nobody")
    for field in ("id", "user_id", "account_id", "roles", "status", "version", "is_admin"):
        if field in body_schema(operation).get("properties", {}):
            continue
        answer = callers[role].request(method, address(path, operation), {field: "1"})
        refused = answer.refused(422, "VALIDATION_FAILED")
        assert field in [error["field"] for error in refused["errors"]], answer


# --- own and foreign objects ----------------------------------------------------------------------

class Owner:
    """A user with one of everything that has an address."""

    def __init__(self, venue):
        self.venue = venue
        self.market = venue.market()
        self.user = venue.trader("who owns", EUR=1000, **{self.market.asset: 100})
        other = venue.trader("who sells", **{self.market.asset: 10})
        other.order(self.market, "sell", 5, "10").ok(201)
        self.client_order_id = unique("mine")
        self.filled = self.user.order(self.market, "buy", 5, "10",
                                      client_order_id=self.client_order_id).ok(201)
        fills = wait_until(lambda: self.user.get(f"orders/{self.filled['id']}/fills").ok()["items"],
                           10, "the order has its fill")
        self.trade_id = fills[0]["trade_id"]
        wait_until(lambda: self.user.get(f"positions/{self.market.symbol}").status == 200, 10,
                   "there is a position")

    def order(self):
        """A fresh one that rests."""
        return self.user.order(self.market, "buy", 1, "1").ok(201)["id"]

    def session(self):
        token = self.venue.login(self.user.user["email"], PASSWORD).ok()["access_token"]
        sessions = Session(self.venue, token).get("settings/sessions").ok()["items"]
        return next(session["id"] for session in sessions if session["current"])

    def key(self):
        body = {"name": "of the owner", "scopes": ["read"]}
        return self.user.post("settings/api-keys", body).ok(201)["id"]

    def watchlist(self):
        body = {"name": "of the owner", "symbols": [self.market.symbol]}
        return self.user.post("watchlists", body).ok(201)["id"]

    def alert(self):
        body = {"instrument": self.market.symbol, "condition": "above", "price": 1000}
        return self.user.post("alerts", body).ok(201)["id"]

    def notification(self):
        """Of an alert that the price has met, once it has been told again."""
        alert = {"instrument": self.market.symbol, "condition": "below", "price": 1000}
        subject = self.user.post("alerts", alert).ok(201)["id"]
        seller = self.venue.trader("who sells once more", **{self.market.asset: 1})
        buyer = self.venue.trader("who buys once more", EUR=100)
        seller.order(self.market, "sell", 1, "11").ok(201)
        buyer.order(self.market, "buy", 1, "11").ok(201)
        told = lambda: [item["id"] for item in self.user.items("notifications") if item["subject_id"] == subject]
        return wait_until(told, 20, "there is the notification")[0]

    def browser(self):
        """One that notifications are sent to."""
        with push_service() as service:
            return self.user.post("notifications/push-subscriptions",
                                  Browser(service).subscription).ok(201)["id"]

    def screen(self):
        return self.user.post("screener/screens", {"name": "of the owner", "filters": {}}).ok(201)["id"]

    def document(self):
        content = b"\xff\xd8\xff\xe0\xff\xd9"
        return self.user.post("onboarding/documents", content, kind="passport").ok(201)["id"]

    def payment_method(self):
        return self.user.post("funding/payment-methods",
                              {"kind": "card", "card_number": "4111111111111111"}).ok(201)["id"]

    def allowed(self):
        """A destination on the allow-list."""
        provider, method = Provider(self.venue), {"id": self.payment_method()}
        self.user.post(f"funding/payment-methods/{method['id']}/verify",
                       provider.small_deposits(method)).ok()
        return self.user.post("funding/allow-list",
                              {"payment_method_id": method["id"]}).ok(201)["id"]

    def transfer(self):
        """One that is pending, by a payment method that is verified."""
        provider, method = Provider(self.venue), {"id": self.payment_method()}
        self.user.post(f"funding/payment-methods/{method['id']}/verify",
                       provider.small_deposits(method)).ok()
        return self.user.post("funding/deposits", {"payment_method_id": method["id"],
                                                   "asset": "EUR", "amount": 1}).ok(201)["id"]

    def conversation(self, closed=False):
        body = {"category": "other", "subject": "of the owner", "text": "How?"}
        ticket = self.user.post("support/tickets", body).ok(201)["id"]
        if closed:
            self.user.post(f"support/tickets/{ticket}/close").ok()
        return ticket

    def statement(self):
        return self.user.post("statements", {"from": "2020-01-01T00:00:00Z",
                                             "to": "2021-01-01T00:00:00Z"}).ok(201)["id"]

    def tax_document(self):
        year = datetime.now(timezone.utc).year
        issued = self.venue.admin().post(f"admin/accounts/{self.user.account_id}/tax-documents",
                                         {"year": year}).ok(201)
        wait_until(lambda: any(document["id"] == issued["id"]
                               for document in self.user.items("tax-documents")),
                   10, "it is there for its owner")
        return issued["id"]

    def command(self):
        """The id of the command that placed the first order, as its ticket has it."""
        tickets = lambda: self.venue.admin().get("admin/logging/tickets", action="PlaceOrder",
                                                 actor_id=self.user.user["id"]).ok()["items"]
        ticket = wait_until(tickets, 10, "the order has its ticket")[-1]
        return self.venue.admin().get(f"admin/logging/tickets/{ticket['id']}").ok()["command_id"]


# How to come by an address of one's own, and what to send there.
OWN = {
    "addWatchlistSymbols": (lambda owner: {"id": owner.watchlist()}, {"symbols": []}),
    "cancelTransfer": (lambda owner: {"transfer_id": owner.transfer()}, None),
    "getTransfer": (lambda owner: {"transfer_id": owner.transfer()}, None),
    "disallowDestination": (lambda owner: {"destination_id": owner.allowed()}, None),
    "removeKycDocument": (lambda owner: {"document_id": owner.document()}, None),
    "removePaymentMethod": (lambda owner: {"payment_method_id": owner.payment_method()}, None),
    "unsubscribePush": (lambda owner: {"id": owner.browser()}, None),
    "verifyPaymentMethod": (lambda owner: {"payment_method_id": owner.payment_method()},
                            {"first_amount": 1, "second_amount": 1}),
    "changeAlert": (lambda owner: {"id": owner.alert()},
                    {"instrument": "CEA-EUR", "condition": "above", "price": 1000}),
    "deleteAlert": (lambda owner: {"id": owner.alert()}, None),
    "getAlert": (lambda owner: {"id": owner.alert()}, None),
    "pauseAlert": (lambda owner: {"id": owner.alert()}, None),
    "readNotification": (lambda owner: {"notification_id": owner.notification()}, None),
    "resumeAlert": (lambda owner: {"id": owner.alert()}, None),
    "cancelOrder": (lambda owner: {"id": owner.order()}, None),
    "changeScreen": (lambda owner: {"id": owner.screen()}, {"name": "another", "filters": {}}),
    "changeWatchlist": (lambda owner: {"id": owner.watchlist()}, {"name": "another"}),
    "closeSupportTicket": (lambda owner: {"id": owner.conversation()}, None),
    "closePosition": (lambda owner: {"instrument": owner.market.symbol}, None),
    "deleteScreen": (lambda owner: {"id": owner.screen()}, None),
    "deleteWatchlist": (lambda owner: {"id": owner.watchlist()}, None),
    "downloadStatement": (lambda owner: {"statement_id": owner.statement()}, None),
    "downloadTaxDocument": (lambda owner: {"document_id": owner.tax_document()}, None),
    "drillOrder": (lambda owner: {"id": owner.filled["id"]}, None),
    "drillPosition": (lambda owner: {"instrument": owner.market.symbol}, None),
    "drillTrade": (lambda owner: {"id": owner.trade_id}, None),
    "endSession": (lambda owner: {"id": owner.session()}, None),
    "getAccountBalances": (lambda owner: {"id": owner.user.account_id}, None),
    "getCommand": (lambda owner: {"command_id": owner.command()}, None),
    "getOrder": (lambda owner: {"id": owner.filled["id"]}, None),
    "getOrderByClientId": (lambda owner: {"client_order_id": owner.client_order_id}, None),
    "getScreen": (lambda owner: {"id": owner.screen()}, None),
    "getStatement": (lambda owner: {"statement_id": owner.statement()}, None),
    "getSupportTicket": (lambda owner: {"id": owner.conversation()}, None),
    "getWatchlist": (lambda owner: {"id": owner.watchlist()}, None),
    "getPosition": (lambda owner: {"instrument": owner.market.symbol}, None),
    "getTransaction": (lambda owner: {"id": owner.user.get("transactions").ok()["items"][0]["id"]},
                       None),
    "listAccountEvents": (lambda owner: {"id": owner.user.account_id}, None),
    "listOrderFills": (lambda owner: {"id": owner.filled["id"]}, None),
    "listOrderHistory": (lambda owner: {"id": owner.filled["id"]}, None),
    "listSupportMessages": (lambda owner: {"id": owner.conversation()}, None),
    "rateSupportTicket": (lambda owner: {"id": owner.conversation(closed=True)}, {"rating": 5}),
    "previewClose": (lambda owner: {"instrument": owner.market.symbol}, None),
    "previewReplace": (lambda owner: {"id": owner.order()}, {"quantity": 2}),
    "removeWatchlistSymbol": (lambda owner: {"id": owner.watchlist(), "symbol": owner.market.symbol}, None),
    "reopenSupportTicket": (lambda owner: {"id": owner.conversation(closed=True)}, None),
    "replaceOrder": (lambda owner: {"id": owner.order()}, {"quantity": 2}),
    "revokeApiKey": (lambda owner: {"key_id": owner.key()}, None),
    "sendSupportMessage": (lambda owner: {"id": owner.conversation()}, {"text": "More"}),
}
OWNED = sorted((name for name, (_, _, operation) in OPERATIONS.items()
                if parameters(operation, "path") and "user" in operation["x-allow"]
                and name not in NOBODYS),
               key=lambda name: name == "closePosition")  # which leaves no position


@pytest.fixture(scope="module")
def owner(venue):
    return Owner(venue)


@pytest.fixture(scope="module")
def stranger(venue):
    """Who has an account and funds, but nothing of the owner's."""
    return venue.trader("a stranger", EUR=1000)


@pytest.mark.parametrize("name", OWNED)
def test_what_is_somebody_elses_is_not_there(owner, stranger, name):
    method, path, operation = OPERATIONS[name]
    assert name in OWN, f"say in OWN how to come by something that {name} is for"
    make, body = OWN[name]
    where = address(path, operation, **make(owner))
    stranger.request(method, where, body).refused(404, "NOT_FOUND")
    assert owner.user.request(method, where, body).status in (200, 201)


def test_staff_sees_any_account(owner, callers):
    for role in ("operator", "auditor", "admin"):
        for what in ("balances", "events"):
            assert callers[role].get(f"accounts/{owner.user.account_id}/{what}").status == 200
    callers["user"].get(f"accounts/{owner.user.account_id}/balances").refused(404, "NOT_FOUND")
