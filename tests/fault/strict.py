"""Clients to whom anything but an answer is a fault: for what may happen without their notice."""
import collections
import time

from history import CUT_OFF, Client, History

GROUND = ("toxiproxy", "postgres", "kafka", "mail")
BROKE_OFF = "could not stop in good order"


class Strict(Client):
    """One who takes nothing but an answer for an answer: what was sent is not to be sent again."""

    def ask(self, door, method, path, body=None, key=None):
        began, what = time.monotonic(), f"{method} {path}"
        try:
            answer = super().ask(self.open(door), method, path, body, key)
        except CUT_OFF as error:
            self.history.failed.append((began, time.monotonic(), what, repr(error)))
            raise
        self.history.longest = max(self.history.longest, time.monotonic() - began)
        if answer.status in (202, 429) or answer.status >= 500:
            self.history.failed.append((began, time.monotonic(), what, repr(answer)))
        return answer

    def open(self, door):
        """The gateway that takes the connection: who is refused one has sent nothing yet, and knocks
        at the other, as a balancer does."""
        connection = self.sessions[door].connection()
        try:
            if connection.sock is None:
                connection.connect()
            return door
        except OSError:
            self.sessions[door].close()
            self.history.turned_away += 1
            return 1 - door


class StrictHistory(History):
    client_class = Strict

    def __init__(self, stack, seed):
        super().__init__(stack, seed)
        self.failed, self.turned_away, self.longest = [], 0, 0


def kind_of(name):
    name = name.removesuffix("-2")
    return next((kind for kind in ("gateway", "projector", "deliverer", "signer")
                 if name.endswith(kind)), "writer")


def stopped(name, build=None):
    """A process is told to end, does so in good order, and is started again: of another build, where
    one is named."""
    def fault(stack, _dice):
        since = stack.log_size(name)
        told = stack.process("stop", name)
        with open(stack.run_dir / f"logs/{name}.log", encoding="utf-8", errors="replace") as log:
            log.seek(since)
            assert BROKE_OFF not in log.read() and "killing it" not in told.stderr, name
        stack.start(name, build=build)
    return fault


def tell(history, one):
    """Prints a round."""
    failed = [what for began, ended, *what in history.failed
              if began < one.recovered and ended > one.injected]
    print(f"{one.name}: gone and back in {one.healed - one.injected:.1f} s, all answered"
          f" {one.recovered - one.healed:.1f} s later, {len(failed)} failed", flush=True)


def assert_nothing_failed(history, rounds):
    """No request, and none was sent twice; else says while what happened."""
    during = collections.defaultdict(list)
    for began, ended, *what in history.failed:
        names = [one.name for one in rounds if began < one.recovered and ended > one.injected]
        during[", ".join(names)].append((f"{ended - began:.1f} s", *what))
    print(f"{len(history.operations)} operations, {history.reads} reads; the longest answer took"
          f" {history.longest:.1f} s, {history.turned_away} connections were refused,"
          f" {history.stale} reads said that they were behind")
    assert not during, "\n".join(f"{names}: {found[:5]}" for names, found in during.items())
    assert [one for one in history.operations if one.tries != 1] == []
