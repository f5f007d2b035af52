#!/usr/bin/python3
"""Writes docs/configuration.md from the settings table, as tests/contract/settings_table prints it:

    build/debug/tests/contract/settings_table | docs/configuration.py > docs/configuration.md
"""
import collections
import sys

HEAD = """# Configuration

Every setting of Bourse, from `libs/config/table.c`; a test keeps this page in step with it. Settings come from the environment
alone. A `BOURSE_` variable that is not here is refused at the start, with the name that was meant. `--check-config` prints what
a process reads, from where, and its meaning.

Secrets come as files that their owner alone can read; a process that is not root also takes root's files that its group may
read, which is how Kubernetes hands them over. Files marked ↻ are looked at every second while the process runs, and at SIGHUP:
a new key is in use without a restart, and a wrong one is refused and told of (`bourse_settings_refused`).

Who reads: **writer** is a service without arguments, **projector** with `--project`, **deliverer** `bourse-settings --deliver`,
**signer** `bourse-audit --deliver`, **init** `bourse init`, **cli** the other commands of `bourse`, **caller** those of them that
call the gateway, **doctor** `bourse doctor`. Bold: it does not start without.
"""
CLIENTS = """
## Of clients, tests and development stacks
Known, so that a service starts beside them; `infra/lib.sh` has the defaults of a development stack.

"""

Row = collections.namedtuple("Row", "name kind default values example readers required reread meaning")


def rows(text):
    return [Row(*line.split("\t")) for line in text.splitlines()]


def readers(row):
    required = row.required.split(",")
    return ", ".join(f"**{name}**" if name in required else name for name in row.readers.split(","))


def cell(text):
    return text.replace("|", "\\|")


def line(row):
    values = row.values.replace("|", ", ")
    default = f"`{row.default}`" if row.default else ""
    kind = row.kind + (" ↻" if row.reread else "") + (f": {values}" if values else "")
    return f"| `{row.name}` | {kind} | {cell(default)} | {cell(row.meaning)} | {readers(row)} |\n"


def page(table):
    ours = [row for row in table if row.readers != "client"]
    text = HEAD + "\n| setting | kind | default | what | read by |\n|---|---|---|---|---|\n"
    text += "".join(line(row) for row in ours) + CLIENTS + "| setting | what |\n|---|---|\n"
    return text + "".join(f"| `{row.name}` | {cell(row.meaning)} |\n" for row in table
                          if row.readers == "client")


if __name__ == "__main__":
    sys.stdout.write(page(rows(sys.stdin.read())))
