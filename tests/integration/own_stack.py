"""A stack for one test alone, beside whatever else runs: for what needs other parts than the stack of
the tests has, or breaks them for good."""
import contextlib
import errno
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
COUNT = BROKERS + 10


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


def choose_stack(run_dir, second=False, brokers=1):
    """The environment of a stack of one's own, which nothing of the caller's reaches: with a second
    instance of everything, with so many brokers. It has three partitions a topic."""
    for name in [name for name in os.environ if name.startswith("BOURSE_")]:
        if name not in KEPT:
            del os.environ[name]
    base = take_free_ports()
    os.environ.update({name: str(base + place) for place, name in enumerate(PORTS)})
    os.environ.update(BOURSE_RUN_DIR=str(run_dir), BOURSE_PARTITIONS="3", BOURSE_BROKERS=str(brokers))
    if second:
        os.environ["BOURSE_SECOND_PORT"] = str(base + SECOND)
    if brokers > 1:
        os.environ["BOURSE_BROKER_PORT"] = str(base + BROKERS)


class SmallDisk:
    """A folder of a stack on a disk of its own: a tmpfs, which only root can mount."""

    def __init__(self, folder, size_mb):
        self.folder, self.size = folder, f"{size_mb}m"
        self.ballast = folder / "ballast"

    def mount(self):
        self.folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", self.folder],
                       check=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def fill(self):
        """Leaves no byte; gives how many it took."""
        with open(self.ballast, "ab") as file:
            for step in (1 << 20, 4096):
                self.take(file, step)
            return file.tell()

    def take(self, file, step):
        try:
            while True:
                file.write(bytes(step))
                file.flush()
        except OSError as error:
            assert error.errno == errno.ENOSPC, error

    def free(self):
        self.ballast.unlink()


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none",
                                                 "/mnt"], check=False, stderr=subprocess.DEVNULL
                                                ).returncode == 0


@contextlib.contextmanager
def stack_of_its_own(disks=None, **choices):
    """A stack that is up meanwhile; gives its small disks. `disks`: by folder of the run directory, how
    many MB they have. The environment is that stack's until it is down."""
    caller = dict(os.environ)
    work = pathlib.Path(tempfile.mkdtemp(prefix="bourse-own."))
    work.chmod(0o755)
    choose_stack(work / "run", **choices)
    small = {folder: SmallDisk(work / "run" / folder, size) for folder, size in (disks or {}).items()}
    try:
        with contextlib.ExitStack() as mounted:
            for disk in small.values():
                disk.mount()
                mounted.callback(disk.unmount)
            try:
                bring_up()
                yield small
            finally:
                subprocess.run([REPO / "infra/down", "--wipe"], check=False,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.environ.clear()
        os.environ.update(caller)


def bring_up():
    """Brings up the stack that the environment is that of."""
    done = subprocess.run([REPO / "infra/up", "--no-demo"], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
