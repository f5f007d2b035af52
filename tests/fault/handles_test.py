"""File handles run out in a gateway, and come back: it waits for them without using up the processor,
goes on with whom it knows, and accepts again as soon as there are some."""
import concurrent.futures
import contextlib
import os
import pathlib
import socket
import subprocess
import threading
import time

import pytest

import rounds
from events import Stream
from venue import wait_until

SEED = int(os.environ.get("BOURSE_SEED", "1"))
STANDING, COMING = 20, 100
HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
SLEEPS = 0.25  # of a processor, at most: a thread that asks again and again takes one for itself


class Handles:
    """Those of a process, which can be taken away from it while it runs."""

    def __init__(self, pid):
        self.pid = pid
        shown = self.prlimit("--nofile", "--raw", "--noheadings", "--output", "SOFT,HARD")
        self.before, self.hard = shown.split()

    def prlimit(self, *arguments):
        """Runs it as the user of the process, who may where root without CAP_SYS_RESOURCE may not."""
        status = dict(line.split(":", 1) for line in
                      pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines())
        user, group = (int(status[name].split()[0]) for name in ("Uid", "Gid"))
        become = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run(["prlimit", "--pid", str(self.pid), *arguments], check=True, text=True,
                              capture_output=True, **become).stdout

    def numbers(self):
        return {int(name) for name in os.listdir(f"/proc/{self.pid}/fd")}

    def take_away(self):
        """It gets no more than it has: none above the lowest number that is free."""
        taken = self.numbers()
        lowest = next(number for number in range(len(taken) + 1) if number not in taken)
        self.allow(lowest)

    def give_back(self):
        self.allow(self.before)

    def allow(self, soft):
        self.prlimit(f"--nofile={soft}:{self.hard}")


@pytest.fixture
def handles(stack):
    return Handles(stack.pid("gateway"))


def computed(pid):
    """Seconds that each thread of a process has computed."""
    tick = os.sysconf("SC_CLK_TCK")
    stats = (stat.read_text().rpartition(")")[2].split()
             for stat in sorted(pathlib.Path(f"/proc/{pid}/task").glob("*/stat")))
    return [(int(fields[11]) + int(fields[12])) / tick for fields in stats]


def take_place(door):
    """A connection in the middle of a request."""
    tls = door.tls.wrap_socket(socket.create_connection((door.url.hostname, door.url.port), 30),
                               server_hostname="localhost")
    tls.sendall(HEAD)
    return tls


def come(door, released):
    """Somebody new, who takes a place, and asks when it is time to; who is cut meanwhile, for it took
    too long or to make room, comes again. Gives what is answered."""
    while True:
        try:
            with take_place(door) as tls:
                released.wait(5)
                tls.sendall(b"\r\n")
                answer = tls.recv(4096)
                if answer:
                    return answer
        except OSError:
            pass


def starved(stack, since):
    return any(line["event"] == "http.accepts_nobody" for line in stack.logged("gateway", since))


@contextlib.contextmanager
def more_than_there_are_handles_for(stack, handles):
    """Many come while a gateway gets no handles; then it does, and all of them are answered."""
    released, since = threading.Event(), stack.log_size("gateway")
    with concurrent.futures.ThreadPoolExecutor(COMING) as pool:
        handles.take_away()
        try:
            newcomers = [pool.submit(come, stack, released) for _ in range(COMING)]
            wait_until(lambda: starved(stack, since), 30, "the gateway says that it accepts nobody")
            yield
        finally:
            handles.give_back()
            released.set()
        for one in newcomers:
            assert one.result().startswith(b"HTTP/1.1 200")


def test_a_gateway_without_handles_sleeps_and_serves_whom_it_has(stack, handles):
    market, trader = stack.market(), stack.through(1, stack.trader(EUR=1000))
    with contextlib.ExitStack() as streams:
        standing = [streams.enter_context(Stream(stack.public, "market/stream", channels="book",
                                                 symbols=market.symbol)) for _ in range(STANDING)]
        for one in standing:
            one.next("snapshot")
        with more_than_there_are_handles_for(stack, handles):
            trader.order(market, "buy", 1, "10").ok(201)
            assert all(one.next("book").data["bids"] for one in standing)
            began, before = time.monotonic(), computed(handles.pid)
            time.sleep(2)  # how long it is looked at
            spent = [after - at for at, after in zip(before, computed(handles.pid))]
            assert max(spent) < SLEEPS * (time.monotonic() - began), spent


def handles_run_out(stack, _dice):
    """For seconds a gateway gets none, while many come."""
    with more_than_there_are_handles_for(stack, Handles(stack.pid("gateway"))):
        time.sleep(3)  # the length of the fault


def test_nothing_is_lost_where_handles_run_out(stack):
    history, seen = rounds.live_through(stack, SEED, [("file handles run out", handles_run_out)])
    rounds.judge(stack, history, seen, "fault-table-handles")
