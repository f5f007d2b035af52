"""A file with a secret, as whoever runs the stack has it: theirs alone, and replaced in one step."""
import contextlib
import shlex
import threading

from venue import unique


class SecretFile:
    """In the run directory, or at a path there is already."""

    def __init__(self, venue, *lines, path=None):
        self.venue = venue
        self.path = path or venue.run_dir / "secrets" / unique("rotated")
        if lines:
            self.write(*lines)

    def write(self, *lines, mode=600):
        """Replaces the file."""
        contents = shlex.quote("\n".join(lines))
        self.run(f"printf %s {contents} >next.$$ && chmod {mode} next.$$ && mv next.$$ '{self.path}'")

    def remove(self):
        self.run(f"rm -f '{self.path}'")

    def run(self, script):
        self.venue.process("run", "bash", "-c",
                           f"umask 077; cd '{self.venue.run_dir}/secrets'; {script}")


PAUSE_S = 0.05 # between two calls: no limit is to be reached


@contextlib.contextmanager
def going_on(*calls):
    """Calls each of these again and again meanwhile. What one returns or raises is a fault: none may."""
    over, faults = threading.Event(), []

    def go_on(call):
        while not over.wait(PAUSE_S):
            try:
                fault = call()
            except Exception as error: # pylint: disable=broad-exception-caught
                fault = repr(error)
            if fault:
                faults.append(fault)

    threads = [threading.Thread(target=go_on, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not faults, faults[:5]
