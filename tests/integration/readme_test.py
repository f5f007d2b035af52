"""The README's transcript works as printed: every command of it is run, and what it prints has the
form that the README shows. Numbers may differ, since a venue that is at work has others."""
import os
import re
import subprocess

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
