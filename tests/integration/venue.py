"""A client of a running stack: what the integration tests and the demo market are written with.

Money is Decimal on the way in and on the way out. Nothing here sleeps to make something pass: what
takes its time is waited for with wait_until, which asks again and again and fails with a reason.
"""
import collections
import contextlib
import copy
import http.client
import json
import os
import pathlib
import re
import secrets
import select
import shlex
import ssl
import subprocess
import threading
import time
import urllib.parse
from decimal import Decimal

REPO = pathlib.Path(__file__).resolve().parents[2]
API = "/api/v1"
NOBODY = "00000000-0000-8000-8000-000000000000"
PASSWORD = "correct horse battery staple"
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
TICKET = re.compile(r"TKT-(\d{4})-(\d{6,})")
ENDED = ("filled", "canceled", "expired", "rejected")
TOO_BUSY = ("OUTCOME_PENDING", "OVERLOADED", "DEPENDENCY_DOWN")

Market = collections.namedtuple("Market", "asset symbol")


def unique(start):
    """A name without spaces that no run before has used."""
    return f"{start.replace(' ', '-')}-{secrets.token_hex(5)}"


def loopback_address():
    """An address of this machine that no other test calls from."""
    return f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


def wait_until(condition, timeout, what, pause=0.05):
    """Asks until the condition is true and gives what it said; fails when the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"after {timeout} s still not: {what}"
        time.sleep(pause)


class Answer:
    """One answer of the gateway."""

    def __init__(self, request, response, body):
        self.request = request
        self.status = response.status
        self.headers = response.headers
        self.text = body.decode(errors="replace")  # of a file it is nothing to go by
        is_json = "json" in (response.headers["Content-Type"] or "")
        self.json = json.loads(self.text, parse_float=Decimal) if is_json and body else None

    def __repr__(self):
        return f"{self.request}: {self.status} {self.text[:1000]}"

    def ok(self, status=200):
        """The body, where the status is the one expected."""
        assert self.status == status, self
        return self.json

    def refused(self, status, code):
        """The problem, where it is the one expected and is told as it should be."""
        assert (self.status, (self.json or {}).get("code")) == (status, code), self
        assert self.headers["Content-Type"].startswith("application/problem+json"), self
        assert self.json["status"] == status and self.json["title"], self
        return self.json


class Session:
    """Requests as one caller, with a connection kept alive for each thread."""

    def __init__(self, venue, token=None):
        self.venue = venue
        self.token = token
        self.local = threading.local()

    def credentials(self):
        """The headers that say who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def close(self):
        """Ends this thread's connection."""
        connection = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
        self.local.connection = None

    def connection(self):
        """This thread's connection: the kept one, unless the gateway has hung up meanwhile."""
        kept = getattr(self.local, "connection", None)
        if kept is not None and kept.sock is not None and select.select([kept.sock], [], [], 0)[0]:
            self.close()
        if getattr(self.local, "connection", None) is None:
            self.local.connection = self.venue.connect()
        return self.local.connection

    def request(self, method, path, body=None, headers=None, key=None, **query):
        """Sends one request; a body that is no text becomes JSON. The API's paths may leave out
        their common start."""
        if not path.startswith("/"):
            path = f"{API}/{path}"
        query = {name: value for name, value in query.items() if value is not None}
        if query:
            path += "?" + urllib.parse.urlencode(query)
        sent = {"Accept-Encoding": "identity", **self.venue.headers, **self.credentials(),
                **(headers or {})}
        if key:
            sent["Idempotency-Key"] = key
        if body is not None:
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body, default=str)
            sent.setdefault("Content-Type", "application/json")
        connection = self.connection()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(f"{method} {path}", response, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def surely(self, method, path, body=None, key=None):
        """For what a test begins with: asked again under one key where the venue is too busy to say in
        time what came of it, as a client should; where there is to be none, the key is ""."""
        key = unique("surely") if key is None else key
        answered = lambda: (answer := self.request(method, path, body, key=key)) and (
            (answer.json or {}).get("code") not in TOO_BUSY and answer)
        return wait_until(answered, 90, f"{method} {path} is answered")

    def items(self, path, **query):
        """All items of a list, page after page."""
        found, cursor = [], None
        while True:
            page = self.get(path, cursor=cursor, **query).ok()
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


class Trader(Session):
    """A user who has signed in."""

    def __init__(self, venue, token, user):
        super().__init__(venue, token)
        self.user = user
        self.account_id = user["account_id"]

    def order(self, market, side, quantity, price=None, key=None, headers=None, **terms):
        body = {"instrument": market.symbol, "side": side, "quantity": quantity,
                "type": "limit" if price is not None else "market", **terms}
        if price is not None:
            body["limit_price"] = price
        return self.post("orders", body, key=key, headers=headers)

    def balance(self, asset):
        """(available, locked) of an asset, checked to make up the total."""
        return balance_of(self.get("portfolio").ok()["balances"], asset)


def balance_of(balances, asset):
    balance = balances.get(asset, {"available": "0", "locked": "0", "total": "0"})
    available, locked, total = (Decimal(balance[name]) for name in ("available", "locked", "total"))
    assert available >= 0 and locked >= 0 and available + locked == total, balances
    return available, locked


class Venue:
    """A running stack, seen through one of its gateways, and what an operator does there first."""

    alone = True  # nobody else uses the stack, so it may be disturbed

    def __init__(self, url=None):
        self.run_dir = pathlib.Path(os.environ.get("BOURSE_RUN_DIR") or REPO / ".run").resolve()
        self.settings = read_assignments(self.run_dir / "stack.env")
        default_url = f"https://localhost:{self.settings['BOURSE_HTTPS_PORT']}"
        self.url = urllib.parse.urlsplit(url or os.environ.get("BOURSE_URL") or default_url)
        authority = os.environ.get("BOURSE_CA") or str(self.run_dir / "tls/ca.pem")
        self.tls = ssl.create_default_context(cafile=authority)
        self.source = None
        self.headers = {}
        self.public = Session(self)
        self.staff = None
        self.staff_until = 0

    def access_ttl_s(self):
        """How long an access token of the stack is good for."""
        told = self.settings.get("BOURSE_ACCESS_TTL") or "30m"
        return int(told[:-1]) * {"s": 1, "m": 60, "h": 3600}[told[-1]]

    def connect(self):
        if self.url.scheme == "http":
            return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60,
                                              source_address=self.source)
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=60,
                                           context=self.tls, source_address=self.source)

    def seen_from(self, address, headers=None):
        """The same venue for a caller at another loopback address, who sends these headers, too."""
        elsewhere = copy.copy(self)
        elsewhere.source = (address, 0)
        elsewhere.headers = headers or {}
        elsewhere.public = Session(elsewhere)
        return elsewhere

    def login(self, email, password):
        return self.public.post("auth/login", {"email": email, "password": password})

    def signed_in(self, email, password=PASSWORD):
        """The tokens of one more session of somebody's, which no key would give twice."""
        return self.public.surely("POST", "auth/login", {"email": email, "password": password}, "").ok()

    def admin(self):
        """The first admin, who signs in again when half of the token's time is over."""
        if time.monotonic() > self.staff_until:
            secret = read_assignments(self.run_dir / "admin.env")
            tokens = self.signed_in(secret["BOURSE_ADMIN_EMAIL"], secret["BOURSE_ADMIN_PASSWORD"])
            self.staff = self.staff or Trader(self, None, tokens["user"])
            self.staff.token = tokens["access_token"]
            self.staff_until = time.monotonic() + tokens["expires_in"] / 2
        return self.staff

    def register(self, name="trader", email=None):
        """A new user who has signed in, and whose account waits to be activated."""
        email = email or f"{unique(name)}@example.com"
        body = {"email": email, "password": PASSWORD, "full_name": f"{name} of the tests"}
        self.public.surely("POST", "auth/register", body).ok(201)
        tokens = self.signed_in(email)
        return Trader(self, tokens["access_token"], tokens["user"])

    def staff_member(self, *roles):
        """Somebody with these roles who has signed in."""
        user = self.register("of the staff")
        self.admin().surely("PUT", f"admin/users/{user.user['id']}/role", {"roles": roles}).ok()
        tokens = self.signed_in(user.user["email"])
        return Trader(self, tokens["access_token"], tokens["user"])

    def lift_rules(self):
        """Those for the whole venue, which a run that was killed may have left: where they ask for a
        second admin, one of that run's."""
        admin = self.admin()
        asked = admin.put("admin/venue-rules", {})
        if asked.status == 200:
            return
        asked.refused(202, "APPROVAL_REQUIRED")
        tokens = (self.login(person["email"], PASSWORD) for person in admin.items("admin/users", role="admin")
                  if person["id"] != admin.user["id"])
        second = next((found.json for found in tokens if found.status == 200), None)
        assert second, "the venue's rules ask for a second admin, and none is of the tests"
        Trader(self, second["access_token"], second["user"]).post(f"{asked.headers['Location']}/approve").ok()

    def activate(self, account_id, status="active"):
        return self.admin().surely("PUT", f"admin/accounts/{account_id}", {"status": status}).ok()

    def fund(self, account_id, asset, amount, key=None):
        return self.admin().surely("POST", f"admin/accounts/{account_id}/deposits",
                                   {"asset": asset, "amount": amount}, key).ok(201)

    def trader(self, name="trader", **funds):
        """A user who may trade and has these funds, for whoever looks."""
        trader = self.register(name)
        self.activate(trader.account_id)
        for asset, amount in funds.items():
            self.fund(trader.account_id, asset, amount)
            self.wait_for_balance(trader.account_id, asset, amount, 0)
        return trader

    def market(self, **rules):
        """A certificate that no other test knows, and its instrument against EUR."""
        asset = "T" + secrets.token_hex(5).upper()
        symbol = f"{asset}-EUR"
        self.admin().surely("POST", "admin/assets", {"code": asset, "name": f"Test certificate {asset}",
                                                     "kind": "certificate", "scale": 0}).ok(201)
        self.admin().surely("POST", "admin/instruments", {"symbol": symbol, "base": asset,
                                                          "quote": "EUR", **rules}).ok(201)
        return Market(asset, symbol)

    def maker(self, name="maker", password=None, key=None, **balances):
        """A new market maker; its id is that of its ledger account."""
        body = {"name": f"{name} of the tests", "email": f"{unique(name)}@example.com",
                "initial_balances": balances}
        if password:
            body["password"] = password
        return self.admin().surely("POST", "admin/market-makers", body, key).ok(201)

    def offer(self, maker, market, quantity, price, key=None):
        """Puts certificates of a market maker on sale."""
        body = {"market_maker_id": maker["id"], "instrument": market.symbol, "quantity": quantity,
                "price": price}
        return self.admin().post("admin/market-orders", body, key=key)

    def balance(self, account_id, asset):
        """(available, locked) of any account, as an operator sees it."""
        return balance_of(self.admin().get(f"accounts/{account_id}/balances").ok(), asset)

    def wait_for_balance(self, account_id, asset, available, locked):
        """For what another caller's order does to an account: it is there soon."""
        expected = (Decimal(available), Decimal(locked))
        with contextlib.suppress(AssertionError): # which would not say what there is
            wait_until(lambda: self.balance(account_id, asset) == expected, 30, "it has that")
        assert self.balance(account_id, asset) == expected, f"{asset} of {account_id}"

    # --- the parts behind the gateway

    def process(self, *arguments, check=True, timeout=300, **options):
        """Runs infra/process on this stack and gives what it did."""
        assert self.alone or arguments[0] not in ("stop", "kill", "restart"), \
            "others use the stack at the same time: mark the test disruptive"
        done = subprocess.run([REPO / "infra/process", *arguments], text=True, timeout=timeout,
                              capture_output=True, check=False,
                              **{"env": self.environment(), **options})
        assert not check or done.returncode == 0, f"infra/process {arguments}: {done}"
        return done

    def start_what_ended(self):
        """A process that is in doubt ends, for what looks after it to start it again: here, us."""
        for name in self.process("names").stdout.split():
            if self.process("pid", name, check=False).returncode != 0:
                self.process("start", name)

    def environment(self):
        return {**os.environ, "BOURSE_RUN_DIR": str(self.run_dir)}

    def identity(self, name):
        """The folder with the certificate that the broker knows a process of the stack by; None:
        there is no TLS inside."""
        inside = self.settings.get("BOURSE_TLS_INSIDE") == "on"
        return self.run_dir / "secrets/inside" / name if inside else None

    def bourse(self, *arguments, **options):
        """Runs the stack's `bourse` command and gives what it did."""
        return self.process("run", "bourse", *arguments, **options)

    def database(self, name, role):
        """Connection string of a role; "bourse" owns the databases, "postgres" is the superuser."""
        return (f"host=127.0.0.1 port={self.settings['BOURSE_PG_PORT']} dbname={name} user={role}"
                f" {self.credentials(role)}")

    def credentials(self, role):
        """What a role of the database shows, as settings of libpq."""
        folder = self.identity({"bourse": "operator", "bourse_reader": "reader"}.get(role, role))
        if folder is None:
            return f"passfile={self.run_dir}/secrets/{role}.pgpass"
        return (f"sslmode=verify-full sslrootcert={folder}/ca.crt sslcert={folder}/user.crt"
                f" sslkey={folder}/user.key")

    def sql(self, query):
        """Rows of the projections as lists of texts; None for NULL."""
        rows = psql(self.reader_address(), f"SELECT row_to_json(found) FROM ({query}) AS found")
        return [list(json.loads(row, parse_float=Decimal).values()) for row in rows]

    def reader_address(self):
        """Connection string of a role that only reads the projections."""
        if "BOURSE_PG" in os.environ:
            return os.environ["BOURSE_PG"]
        printed = subprocess.run([REPO / "infra/env"], text=True, capture_output=True, check=True,
                                 env=self.environment()).stdout
        return dict(word.split("=", 1) for word in shlex.split(printed) if "=" in word)["BOURSE_PG"]


@contextlib.contextmanager
def password_file(venue, name):
    """A file with the tests' users' password, for a program that runs as the services do."""
    path, owner = venue.run_dir / "secrets" / f"{name}.password", venue.run_dir.stat()
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    os.chown(path, owner.st_uid, owner.st_gid)
    try:
        yield path
    finally:
        path.unlink()


def psql(source, statement):
    """Lines that psql prints for one statement."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", source],
                          input=statement, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{statement}: {done.stderr}"
    return done.stdout.splitlines()


def read_assignments(path):
    """NAME=value lines of a file."""
    lines = [line for line in path.read_text().splitlines() if "=" in line]
    return dict(line.split("=", 1) for line in lines)


def number_of(ticket_id):
    """(year, number) of a ticket."""
    match = TICKET.fullmatch(ticket_id)
    assert match, f"{ticket_id} is no ticket"
    return int(match.group(1)), int(match.group(2))
