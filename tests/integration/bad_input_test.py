"""What is malformed, huge or slow is answered clearly, and the next good request is served."""
import contextlib
import json
import socket
import ssl
import time

import pytest

from venue import API, Session

READ_SECONDS = 10  # the time a whole request may take


@pytest.fixture(autouse=True)
def next_good_request_is_served(venue, user):
    yield
    Session(venue, user.token).get("auth/me").ok()


def talk(venue, sent, timeout=READ_SECONDS + 10):
    """Sends bytes over TLS and gives the status and body that come before the end; a status of 0:
    the gateway said nothing and hung up."""
    with socket.create_connection((venue.url.hostname, venue.url.port), timeout=timeout) as plain:
        with venue.tls.wrap_socket(plain, server_hostname=venue.url.hostname) as secured:
            received = b""
            with contextlib.suppress(ConnectionError, ssl.SSLEOFError): # that is hanging up, too
                secured.sendall(sent)
                while b"\r\n\r\n" not in received and (piece := secured.recv(65536)):
                    received += piece
    return int(received.split(b" ", 2)[1]) if received else 0


def request(user, body, size=None):
    head = (f"POST {API}/orders HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {user.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {size or len(body)}\r\n\r\n")
    return head.encode() + body


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("body", [
    "{", "}", '{"a": }', "{'a': 1}", '{"a": 1,}', '{"a": 01}', '{"a": NaN}', "nul", '"\\ud800"',
    '{"side": "buy", "side": "sell"}', '{"a": 1} {"b": 2}', nested(33), nested(10_000), "\ufeff{}"])
def test_what_is_no_strict_json_is_malformed(user, body):
    user.post("orders", body.encode("utf-8", "surrogatepass")).refused(400, "MALFORMED_JSON")


def test_what_is_no_utf8_is_malformed(user):
    user.post("orders", b'{"instrument": "\xff\xfe"}').refused(400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", [[], "text", 5, None, True, {"instrument": {}, "side": 1}])
def test_the_wrong_type_is_a_validation_error(user, body):
    user.post("orders", json.dumps(body)).refused(422, "VALIDATION_FAILED")


def test_a_text_with_a_null_character_is_refused(user):
    answer = user.post("orders", '{"instrument": "CEA\\u0000EUR"}')
    assert answer.status in (400, 422) and answer.json["code"]


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(venue, user):
    started = time.monotonic()
    assert talk(venue, request(user, b"{", size=10_000_000_000)) == 413
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("end, statuses", [(b"0\r\n\r\n", [413]), (b"", [0, 408, 413])])
def test_a_chunked_body_that_is_too_large_is_refused_or_hung_up_on(venue, user, end, statuses):
    head = request(user, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    assert talk(venue, head + chunk * 8 + end) in statuses


def test_a_body_that_never_ends_is_given_up_in_time(venue, user):
    started = time.monotonic()
    status = talk(venue, request(user, b'{"instrument":', size=200))
    assert status in (0, 408)
    assert time.monotonic() - started < READ_SECONDS + 5


def test_a_head_that_never_ends_is_given_up_in_time(venue):
    started = time.monotonic()
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    status = talk(venue, head)
    assert status in (0, 408)
    assert time.monotonic() - started < READ_SECONDS + 5


@pytest.mark.parametrize("sent", [
    b"\x00" * 64 + b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 3000 + b"\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    b"Content-Length: 3\r\n\r\n{} ",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ids=["nulls", "no target", "version", "long target", "many headers", "two lengths",
         "negative length", "length and chunks"])
def test_what_is_no_http_is_refused_or_hung_up_on(venue, sent):
    status = talk(venue, sent)
    assert status == 0 or 400 <= status < 500 or status in (501, 505)


def test_a_client_that_leaves_in_the_middle_harms_nobody(venue, user):
    for _ in range(20):
        with socket.create_connection((venue.url.hostname, venue.url.port), timeout=5) as plain:
            with venue.tls.wrap_socket(plain, server_hostname=venue.url.hostname) as secured:
                secured.sendall(request(user, b'{"instrument":', size=200))


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "%00", "orders/%ff",
                                  "docs/../../etc/passwd"])
def test_no_address_leads_out_of_the_contract(user, path):
    answer = user.get(path)
    assert answer.status in (400, 404, 422) and answer.json["code"]


@pytest.mark.parametrize("text", ["'; DROP TABLE orders.orders; --", "%' OR '1'='1", "\\", "%",
                                  "_"])
def test_text_is_only_ever_text(venue, admin, text):
    maker = venue.admin().post("admin/market-makers", {
        "name": text, "email": "quoted@example.com"}).ok(201)
    found = admin.get("admin/market-makers", q=text).ok()["items"]
    assert maker["id"] in [item["id"] for item in found]
    assert all(text in item["name"] + (item["email"] or "") + (item["description"] or "")
               for item in found)
