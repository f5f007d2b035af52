"""Clients who would notice if what they read went back in time, or were not answered."""
import threading
import time

from venue import balance_of

READ_WAITS = 2 # seconds, for what its caller has been shown


class Watched:
    """While it is entered, one places orders and finds each in the next read, and others read what
    must never become less. `faults` is what went wrong."""

    def __init__(self, venue, trader, market):
        self.trader, self.market = trader, market
        self.placed, self.reads, self.faults = 0, 0, []
        self.over = threading.Event()
        works = [self.write, self.read_orders, self.read_account]
        self.threads = [threading.Thread(target=self.note, args=(work,)) for work in works]

    def note(self, work):
        try:
            work()
        except Exception as error: # of any kind: the test is about there being none
            self.faults.append(error)

    def write(self):
        while not self.over.is_set():
            order = self.trader.order(self.market, "buy", 1, "0.01").ok(201)
            began = time.monotonic()
            read = self.trader.get(f"orders/{order['id']}")
            # What a read waited for in vain is not there yet: a machine may be as slow as that.
            if time.monotonic() - began < READ_WAITS or read.status != 404:
                read.ok()
            self.placed += 1

    def read_orders(self):
        self.read("dashboard/overview", lambda found: found["open_orders"])

    def read_account(self):
        self.read("portfolio", lambda found: balance_of(found["balances"], "EUR")[1])

    def read(self, path, number):
        seen, shown = 0, {}
        while not self.over.is_set():
            answer = self.trader.get(path)
            count, positions = number(answer.ok()), positions_of(answer)
            assert count >= seen, (path, seen, answer)
            assert all(positions[place] >= shown[place] for place in shown), (shown, positions)
            seen, shown = count, positions
            self.reads += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def positions_of(answer):
    """{'orders/0': 55}, how far the tables were that the answer is from."""
    return {place: int(offset) for place, offset in
            (part.rsplit(":", 1) for part in answer.headers["X-Projection-Position"].split())}
