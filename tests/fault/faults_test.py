"""Every fault under load, then the history against the log: nothing lost, doubled or unanswered."""
import collections
import os
import random
import time

import pytest

import topics
from faults import schedule, suffer
from history import History
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log, table_row)
from read_model import assert_same, assert_tickets_gapless, rows, wait_until_at_rest
from venue import REPO

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))
TABLE = REPO / "build/fault-table.md"


@pytest.fixture(scope="module")
def run(stack):
    """Clients act while one fault follows another; gives the history and its rounds."""
    dice = random.Random(SEED)
    history, rounds = History(stack, SEED), []
    with history:
        history.wait_for_all(time.monotonic())
        for name, fault in schedule(dice, FULL):
            print(f"seed {SEED}: {name}", flush=True)
            rounds.append(suffer(stack, history, name, fault, dice))
    stack.mend()
    history.resolve()
    wait_until_at_rest(stack)
    return history, rounds


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_the_history_agrees_with_the_log(run, log):
    history, _ = run
    assert_history_holds(history, log)
    kinds = collections.Counter((one.kind, one.outcome) for one in history.operations)
    assert kinds["order", "ok"] > 100 and kinds["cancel", "ok"] > 10 and history.reads > 100, kinds


def test_every_command_has_exactly_one_valid_event(stack, log):
    assert_each_command_answered_once(stack, log)


def test_zombies_left_records_and_none_of_them_counts(log):
    assert sum(len(void) for void in log["void"].values()) >= 1, "no record of a zombie: vacuous"


def test_the_projections_say_what_the_log_says(stack, run, log):
    assert_projections_say_what_the_log_says(stack, run[0], log)


def test_tickets_are_without_gaps(stack, run):
    assert_tickets_gapless(stack)


@pytest.mark.skipif(not FULL, reason="takes long: infra/test --full")
def test_the_projections_equal_a_replay(stack, run):
    before = rows(stack)
    for service in topics.SERVICES:
        stack.bourse("projection", "rebuild", service)
        stack.process("restart", f"{service}-projector")
    assert_same(before, rows(stack))


def test_the_table_says_zero(run, log):
    """Writes the table of README.md, as measured."""
    history, rounds = run
    table = tabulate(rounds, log)
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(table)
    print(table)
    for line in table.splitlines()[2:]:
        assert [cell.strip() for cell in line.split("|")[4:7]] == ["0", "0", "0"], line


def tabulate(rounds, log):
    lines = ["| fault | times | commands in flight | lost | doubled | unanswered | recovered after |",
             "|---|---|---|---|---|---|---|"]
    by_name = collections.defaultdict(list)
    for one in rounds:
        by_name[one.name].append(one)
    for name, these in sorted(by_name.items()):
        orders = [one for round_ in these for one in round_.in_flight]
        lines.append(table_row(name, len(these), orders, log,
                               max(one.recovered - one.healed for one in these)))
    return "\n".join(lines) + "\n"
