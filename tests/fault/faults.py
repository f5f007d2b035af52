"""The faults that happen to a stack under load: each is injected, mended, and timed.

A fault is a function of the stack and the dice. It returns when what it broke is whole again, as far
as that is in its own hands; how long the venue then needs to answer everybody is measured.
"""
import dataclasses
import time

import avro
from venue import wait_until

# Where a writer is ended (libs/base/crash.h); two of them are met only now and then.
WRITER_POINTS = ("after_poll", "after_decide", "after_append", "after_produce",
                 "before_delivery_report", "after_delivery_report", "before_read_back",
                 "after_read_back", "before_claim", "during_claim", "after_claim",
                 "before_snapshot", "during_snapshot")
PROJECTOR_POINTS = ("before_rows", "before_commit", "during_commit", "after_commit")
GATEWAY_POINTS = ("after_produce", "before_delivery_report", "before_reply")
CLAIM_POINTS = ("before_claim", "during_claim", "after_claim")
# Faults for as long as which nobody may be able to ask the database.
WITHOUT_DATABASE = ("database killed", "no room under the database", "late standby promoted")


@dataclasses.dataclass
class Round:
    name: str
    injected: float
    healed: float
    recovered: float
    in_flight: list  # operations that were sent before it was over and answered after it began
    totals_read: int  # between its beginning and when all was well again


def suffer(stack, history, name, fault, dice):
    """Has a fault happen to clients who act, and waits until each of them is answered again."""
    injected = time.monotonic()
    fault(stack, dice)
    healed = time.monotonic()
    recovered = history.wait_for_all(healed)
    touched = [one for one in history.operations if one.invoked < healed and
               (one.completed is None or one.completed > injected)]
    return Round(name, injected, healed, recovered, touched, history.totals.count(injected, recovered))


def end_at(stack, name, point, hit):
    """Has a process end at the n-th time it comes to a place, and starts it again."""
    stack.kill(name)
    stack.start(name, crash_at=f"{point}:{hit}", wait=False)
    stack.wait_until_dead(name, 120)
    stack.start(name)


def writer_ends(point, hit):
    def fault(stack, dice):
        victim = dice.choice(("orders", "accounts")) + dice.choice(("", "-2"))
        end_at(stack, victim, point, 1 if point in CLAIM_POINTS else hit)
    return f"writer ends: {point}", fault


def projector_ends(point, hit):
    def fault(stack, dice):
        end_at(stack, dice.choice(("orders", "accounts")) + "-projector", point, hit)
    return f"projector ends: {point}", fault


def gateway_ends(point, hit):
    def fault(stack, dice):
        end_at(stack, dice.choice(("gateway", "gateway-2")), point, hit)
    return f"gateway ends: {point}", fault


def another_takes_over(stack, dice):
    """A writer is gone and does not come back for longer than its session lasts."""
    service = dice.choice(("orders", "accounts"))
    stack.kill(service)
    stack.wait_until_owned(f"{service}-2", 3)
    stack.start(service)


def zombie_wakes_up(stack, dice):
    """A writer sleeps with a decision in its hands, another takes over, and it wakes up: again and
    again until what it then sends comes behind the other's claim, where it must not count. Once need
    not do: the broker may have had it before the sleep, or the sleeper hear first that it is replaced.
    """
    service, registry = dice.choice(("orders", "accounts")), avro.Registry(stack)

    def void_records():
        return len(stack.events(service, registry)[1])

    def left_one():
        put_to_sleep(stack, service, dice.choice(("after_append", "after_produce")))
        since = wake_up(stack, service)
        wait_until(lambda: fenced(stack, service, since), 30, f"{service} finds itself replaced")
        stack.process("wait", service)
        return void_records() > before

    before = void_records()
    wait_until(left_one, 240, f"a sleeper of {service} left a record that does not count")


def put_to_sleep(stack, service, point):
    """Stops a writer at a place and waits until the other instance has its partitions."""
    stack.kill(service)
    stack.start(service, crash_at=f"{point}:5:stop", wait=False)
    stack.wait_until_frozen(service)
    stack.wait_until_owned(f"{service}-2", 3)


def wake_up(stack, service):
    since = stack.log_size(service)
    stack.thaw(service)
    return since


def fenced(stack, name, since):
    """Whether a process has noticed since then that it was replaced, or is in doubt."""
    return any(line["event"] in ("process.begins_again", "partition.released")
               for line in stack.logged(name, since))


def broker_is_killed(stack, _dice):
    stack.kill("kafka")
    stack.start("kafka")
    stack.mend()


def database_is_killed(stack, _dice):
    stack.kill("postgres")
    stack.start("postgres")
    stack.mend()


def during(seconds, inject):
    """A fault of the network that lasts a while and is then mended."""
    def fault(stack, _dice):
        inject(stack)
        time.sleep(seconds)  # the length of the fault, not a wait for anything
        stack.heal()
        stack.mend()
    return fault


def two_projectors(stack, dice):
    """Two projectors of one service: the one that comes second to a position ends."""
    first = dice.choice(("orders", "accounts")) + "-projector"
    second = first + "-2"
    sizes = {name: stack.log_size(name) for name in (first, second)}
    stack.start(second, wait=False)
    wait_until(lambda: any(fenced(stack, name, size) for name, size in sizes.items()), 30,
               f"{first} or {second} finds out about the other")
    stack.process("stop", second)


def gateway_sleeps(stack, dice):
    victim = dice.choice(("gateway", "gateway-2"))
    stack.freeze(victim)
    time.sleep(3)  # the length of the fault
    stack.thaw(victim)


def network_faults(seconds):
    return [
        ("broker cut off from one instance", during(seconds, lambda s: s.cut("kafka-1"))),
        ("produces to the broker dropped", during(
            seconds, lambda s: s.add_toxic("kafka-1", "timeout", timeout=0))),
        ("answers of the broker dropped", during(
            seconds, lambda s: s.add_toxic("kafka-2", "timeout", "downstream", timeout=0))),
        ("broker resets connections", during(
            1, lambda s: s.add_toxic("kafka-1", "reset_peer", timeout=50))),
        ("broker 300 ms away", during(seconds, lambda s: s.add_toxic(
            "kafka-2", "latency", latency=300, jitter=100))),
        ("database cut off from one instance", during(seconds, lambda s: s.cut("postgres-1"))),
        ("answers of the database dropped", during(
            seconds, lambda s: s.add_toxic("postgres-1", "timeout", "downstream", timeout=0))),
    ]


def schedule(dice, full):
    """(name, fault) in the order they happen."""
    hits = (1, 20) if full else (1,)
    faults = [make(point, hit) for hit in hits
              for make, points in ((writer_ends, WRITER_POINTS), (projector_ends, PROJECTOR_POINTS),
                                   (gateway_ends, GATEWAY_POINTS)) for point in points]
    for _ in range(5 if full else 1):
        faults += network_faults(5 if full else 2)
        faults += [("another takes over", another_takes_over), ("zombie wakes up", zombie_wakes_up),
                   ("broker killed", broker_is_killed), ("database killed", database_is_killed),
                   ("two projectors", two_projectors), ("gateway sleeps", gateway_sleeps)]
    dice.shuffle(faults)
    return faults
