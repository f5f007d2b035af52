"""A gateway of a test's own beside the stack's."""
import contextlib
import os
import signal
import socket
import subprocess

from venue import REPO, Venue, wait_until


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def is_ready(venue):
    try:
        return venue.public.get("/health/ready").status == 200
    except OSError:
        return False


class Gateway:
    """The process, and the venue seen through it."""

    def __init__(self, venue, process, url):
        self.process = process
        self.venue = Venue(url)
        self.venue.staff, self.venue.staff_until = venue.staff, venue.staff_until

    def stop(self):
        """Asks it to end, as a deployment does, and waits until it has: what started it ends sooner."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        wait_until(self.has_ended, 30, "the gateway has ended")

    def has_ended(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False


@contextlib.contextmanager
def gateway_beside(venue, folder, **settings):
    """The same venue through another gateway, which has these settings of its own; None: it has not got it."""
    port = settings.get("BOURSE_HTTPS_PORT") or free_port()
    plain_port, run_dir = free_port(), venue.run_dir
    settings = {"BOURSE_HTTPS_PORT": port, "BOURSE_HTTP_PORT": plain_port,
                "BOURSE_INSTANCE": f"gateway-{port}",
                "BOURSE_TLS_CERT_FILE": run_dir / "tls/server.pem",
                "BOURSE_TLS_KEY_FILE": run_dir / "secrets/server.key",
                # It counts the stack's logins, too.
                **{name: venue.settings[name] for name in ("BOURSE_LIMIT_LOGIN",
                                                           "BOURSE_LIMIT_REGISTER")},
                **settings}
    program = f"{venue.settings['BOURSE_BUILD_DIR']}/services/gateway/bourse-gateway"
    command = [REPO / "infra/process", "run", "env",
               *(f"--unset={name}" for name, value in settings.items() if value is None),
               *(f"{name}={value}" for name, value in settings.items() if value is not None), program]
    log_path = folder / f"gateway-{port}.log"
    with open(log_path, "w") as log, subprocess.Popen(
            command, env=venue.environment(), stdout=log, stderr=log,
            start_new_session=True) as process:
        plain = settings.get("BOURSE_TLS") == "off" # then an ingress ends TLS, and this is behind it
        gateway = Gateway(venue, process,
                          f"http://localhost:{plain_port}" if plain else f"https://localhost:{port}")
        gateway.venue.headers = {"X-Forwarded-Proto": "https"} if plain else {}
        wait_until(lambda: process.poll() is not None or is_ready(gateway.venue), 60, "it is ready")
        assert process.poll() is None, log_path.read_text()
        try:
            yield gateway
        finally:
            gateway.stop() # even where what started it has ended, as it does by a signal for both
