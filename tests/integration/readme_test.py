"""The README's transcript works as printed: every command of it is run, and what it prints has the
form that the README shows. Numbers may differ, since a venue that is at work has others."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from transcript import Shell, form, steps_of
from venue import REPO, unique, wait_until

# What others' commands have led to is there soon: whoever types this takes longer.
ONLY_READS = re.compile(r"(?!.* -(d|X) )(call|infra/process run bourse events tail) ", re.DOTALL)


def section():
    return (REPO / "README.md").read_text().split("## Money moves")[1].split("\n## ")[0]


def test_the_transcript_of_the_readme_prints_what_it_shows():
    steps, email = steps_of(section()), f"{unique('ada')}@example.com"
    assert len(steps) > 10
    with subprocess.Popen(["bash"], cwd=REPO, env=os.environ, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as bash:
        shell = Shell(bash)
        for command, shown in steps:
            typed = command.replace("ada@example.com", email).replace('eval "$(infra/env)"', "true")
            prints = lambda typed=typed, shown=shown: form(shell.run(typed)) == form(shown)
            if ONLY_READS.match(command):
                wait_until(prints, 10, f"{command} prints {shown}")
            else:
                printed = shell.run(typed)
                assert form(printed) == form(shown), (command, printed)
        bash.stdin.close()


COMMAND = re.compile(r"^\$ (.*(?:(?<=\\)\n.*)*)", re.MULTILINE)


def command_with(title, words):
    """The command of a section that has these words in it."""
    text = (REPO / "README.md").read_text().split(f"## {title}")[1].split("\n## ")[0]
    found = [command for command in COMMAND.findall(text) if words in command]
    assert len(found) == 1, found
    return found[0]


def test_the_log_is_read_by_kcat_and_the_fold_as_the_readme_says():
    command = command_with("How it works", "kcat -F")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=REPO, env=os.environ, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    names = {json.loads(line)["type"] for line in done.stdout.splitlines()}
    assert "OrderEntered" in names, names


def test_real_prices_are_fed_as_the_readme_says(tmp_path):
    """In a folder of its own. The last command would go on for as many seconds as the index has days: it is seen to
    begin."""
    if not (pathlib.Path(os.environ["BOURSE_RUN_DIR"]) / "secrets/demo.password").exists():
        pytest.skip("this stack has no demo market, whose clients trade: infra/up without --no-demo")
    steps = [command_with("Feed real prices", words) for words in ("pip download", "unzip", "EURUSD.csv", "sp500.csv")]
    for name in ("infra", "build"):
        (tmp_path / name).symlink_to(REPO / name)
    type_in = lambda command: subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, env=os.environ,
                                             text=True, capture_output=True, check=False)
    if type_in(steps[0]).returncode != 0:
        pytest.skip("pip does not give what the prices are in")
    assert type_in(steps[1]).returncode == 0
    fed = type_in(steps[2])
    assert fed.returncode == 0, fed.stdout + fed.stderr
    assert re.search(r"^CEA-EUR: 8 rows in .* trades", fed.stdout, re.MULTILINE), fed.stdout
    begun = type_in(f"timeout 5 bash -o pipefail -c '{steps[3]}'")
    assert "CEA-EUR at " in begun.stdout + begun.stderr, begun.stdout + begun.stderr
