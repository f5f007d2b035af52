"""Whatever a client makes, a retry with the same Idempotency-Key meets what there is."""
import pytest

from payments import Provider
from venue import unique

IBAN = "DE89 3704 0044 0532 0130 00"
THINGS = {
    "funding/payment-methods": lambda known: {"kind": "bank_account", "iban": IBAN},
    "funding/deposits": lambda known: {"payment_method_id": known["id"], "asset": "EUR", "amount": 1},
    "watchlists": lambda known: {"name": "Mine", "symbols": ["CEA-EUR"]},
    "screener/screens": lambda known: {"name": "Mine", "filters": {}},
    "alerts": lambda known: {"instrument": "CEA-EUR", "condition": "above", "price": 10_000},
    "statements": lambda known: {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
    "support/tickets": lambda known: {"category": "other", "subject": "Again?", "text": "Yes."},
    "orders": lambda known: {"instrument": "CEA-EUR", "side": "buy", "type": "limit", "quantity": 1, "limit_price": 1},
}
LISTS = {"funding/deposits": "funding/transfers"}


@pytest.fixture(scope="module")
def client(venue):
    return venue.trader("who tries again", EUR=10)


@pytest.fixture(scope="module")
def method(venue, client):
    made = client.post("funding/payment-methods", {"kind": "bank_account", "iban": IBAN}).ok(201)
    path = f"funding/payment-methods/{made['id']}/verify"
    return client.post(path, Provider(venue).small_deposits(made)).ok()


@pytest.mark.parametrize("path", THINGS)
def test_a_retry_makes_nothing_new(client, method, path):
    body, key = THINGS[path](method), unique("key")
    made = client.post(path, body, key=key)
    again = client.post(path, body, key=key)
    assert again.ok(201)["id"] == made.ok(201)["id"] and again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == made.headers["Location"]
    other = client.post(path, body, key=unique("key")).ok(201)
    assert other["id"] != made.json["id"]
    listed = [item["id"] for item in client.items(LISTS.get(path, path))]
    assert listed.count(made.json["id"]) == listed.count(other["id"]) == 1
