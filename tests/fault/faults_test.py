"""Every fault under load, then the history against the log: nothing lost, doubled or unanswered."""
import collections
import os
import random

import pytest

import topics
from faults import schedule
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log)
from read_model import assert_same, assert_tickets_gapless, rows
from rounds import judge_table, live_through

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
SEED = int(os.environ.get("BOURSE_SEED", "1"))


@pytest.fixture(scope="module")
def run(stack):
    """The history and its rounds."""
    dice = random.Random(SEED)
    return live_through(stack, SEED, schedule(dice, FULL), dice)


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_the_history_agrees_with_the_log(run, log):
    history, rounds = run
    assert_history_holds(history, log, rounds)
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
    judge_table(run[1], log, "fault-table")
