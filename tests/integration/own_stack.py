"""A stack for one test alone, beside whatever else runs: for what needs other parts than the stack of
the tests has, or breaks them for good."""
import contextlib
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile

from venue import REPO

KEPT = ("BOURSE_CACHE_DIR", "BOURSE_PRESET", "BOURSE_BUILD_DIR", "BOURSE_TEST_FULL", "BOURSE_SEED")
PORTS = ("BOURSE_HTTPS_PORT", "BOURSE_HTTP_PORT", "BOURSE_PG_PORT", "BOURSE_KAFKA_PORT",
         "BOURSE_KAFKA_CONTROLLER_PORT", "BOURSE_METRICS_PORT")
METRICS = 15  # ports from that one on; then those of the second instances, as many and two
SECOND = len(PORTS) - 1 + METRICS
BROKERS = SECOND + METRICS + 2
BROKER_METRICS = BROKERS + 10
COUNT = BROKER_METRICS + 5


def take_free_ports():
    """The first of as many free ports as a stack needs."""
    while True:
        base = random.randrange(20000, 30000)
        try:
            sockets = [socket.create_server(("127.0.0.1", base + offset)) for offset in range(COUNT)]
        except OSError:
            continue
        for found in sockets:
            found.close()
        return base


def choose_stack(run_dir, second=False, brokers=1, broker_metrics=False, images=False):
    """The environment of a stack of one's own, which nothing of the caller's reaches: with a second
    instance of everything, with so many brokers, with what these count for Prometheus, of images. It has
    three partitions a topic."""
    for name in [name for name in os.environ if name.startswith("BOURSE_")]:
        if name not in KEPT:
            del os.environ[name]
    base = take_free_ports()
    os.environ.update({name: str(base + place) for place, name in enumerate(PORTS)})
    os.environ.update(BOURSE_RUN_DIR=str(run_dir), BOURSE_PARTITIONS="3", BOURSE_BROKERS=str(brokers))
    if second:
        os.environ["BOURSE_SECOND_PORT"] = str(base + SECOND)
    if images:
        os.environ["BOURSE_IMAGES"] = "on"
    if brokers > 1:
        os.environ["BOURSE_BROKER_PORT"] = str(base + BROKERS)
    if broker_metrics:
        os.environ["BOURSE_BROKER_METRICS_PORT"] = str(base + BROKER_METRICS)


@contextlib.contextmanager
def stack_of_its_own(**choices):
    """A stack that is up meanwhile, and whose environment is the caller's until it is down."""
    caller = dict(os.environ)
    work = pathlib.Path(tempfile.mkdtemp(prefix="bourse-own."))
    work.chmod(0o755)
    choose_stack(work / "run", **choices)
    try:
        bring_up()
        yield
    finally:
        subprocess.run([REPO / "infra/down", "--wipe"], check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(work)
        os.environ.clear()
        os.environ.update(caller)


def bring_up():
    """Brings up the stack that the environment is that of."""
    done = subprocess.run([REPO / "infra/up", "--no-demo"], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
