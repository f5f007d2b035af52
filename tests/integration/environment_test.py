"""Every process of the stack is up, says so, and can be watched."""
import re
import subprocess
import urllib.request

from metrics import counted, ports
from venue import REPO, wait_until


def test_every_process_is_up(venue):
    status = subprocess.run([REPO / "infra/status"], text=True, capture_output=True, check=False,
                            env=venue.environment())
    assert status.returncode == 0, status.stdout


def test_every_service_answers_health_and_metrics_on_its_own_port(venue):
    services = [name for name in venue.process("names").stdout.split()
                if name not in ("postgres", "kafka", "mail", "gateway")]
    assert len(services) == 12
    for offset in range(len(services) + 1):
        port = int(venue.settings["BOURSE_METRICS_PORT"]) + offset
        for path in ("health", "health/live", "health/ready", "metrics"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                assert answer.status == 200 and answer.read()


def test_every_process_says_what_it_is_and_what_it_logged(venue):
    for name, port in ports(venue).items():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            text = page.read().decode()
        assert 'bourse_build_info{version="' in text, name
        assert 'bourse_log_messages_total{level="error"}' in text, name
        assert int(re.search(r"^process_resident_memory_bytes (\d+)$", text, re.MULTILINE)[1]) > 1000000
        if name.endswith("-projector"):
            for series in ("lag_records", "lag_seconds", "last_event_timestamp_seconds"):
                assert f"\nbourse_projection_{series} " in text, name


def test_orders_are_counted_by_what_was_answered(venue):
    def told(result):
        return counted(ports(venue)["gateway"], f'bourse_orders_total{{result="{result}"}}')

    trader = venue.trader("who orders", EUR=1000)
    accepted, refused = told("accepted"), told("refused")
    order = {"instrument": "CEA-EUR", "side": "buy", "type": "limit", "quantity": "1"}
    trader.post("orders", dict(order, limit_price="0.01")).ok(201)
    assert 400 <= trader.post("orders", dict(order, limit_price="100000")).status < 500
    wait_until(lambda: told("accepted") > accepted and told("refused") > refused, 5, "both counted")


def test_the_gateway_names_what_it_depends_on(public):
    for path in ("/health", "/health/live", "/health/ready", "/health/startup"):
        assert public.get(path).ok()["status"] == "ok"
    assert {"kafka", "postgres"} <= set(public.get("/health").ok()["dependencies"])


def test_every_answer_carries_the_headers_that_protect_its_reader(public):
    headers = public.get("/health").headers
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options",
                 "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "X-Request-Id"):
        assert headers[name], name


def test_plain_http_leads_to_https(venue):
    port = venue.settings["BOURSE_HTTP_PORT"]
    asked = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
             f"http://127.0.0.1:{port}/api/v1/market/cash?asset=CEA"]
    shown = subprocess.run(asked, text=True, capture_output=True, check=True).stdout
    status, address = shown.split()
    assert status == "308"
    assert address.startswith("https://") and address.endswith("/api/v1/market/cash?asset=CEA")


def test_the_contract_and_its_page_are_served(public):
    contract = public.get("/openapi.json").ok()
    assert contract["openapi"].startswith("3.1")
    assert "/api/v1/orders" in contract["paths"]
    page = public.get("/docs")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
