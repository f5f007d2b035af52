"""A stack with two instances of every service, as fault tests break and mend it.

The tests talk to the broker and the database directly; what the services say to them goes through
toxiproxy, by instance, so that one of two can be cut off.
"""
import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import topics
from partitions import murmur2
from venue import REPO, Trader, Venue, wait_until

# And the offset of its metrics port (infra/lib.sh).
SERVICES = {"settings": 1, "accounts": 3, "orders": 5, "audit": 7, "desk": 10}
PARTITIONS = 3  # of the stack
REQUEST_TIMEOUT = 20  # seconds; a gateway answers within 15, unless it is stopped


def hash_of_market(market):
    return murmur2(market.symbol.encode())


def hash_of_account(trader):
    """Ids begin with the hash of the key they belong to."""
    return int(trader.account_id[:8], 16)


def one_in_each_partition(make, hash_of, count):
    """Makes things, at least `count`, until each partition has one, and gives them all."""
    found = {}
    while len(found) < PARTITIONS or sum(map(len, found.values())) < count:
        thing = make()
        partition = (hash_of(thing) & 0x7fffffff) % PARTITIONS
        found.setdefault(partition, []).append(thing)
    return [thing for things in found.values() for thing in things]


class Door(Venue):
    """The venue through one of its gateways, by a caller who does not wait for ever."""

    def connect(self):
        connection = super().connect()
        connection.timeout = REQUEST_TIMEOUT
        return connection


class Stack(Door):
    """The stack through its first gateway, and what can be done to its parts."""

    def __init__(self):
        super().__init__()
        self.second = Door(f"https://localhost:{self.settings['BOURSE_SECOND_PORT']}")
        self.doors = (self, self.second)
        self.proxies = self.settings["BOURSE_PROXY_PORT"]  # "": it has none

    def through(self, door, trader):
        """The same caller at one of the two gateways: 0 or 1."""
        return Trader(self.doors[door], trader.token, trader.user)

    # --- processes

    def names(self):
        """What should run: everything but the second projectors."""
        return [name for name in self.process("names").stdout.split()
                if not name.endswith("-projector-2")]

    def pid(self, name):
        """The pid of a process; None: it is down."""
        try:
            pid, began = (self.run_dir / f"pids/{name}.pid").read_text().split()
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            return None
        return int(pid) if fields[0] not in "ZX" and fields[19] == began else None

    def start(self, *names, crash_at=None, wait=True, build=None):
        """Starts processes; with `crash_at`, to end or stop at that place (libs/base/crash.h); with
        `build`, of that build directory."""
        environment = self.environment()
        if build:
            environment["BOURSE_BUILD_DIR"] = str(build)
        if crash_at:
            environment["BOURSE_CRASH_AT"] = crash_at
        command = [REPO / "infra/process", "start", *([] if wait else ["--no-wait"]), *names]
        subprocess.run(command, env=environment, check=True, timeout=300)

    def kill(self, *names):
        self.process("kill", *names)

    def freeze(self, name):
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name):
        os.kill(self.pid(name), signal.SIGCONT)

    def is_frozen(self, name):
        status = pathlib.Path(f"/proc/{self.pid(name)}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def wait_until_frozen(self, name, timeout=60):
        wait_until(lambda: self.is_frozen(name), timeout, f"{name} has come to its stop")

    def wait_until_dead(self, name, timeout=60):
        wait_until(lambda: self.pid(name) is None, timeout, f"{name} has ended")

    def mend(self):
        """Everything that should run runs, and nothing is cut off."""
        self.heal()
        for name in self.names():
            if self.pid(name) is not None and self.is_frozen(name):
                self.thaw(name)
        dead = [name for name in self.names() if self.pid(name) is None]
        if dead:
            self.start(*dead)

    def log_size(self, name):
        """How much a process has logged, to look later only at what came after."""
        path = self.run_dir / f"logs/{name}.log"
        return path.stat().st_size if path.exists() else 0

    def logged(self, name, since=0):
        """The events that a process has logged since then."""
        with open(self.run_dir / f"logs/{name}.log", "rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    # --- who owns what

    def owned(self, name):
        """How many partitions an instance owns; None where it does not say."""
        offset = SERVICES[name.removesuffix("-2")]
        second = int(self.settings["BOURSE_SECOND_PORT"]) + 2
        base = second if name.endswith("-2") else int(self.settings["BOURSE_METRICS_PORT"])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{base + offset}/health", timeout=2) as got:
                return json.load(got)["partitions_owned"]
        except urllib.error.HTTPError as error:
            return json.load(error)["partitions_owned"]
        except (OSError, ValueError):
            return None

    def wait_until_owned(self, name, count, timeout=60):
        wait_until(lambda: self.owned(name) == count, timeout, f"{name} owns {count} partitions",
                   pause=0.2)

    def owner(self, service, partition):
        """The instance that took a partition last."""
        taken = [(line["ts"], name) for name in (service, f"{service}-2")
                 for line in self.logged(name)
                 if line["event"] == "partition.owned" and line["partition"] == partition]
        return max(taken)[1]

    # --- the network

    def ask_proxy(self, method, path, body=None):
        assert self.proxies, "this stack has no proxies: see README.md"
        request = urllib.request.Request(f"http://127.0.0.1:{self.proxies}{path}", method=method,
                                         data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read() or "null")

    def cut(self, proxy):
        """Ends every connection through a proxy ("kafka-1") and takes no new one."""
        self.ask_proxy("POST", f"/proxies/{proxy}", {"enabled": False})

    def add_toxic(self, proxy, kind, stream="upstream", **attributes):
        """What a proxy does to the bytes: toxiproxy's latency, timeout, reset_peer, limit_data."""
        self.ask_proxy("POST", f"/proxies/{proxy}/toxics",
                       {"type": kind, "stream": stream, "attributes": attributes})

    def heal(self):
        """All proxies, where there are any, pass everything on again."""
        if self.proxies:
            self.ask_proxy("POST", "/reset", {})

    # --- the log

    def events(self, service, registry, until=None):
        """(valid, void) of a service's events: lists of (record, event); claims are in neither."""
        records = topics.read(self, f"bourse.{service}.events", until)
        valid = list(topics.valid_events(records, registry.decode))
        counted = {(record.partition, record.offset) for record, _ in valid}
        others = [(record, registry.decode(record.value)) for record in records
                  if (record.partition, record.offset) not in counted]
        return valid, [(record, event) for record, event in others
                       if event["type"] != "WriterClaimed"]
