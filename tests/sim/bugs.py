"""bugs.py SIM [--seeds N] [--steps M] [NAME...] - lets the simulation look for each seeded bug
(libs/base/seeded_bug.h), seed by seed, and prints how many seeds it took and what gave it away.

SIM is the program `sim` of a build with -DBOURSE_SEEDED_BUGS=ON. Ends with 1 where a bug is not
found, or where the simulation fails without one."""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

FAILED = re.compile(r"^FAILED: seed (\d+),.*\n(?:.*\n)*?(.*(?:sim: |CHECK failed: ).*)$", re.M)
# Ten thousand fills of one order are more than a run makes: orders/enter_test finds this one.
BEYOND = {"FILL_LIMIT"}
SIGNS = (
    (r"invariant (\d+)", r"invariant \1"),
    (r"liveness", "invariant 19: no rest"),
    (r"are not what the log says", "invariant 11: tables against the log"),
    (r"the position of .* went back", "invariant 11: a position that goes back"),
    (r"cannot write rows", "a projector that stops: a row is there already"),
    (r"nobody stopped when .* lost", "the cut log: nobody stops"),
    (r"decided \d+ events after", "the cut log: a service decides on"),
    (r"was cut at \d+, its projection", "the cut log: a projector goes on"),
    (r"CHECK failed: .* \((\w+), .*", r"a CHECK in `\1`"),
    (r"the state of .* is another one after replay", "invariant 10: another state after replay"),
    (r"(?:cannot go on|ended with ERR_LOG): .* at offset \d+: (.*)", r"a reader that stops: \1"),
)


def run(sim, bug, seeds, steps):
    """What the simulation says of seeds 1 to `seeds`, up to the first that fails."""
    command = [sim, "--seeds", str(seeds), "--steps", str(steps), "--jobs", "1", "--first"]
    environment = {**os.environ, "BOURSE_SEEDED_BUG": bug}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


def sign_of(sentence):
    for pattern, sign in SIGNS:
        found = re.search(pattern, sentence)
        if found:
            return found.expand(sign)
    return sentence


def hunt(sim, bug, options):
    """How many seeds it took, and by what it was found; None: it survived."""
    said = run(sim, bug, options.seeds, options.steps)
    failed = FAILED.search(said)
    if failed:
        return int(failed.group(1)), sign_of(failed.group(2))
    if "FAILED" in said:
        asserted = re.search(r"\.\./tests/system/(\w+\.c):\d+: error", said)
        return (int(re.search(r"FAILED: seed (\d+)", said).group(1)),
                f"`tests/system/{asserted.group(1)}`" if asserted else "the run does not end")
    return None


def known_bugs(sim):
    environment = {**os.environ, "BOURSE_SEEDED_BUG": "list"}
    listed = subprocess.run([sim], env=environment, capture_output=True, text=True, check=True)
    return dict(line.split("\t") for line in listed.stdout.splitlines())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim")
    parser.add_argument("--seeds", type=int, default=300, help="to look for a bug")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    bugs = known_bugs(options.sim)
    names = options.names or [name for name in bugs if name not in BEYOND]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda name: hunt(options.sim, name, options), names))
    print("| bug | what is wrong | seeds | found by |\n|---|---|---|---|")
    for name, how in zip(names, found):
        seeds, sign = how or ("**not found**", "")
        print(f"| {name} | {bugs[name]} | {seeds} | {sign} |")
    most = max([how[0] for how in found if how], default=1)
    holds = f"\n{most} seeds held, 0 failed" in run(options.sim, "", most, options.steps)
    print(f"{found.count(None)} of {len(names)} bugs not found; without a bug {most} seeds "
          + ("hold" if holds else "DO NOT HOLD"))
    return 0 if holds and None not in found else 1


sys.exit(main())
