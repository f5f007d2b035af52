"""Disks without room, under the broker, the database and the notes of a service: clients are told that the
outcome is not known yet, or to come again; nothing that was acknowledged is lost, and all goes on once
there is room. Under the logs of all processes: nobody notices, and what is done has its ticket."""
import contextlib
import os
import shutil
import subprocess
import time

import pytest

import metrics
import rounds
from history import CUT_OFF
from read_model import assert_tickets_gapless
from venue import wait_until

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))
LASTS = 5  # seconds that there is no room, at least
ROOM_MB = 64

pytestmark = [pytest.mark.skipif(not FULL, reason="moves what is stored, for minutes: infra/test --full"),
              pytest.mark.skipif(os.geteuid() != 0, reason="mounts small disks, which takes root")]


class SmallDisk:
    """Puts the folder of a part that is down on a disk of its own, with little room, and back."""

    def __init__(self, folder):
        self.folder, self.kept = folder, folder.with_name(folder.name + ".kept")
        self.ballast = folder / "ballast"

    def copy(self, source, target):
        subprocess.run(["cp", "-a", "--sparse=always", f"{source}/.", target], check=True)

    def __enter__(self):
        owner = self.folder.stat()
        used = int(subprocess.run(["du", "-sm", self.folder], check=True, text=True,
                                  capture_output=True).stdout.split()[0])
        options = f"size={used + ROOM_MB}m,mode={owner.st_mode & 0o777:o},uid={owner.st_uid},gid={owner.st_gid}"
        self.folder.rename(self.kept)
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], check=True)
        self.copy(self.kept, self.folder)
        return self

    def __exit__(self, *_):
        self.empty()
        shutil.rmtree(self.kept)
        self.kept.mkdir()
        self.copy(self.folder, self.kept)
        subprocess.run(["umount", self.folder], check=True)
        self.folder.rmdir()
        self.kept.rename(self.folder)

    def fill(self):
        """To the last page."""
        owner = self.folder.stat()
        with open(self.ballast, "ab") as file:
            os.chown(self.ballast, owner.st_uid, owner.st_gid)  # the database looks at all that is there
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)

    def empty(self):
        self.ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def down(stack, *names):
    """Parts that are down meanwhile, the last of them first; all that ended for it runs again behind it."""
    stack.process("stop", *reversed(names))
    try:
        yield
    finally:
        stack.start(*names)
        stack.mend()


@contextlib.contextmanager
def on_small_disks(stack, folders, *names):
    """The folders of some parts, while they run, are on disks with little room."""
    disks = [SmallDisk(stack.run_dir / folder) for folder in folders]
    with contextlib.ExitStack() as whole:
        with down(stack, *names):
            for disk in disks:
                whole.enter_context(disk)
        try:
            yield disks
        finally:
            for disk in disks:
                disk.empty()
            stack.mend()
            with down(stack, *names):
                whole.close()


class Caller:
    """Somebody in a market of their own, who asks and looks at what is said."""

    def __init__(self, stack):
        self.stack, self.market = stack, stack.market()
        self.trader = stack.trader("of little room", EUR=1000)

    def wait_until_told(self):
        """Until an order is answered 202, for it was sent and its outcome is not known, or 503 with
        Retry-After; before, it may be done."""
        def told():
            with contextlib.suppress(*CUT_OFF):
                answer = self.trader.order(self.market, "buy", 1, "5")
                assert answer.status in (201, 202, 503), answer
                assert answer.status != 503 or int(answer.headers["Retry-After"]) > 0
                return answer.status != 201

        wait_until(told, 120, "the gateway cannot say that it is done")


def no_room(disks, seen, beforehand=lambda: None):
    """Disks fill up; once that was seen it lasts a while, which no process of ours ends for, and then there
    is room again."""
    def fault(stack, _dice):
        beforehand()
        for disk in disks:
            disk.fill()
        seen()
        time.sleep(LASTS)  # the length of the fault
        assert [name for name in stack.names() if stack.pid(name) is None
                and name not in ("kafka", "postgres")] == []
        for disk in disks:
            disk.empty()
        stack.mend()
    return fault


def live_through(stack, name, fault, table):
    history, seen = rounds.live_through(stack, SEED, [(name, fault)])
    rounds.judge(stack, history, seen, table)


def test_a_broker_without_room(stack):
    caller = Caller(stack)
    with on_small_disks(stack, ["kafka/data"], "kafka") as disks:
        fault = no_room(disks, caller.wait_until_told)
        live_through(stack, "no room under the broker", fault, "fault-table-disk-broker")


def test_a_database_without_room(stack):
    log = stack.run_dir / "logs/postgres.log"
    since = log.stat().st_size

    def tables_wait():
        wait_until(lambda: b"No space left on device" in log.read_bytes()[since:], 120,
                   "the database finds no room")

    with on_small_disks(stack, ["postgres/data"], "postgres") as disks:
        fault = no_room(disks, tables_wait)
        live_through(stack, "no room under the database", fault, "fault-table-disk-database")


def test_services_without_room_for_their_notes(stack):
    """Both instances begin anew with nothing noted, and cannot note anything."""
    caller, names = Caller(stack), ("orders", "orders-2")
    with on_small_disks(stack, [f"state/{name}" for name in names], *names) as disks:
        def end_without_notes():
            stack.kill(*names)
            for disk in disks:
                for note in disk.folder.glob("*.attempts"):
                    note.unlink()

        def begin_anew():
            since = {name: stack.log_size(name) for name in names}
            stack.start(*names, wait=False)
            wait_until(lambda: any(cannot_note(stack, name, since[name]) for name in names), 60,
                       "notes cannot be kept")
            caller.wait_until_told()  # it is sent, and nobody acts on it

        fault = no_room(disks, begin_anew, end_without_notes)
        live_through(stack, "no room for a service's notes", fault, "fault-table-disk-notes")


def cannot_note(stack, name, since):
    return any(line["event"] == "partition.not_taken" and "notes" in str(line)
               for line in stack.logged(name, since))


def lost_lines(stack):
    """How many lines the first writer could not write."""
    return metrics.counted(metrics.ports(stack)["orders"], "bourse_log_lines_lost_total")


def tickets_of_deposits(stack, trader):
    """An operator acts; gives the tickets of it."""
    asked = [stack.admin().surely("POST", f"admin/accounts/{trader.account_id}/deposits",
                                  {"asset": "EUR", "amount": 1}) for _ in range(5)]
    return [answer.ok(201)["ticket_id"] for answer in asked]


def test_processes_without_room_for_their_logs(stack):
    """A writer begins meanwhile, until the last page is full, too; operators act; whoever can write again
    says how much is missing."""
    trader, tickets, sizes = stack.trader("of full logs"), [], {}

    def loses_lines():
        stack.kill("orders")
        stack.start("orders")
        return lost_lines(stack) > 0

    def act():
        wait_until(loses_lines, 120, "a writer has lines that it cannot write")
        sizes["orders"] = stack.log_size("orders")
        tickets.extend(tickets_of_deposits(stack, trader))

    def says_what_is_missing():
        return any(line.get("lines_lost", 0) > 0 for line in stack.logged("orders", sizes["orders"]))

    with on_small_disks(stack, ["logs"], *stack.names()) as disks:
        live_through(stack, "no room for the logs", no_room(disks, act), "fault-table-disk-logs")
        stack.process("stop", "orders")  # which is a line at least
        wait_until(says_what_is_missing, 60, "it says how many lines are missing")
        stack.start("orders")
    named = ", ".join(f"'{ticket}'" for ticket in tickets)
    assert stack.sql(f"SELECT count(*) FROM audit.ticket_logs WHERE id IN ({named})") == [[len(tickets)]]
    assert_tickets_gapless(stack)
