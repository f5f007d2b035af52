"""Projectors hold their rows against the log, and count what is not as it says."""
import contextlib
import os
import signal
import subprocess

import pytest

from metrics import counted, ports
from restore_test import superuser
from venue import REPO, psql, wait_until

pytestmark = pytest.mark.disruptive

PASSES, ROWS, APART = (f"bourse_projection_drift_{what}_total" for what in ("passes", "checked_rows", "rows"))


@contextlib.contextmanager
def in_a_hurry(venue, service):
    """That one's projector, doing hardly anything but that."""
    name = f"{service}-projector"
    program = f"{venue.settings['BOURSE_BUILD_DIR']}/services/{service}/bourse-{service}"
    venue.process("stop", name)
    with subprocess.Popen([REPO / "infra/process", "run", "env", "BOURSE_DRIFT_SHARE=100",
                           f"BOURSE_METRICS_PORT={ports(venue)[name]}", program, "--project"],
                          env=venue.environment(), start_new_session=True) as running:
        try:
            yield
        finally:
            os.killpg(running.pid, signal.SIGTERM) # with the program that it has started
            running.wait(60)
    venue.process("start", name)


def wait_for_pass(venue, port):
    """Until one that began from now on is over."""
    begun = lambda: passes_of(port)
    wait_until(lambda: begun() is not None, 60, "the projector is there")
    before = begun()
    wait_until(lambda: begun() > before + 1, 300, "its rows were held against the log")


def passes_of(port):
    try:
        return counted(port, PASSES)
    except OSError:
        return None


@pytest.mark.parametrize("service", ["accounts", "orders", "settings"])
def test_what_the_log_does_not_say_is_counted_until_it_is_mended(venue, service):
    market, trader = venue.market(), venue.trader("drifting", EUR=100)
    trader.order(market, "buy", 1, "5").ok(201)
    port = ports(venue)[f"{service}-projector"]
    with in_a_hurry(venue, service):
        wait_for_pass(venue, port)
        assert counted(port, ROWS) > 0
        assert counted(port, APART) == 0
        for at_once in range(2): # a row that is another than it was, and one that is no more
            apart = counted(port, APART)
            psql(superuser(venue, "bourse"), WRONGS[service][at_once].format(user=trader.user["id"],
                                                                            account=trader.account_id))
            wait_until(lambda: counted(port, APART) > apart, 300, "it is found")
        venue.bourse("projection", "rebuild", service)
        wait_for_pass(venue, port)
        apart = counted(port, APART)
        wait_for_pass(venue, port)
        assert counted(port, APART) == apart


WRONGS = {
    "accounts": ["UPDATE accounts.balances SET available = available + 1, total = total + 1 WHERE account_id = '{account}'",
                 "DELETE FROM accounts.balances WHERE account_id = '{account}'"],
    "orders": ["UPDATE orders.orders SET limit_price = 4 WHERE account_id = '{account}'",
               "DELETE FROM orders.orders WHERE account_id = '{account}'"],
    "settings": ["UPDATE settings.users SET status = 'disabled' WHERE id = '{user}'",
                 "DELETE FROM settings.users WHERE id = '{user}'"],
}
