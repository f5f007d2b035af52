"""The certificate is renewed while clients go on, and nobody notices."""
import os
import shutil
import signal
import ssl
import threading
import time

import pytest

from gateways import gateway_beside
from venue import wait_until

SECONDS = 5   # how long a gateway may take to see that a file is another one
MARGIN = 10


class Certificate:
    """A pair of files that the stack's user can read and that may be written anew."""

    def __init__(self, venue):
        self.venue = venue
        self.folder = self.run("mktemp", "-d").stdout.strip()
        self.paths = {"BOURSE_TLS_CERT_FILE": f"{self.folder}/server.pem",
                      "BOURSE_TLS_KEY_FILE": f"{self.folder}/server.key"}

    def run(self, *command):
        return self.venue.process("run", *command)

    def make(self, name, days=1):
        """Another pair beside the one in use; gives the certificate."""
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                 "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{self.folder}/new.key",
                 "-out", f"{self.folder}/new.pem")
        self.run("chmod", "600", f"{self.folder}/new.key")
        return self.run("cat", f"{self.folder}/new.pem").stdout

    def use(self):
        """Puts each of its files in the place of the old one."""
        self.run("mv", f"{self.folder}/new.key", self.paths["BOURSE_TLS_KEY_FILE"])
        self.run("mv", f"{self.folder}/new.pem", self.paths["BOURSE_TLS_CERT_FILE"])


@pytest.fixture
def certificate(venue):
    files = Certificate(venue)
    yield files
    shutil.rmtree(files.folder, ignore_errors=True)


def shown_by(gateway):
    return ssl.get_server_certificate(("localhost", gateway.url.port))


def ask_until(over, venue, anew, faults):
    """Requests one after the other, on one connection or each on its own; none may fail."""
    while not over.is_set():
        try:
            status = venue.public.get("/health/live").status
            if status != 200:
                faults.append(status)
        except OSError as fault:
            faults.append(fault)
        if anew:
            venue.public.close()


@pytest.mark.parametrize("told", [True, False], ids=["by a signal", "by the files alone"])
def test_a_renewed_certificate_is_shown_and_no_request_fails(venue, tmp_path, certificate, told,
                                                            monkeypatch):
    first = certificate.make("first")
    certificate.use()
    trusted = ssl.create_default_context(cadata=first)
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: trusted)
    settings = {**certificate.paths, "BOURSE_LIMIT_READ": "off"}
    with gateway_beside(venue, tmp_path, **settings) as gateway:
        assert shown_by(gateway.venue).strip() == first.strip()
        over, faults = threading.Event(), []
        clients = [threading.Thread(target=ask_until, args=(over, gateway.venue, anew, faults))
                   for anew in (True, False, True, False)]
        for client in clients:
            client.start()
        try:
            second = certificate.make("second")
            trusted.load_verify_locations(cadata=second)
            certificate.use()
            began = time.monotonic()
            if told:
                os.killpg(gateway.process.pid, signal.SIGHUP)
            wait_until(lambda: shown_by(gateway.venue).strip() == second.strip(),
                       SECONDS + MARGIN, "the second certificate is shown")
            print(f"shown {time.monotonic() - began:.1f} s after the files were there")
        finally:
            over.set()
            for client in clients:
                client.join()
        assert faults == []
