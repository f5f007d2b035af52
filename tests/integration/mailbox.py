"""What the venue has mailed, as the stack's catcher keeps it."""
import email
import re

from venue import wait_until

TOKEN = re.compile(r"#token=([A-Za-z0-9_-]+)\s")


class Mailbox:
    """The mails to one address, oldest first."""

    read = {}  # by path: what the catcher has kept once stays as it is

    def __init__(self, venue, address):
        self.folder = venue.run_dir / "mail"
        self.address = address

    def mails(self, subject=None):
        paths = sorted(self.folder.glob("*.eml"), key=lambda path: int(path.stem))
        for path in set(paths) - self.read.keys():
            self.read[path] = email.message_from_bytes(path.read_bytes())
        return [mail for mail in map(self.read.get, paths) if mail["To"] == f"<{self.address}>"
                and subject in (None, mail["Subject"])]

    def wait(self, subject, count=1):
        """The count-th mail with this subject, which comes soon."""
        wait_until(lambda: len(self.mails(subject)) >= count, 20,
                   f"{count} mails {subject!r} to {self.address}")
        return self.mails(subject)[count - 1]


def token_of(mail):
    return TOKEN.search(mail.get_payload()).group(1)
