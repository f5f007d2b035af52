"""Another release, and back, under load: process after process is replaced in the order of
docs/runbooks/upgrade.md, by the programs of an older commit and then by ours again. No request fails.

The older commit has to have the same tables: with others a projection is made anew in between, as the
runbook says."""
import os
import pathlib
import shutil
import subprocess

import pytest

from judge import read_log
from rounds import judge_table, judge_whole, live_through, named
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


def replaced(name, build):
    """A process ends in good order, and one of another build takes its place."""
    stop = stopped(name, build)

    def fault(stack, dice):
        stop(stack, dice)
        assert is_of(stack, name, build), program_of(stack, name)
    return fault


def behind_init(fault):
    """What the newer release needs is made first."""
    def with_init(stack, dice):
        stack.bourse("init")
        fault(stack, dice)
    return with_init


@pytest.fixture(scope="module")
def run(stack, old_build):
    ours = pathlib.Path(program_of(stack, "orders")).parents[2]
    back = [(f"back: {name}", replaced(name, old_build)) for name in in_order(stack, FORWARD[::-1])]
    forward = [(f"forward: {name}", replaced(name, ours)) for name in in_order(stack, FORWARD)]
    forward[0] = (forward[0][0], behind_init(forward[0][1]))
    try:
        return live_through(stack, SEED, back + forward, history=StrictHistory(stack, SEED), told=tell)
    finally:
        for name in in_order(stack, FORWARD):
            if stack.pid(name) is None or not is_of(stack, name, ours):
                stack.process("stop", name)
                stack.start(name, build=ours)


@pytest.fixture(scope="module")
def log(stack, run):
    return read_log(stack, run[0])


def test_no_request_failed(run):
    assert_nothing_failed(*run)


def test_the_history_agrees_with_the_log(stack, run, log):
    history, rounds = run
    judge_whole(stack, history, rounds, log)
    assert history.reads > 100 and len(history.operations) > 10 * len(rounds)


def test_the_table_says_zero(run, log):
    judge_table(named(run[1], lambda name: f"another release, {name.split(':')[0]}"), log,
                "fault-table-upgrade")
