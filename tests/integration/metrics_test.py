"""What processes count, as scrapers get it: in OpenMetrics, by a parser that is not ours, with exemplars that lead to
traces; and that what happens in the venue is counted where it is known."""
import contextlib
import json
import secrets
import subprocess
import sys
import urllib.request

import pytest

from gateways import free_port, gateway_beside
from metrics import counted, page, ports
from venue import REPO, wait_until

PACKAGE = "prometheus_client==0.23.1"
# As Prometheus asks.
ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python with the parser, which nothing of the venue itself needs."""
    folder = tmp_path_factory.mktemp("openmetrics")
    if subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode != 0:
        pytest.skip("python3 cannot make a virtual environment")
    if subprocess.run([folder / "bin/pip", "install", "-q", PACKAGE], check=False).returncode != 0:
        pytest.skip(f"pip does not give {PACKAGE}")
    return folder / "bin/python"


def parsed(python, text):
    """The samples of a page, or the failure that the parser has with it."""
    said = subprocess.run([python, REPO / "tests/integration/openmetrics.py"], input=text, text=True,
                          capture_output=True, check=False)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_every_process_speaks_openmetrics_to_who_asks_for_it(venue, python):
    for name, port in ports(venue).items():
        kind, text = page(port, ACCEPT)
        assert kind == OPENMETRICS, name
        samples = parsed(python, text)
        assert {"bourse_build_info", "bourse_log_messages_total", "process_resident_memory_bytes"} <= {
            sample["name"] for sample in samples}, name
        assert page(port)[0] == "text/plain; version=0.0.4; charset=utf-8", name


def test_an_exemplar_is_the_trace_of_an_order(venue, market, python, tmp_path):
    """Nobody has to listen at the other end: what is sampled is kept."""
    trace, port = secrets.token_hex(16), free_port()
    headers = {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port, BOURSE_TRACE_CLIENTS="on",
                        BOURSE_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as beside:
        buyer = beside.venue.trader("buyer", EUR=1000)
        buyer.order(market, "buy", 10, "5", headers=headers).ok(201)

        def exemplars():
            samples = parsed(python, page(port, ACCEPT)[1])
            return {sample["name"] for sample in samples if sample["exemplar"] == {"trace_id": trace}}
        wait_until(lambda: exemplars() == {"bourse_order_ack_seconds_bucket",
                                           "bourse_http_request_duration_seconds_bucket"}, 20, "both have it")
        assert "trace_id" not in page(port)[1], "plain text has no exemplars"


class Counts:
    """How far series of the stack have moved. Others act, too: by as much as was done here, at least."""

    def __init__(self, venue, *series):
        self.series = [(ports(venue)[process], name) for process, name in series]
        self.before = self.now()

    def now(self):
        return [counted(port, name) for port, name in self.series]

    def moved(self):
        return [now - before for now, before in zip(self.now(), self.before)]

    def have_moved(self, wanted):
        return all(moved >= least for moved, least in zip(self.moved(), wanted))


def test_what_happens_is_counted_where_it_is_known(venue, market):
    seller = venue.trader("seller", **{market.asset: 100})
    buyer = venue.trader("buyer", EUR=1000)
    counts = Counts(venue,
                    ("orders-projector", 'bourse_order_fill_seconds_count{role="taker"}'),
                    ("orders-projector", 'bourse_order_fill_seconds_count{role="maker"}'),
                    ("orders-projector", 'bourse_triggers_fired_total{result="filled"}'),
                    ("orders-projector", "bourse_trigger_slippage_ratio_count"),
                    ("audit-projector", 'bourse_tickets_total{outcome="success"}'),
                    ("audit-projector", 'bourse_tickets_total{outcome="failed"}'),
                    ("audit-projector", "bourse_ticket_seconds_count"),
                    ("orders-projector", 'bourse_database_operation_seconds_count{operation="commit"}'),
                    ("gateway", 'bourse_database_operation_seconds_count{operation="query"}'))
    seller.order(market, "sell", 10, "5").ok(201)
    buyer.order(market, "buy", 10, "5").ok(201)
    seller.order(market, "sell", 10, type="stop", stop_price="4").ok(201)
    buyer.order(market, "buy", 20, "4").ok(201)
    seller.order(market, "sell", 5, "4").ok(201) # which crosses the stop, and leaves enough for it
    buyer.get("transactions").ok()
    buyer.order(market, "buy", 1000, "5").refused(409, "INSUFFICIENT_FUNDS")

    wanted = [1, 1, 1, 1, 5, 1, 6, 1, 1]
    with contextlib.suppress(AssertionError): # which would not say what is missing
        wait_until(lambda: counts.have_moved(wanted), 30, "each has been counted")
    assert counts.have_moved(wanted), list(zip(counts.series, counts.moved(), wanted))


def test_a_session_counts_once_while_it_is_used(venue, tmp_path):
    port = free_port()
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=port) as beside:
        before = counted(port, "bourse_sessions_active")
        one, two = beside.venue.trader("one"), beside.venue.trader("two")
        opened = counted(port, "bourse_sessions_active")
        for trader in (one, two, one, two):
            trader.get("portfolio").ok()
        # Staff opened the accounts; and whoever it was asks no more.
        assert counted(port, "bourse_sessions_active") == max(opened, before + 2)


def test_how_long_a_health_check_takes_is_counted_by_every_process(venue):
    series = "bourse_health_check_seconds_count"
    before = {name: counted(port, series) for name, port in ports(venue).items()}
    for name, port in ports(venue).items():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10):
            assert counted(port, series) > before[name], name
