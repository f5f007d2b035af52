"""Hundreds who send a byte now and then, and thousands who say nothing, keep nobody else waiting."""
import concurrent.futures
import os
import pathlib
import re
import resource
import select
import socket
import ssl
import threading
import time

import pytest

from venue import API, Session, wait_until

FULL = bool(os.environ.get("BOURSE_TEST_FULL"))
SLOW = 500
IDLE = 10_000 if FULL else 2_000
CALLS = 1000 if FULL else 200
READ_TIMEOUT = 10 # of the gateway, for a whole request
IDLE_TIMEOUT = 60 # between two
STARTS = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
          b"POST " + f"{API}/orders".encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
          b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"]


@pytest.fixture(autouse=True)
def descriptors():
    """This process needs one for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SLOW + IDLE + 1000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"needs {wanted} descriptors, may have {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(venue, number):
    """From one of many addresses: the gateway lets none have more than its share."""
    source = (f"127.0.1.{1 + number // 500}", 0)
    return socket.create_connection((venue.url.hostname, venue.url.port), 30, source)


class Slow(threading.Thread):
    """Connections with a request that grows by a byte twice a second; notes when each was cut."""

    def __init__(self, venue):
        super().__init__()
        self.over = threading.Event()
        self.lives = []
        self.open = {}
        for number in range(SLOW):
            began = time.monotonic()
            tls = venue.tls.wrap_socket(connect(venue, number), server_hostname="localhost")
            tls.sendall(STARTS[number % len(STARTS)])
            tls.setblocking(False)
            self.open[tls] = began

    def end(self, tls):
        self.lives.append(time.monotonic() - self.open.pop(tls))
        tls.close()

    def run(self):
        while self.open and not self.over.is_set():
            self.over.wait(0.5)
            poll = select.poll()
            by_number = {tls.fileno(): tls for tls in self.open}
            for number in by_number:
                poll.register(number, select.POLLRDHUP)
            gone = {by_number[number] for number, _ in poll.poll(0)}
            for tls in list(self.open):
                try:
                    if tls in gone:
                        raise OSError("it was cut")
                    tls.send(b"x")
                except ssl.SSLWantWriteError:
                    pass
                except OSError:
                    self.end(tls)


def call_all(user):
    """The 99th percentile of some reads, in milliseconds; each must succeed."""
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        user.get("auth/me").ok()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[CALLS * 99 // 100]


def call_once(venue, number):
    """A connection that has been answered once and says nothing more."""
    tls = venue.tls.wrap_socket(connect(venue, SLOW + number), server_hostname="localhost")
    tls.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert tls.recv(4096).startswith(b"HTTP/1.1 200")
    return tls


@pytest.fixture
def idle(venue):
    """So many of those, and when the first one came."""
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        connections = list(pool.map(lambda number: call_once(venue, number), range(IDLE)))
    yield began, connections
    for one in connections:
        one.close()


def memory_of_gateway(venue):
    """What the stack's gateway has in memory, in kB; None where it runs elsewhere."""
    pid = venue.process("pid", "gateway", check=False).stdout.strip()
    status = pathlib.Path(f"/proc/{pid}/status")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text()).group(1)) if pid else None


@pytest.fixture
def quiet(venue, user):
    """p99 and memory before the crowd comes."""
    return call_all(user), memory_of_gateway(venue)


def test_normal_calls_go_on_beside_slow_and_idle_clients(venue, user, quiet, idle):
    quiet_ms, quiet_kb = quiet
    (began, connections), memory_kb = idle, memory_of_gateway(venue)
    slow = Slow(venue)
    slow.start()
    try:
        crowded_ms = call_all(user)
        Session(venue, user.token).get("auth/me").ok() # a connection of its own finds a place, too
        standing = sum(not is_closed(one) for one in connections)
        if memory_kb is not None:
            print(f"{(memory_kb - quiet_kb) / IDLE:.1f} kB for each idle connection")
        print(f"p99 of {CALLS} reads: {quiet_ms:.0f} ms alone, {crowded_ms:.0f} ms beside {SLOW} "
              f"slow and {standing} idle connections")
        assert standing == IDLE or time.monotonic() - began > IDLE_TIMEOUT
        wait_until(lambda: not slow.open, READ_TIMEOUT + 60, "the slow requests are cut", pause=0.5)
        assert max(slow.lives) < READ_TIMEOUT + 60
        wait_until(lambda: all(is_closed(one) for one in connections), 2 * IDLE_TIMEOUT,
                   "so are the silent", pause=0.5)
    finally:
        slow.over.set()
        slow.join()
    call_all(user)


def is_closed(connection):
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLRDHUP)
    return bool(poll.poll(0))
