"""The README's transcript works as printed: every command of it is run, and what it prints has the
form that the README shows. Numbers may differ, since a venue that is at work has others."""
import os
import re
import subprocess

from venue import REPO, unique

PROMPT, MARK = "$ ", "@@@ next command @@@"


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


def test_the_transcript_of_the_readme_prints_what_it_shows():
    steps = transcript()
    assert len(steps) > 10
    script = "set -e -o pipefail\n" + f"\necho '{MARK}'\n".join(command for command, _ in steps)
    script = script.replace("ada@example.com", f"{unique('ada')}@example.com")
    script = re.sub(r'^(set .*\n)eval "\$\(infra/env\)"', r'\1true', script, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-c", script], cwd=REPO, env=os.environ, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for (command, shown), printed in zip(steps, done.stdout.split(MARK), strict=True):
        assert form(printed) == form(shown), command
