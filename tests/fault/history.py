"""Clients who act through both gateways while parts fail, and the history of what they saw.

An operation is invoked, and is then `ok`, `failed` (refused for good, nothing happened) or `unknown`.
Whoever is left without an answer asks again under the same Idempotency-Key through the other
gateway, as a client of ours should, until it is known what became of it.
"""
import dataclasses
import http.client
import queue
import random
import threading
import time
from decimal import Decimal

from history_check import Shown
from stack import PARTITIONS, hash_of_account, hash_of_market, one_in_each_partition
from totals import Totals
from venue import unique, wait_until

CUT_OFF = (OSError, http.client.HTTPException)
PUT_IN = 100_000  # of each asset, into each client's account
ENDED = ("filled", "canceled", "expired", "rejected")


def positions_of(answer, header):
    """Offsets by "service/partition", or "service/partition<source/partition"."""
    named = (entry.rpartition(":") for entry in (answer.headers[header] or "").split())
    return {place: int(offset) for place, _, offset in named}


@dataclasses.dataclass
class Operation:
    client: int
    kind: str  # order, deposit or cancel; reads are checked as they are made
    terms: dict
    key: str
    invoked: float
    completed: float = None
    outcome: str = "unknown"
    id: str = None  # of the order or transaction, where it is ok
    tries: int = 0


class Client:
    """One trader with a session of its own, who remembers what it was shown."""

    def __init__(self, history, number, dice):
        self.history, self.number, self.dice = history, number, dice
        self.trader = history.traders[number]
        self.partition = (hash_of_account(self.trader) & 0x7fffffff) % PARTITIONS
        self.sessions = [history.stack.through(door, self.trader) for door in (0, 1)]
        self.shown = {}  # what X-Position named: what another gateway has to wait for
        self.lock = threading.Lock()  # who finds out what is unknown asks for this client, too
        self.orders = {}  # id -> (filled, status) as last seen
        self.anomalies = []
        self.shown_holdings = []

    def ask(self, door, method, path, body=None, key=None):
        with self.lock:
            named = " ".join(f"{place}:{offset}" for place, offset in self.shown.items())
        headers = {"X-Position": named} if named else {}
        answer = self.sessions[door].request(method, path, body, headers=headers, key=key)
        with self.lock:
            for place, offset in positions_of(answer, "X-Position").items():
                self.shown[place] = max(offset, self.shown.get(place, 0))
        return answer

    def act(self):
        """One operation or read, chosen by the dice."""
        chance = self.dice.random()
        if chance < 0.30 and self.orders:
            self.look_at(self.dice.choice(list(self.orders)))
        elif chance < 0.38 and self.orders:
            self.cancel(self.dice.choice(list(self.orders)))
        elif chance < 0.50:
            self.look_at_holdings()
        else:
            self.order()

    def order(self):
        market = self.dice.choice(self.history.markets)
        terms = {"instrument": market.symbol, "side": self.dice.choice(("buy", "sell")),
                 "type": "limit", "quantity": self.dice.randint(1, 9),
                 "limit_price": str(Decimal(self.dice.randint(950, 1050)) / 100)}
        self.perform("order", terms)

    def cancel(self, order_id):
        if self.orders[order_id][1] not in ENDED:
            self.perform("cancel", {"id": order_id})

    def perform(self, kind, terms):
        """Invokes an operation once; what stays unknown is left to be found out beside."""
        operation = Operation(self.number, kind, terms, unique("fault"), time.monotonic())
        self.history.add(operation)
        if not self.attempt(operation, self.dice.randrange(2)):
            self.history.unknown.put((self, operation))

    def attempt(self, operation, door):
        """Sends it; True when it is known for good what became of it."""
        operation.tries += 1
        try:
            if operation.kind == "order":
                answer = self.ask(door, "POST", "orders", operation.terms, operation.key)
            else:
                answer = self.ask(door, "DELETE", f"orders/{operation.terms['id']}", None,
                                  operation.key)
        except CUT_OFF:
            return False
        if answer.status == 202:
            return self.look_up(operation, answer.headers["Location"])
        if answer.status in (500, 502, 503, 504, 429):
            if answer.status == 500:
                self.anomalies.append(f"an answer of 500: {answer}")
            return False
        self.settle(operation, answer)
        return True

    def look_up(self, operation, path):
        """Asks for the outcome where the answer said. Not executed: sent again, as nobody acted."""
        for attempt in range(2):
            try:
                found = self.ask(attempt, "GET", path)
            except CUT_OFF:
                continue
            if found.status == 200 and found.json["status"] in ("succeeded", "failed"):
                return False  # known, but the repetition tells the result itself
        return False

    def settle(self, operation, answer):
        done = answer.status in (200, 201)
        operation.outcome = "ok" if done else "failed"
        if operation.kind == "order" and done:
            operation.id = answer.json["id"]
            self.orders.setdefault(operation.id, (Decimal(0), "open"))
        if not done and answer.status not in (404, 409, 412):
            self.anomalies.append(f"{operation}: {answer}")
        operation.completed = time.monotonic()

    def read(self, path):
        """(answer, positions) of something of its own, or None: away, or behind, and it says so."""
        with self.lock:
            shown = dict(self.shown)
        try:
            answer = self.ask(self.dice.randrange(2), "GET", path)
        except CUT_OFF:
            return None
        if answer.status in (503, 429):
            return None
        read_at = positions_of(answer, "X-Projection-Position")
        if any(offset < shown.get(place, 0) for place, offset in read_at.items()):
            self.history.stale += 1
            return None
        if answer.status != 200:
            self.anomalies.append(f"what was answered is not there: {answer}")
            return None
        self.history.reads += 1
        return answer, read_at

    def look_at(self, order_id):
        """Reads one of its own orders: what was answered is there, and never goes back."""
        known, found = self.orders[order_id], self.read(f"orders/{order_id}")
        if found is None:
            return
        answer, _ = found
        seen = (Decimal(answer.json["filled_quantity"]), answer.json["status"])
        if seen[0] < known[0] or (known[1] in ENDED and seen != known):
            self.anomalies.append(f"order {order_id} was {known} and then {seen}")
        self.orders[order_id] = seen

    def look_at_holdings(self):
        """Reads what it has, which is held against the log behind the run."""
        began, found = time.monotonic(), self.read("portfolio")
        if found is None:
            return
        answer, read_at = found
        balances = {asset: tuple(Decimal(held[part]) for part in ("available", "locked", "total"))
                    for asset, held in answer.json["balances"].items()}
        known = {self.partition: read_at[f"accounts/{self.partition}"] + 1}
        self.shown_holdings.append(Shown("a gateway", began, time.monotonic(), known, False,
                                         {self.trader.account_id: balances}))


class History:
    """Runs the clients and keeps what they did."""

    client_class = Client

    def __init__(self, stack, seed, count=6, pause=0.1):
        self.stack, self.seed, self.pause = stack, seed, pause
        self.markets = one_in_each_partition(stack.market, hash_of_market, 3)
        funds = {"EUR": PUT_IN, **{market.asset: PUT_IN for market in self.markets}}
        self.traders = one_in_each_partition(lambda: stack.trader("client", **funds),
                                             hash_of_account, count)
        self.operations, self.reads, self.stale = [], 0, 0
        self.unknown = queue.Queue()
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.clients = [self.client_class(self, number, random.Random(seed * 1000 + number))
                        for number in range(len(self.traders))]
        self.totals = Totals(stack.reader_address(), [trader.account_id for trader in self.traders],
                             {market.asset: PUT_IN * len(self.traders) for market in self.markets})

    def add(self, operation):
        with self.lock:
            self.operations.append(operation)

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run, args=(client,)) for client in self.clients]
        self.threads += [threading.Thread(target=self.find_out) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        self.totals.__enter__()
        return self

    def __exit__(self, *_):
        self.totals.__exit__()
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def run(self, client):
        while not self.stopped.wait(self.pause):
            client.act()

    def find_out(self):
        """Asks again for what is unknown, through one gateway after the other."""
        while not self.stopped.is_set():
            try:
                client, operation = self.unknown.get(timeout=0.2)
            except queue.Empty:
                continue
            if not client.attempt(operation, operation.tries % 2):
                self.unknown.put((client, operation))
                self.stopped.wait(0.2)

    def resolve(self, timeout=120):
        """Behind the run: every operation is found out, with everything mended."""
        def all_known():
            for _ in range(self.unknown.qsize()):
                client, operation = self.unknown.get()
                if not client.attempt(operation, operation.tries % 2):
                    self.unknown.put((client, operation))
            return self.unknown.empty()

        wait_until(all_known, timeout, "every operation is known for good", pause=0.3)

    # --- what a fault is measured by

    def in_flight(self):
        """Operations that were invoked and not answered yet."""
        with self.lock:
            return [one for one in self.operations if one.completed is None]

    def wait_for_all(self, since, timeout=120):
        """Until every client has had an order answered that it sent after `since`; gives the time
        at which the last of them had."""
        def times():
            with self.lock:
                recent = self.operations[-2000:]
            first = {}
            for one in recent:
                if one.outcome == "ok" and one.kind == "order" and one.invoked >= since:
                    first[one.client] = min(first.get(one.client, one.completed), one.completed)
            return max(first.values()) if len(first) == len(self.clients) else None

        return wait_until(times, timeout, "every client is answered again")
