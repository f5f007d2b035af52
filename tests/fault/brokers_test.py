"""Three brokers, each record on all of them: one is killed, or hangs, or two of three are gone, leaders
move, each is restarted; and clients go on, or as soon as there is a majority again."""
import itertools
import json
import os
import tempfile
import time

import pytest

import rounds
import topics
from own_stack import stack_of_its_own
from read_model import assert_tickets_gapless
from stack import Stack
from venue import wait_until

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))
BROKERS = ("kafka", "kafka-2", "kafka-3")
AWAY = 5  # seconds for which a broker is away, or hangs: longer than its session (3 s)
LONG_AWAY = 30  # longer than a writer's session, and than a command is good for
MOVES = 5  # of every leader, so more than 100


@pytest.fixture(scope="module")
def brokers():
    """The stack that is up where it has three brokers, else one of these tests' own."""
    if "BOURSE_RUN_DIR" in os.environ and Stack().settings["BOURSE_BROKERS"] == "3":
        yield Stack()
    elif FULL:
        with stack_of_its_own(second=True, brokers=3):
            yield Stack()
    else:
        pytest.skip("takes minutes and a stack of three brokers: infra/test --full, or BOURSE_BROKERS=3")


def partitions(stack):
    """All partitions of the stack, as the brokers tell them: leader, replicas, those in step."""
    found = json.loads(topics.kcat(stack, "-L", "-J"))
    return [{"topic": topic["topic"], "partition": part["partition"], "leader": part["leader"],
             "replicas": [one["id"] for one in part["replicas"]],
             "isrs": {one["id"] for one in part["isrs"]}}
            for topic in found["topics"] for part in topic["partitions"]]


def wait_until_in_step(stack):
    """Every record is on every broker, so that the next one may go."""
    wait_until(lambda: all(part["isrs"] == {1, 2, 3} for part in partitions(stack)), 120,
               "all brokers have all records", pause=0.5)


def one_is_killed(stack, dice):
    victim = dice.choice(BROKERS)
    stack.kill(victim)
    time.sleep(AWAY)  # the length of the fault
    stack.start(victim)
    wait_until_in_step(stack)
    stack.mend()


def one_hangs(stack, dice):
    victim = dice.choice(BROKERS)
    stack.freeze(victim)
    time.sleep(2 * AWAY)  # the length of the fault
    stack.thaw(victim)
    wait_until_in_step(stack)
    stack.mend()


def each_is_restarted(stack, _dice):
    for name in BROKERS:
        stack.process("restart", name)
        wait_until_in_step(stack)
    stack.mend()


def two_are_killed(victims):
    """Nothing can be written meanwhile: no record is on a majority."""
    def fault(stack, _dice):
        kill_two(stack, victims)
    return fault


def kill_two(stack, victims):
    stack.kill(*victims)
    time.sleep(LONG_AWAY)  # the length of the fault
    stack.start(*victims, wait=False)
    stack.process("wait", *victims)
    wait_until_in_step(stack)
    stack.mend()


def leaders_move(stack, _dice):
    """The leader of each partition becomes the next of its brokers, again and again: the brokers have
    the first of a partition's replicas lead it."""
    for _ in range(MOVES):
        moved = [{**part, "replicas": part["replicas"][1:] + part["replicas"][:1]}
                 for part in partitions(stack)]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
            json.dump({"version": 1, "partitions": [
                {name: part[name] for name in ("topic", "partition", "replicas")} for part in moved]}, plan)
            plan.flush()
            topics.run_tool(stack, "reassign.ReassignPartitionsCommand", "--execute",
                            "--reassignment-json-file", plan.name)
        expected = {(part["topic"], part["partition"]): part["replicas"][0] for part in moved}
        wait_until(lambda: expected == {(part["topic"], part["partition"]): part["leader"]
                                        for part in partitions(stack)}, 60, "each has its new leader")


BEGINNERS = ("orders-2", "orders-projector", "settings-deliverer-2", "audit-signer-2", "gateway-2")


def test_who_begins_beside_brokers_that_hang_asks_until_they_answer(stack):
    hanging = [name for name in stack.names() if name.startswith("kafka")]
    stack.process("stop", *BEGINNERS)
    sizes = {name: stack.log_size(name) for name in BEGINNERS}
    for name in hanging:
        stack.freeze(name)
    try:
        stack.start(*BEGINNERS, wait=False)
        pids = {name: stack.pid(name) for name in BEGINNERS}
        for name in BEGINNERS:
            wait_until(lambda: asks_again(stack, name, sizes[name]), 60, f"{name} asks again")
    finally:
        for name in hanging:
            stack.thaw(name)
    stack.process("wait", *BEGINNERS)
    assert {name: stack.pid(name) for name in BEGINNERS} == pids


def asks_again(stack, name, since):
    return any(line["event"] in ("topics.awaited", "process.begins_again", "projection.waits")
               for line in stack.logged(name, since))


FAULTS = {"one of three brokers killed": [one_is_killed], "one of three brokers hangs": [one_hangs],
          "all leaders move": [leaders_move], "brokers restarted one by one": [each_is_restarted],
          "two of three brokers killed": [two_are_killed(pair) for pair in itertools.combinations(BROKERS, 2)]}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost(brokers, name):
    history, seen = rounds.live_through(brokers, SEED, [(name, fault) for fault in FAULTS[name]])
    rounds.judge(brokers, history, seen, f"fault-table-{name.replace(' ', '-')}")
    assert_tickets_gapless(brokers)
