"""The disaster, rehearsed by infra/drill on a stack of its own: all at once is gone but a backup, and what was
answered before it began is there again."""
import os
import re
import subprocess

import pytest

from venue import REPO

pytestmark = pytest.mark.skipif(os.environ.get("BOURSE_TEST_FULL") != "1",
                                reason="two more stacks, one after the other: infra/test --full")
ORDERS = 400


def test_what_was_answered_before_the_backup_outlives_a_disaster():
    done = subprocess.run([REPO / "infra/drill", "--orders", str(ORDERS)], text=True, capture_output=True,
                          check=False, timeout=1800)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told = dict(re.split(r" {2,}", line, maxsplit=1) for line in done.stdout.splitlines() if "  " in line)
    assert int(told["orders answered"]) >= ORDERS
    assert int(told["events in the backup"]) > ORDERS
    assert told["lost before the backup"] == "0"
