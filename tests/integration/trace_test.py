"""Where a request's time went: its spans, as a receiver of OpenTelemetry's gets them."""
import contextlib
import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.parse

import pytest

from gateways import free_port, gateway_beside
from venue import REPO, Session, wait_until

PACKAGE = "opentelemetry-proto==1.45.2"
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python with OpenTelemetry's definitions, which nothing of the venue itself needs."""
    folder = tmp_path_factory.mktemp("otlp")
    if subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode != 0:
        pytest.skip("python3 cannot make a virtual environment")
    if subprocess.run([folder / "bin/pip", "install", "-q", PACKAGE], check=False).returncode != 0:
        pytest.skip(f"pip does not give {PACKAGE}")
    return folder / "bin/python"


class Receiver:
    def __init__(self, path):
        self.path = path

    def spans(self, trace=None):
        lines = self.path.read_text().splitlines(keepends=True)
        spans = [json.loads(line) for line in lines if line.endswith("\n")]
        return [span for span in spans if trace in (None, span["trace"])]


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def receiver_at(python, port, folder):
    path = folder / "spans.jsonl"
    program = REPO / "tests/integration/otlp_receiver.py"
    with open(path, "w") as out, subprocess.Popen([python, program, str(port)], stdout=out) as process:
        try:
            wait_until(lambda: answers(port), 20, "the receiver listens")
            yield Receiver(path)
        finally:
            process.terminate()


def traced():
    """A traceparent that asks for its request to be traced: its header, the trace, the span."""
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return {"traceparent": f"00-{trace}-{span}-01"}, trace, span


class Tree:
    """The spans of a trace, below the client's own."""

    def __init__(self, spans, client):
        self.by_id = {span["id"]: span for span in spans}
        self.roots = [span for span in spans if span["parent"] == client]
        self.spans = spans

    def orphans(self):
        return [span for span in self.spans if span not in self.roots
                and span["parent"] not in self.by_id]

    def way(self, span):
        """From the root down: who did what, to what."""
        way = []
        while span is not None:
            told = span["attributes"].get("bourse.event") or span["attributes"].get("bourse.command", "")
            way.insert(0, (span["service"], span["name"], told.rpartition(".")[2]))
            span = self.by_id.get(span["parent"])
        return way

    def ways(self):
        return [self.way(span) for span in self.spans]


ENTERED = [
    ("bourse-gateway", "POST /api/v1/orders", ""),
    ("bourse-gateway", "send bourse.accounts.commands", "PlaceOrder"),
    ("bourse-accounts", "process bourse.accounts.commands", "OrderAuthorized"),
    ("bourse-accounts", "send bourse.accounts.events", "OrderAuthorized"),
    ("bourse-orders", "process bourse.accounts.events", "OrderEntered"),
    ("bourse-orders", "send bourse.orders.events", "OrderEntered"),
]
SETTLED = ENTERED + [
    ("bourse-accounts", "process bourse.orders.events", "FillsSettled"),
    ("bourse-accounts", "send bourse.accounts.events", "FillsSettled"),
]
WAYS = [
    ENTERED[:4] + [("bourse-accounts-projector", "project bourse.accounts.events", "OrderAuthorized")],
    ENTERED + [("bourse-orders-projector", "project bourse.orders.events", "OrderEntered")],
    ENTERED + [("bourse-gateway", "receive bourse.orders.events", "OrderEntered")],
    SETTLED + [("bourse-accounts-projector", "project bourse.accounts.events", "FillsSettled")],
]
KINDS = {"POST": SERVER, "send": PRODUCER, "process": CONSUMER, "project": CONSUMER, "receive": CONSUMER}


def receiver_of_stack(venue, python, folder):
    endpoint = venue.settings.get("BOURSE_OTLP_ENDPOINT")
    if not endpoint or venue.settings.get("BOURSE_TRACE_CLIENTS") != "on":
        pytest.skip("the stack sends no traces, or not those that clients ask for")
    return receiver_at(python, urllib.parse.urlsplit(endpoint).port, folder)


def whole_tree(receiver, trace, client, ways):
    """The trace once it has these ways down, and nothing in it hangs loose: what an order leads to beside them
    may come before what it hangs below, since each process sends its spans by itself."""
    def whole():
        tree = Tree(receiver.spans(trace), client)
        return tree if all(way in tree.ways() for way in ways) and not tree.orphans() else None
    return wait_until(whole, 30, "every part of the venue has sent its spans, and nothing hangs loose")


def test_the_trace_of_an_order_is_one_tree_from_its_request_to_its_rows(venue, market, python, tmp_path):
    seller = venue.trader("seller", **{market.asset: 10})
    buyer = venue.trader("buyer", EUR=1000)
    seller.order(market, "sell", 10, "5").ok(201)
    headers, trace, client = traced()

    with receiver_of_stack(venue, python, tmp_path) as receiver:
        answer = buyer.order(market, "buy", 10, "5", headers=headers)
        order = answer.ok(201)
        tree = whole_tree(receiver, trace, client, WAYS)

    assert order["status"] == "filled"
    assert answer.headers["traceparent"] == f"00-{trace}-{tree.roots[0]['id']}-01"
    assert [span["name"] for span in tree.roots] == ["POST /api/v1/orders"]
    assert len(tree.by_id) == len(tree.spans)
    for span in tree.spans:
        parent = tree.by_id.get(span["parent"])
        assert span["began_ns"] <= span["ended_ns"], span
        assert parent is None or parent["began_ns"] <= span["began_ns"], (parent, span)
        assert span["kind"] == KINDS[span["name"].split()[0]], span
        assert span["resource"]["service.namespace"] == "bourse" and not span["failed"]
    told = tree.roots[0]["attributes"]
    assert told["http.response.status_code"] == 201 and told["http.route"] == "/api/v1/orders"
    assert buyer.user["email"] not in json.dumps(tree.spans)


def test_who_asks_for_traces_gets_no_more_of_them_than_the_venue_wants(venue, python, tmp_path):
    port = free_port()
    flagged = [traced() for _ in range(20)]
    with receiver_at(python, port, tmp_path) as receiver:
        with gateway_beside(venue, tmp_path, BOURSE_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
                            BOURSE_TRACE_SAMPLE="1/3600s", BOURSE_TRACE_CLIENTS="on") as beside:
            answered = [beside.venue.public.get("market/instruments", headers=headers)
                        for headers, _, _ in flagged]
        spans = [span for span in receiver.spans() if span["attributes"]["http.route"].endswith(
            "/instruments")]

    # One of the venue's own choice, one more because somebody asked; and a trace id is kept either way.
    assert [span["trace"] for span in spans] == [trace for _, trace, _ in flagged[:2]]
    for answer, (_, trace, _) in zip(answered, flagged):
        answer.ok()
        assert answer.headers["traceparent"].split("-")[1] == trace
    assert {answer.headers["traceparent"][-3:] for answer in answered[2:]} == {"-00"}


def test_where_clients_have_no_say_their_flag_changes_nothing(venue, python, tmp_path):
    port = free_port()
    with receiver_at(python, port, tmp_path) as receiver:
        with gateway_beside(venue, tmp_path, BOURSE_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
                            BOURSE_TRACE_SAMPLE="1/3600s") as beside:
            for _ in range(5):
                beside.venue.public.get("market/instruments", headers=traced()[0]).ok()
        routes = [span["attributes"]["http.route"] for span in receiver.spans()]

    assert routes.count("/api/v1/market/instruments") == 1


# --- what a page adds ---

def now_us():
    return time.time_ns() // 1000


def page_span(trace, span, parent=None, **rest):
    """As the page tells of it, just now."""
    now = now_us()
    return {"trace_id": trace, "span_id": span, "operation": "placeOrder", "began_us": now - 2, "ended_us": now - 1,
            "status": 201, **({"parent_id": parent} if parent else {}), **rest}


def send_spans(page, *spans, sent_us=None):
    return page.post("telemetry/spans", {"sent_us": sent_us or now_us(), "spans": list(spans)})


CLICKED = [("bourse-page", "page placeOrder", ""), ("bourse-page", "POST /api/v1/orders", "")]


def test_with_the_spans_of_its_page_a_trace_has_one_root_and_nothing_hangs_loose(venue, market, python, tmp_path):
    seller, buyer = venue.trader("seller", **{market.asset: 10}), venue.trader("buyer", EUR=1000)
    seller.order(market, "sell", 10, "5").ok(201)
    headers, trace, request = traced()
    root, began_us = secrets.token_hex(8), now_us()
    whole = [CLICKED, *(CLICKED + way for way in WAYS)]

    with receiver_of_stack(venue, python, tmp_path) as receiver:
        answer = buyer.order(market, "buy", 10, "5", headers=headers)
        assert answer.ok(201)["status"] == "filled" and answer.headers["traceparent"].endswith("-01")
        times = {"began_us": began_us, "ended_us": now_us()}
        taken = send_spans(buyer, page_span(trace, root, **times), page_span(trace, request, root, **times)).ok()
        tree = whole_tree(receiver, trace, "", whole)

    assert taken == {"taken": 2}
    assert [(span["id"], span["name"], span["kind"]) for span in tree.roots] == [(root, "page placeOrder", INTERNAL)]
    assert len(tree.by_id) == len(tree.spans)
    assert tree.by_id[request]["kind"] == CLIENT
    assert tree.by_id[request]["attributes"] == {"bourse.operation": "placeOrder", "http.response.status_code": 201}
    for span in tree.spans:
        parent = tree.by_id.get(span["parent"])
        assert parent is None or parent["began_ns"] <= span["began_ns"], (parent, span)


@pytest.mark.parametrize("wrong", [
    {"trace_id": "0" * 32}, {"span_id": "0" * 16}, {"parent_id": "0" * 16}, {"trace_id": "A" * 32}, {"trace_id": "a" * 31},
    {"operation": "placeOrders"}, {"operation": "<b>"}, {"name": "of my own"}, {"status": 600}, {"status": "201"},
    {"began_us": 0}, {"began_us": now_us() + 1_000_000_000}, {"ended_us": now_us() + 1_000_000_000},
    {"began_us": now_us() - 1_000_000_000}, {"began_us": 10 ** 30}, {"began_us": 1.5}, {"ended_us": -1}])
def test_a_page_can_say_of_a_span_nothing_but_what_one_has(wrong, user):
    good = page_span(secrets.token_hex(16), secrets.token_hex(8))
    send_spans(user, good, {**good, **wrong}).refused(422, "VALIDATION_FAILED")


@pytest.mark.parametrize("count", [0, 65])
def test_a_page_sends_some_spans_at_a_time(count, user):
    spans = [page_span(secrets.token_hex(16), secrets.token_hex(8)) for _ in range(count)]
    send_spans(user, *spans).refused(422, "VALIDATION_FAILED")


def test_the_spans_of_pages_are_bounded_and_never_told_where_nothing_is_traced(venue, python, tmp_path):
    person, greedy, port = venue.trader("paged"), venue.trader("greedy"), free_port()
    flood = [page_span(secrets.token_hex(16), secrets.token_hex(8)) for _ in range(64)]
    with gateway_beside(venue, tmp_path, BOURSE_OTLP_ENDPOINT=None) as beside:
        page = Session(beside.venue, person.token)
        send_spans(page, flood[0]).refused(404, "NOT_FOUND")
        assert page.get("auth/me", headers=traced()[0]).headers["traceparent"].endswith("-00")
    with receiver_at(python, port, tmp_path) as receiver, \
            gateway_beside(venue, tmp_path, BOURSE_OTLP_ENDPOINT=f"http://127.0.0.1:{port}") as beside:
        page = Session(beside.venue, greedy.token)
        assert send_spans(page, *flood).ok() == {"taken": 64}
        taken = send_spans(page, *flood).ok()["taken"]
        assert taken < 64
        assert send_spans(Session(beside.venue, person.token), flood[0]).ok() == {"taken": 1}
        of_page = lambda: [span for span in receiver.spans() if span["service"] == "bourse-page"]
        wait_until(lambda: len(of_page()) == 64 + taken + 1, 30, "as many are there as were taken")


def spans_of(page, receiver, wrong_us):
    """A span of a page whose clock is wrong by so much, as it arrives; and when it began, by the right one."""
    trace, now = secrets.token_hex(16), now_us()
    span = page_span(trace, secrets.token_hex(8), began_us=now + wrong_us - 500, ended_us=now + wrong_us - 200)
    send_spans(page, span, sent_us=now + wrong_us).ok()
    took_us = now_us() - now
    found, = wait_until(lambda: receiver.spans(trace), 30, "it is there")
    assert found["ended_ns"] - found["began_ns"] == 300_000
    return found["began_ns"] // 1000, now - 500, took_us


def test_a_page_whose_clock_is_wrong_is_put_right_and_no_other(venue, user, python, tmp_path):
    with receiver_of_stack(venue, python, tmp_path) as receiver:
        for wrong_us in (-3_600_000_000, 3_600_000_000):
            told, began, took_us = spans_of(user, receiver, wrong_us)
            assert began <= told <= began + took_us

        def kept():
            told, began, took_us = spans_of(user, receiver, 0)
            assert took_us > 1_000_000 or told == began # a way as long as that is taken for a wrong clock
            return told == began
        wait_until(kept, 60, "a request takes less than a second")
