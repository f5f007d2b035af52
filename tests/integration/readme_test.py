"""The README's transcript works as printed: every command of it is run, and what it prints has the
form that the README shows. Numbers may differ, since a venue that is at work has others."""
import os
import re
import subprocess

from venue import REPO, unique, wait_until

PROMPT, MARK = "$ ", "@@@ next command @@@"
# What others' commands have led to is there soon: whoever types this takes longer.
ONLY_READS = re.compile(r"(?!.* -(d|X) )(call|infra/process run bourse events tail) ", re.DOTALL)


def transcript():
    """[(command, what it prints)] of the section "Money moves"."""
    section = (REPO / "README.md").read_text().split("## Money moves")[1].split("\n## ")[0]
    steps = []
    for block in re.findall(r"```\n(.*?)```", section, re.DOTALL):
        continued = False
        for line in block.splitlines():
            if line.startswith(PROMPT):
                steps.append([line.removeprefix(PROMPT), ""])
            else:
                steps[-1][0 if continued else 1] += "\n" + line
            continued = (line.startswith(PROMPT) or continued) and line.endswith("\\")
    return steps


def form(printed):
    return re.sub(r"[0-9]+", "N", printed.strip())


class Shell:
    """A bash that runs one command after the other; it ends with the first that fails."""

    def __init__(self, process):
        self.process = process
        self.run("set -e -o pipefail")

    def run(self, command):
        """What it prints."""
        self.process.stdin.write(f"{command}\necho '{MARK}'\n")
        self.process.stdin.flush()
        printed = ""
        while not printed.endswith(f"{MARK}\n"):
            line = self.process.stdout.readline()
            assert line, f"{command} failed: {printed}"
            printed += line
        return printed.removesuffix(f"{MARK}\n")


def test_the_transcript_of_the_readme_prints_what_it_shows():
    steps, email = transcript(), f"{unique('ada')}@example.com"
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
