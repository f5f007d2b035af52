"""kill -9 of any process while orders flow: nothing is lost, doubled, or left unknown."""
import http.client
import os
import random
import signal
import threading
import time
from decimal import Decimal

import pytest

import avro
import topics
from read_model import assert_same, assert_tickets_gapless, rows, wait_until_at_rest
from venue import unique, wait_until

pytestmark = pytest.mark.disruptive
ROUNDS = 10 if os.environ.get("BOURSE_TEST_FULL") == "1" else 1
SEED = int(os.environ.get("BOURSE_SEED", "1"))
VICTIMS = ["accounts", "orders", "settings", "audit", "desk", "accounts-projector", "orders-projector",
           "settings-projector", "audit-projector", "desk-projector", "gateway", "kafka", "postgres"]
CUT_OFF = (OSError, http.client.HTTPException)
PUT_IN = 100_000  # of each asset, into each trader's account


class Flow:
    """Traders who send orders until they are told to stop, and keep what they were answered."""

    def __init__(self, venue, count=4):
        self.venue = venue
        self.market = venue.market()
        funds = {"EUR": PUT_IN, self.market.asset: PUT_IN}
        self.traders = [venue.trader(f"flow {number}", **funds) for number in range(count)]
        self.stopped = threading.Event()
        self.answered = 0
        self.unknown = []  # (trader, Idempotency-Key, terms) of what was not answered for good
        self.lock = threading.Lock()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run, args=(number, trader))
                        for number, trader in enumerate(self.traders)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def run(self, number, trader):
        dice = random.Random(SEED * 1000 + number)
        while not self.stopped.is_set():
            terms = {"side": dice.choice(("buy", "sell")), "quantity": dice.randint(1, 9),
                     "price": str(Decimal(dice.randint(950, 1050)) / 100)}
            key = unique("flow")
            if not self.send(trader, key, terms):
                with self.lock:
                    self.unknown.append((trader, key, terms))
                self.stopped.wait(0.05)

    def send(self, trader, key, terms):
        """True when the answer says for good what became of the order."""
        try:
            answer = trader.order(self.market, key=key, **terms)
        except CUT_OFF:
            return False
        if answer.status == 202:
            return self.look_up(trader, answer)
        if answer.status == 503:
            return False
        assert answer.status in (201, 409), answer
        with self.lock:
            self.answered += 1
        return True

    def look_up(self, trader, pending):
        """Asks for the outcome at the address that the answer gave."""
        assert pending.json["code"] == "OUTCOME_PENDING", pending
        path = pending.headers["Location"]

        def outcome():
            try:
                found = trader.get(path)
            except CUT_OFF:
                return False
            return found.status == 200 and found.json["status"] != "pending"

        wait_until(outcome, 120, f"an outcome at {path}", pause=0.2)
        return True

    def wait_for(self, more):
        """Until so many more orders were answered. A process in doubt ends, to be started again by
        what looks after it: here, by us."""
        goal = self.answered + more

        def enough():
            self.venue.start_what_ended()
            return self.answered >= goal

        wait_until(enough, 180, f"{more} more orders are answered")


@pytest.fixture(scope="module")
def killed(venue):
    """Orders flow while each process is killed and started again; gives the flow behind it."""
    flow = Flow(venue)
    with flow:
        for _ in range(ROUNDS):
            for victim in VICTIMS:
                flow.wait_for(20)
                venue.process("kill", victim)
                venue.process("start", victim)
        flow.wait_for(50)
    wait_until_at_rest(venue)
    return flow


def test_every_order_that_was_not_answered_is_found_out_by_repeating_it(venue, killed):
    for trader, key, terms in killed.unknown:
        wait_until(lambda: killed.send(trader, key, terms), 60, f"an outcome for {key}")
    wait_until_at_rest(venue)


def test_every_command_has_exactly_one_valid_event(venue, killed):
    registry = avro.Registry(venue)
    for service in topics.SERVICES:
        commands = {(record.partition, record.offset)
                    for record in topics.read(venue, f"bourse.{service}.commands")}
        answered = []
        events = topics.read(venue, f"bourse.{service}.events")
        for _, event in topics.valid_events(events, registry.decode):
            for run in event["meta"]["cause"]:
                if run["topic"] == f"bourse.{service}.commands" and event["type"] != "CommandsLost":
                    answered += [(run["partition"], offset) for offset in
                                 range(run["first_offset"], run["last_offset"] + 1)]
        assert len(answered) == len(set(answered)), f"{service} answered a command twice"
        assert set(answered) == commands, service


def test_the_sum_of_assets_is_unchanged(venue, killed):
    for asset in ("EUR", killed.market.asset):
        balances = [trader.balance(asset) for trader in killed.traders]
        assert sum(sum(balance) for balance in balances) == PUT_IN * len(killed.traders)
    assert venue.sql("SELECT asset, sum(amount) FROM accounts.transactions GROUP BY asset"
                     " HAVING sum(amount) <> 0") == []


def test_what_is_locked_is_what_the_open_orders_can_cost(killed):
    for trader in killed.traders:
        money = certificates = 0
        for order in trader.items("orders", limit=500):
            if order["status"] in ("open", "partially_filled"):
                rest = Decimal(order["remaining_quantity"])
                certificates += rest if order["side"] == "sell" else 0
                money += rest * Decimal(order["limit_price"]) if order["side"] == "buy" else 0
        assert trader.balance("EUR")[1] == money
        assert trader.balance(killed.market.asset)[1] == certificates


def test_the_projections_equal_a_replay(venue, killed):
    wait_until_at_rest(venue)
    before = rows(venue)
    for service in topics.SERVICES:
        venue.bourse("projection", "rebuild", service)
        venue.process("restart", f"{service}-projector")
    assert_same(before, rows(venue))


def test_no_ticket_was_left_out_or_given_twice(venue, killed):
    assert_tickets_gapless(venue)
    assert venue.sql("SELECT command_id FROM audit.ticket_logs GROUP BY command_id"
                     " HAVING count(*) > 1") == []


def test_an_order_without_an_answer_in_time_is_pending_and_then_found(venue):
    market = venue.market()
    trader = venue.trader("patient", EUR=100)
    writer = int(venue.process("pid", "orders").stdout)
    os.kill(writer, signal.SIGSTOP)
    try:
        started = time.monotonic()
        pending = trader.order(market, "buy", 1, "5")
        assert pending.status == 202 and pending.json["code"] == "OUTCOME_PENDING"
        assert time.monotonic() - started < 15
        path = pending.headers["Location"]
        assert trader.get(path).ok()["status"] == "pending"
    finally:
        os.kill(writer, signal.SIGCONT)
    wait_until(lambda: trader.get(path).ok()["status"] == "succeeded", 60, "the order is found")
    assert len(trader.items("orders")) == 1


def test_a_repetition_waits_for_the_answer_that_the_journal_lacks(venue):
    trader = venue.trader("repeater", EUR=100)
    market, key = venue.market(), unique("key")
    projector = int(venue.process("pid", "orders-projector").stdout)
    repeated = []
    os.kill(projector, signal.SIGSTOP)
    try:
        first = trader.order(market, "buy", 1, "5", key=key).ok(201)
        again = threading.Thread(
            target=lambda: repeated.append(trader.order(market, "buy", 1, "5", key=key)))
        again.start()
        wait_until(lambda: venue.sql("SELECT 1 FROM accounts.events WHERE type = 'CommandRepeated'"
                                     f" AND key = '{trader.account_id}'"), 10, "it was repeated")
    finally:
        os.kill(projector, signal.SIGCONT)
    again.join()
    assert repeated[0].ok(201)["id"] == first["id"]
    assert repeated[0].headers["Idempotent-Replayed"] == "true"


def test_without_the_database_a_read_says_so_and_comes_back(venue, user):
    venue.process("kill", "postgres")
    try:
        wait_until(lambda: user.get("portfolio").json.get("code") == "DEPENDENCY_DOWN", 10, "it is told")
        user.get("portfolio").refused(503, "DEPENDENCY_DOWN")
    finally:
        venue.process("start", "postgres")
    venue.start_what_ended()
    wait_until(lambda: user.get("portfolio").status == 200, 60, "reads are answered again")
