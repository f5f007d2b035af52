"""The totals, read again and again while parts fail: each time in one statement, so of one moment.

What clients hold, what is due to market makers, what is under way between two partitions (the book
`clearing`), what the house took and what came from outside make up zero in every asset, whatever
the projector committed last; and what was put into an asset of the run's own stays that much.
"""
import json
import os
import subprocess
import threading
import time
from decimal import Decimal

from history_check import Shown, check_totals

PAUSE = 0.2  # seconds between two reads
STATEMENT_S, CONNECT_S, PATIENCE_S = 10, 3, 20
# What PostgreSQL says while it is away or has no room: SQLSTATE's classes.
AWAY = ("08", "53", "57", "58")
NO_CONNECTION = 2  # psql's exit status

QUERY = """
SELECT json_build_object(
    'parts', (SELECT json_agg(json_build_array(asset, part, amount::text)) FROM (
        SELECT asset, 'account' AS part, sum(total) AS amount FROM accounts.balances GROUP BY asset
        UNION ALL
        SELECT asset, 'proceeds', sum(amount) FROM accounts.market_maker_proceeds GROUP BY asset
        UNION ALL
        SELECT asset, book, sum(amount) FROM accounts.ledger_shards
        WHERE book <> 'market_maker_payable' GROUP BY asset, book) AS parts),
    'uneven', (SELECT coalesce(json_agg(json_build_array(partition, asset, amount::text)), '[]') FROM (
        SELECT partition, asset, sum(amount) AS amount FROM accounts.transactions
        GROUP BY partition, asset HAVING sum(amount) <> 0) AS uneven),
    'positions', (SELECT json_object_agg(partition, next_offset) FROM bourse.positions
                  WHERE service = 'accounts'),
    'balances', (SELECT coalesce(json_agg(json_build_array(account_id, asset, available::text,
                                                           locked::text, total::text)), '[]')
                 FROM accounts.balances WHERE account_id = ANY ('{%s}'::uuid[])))
"""


class Away(Exception):
    """The database cannot be asked now."""


def ask(source, query):
    """The one value that a statement gives. Away: there is no database, or it takes too long."""
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", source]
    limits = {"PGCONNECT_TIMEOUT": str(CONNECT_S), "PGOPTIONS": f"-c statement_timeout={STATEMENT_S}s"}
    try:
        done = subprocess.run(command, input=query, text=True, capture_output=True, check=False,
                              timeout=PATIENCE_S, env={**os.environ, **limits})
    except subprocess.TimeoutExpired as error:
        raise Away(str(error)) from error
    state = done.stderr.removeprefix("ERROR:").strip()
    if done.returncode == NO_CONNECTION or (done.returncode != 0 and state.startswith(AWAY)):
        raise Away(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Totals:
    """Reads them beside the clients, and keeps what it saw."""

    def __init__(self, source, accounts, put_in):
        """`source`: of the database itself, behind no proxy; `put_in`: of assets that only these
        accounts have, what each was given."""
        self.source, self.put_in = source, put_in
        self.query = QUERY % ",".join(accounts)
        self.shown, self.findings, self.away = [], [], 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.go_on)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def go_on(self):
        while not self.stopped.wait(PAUSE):
            try:
                self.read()
            except Away:
                self.away += 1
            except Exception as error:  # else the thread would end, and nobody read
                self.findings.append(f"the totals cannot be read: {error!r}")

    def read(self):
        began = time.monotonic()
        found = json.loads(ask(self.source, self.query))
        self.findings += check_totals(found["parts"], found["uneven"], self.put_in)
        balances = {}
        for account, asset, available, locked, total in found["balances"]:
            balances.setdefault(account, {})[asset] = tuple(map(Decimal, (available, locked, total)))
        positions = {int(partition): offset for partition, offset in found["positions"].items()}
        self.shown.append(Shown("the database", began, time.monotonic(), positions, True, balances))

    def count(self, since, until):
        """How many reads began and ended between two times."""
        return sum(since <= one.began and one.ended <= until for one in self.shown)
