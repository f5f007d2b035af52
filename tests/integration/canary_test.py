"""Orders of the venue's own, by which it is seen to work."""
import contextlib
import os
import re
import signal
import subprocess
import urllib.request

import pytest

from gateways import free_port, gateway_beside
from metrics import counted
from venue import REPO, Market, password_file, wait_until

MARKET = Market("CANARY", "CANARY-EUR")


@pytest.fixture
def password(venue):
    with password_file(venue, "canary") as path:
        yield path


@pytest.fixture
def accounts(venue, admin):
    """The canary's, opened as those of clients are; its asset and instrument, where there are none."""
    admin.surely("POST", "admin/assets", {"code": MARKET.asset, "name": "The canary's",
                                          "kind": "certificate", "scale": 0})
    admin.surely("POST", "admin/instruments", {"symbol": MARKET.symbol, "base": MARKET.asset, "quote": "EUR",
                                               "maker_fee_bps": 0, "taker_fee_bps": 0})
    assert venue.public.get(f"market/instruments/{MARKET.symbol}").ok()["taker_fee_bps"] == 0
    return [venue.trader(name, EUR=2, CANARY=2) for name in ("canary-maker", "canary-client")]


class Canary:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def rounds(self, result):
        return counted(self.port, f'bourse_canary_rounds_total{{result="{result}"}}')

    def page(self):
        """Its metrics; empty: it does not listen yet."""
        with contextlib.suppress(OSError), \
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
            return page.read().decode()
        return ""

    def is_ready(self):
        with contextlib.suppress(OSError), \
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=10) as page:
            return page.status == 200
        return False


@contextlib.contextmanager
def canary_at(gateway, password, accounts):
    port = free_port()
    maker, client = (account.user["email"] for account in accounts)
    program = f"{gateway.venue.settings['BOURSE_BUILD_DIR']}/services/cli/bourse"
    command = [REPO / "infra/process", "run", "env", f"BOURSE_URL={gateway.venue.url.geturl()}", program, "canary",
               "--maker", maker, "--client", client, "--every", "1", "--port", str(port)]
    environment = {**gateway.venue.environment(), "BOURSE_FEED_PASSWORD_FILE": str(password)}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        canary = Canary(process, port)
        try:
            wait_until(canary.page, 30, "it listens")
            yield canary
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def test_the_canary_trades_with_itself_and_is_not_counted_among_the_clients(venue, accounts, password, tmp_path):
    orders = free_port()
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=orders) as gateway:
        with canary_at(gateway, password, accounts) as canary:
            wait_until(lambda: canary.rounds("passed") >= 3, 60, "three of its trades have passed")
            page = canary.page()
            assert canary.is_ready()
        placed = {result: counted(orders, f'bourse_orders_total{{result="{result}"}}')
                  for result in ("accepted", "pending", "refused", "failed")}

    assert 'bourse_canary_rounds_total{result="failed"} 0' in page
    assert re.search(r"^bourse_canary_seconds_count [1-9]", page, re.MULTILINE), page
    assert re.search(r"^bourse_canary_passed_timestamp_seconds [1-9]", page, re.MULTILINE), page
    assert set(placed.values()) == {0}, placed
    for asset in ("EUR", MARKET.asset):
        wait_until(lambda asset=asset: sum(sum(account.balance(asset)) for account in accounts) == 4, 10,
                   f"no {asset} is lost, nor taken as a fee")


def test_the_canary_tells_that_it_could_not_trade_and_that_it_can_again(venue, accounts, password, tmp_path):
    with gateway_beside(venue, tmp_path) as gateway:
        for account in accounts:  # whoever is restricted may still sell
            venue.activate(account.account_id, "restricted")
        with canary_at(gateway, password, accounts) as canary:
            wait_until(lambda: canary.rounds("failed") > 0, 60, "it has noticed")
            assert not canary.is_ready() and canary.rounds("passed") == 0
            for account in accounts:
                venue.activate(account.account_id)
            wait_until(lambda: canary.rounds("passed") > 0, 60, "it trades again")
            wait_until(canary.is_ready, 10, "and says so")
