"""Another release, and back, under load: process after process is replaced in the order of
docs/runbooks/upgrade.md, by the programs of an older commit and then by ours again. No request fails.

The older commit has to have the same tables: with others a projection is made anew in between, as the
runbook says."""
import os
import pathlib
import random
import shutil
import subprocess
import time

import pytest

from faults import suffer
from judge import (assert_each_command_answered_once, assert_history_holds,
                   assert_projections_say_what_the_log_says, read_log, table_row)
from read_model import assert_tickets_gapless, wait_until_at_rest
from strict import GROUND, StrictHistory, assert_nothing_failed, kind_of, stopped, tell
from venue import REPO

FULL = os.environ.get("BOURSE_TEST_FULL") == "1"
pytestmark = pytest.mark.skipif(not FULL, reason="compiles another version: infra/test --full")
SEED = int(os.environ.get("BOURSE_SEED", "1"))
OLD = "c288d16"  # has today's tables and events, and gateways that let nobody in too early
FOLDER = REPO / "build/old"
FORWARD = ("projector", "deliverer", "signer", "gateway", "writer")  # events, or neither, change


def git(*arguments):
    return subprocess.run(["git", "-c", "safe.directory=*", "-C", REPO, *arguments], check=False,
                          capture_output=True)


@pytest.fixture(scope="module")
def old_build():
    """The folder of the old commit's programs, built as this stack's are."""
    found = git("rev-parse", "--verify", "--quiet", f"{OLD}^{{commit}}")
    if found.returncode != 0:
        pytest.skip(f"commit {OLD} is not in this clone: take one with the whole history")
    commit = found.stdout.decode().strip()
    source, build = FOLDER / commit, FOLDER / f"{commit}-build"
    if not source.exists():
        part = FOLDER / f"{commit}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        packed = git("archive", commit)
        subprocess.run(["tar", "-x", "-C", part], input=packed.stdout, check=True)
        part.rename(source)
    for command in (["cmake", "--preset", os.environ.get("BOURSE_PRESET", "release"), "-B", build,
                     "-DPython3_EXECUTABLE=/usr/bin/python3"],
                    ["cmake", "--build", build, "--target", "programs"]):
        done = subprocess.run(command, cwd=source, check=False, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout[-4000:]
    return build.resolve()


def in_order(stack, order):
    names = [name for name in stack.names() if name not in GROUND]
    return [name for kind in order for name in names if kind_of(name) == kind]


def program_of(stack, name):
    return os.readlink(f"/proc/{stack.pid(name)}/exe").removesuffix(" (deleted)")


def is_of(stack, name, build):
    return program_of(stack, name).startswith(f"{build}/")


@pytest.fixture(scope="module")
def run(stack, old_build):
    ours = pathlib.Path(program_of(stack, "orders")).parents[2]
    rounds, history = [], StrictHistory(stack, SEED)
    ways = (("back", old_build, FORWARD[::-1]), ("forward", ours, FORWARD))
    try:
        with history:
            history.wait_for_all(time.monotonic())
            for way, build, order in ways:
                if way == "forward":
                    stack.bourse("init")
                for name in in_order(stack, order):
                    one = suffer(stack, history, f"{way}: {name}", stopped(name, build),
                                 random.Random(SEED))
                    assert is_of(stack, name, build), program_of(stack, name)
                    tell(history, one)
                    rounds.append(one)
    finally:
        for name in in_order(stack, FORWARD):
            if stack.pid(name) is None or not is_of(stack, name, ours):
                stack.process("stop", name)
                stack.start(name, build=ours)
    history.resolve()
    wait_until_at_rest(stack)
    return history, rounds


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_no_request_failed(run):
    assert_nothing_failed(*run)


def test_the_history_agrees_with_the_log(stack, run, log):
    history, rounds = run
    assert_history_holds(history, log, rounds)
    assert_each_command_answered_once(stack, log)
    assert_projections_say_what_the_log_says(stack, history, log)
    assert_tickets_gapless(stack)
    assert history.reads > 100 and len(history.operations) > 10 * len(rounds)


def test_the_table_says_zero(run, log):
    _, rounds = run
    for way in ("back", "forward"):
        these = [one for one in rounds if one.name.startswith(way)]
        line = table_row(f"another release, {way}", len(these),
                         [each for one in these for each in one.in_flight], log,
                         max(one.recovered - one.healed for one in these))
        print(line)
        assert [cell.strip() for cell in line.split("|")[4:7]] == ["0", "0", "0"], line
