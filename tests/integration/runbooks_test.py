"""Each command of the runbooks works as it stands: those behind `$ ` are run, page by page, and then
every process is ready. What a test of the contracts knows of them: tests/contract/runbooks_test.py."""
import os
import re
import subprocess

import pytest

from venue import REPO

pytestmark = [pytest.mark.disruptive,
              pytest.mark.skipif(not os.environ.get("BOURSE_TEST_FULL"), reason="takes minutes")]
PAGES = sorted(path for path in (REPO / "docs/runbooks").glob("*.md") if "\n$ " in path.read_text())


def commands(page):
    blocks = re.findall(r"```\n(.*?)```", page.read_text(), re.DOTALL)
    return re.findall(r"^\$ (.*(?:(?<=\\)\n.*)*)", "\n".join(blocks), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_s_commands_work(venue, page):
    script = "set -e -o pipefail\n" + "\n".join(commands(page)) + "\n"
    done = subprocess.run(["bash", "-xc", script], cwd=REPO, env=venue.environment(), text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [name for name in venue.process("names").stdout.split()]
    venue.process("wait", *names)
