"""Letters that nobody takes: what waits for a server that never answers holds up nobody else."""
import contextlib
import os
import signal
import socket
import threading

import pytest

from erasure_test import Person, erase, wait_until_forgotten
from mailbox import Mailbox
from notifications_test import SECRET, Receiver, inbox, move, receiver, wait_for_alert, wait_until_told

ALERTS = 30  # each is tried for 5 s: together longer than the longest wait before the next try
CONNECTED_S = 30


@contextlib.contextmanager
def silent_server():
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        server.settimeout(CONNECTED_S)
        yield server


@pytest.fixture
def stuck(venue, market):
    """Somebody with letters to a server that is silent; one of them is under way."""
    user = venue.trader("whom nobody answers", EUR=1000)
    user.put("settings", {"email_notifications": False}).ok()
    with silent_server() as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        user.put("notifications/settings", {"webhook_url": url, "webhook_secret": SECRET}).ok()
        for _ in range(ALERTS):
            wait_for_alert(user, market, 10)
        move(venue, market, 10)
        connection, _ = server.accept()
        try:
            yield user
            assert {notice["webhook"] for notice in inbox(user)} == {"pending"}
        finally:
            connection.close()
            user.put("notifications/settings", {}).ok() # nothing is tried for another day


def test_others_mails_go_out_meanwhile(venue, stuck):
    other = venue.register("who forgot")
    mailbox = Mailbox(venue, other.user["email"])
    mailbox.wait("Confirm your e-mail address")
    venue.public.post("auth/password/forgot", {"email": other.user["email"]}).ok()
    mailbox.wait("Set a new password")


def test_others_webhooks_go_out_meanwhile(venue, market, stuck):
    other = venue.trader("who is told", EUR=1000)
    with receiver() as server:
        other.put("notifications/settings", {"webhook_url": server.url, "webhook_secret": SECRET}).ok()
        alert = wait_for_alert(other, market, 20)
        move(venue, market, 20)
        wait_until_told(other, alert["id"], lambda item: item["webhook"] == "sent")


def test_ones_own_mails_go_out_meanwhile(venue, market, stuck):
    stuck.put("settings", {"email_notifications": True}).ok()
    alert = wait_for_alert(stuck, market, 20)
    move(venue, market, 20)
    wait_until_told(stuck, alert["id"], lambda item: item["email"] == "sent")


def test_somebody_is_forgotten_meanwhile(venue, market, stuck):
    person = Person(venue)
    for price in range(11, 17): # what the log has before it is read, too
        move(venue, market, price)
    erase(venue, person)
    wait_until_forgotten(venue, person)


class Hesitant(Receiver):
    """Lets who comes wait for its answer until it is told to give one."""

    def __init__(self, *answers):
        self.came, self.answers_now = threading.Event(), threading.Event()
        super().__init__(*answers)

    def verify_request(self, *_):
        self.came.set()
        return self.answers_now.wait()


@pytest.mark.disruptive
def test_a_sender_that_ends_waits_for_what_is_under_way(venue, market):
    user = venue.trader("who is told once", EUR=1000)
    with receiver(kind=Hesitant) as server:
        try:
            user.put("notifications/settings", {"webhook_url": server.url, "webhook_secret": SECRET}).ok()
            alert = wait_for_alert(user, market, 10)
            move(venue, market, 10)
            assert server.came.wait(CONNECTED_S)
            os.kill(int((venue.run_dir / "pids/settings-deliverer.pid").read_text().split()[0]), signal.SIGTERM)
        finally:
            server.answers_now.set()
        venue.process("stop", "settings-deliverer")
        venue.process("start", "settings-deliverer")
        wait_until_told(user, alert["id"], lambda item: item["webhook"] == "sent")
    assert len(server.got) == 1
