"""A venue burns down while it trades, and another one is made of its backup, which goes on where the
backup was made."""
import contextlib
import json
import shutil
import subprocess
import threading

import pytest

from disaster import burn_down, rise
from erasure_test import Person, erase, rows_with, wait_until_forgotten
from read_model import assert_tickets_gapless, rows
from restore_test import key_of, superuser, wrapped_key
from sessions_test import refresh
from venue import PASSWORD, REPO, Session, psql, unique, wait_until

KEPT = ("audit.ticket_logs", "orders.trades", "accounts.transactions")  # rows that never change


@contextlib.contextmanager
def somebody_trading(venue):
    """Two who trade with each other all the while."""
    market = venue.market()
    seller, buyer = venue.trader("busy", **{market.asset: 10000}), venue.trader("busy", EUR=10000)
    ended = threading.Event()

    def trade():
        while not ended.is_set():
            seller.order(market, "sell", 1, "1")
            buyer.order(market, "buy", 1, "1")

    thread = threading.Thread(target=trade)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.fixture
def folder(venue):
    """Where the stack's user may write, and where nothing of the stack is."""
    root = venue.run_dir / "backups"
    root.mkdir(mode=0o777, exist_ok=True)
    root.chmod(0o777)
    yield root / unique("backup")
    shutil.rmtree(root)


@pytest.mark.disruptive
def test_a_venue_that_burnt_down_goes_on_from_its_backup(venue, market, folder):
    maker = venue.maker("before", **{market.asset: 100})
    venue.offer(maker, market, 100, "10").ok(201)
    trader = venue.trader("before", EUR=1000)
    trader.order(market, "buy", 20, "10").ok(201)
    resting = trader.order(market, "buy", 5, "9").ok(201)
    person, someone = Person(venue), venue.register("leaves")
    _, key = key_of(venue, someone)
    left = venue.login(someone.user["email"], PASSWORD).ok()
    Session(venue, left["access_token"]).post("auth/logout").ok()
    erase(venue, person)
    wait_until_forgotten(venue, person)
    before = rows(venue)

    with somebody_trading(venue):
        venue.bourse("backup", str(folder))
    burn_down(venue)
    rise(venue, folder)

    def missing():
        now = rows(venue)
        return {table: lost for table in KEPT if (lost := set(before[table]) - set(now[table]))}

    wait_until(lambda: not missing(), 60, "all that had been read is there to be read again", 1)
    assert_tickets_gapless(venue)
    venue.wait_for_balance(trader.account_id, "EUR", 755, 45)
    assert trader.balance(market.asset) == (20, 0)
    is_open = lambda: (found := trader.get(f"orders/{resting['id']}")).status == 200 and found.json["status"] == "open"
    wait_until(is_open, 60, "the order rests as before")
    trader.delete(f"orders/{resting['id']}").ok()
    trader.order(market, "buy", 81, "10").refused(409, "INSUFFICIENT_FUNDS")
    trader.order(market, "buy", 30, "10").ok(201)
    assert trader.balance(market.asset) == (50, 0)

    assert wrapped_key(venue, person.id) in ([], [""]) and not rows_with(venue, person.words)
    refresh(venue, left["refresh_token"]).refused(401, "TOKEN_REVOKED")
    key.get("auth/me").ok()
    wait_until(lambda: venue.bourse("doctor", check=False).returncode == 0, 120,
               "the doctor finds nothing", 1)


@pytest.mark.disruptive
def test_a_vault_that_is_lost_comes_back_beside_the_log_that_stands(venue, folder):
    person = Person(venue)
    wrapped = wrapped_key(venue, person.id)
    assert wrapped not in ([], [""])
    venue.bourse("backup", str(folder), "--only", "vault")
    names = [name for name in venue.process("names").stdout.split() if name not in ("postgres", "kafka", "mail")]
    venue.process("stop", *reversed(names))
    for statement in ("DROP DATABASE bourse_vault WITH (FORCE)", "CREATE DATABASE bourse_vault OWNER bourse"):
        psql(superuser(venue, "postgres"), statement)
    refused = venue.bourse("init", check=False)
    assert refused.returncode != 0 and "vault" in refused.stderr, refused
    venue.bourse("restore", str(folder), "--only", "vault")
    subprocess.run([REPO / "infra/up", "--no-demo"], env=venue.environment(), check=True, stdout=subprocess.DEVNULL,
                   timeout=900)
    assert wrapped_key(venue, person.id) == wrapped
    venue.login(person.email, PASSWORD).ok()


def test_nothing_is_restored_over_a_venue(venue, folder):
    venue.bourse("backup", str(folder))
    told = json.loads((folder / "backup.json").read_text())
    assert told["vault"]["rows"] > 0 and all(log["end"] >= log["start"] for log in told["logs"])
    done = venue.bourse("restore", str(folder), check=False)
    assert done.returncode == 1 and "is not empty" in done.stderr
    again = venue.bourse("backup", str(folder), check=False)
    assert again.returncode == 1 and "exists" in again.stderr
    (folder / "vault.rows").unlink()
    done = venue.bourse("restore", str(folder), check=False)
    assert done.returncode == 1 and "vault.rows" in done.stderr
    done = venue.bourse("restore", str(folder), "--only", "log", check=False)
    assert done.returncode == 1 and "is not empty" in done.stderr
    for part, other in (("log", "vault"), ("vault", "log")):
        venue.bourse("backup", f"{folder}-{part}", "--only", part)
        done = venue.bourse("restore", f"{folder}-{part}", "--only", other, check=False)
        assert done.returncode == 1 and f"has no {other}" in done.stderr
