"""Clients act while one fault follows another, and then the history is held against the log: nothing
lost, doubled or unanswered."""
import collections
import random
import time

from faults import suffer
from history import History
from judge import (assert_history_holds, assert_projections_say_what_the_log_says, read_log,
                   table_row)
from read_model import wait_until_at_rest
from venue import REPO


def live_through(stack, seed, faults, dice=None):
    """Clients act while the faults, (name, function), follow each other; gives the history, every
    operation of which is known for good, and its rounds."""
    history, rounds = History(stack, seed), []
    with history:
        history.wait_for_all(time.monotonic())
        for name, fault in faults:
            print(f"seed {seed}: {name}", flush=True)
            rounds.append(suffer(stack, history, name, fault, dice or random.Random(seed)))
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


def judge(stack, history, rounds, name):
    """All of it at once, for faults that are few."""
    log = read_log(stack, history)
    assert_history_holds(history, log, rounds)
    assert_projections_say_what_the_log_says(stack, history, log)
    judge_table(rounds, log, name)
