"""memory_test.py POINTS TEST... - each test program with its Nth allocation failing, at POINTS
places from the first to the last. It may pass all the same, fail as a test, or end by a CHECK with
its sentence (out of memory ends a process: replay brings it back). It may not crash, hang, end
without a word or be caught by a sanitizer."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIMEOUT_S = 300
CRASHED = re.compile(r"Sanitizer|runtime error|Test failed with exception|double free|corrupt")
ABORTED = -6


def run(program, **settings):
    environment = {**os.environ, **settings, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([program], env=environment, capture_output=True, text=True,
                          errors="replace", check=False, timeout=TIMEOUT_S)


def fault(program, number):
    """What is wrong with how a program takes it; None: nothing."""
    try:
        done = run(program, BOURSE_FAIL_ALLOCATION=str(number))
    except subprocess.TimeoutExpired:
        return "hangs"
    printed = done.stdout + done.stderr
    crash = CRASHED.search(printed)
    if crash:
        return f"crashes:\n{printed[max(0, crash.start() - 500):crash.start() + 1500]}"
    if done.returncode == ABORTED and "CHECK failed" not in printed:
        return f"aborts without its sentence: {printed[-500:]}"
    if done.returncode not in (0, ABORTED) and not re.search("FAILED|Could not", printed):
        return f"ends with {done.returncode} without a word: {printed[-500:]}"
    return None


def main(points, programs):
    faults, runs = [], 0
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            counted = pathlib.Path(folder, "count")
            assert run(program, BOURSE_COUNT_ALLOCATIONS=str(counted)).returncode == 0, program
            total = int(counted.read_text())
        # The first ones set things up, each differently; those behind come round again.
        places = {1 + (total - 1) * i * i // max(1, (points - 1) ** 2) for i in range(points)}
        for number in sorted(places):
            runs += 1
            found = fault(program, number)
            if found:
                faults.append(f"{program}, allocation {number} of {total}: {found}")
    print("\n\n".join(faults) or f"{len(programs)} programs, {runs} runs")
    sys.exit(1 if faults else 0)


main(int(sys.argv[1]), sys.argv[2:])
