"""The password at the mail server is changed while mails are sent, and none is lost."""
import contextlib
import os
import signal
import subprocess

import pytest

from gateways import free_port
from mail_server import MailServer
from metrics import counted
from secret_file import SecretFile
from venue import PASSWORD, REPO, unique, wait_until

FIRST, SECOND, THIRD = ("bourse", "first password"), ("bourse", "second password"), ("other", "third")
LOOK_S, RETRY_S = 20, 90
REFUSED = 'bourse_settings_refused{group="mail"}'

pytestmark = pytest.mark.disruptive


@contextlib.contextmanager
def deliverer(venue, folder, server, file, port):
    """The stack's sender of mail, started by this server's settings instead of its own."""
    settings = {"BOURSE_SMTP_URL": f"smtps://bourse@localhost:{server.server_address[1]}",
                "BOURSE_SMTP_PASSWORD_FILE": file.path, "BOURSE_METRICS_PORT": port,
                "BOURSE_SMTP_CA_FILE": venue.run_dir / "tls/ca.pem",
                "BOURSE_MAIL_FROM": "bourse@localhost", "BOURSE_INSTANCE": "settings-deliverer",
                "BOURSE_PUBLIC_URL": venue.url.geturl()}
    program = f"{venue.settings['BOURSE_BUILD_DIR']}/services/settings/bourse-settings"
    command = [REPO / "infra/process", "run", "env",
               *(f"{name}={value}" for name, value in settings.items()), program, "--deliver"]
    venue.process("stop", "settings-deliverer")
    try:
        with open(folder / "deliverer.log", "w") as log, subprocess.Popen(
                command, env=venue.environment(), stdout=log, stderr=log,
                start_new_session=True) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)
    finally:
        venue.process("start", "settings-deliverer")


@pytest.fixture
def sender(venue, tmp_path):
    """(the server, the file with the password, the sender's metrics port)"""
    file, port, server = SecretFile(venue, FIRST[1]), free_port(), MailServer(venue, FIRST)
    with deliverer(venue, tmp_path, server, file, port):
        yield server, file, port
    server.shutdown()
    file.remove()


def asked(venue):
    """An address that a mail is due to."""
    address = f"{unique('mailed')}@example.com"
    venue.public.post("auth/register", {"email": address, "password": PASSWORD,
                                        "full_name": "Ma Iled"}).ok(201)
    return address


def sent_by(venue, server, seconds=RETRY_S):
    """Whose password the next mail is sent with."""
    address = asked(venue)
    return wait_until(lambda: server.login_for(address), seconds, f"the mail to {address} is there")


def test_mails_go_on_with_the_new_password(venue, sender):
    server, file, _ = sender
    assert sent_by(venue, server) == FIRST
    server.logins.add(SECOND)
    file.write(SECOND[1])
    wait_until(lambda: sent_by(venue, server) == SECOND, LOOK_S, "the second password is shown")
    server.logins.remove(FIRST)
    assert sent_by(venue, server) == SECOND
    assert server.refused == 0


def test_a_mail_waits_for_the_right_name_and_password(venue, sender):
    server, file, _ = sender
    assert sent_by(venue, server) == FIRST
    server.logins = {THIRD}
    address = asked(venue)
    wait_until(lambda: server.refused, LOOK_S, "the old password is refused")
    file.write(*THIRD)
    assert wait_until(lambda: server.login_for(address), RETRY_S, "the mail comes") == THIRD


def test_a_broken_password_file_changes_nothing_and_is_told(venue, sender):
    server, file, port = sender
    assert sent_by(venue, server) == FIRST
    file.write("")
    wait_until(lambda: counted(port, REFUSED), LOOK_S, "the metric says so")
    assert sent_by(venue, server) == FIRST
    file.write(FIRST[1])
    wait_until(lambda: not counted(port, REFUSED), LOOK_S, "the metric says that it is right again")
