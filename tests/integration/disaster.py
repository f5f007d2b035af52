"""A venue burns down, and rises from a backup."""
import shutil
import subprocess

from venue import REPO

BASE = ("postgres", "kafka", "mail")


def burn_down(venue):
    """Everything ends at once, and no byte of broker, databases and services is left; only the
    secrets are, which are kept elsewhere."""
    names = venue.process("names").stdout.split()
    venue.process("kill", *(name for name in names if name not in BASE), *BASE)
    for part in ("kafka", "postgres", "state"):
        shutil.rmtree(venue.run_dir / part)


def rise(venue, folder):
    subprocess.run([REPO / "infra/up", "--restore", folder], env=venue.environment(), check=True,
                   stdout=subprocess.DEVNULL, timeout=900)
