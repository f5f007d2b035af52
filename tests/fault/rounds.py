"""Clients act while one fault follows another, and then the history is held against the log: nothing
lost, doubled or unanswered."""
import collections
import contextlib
import dataclasses
import random
import time

from faults import suffer
from history import History
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log, table_row)
from read_model import assert_tickets_gapless, wait_until_at_rest
from venue import REPO


def live_through(stack, seed, faults, dice=None, history=None, beside=None, told=None):
    """Clients act while the faults, (name, function), follow each other; gives the history, every
    operation of which is known for good, and its rounds. `history`: of other clients than the usual
    ones; `beside`: what else goes on meanwhile, a context; `told`: is told of each round."""
    history, rounds = history or History(stack, seed), []
    with beside or contextlib.nullcontext(), history:
        history.wait_for_all(time.monotonic())
        for name, fault in faults:
            print(f"seed {seed}: {name}", flush=True)
            rounds.append(suffer(stack, history, name, fault, dice or random.Random(seed)))
            if told:
                told(history, rounds[-1])
    stack.mend()
    history.resolve()
    wait_until_at_rest(stack)
    return history, rounds


def judge_table(rounds, log, name):
    """Writes the table of README.md, as measured, to build/NAME.md: each zero of it is one."""
    table = tabulate(rounds, log)
    path = REPO / f"build/{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(table)
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


def named(rounds, name_of):
    """The same under other names, those that have one together being one row of the table."""
    return [dataclasses.replace(one, name=name_of(one.name)) for one in rounds]


def judge_whole(stack, history, rounds, log):
    """All but the table, for tests that say more themselves."""
    assert_history_holds(history, log, rounds)
    assert_each_command_answered_once(stack, log)
    assert_projections_say_what_the_log_says(stack, history, log)
    assert_tickets_gapless(stack)


def judge(stack, history, rounds, name):
    """All of it at once, for faults that are few."""
    log = read_log(stack, history)
    assert_history_holds(history, log, rounds)
    assert_projections_say_what_the_log_says(stack, history, log)
    judge_table(rounds, log, name)
