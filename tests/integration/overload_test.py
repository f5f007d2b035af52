"""A gateway that has more to do than it can says so at once, answers what it has taken, and goes on."""
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import time
from collections import Counter

import pytest

from gateways import gateway_beside
from onboarding_test import PROFILE, hand_in, kept_of
from venue import PASSWORD, REPO, Session, Trader, unique, wait_until

THREADS, QUEUE = 2, 8 # that ask what is quick of a gateway's database; requests that wait for them
READS, ORDERS, LOGINS = 60, 40, 100
COMMANDS = 4 # that wait for their outcome
EARLY_S = 3 # of a refusal, where an answer may take 15

pytestmark = pytest.mark.disruptive


@pytest.fixture
def small(venue, tmp_path):
    """The same venue through a gateway that lets few wait."""
    with gateway_beside(venue, tmp_path, BOURSE_QUEUE_MAX=QUEUE, BOURSE_LIMIT_LOGIN="off",
                        BOURSE_LIMIT_READ="off", BOURSE_LIMIT_WRITE="off") as gateway:
        yield gateway.venue


class Lock:
    """A table that nobody can read until it is let go, as when a database is overwhelmed."""

    def __init__(self, venue, table):
        self.psql = subprocess.Popen( # pylint: disable=consider-using-with
            [REPO / "infra/process", "run", "bash", "-c", 'exec psql -X -q -A -t "$BOURSE_PG"'],
            env=venue.environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.say(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT 'locked';")
        assert self.psql.stdout.readline().strip() == "locked"

    def say(self, statement):
        self.psql.stdin.write(statement + "\n")
        self.psql.stdin.flush()

    def let_go(self):
        if self.psql.poll() is None:
            self.say("COMMIT;")
            self.psql.stdin.close()
            self.psql.wait(30)


@contextlib.contextmanager
def locked(venue, table):
    lock = Lock(venue, table)
    try:
        yield lock
    finally:
        lock.let_go()


def waiting(venue, table):
    """How many statements wait for the lock of a table."""
    return int(venue.sql("SELECT count(*) FROM pg_locks WHERE NOT granted"
                         f" AND relation = 'settings.{table}'::regclass")[0][0])


def timed(call):
    began = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began


def assert_shed(answer):
    """Refused as it should be."""
    answer.refused(503, "OVERLOADED")
    assert int(answer.headers["Retry-After"]) > 0


def test_reads_beyond_the_queue_are_refused_at_once_and_the_others_answered(venue, small):
    reader = Session(small, venue.register("of many readers").token)
    reader.get("alerts").ok() # which is found to be quick
    ask = lambda: reader.request("GET", "alerts")
    with concurrent.futures.ThreadPoolExecutor(READS) as pool, \
            locked(venue, "settings.price_alerts") as lock:
        asked = []
        for count in range(1, THREADS + 1): # each takes one, and no others with it
            asked.append(pool.submit(timed, ask))
            wait_until(lambda count=count: waiting(venue, "price_alerts") == count, 6, "it waits")
        asked += [pool.submit(timed, ask) for _ in range(READS - THREADS)]
        wait_until(lambda: sum(each.done() for each in asked) >= READS - THREADS - QUEUE, 6,
                   "what the queue has no room for is refused")
        early = [each.result() for each in asked if each.done()]
        small.public.get("/health/live").ok()
        lock.let_go()
        late = [each.result()[0].status for each in asked]
    for answer, seconds in early:
        assert_shed(answer)
        assert seconds < EARLY_S, f"refused only after {seconds:.1f} s"
    assert Counter(late) == {503: READS - THREADS - QUEUE, 200: THREADS + QUEUE}
    assert all(reader.get("alerts").status == 200 for _ in range(20))


def test_writes_beside_an_overloaded_queue_happen_once_or_not_at_all(venue, small, market):
    trader = venue.trader("of many orders", EUR=10 * ORDERS)
    elsewhere = Trader(small, trader.token, trader.user)
    keys = [unique("key") for _ in range(ORDERS)]

    def order(key):
        return elsewhere.order(market, "buy", 1, "5", key=key, client_order_id=key)

    with concurrent.futures.ThreadPoolExecutor(ORDERS + THREADS + QUEUE) as pool, \
            locked(venue, "settings.price_alerts") as lock:
        reads = [pool.submit(elsewhere.request, "GET", "alerts") for _ in range(THREADS + QUEUE)]
        answers = dict(zip(keys, pool.map(order, keys)))
        lock.let_go()
        assert {read.result().status for read in reads} <= {200, 503}
    taken = {key for key, answer in answers.items() if answer.status == 201}
    for key in set(keys) - taken:
        assert_shed(answers[key])
    for key in taken:
        assert elsewhere.get(f"orders/by-client-id/{key}").ok()["id"] == answers[key].json["id"]
    for key in set(keys) - taken:
        elsewhere.get(f"orders/by-client-id/{key}").refused(404, "NOT_FOUND")
    again = [order(key) for key in keys]
    assert {answer.status for answer in again} == {201}
    assert len({answer.json["id"] for answer in again}) == ORDERS
    venue.wait_for_balance(trader.account_id, "EUR", 5 * ORDERS, 5 * ORDERS)


def test_orders_beyond_what_may_wait_are_refused_at_once_and_were_never_sent(venue, market, tmp_path):
    trader = venue.trader("of a venue that stands still", EUR=10 * ORDERS)
    keys = [unique("key") for _ in range(ORDERS)]
    book = int(venue.process("pid", "orders").stdout)
    with gateway_beside(venue, tmp_path, BOURSE_COMMANDS_MAX=COMMANDS) as gateway, \
            concurrent.futures.ThreadPoolExecutor(ORDERS) as pool:
        there = Trader(gateway.venue, trader.token, trader.user)
        send = lambda key: there.order(market, "buy", 1, "5", key=key, client_order_id=key)
        os.kill(book, signal.SIGSTOP)
        try:
            asked = {key: pool.submit(timed, lambda key=key: send(key)) for key in keys}
            answered = lambda: [each.result() for each in asked.values() if each.done()]
            wait_until(lambda: len(answered()) == ORDERS - COMMANDS, 6, "who may not wait is refused")
            for answer, seconds in answered():
                assert_shed(answer)
                assert seconds < EARLY_S, f"refused only after {seconds:.1f} s"
        finally:
            os.kill(book, signal.SIGCONT)
        waited = [key for key in keys if asked[key].result()[0].status == 201]
        assert len(waited) == COMMANDS
        for key in set(keys) - set(waited):
            trader.get(f"orders/by-client-id/{key}").refused(404, "NOT_FOUND")
        for key in keys: # and one by one there is room
            assert send(key).ok(201)["client_order_id"] == key
    assert len(trader.items("orders", limit=500)) == ORDERS


def test_a_document_whose_command_may_not_wait_is_refused_and_not_kept(venue, tmp_path):
    client = venue.register("of a ledger that stands still")
    ledger = int(venue.process("pid", "accounts").stdout)
    with gateway_beside(venue, tmp_path, BOURSE_COMMANDS_MAX=1) as gateway, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        there = lambda: Trader(gateway.venue, client.token, client.user) # each thread has its connection
        os.kill(ledger, signal.SIGSTOP)
        try:
            asked = [pool.submit(lambda: there().put("onboarding/profile", PROFILE)) for _ in range(2)]
            wait_until(lambda: any(each.done() for each in asked), 6, "one of two waits, and no more")
            assert_shed(hand_in(there()))
            assert kept_of(venue, client) == ["0|0"]
        finally:
            os.kill(ledger, signal.SIGCONT)
        assert sorted(each.result().status for each in asked) == [200, 503]
        hand_in(there()).ok(201)


def test_logins_beyond_what_passwords_may_take_are_refused_at_once(venue, small):
    someone = venue.register("of many logins")
    opened = len(someone.items("settings/sessions"))
    callers = [Session(small) for _ in range(LOGINS)]
    body = {"email": someone.user["email"], "password": PASSWORD}
    with concurrent.futures.ThreadPoolExecutor(LOGINS) as pool:
        answers = list(pool.map(lambda caller: caller.post("auth/login", body), callers))
    counts = Counter(answer.status for answer in answers)
    assert set(counts) <= {200, 202, 503} and counts[200] and counts[503], counts
    for answer in answers:
        if answer.status == 503:
            assert_shed(answer)
    sessions = lambda: len(someone.items("settings/sessions")) - opened
    wait_until(lambda: sessions() >= counts[200], 10, "each login that was answered has a session")
    small.login(someone.user["email"], PASSWORD).ok() # and settings has decided all before this
    wait_until(lambda: sessions() > counts[200], 10, "the last one shows, too")
    assert sessions() <= counts[200] + counts[202] + 1, "one that was refused opened a session"
