"""Careless clients and such as try what they may not: refused clearly, and nothing happens."""
import contextlib
import http.client
import json

import pytest

from bad_input_test import request
from venue import API, unique


def test_a_key_is_the_same_bare_and_in_quotes(venue, market):
    trader = venue.trader(EUR=100)
    key = unique("quoted")
    first = trader.order(market, "buy", 1, "5", key=key).ok(201)
    again = trader.order(market, "buy", 1, "5", key=f'"{key}"')
    assert again.ok(201)["id"] == first["id"] and again.headers["Idempotent-Replayed"] == "true"


def test_two_authorizations_are_none(venue, user):
    connection = venue.connect()
    connection.putrequest("GET", f"{API}/auth/me")
    connection.putheader("Authorization", f"Bearer {user.token}")
    connection.putheader("Authorization", "Bearer other")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


@pytest.mark.parametrize("name", [" ", "\t", "two\nlines", "header\r\nBcc: all@example.com"])
def test_a_name_has_something_to_read_on_one_line(admin, name):
    refused = admin.post("admin/market-makers", {"name": name, "email": "name@example.com"}) \
        .refused(422, "VALIDATION_FAILED")
    assert [error["field"] for error in refused["errors"]] == ["name"]


def test_balances_are_for_their_owner_and_for_staff(venue, admin):
    owner, other = venue.trader(EUR=7), venue.trader()
    path = f"accounts/{owner.account_id}/balances"
    assert owner.get(path).ok()["EUR"]["total"] == "7.00"
    assert admin.get(path).ok() == owner.get(path).ok()
    other.get(path).refused(404, "NOT_FOUND")


@pytest.mark.parametrize("member", ["account_id", "user_id", "id", "status", "filled_quantity"])
def test_an_order_cannot_say_what_is_not_its_senders_to_say(venue, market, user, member):
    order = {"instrument": market.symbol, "side": "buy", "type": "limit", "quantity": 1,
             "limit_price": 5, member: user.account_id}
    refused = user.post("orders", order).refused(422, "VALIDATION_FAILED")
    assert [error["field"] for error in refused["errors"]] == [member]


@pytest.mark.parametrize("text", ["line\nX-Evil: 1", "a" * 10_000, "<b>", "{}"])
def test_what_a_client_calls_its_request_cannot_make_headers(user, venue, text):
    sent = request(user, b"{}").replace(b"\r\n\r\n", f"\r\nX-Request-Id: {text}\r\n\r\n".encode(), 1)
    with contextlib.closing(venue.connect()) as connection:
        connection.connect()
        connection.sock.sendall(sent)
        head = connection.sock.recv(65536).split(b"\r\n\r\n")[0]
    assert b"X-Evil" not in head and text.encode() not in head


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_ten_megabytes_reads_that_it_is_too_much(venue, user, chunked):
    head = request(user, b"", size=10 << 20)
    if chunked:
        head = head.replace(b"Content-Length: 10485760", b"Transfer-Encoding: chunked")
    block = b" " * 0x4000
    with contextlib.closing(venue.connect()) as connection:
        connection.connect()
        connection.sock.sendall(head)
        for _ in range((10 << 20) // len(block)):
            connection.sock.sendall(b"4000\r\n" + block + b"\r\n" if chunked else block)
        answer = http.client.HTTPResponse(connection.sock, method="POST")
        answer.begin()
        assert (answer.status, json.load(answer)["code"]) == (413, "BODY_TOO_LARGE")
