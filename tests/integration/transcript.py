"""Transcripts of the documents: their commands, what each prints, and a shell that types them."""
import re

PROMPT, MARK = "$ ", "@@@ next command @@@"


def steps_of(text):
    """[(command, what it prints)] of the blocks of a page."""
    steps = []
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
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
