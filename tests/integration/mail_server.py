"""A mail server by TLS that wants to know who sends."""
import base64
import email
import socketserver
import ssl
import threading

LINE_MAX = 8192


class Connection(socketserver.StreamRequestHandler):
    """By the few commands of SMTP that a sender needs (RFC 5321, AUTH PLAIN of RFC 4954)."""

    def setup(self):
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.login = None
        super().setup()

    def say(self, *lines):
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def handle(self):
        self.say("220 here")
        for line in iter(lambda: self.rfile.readline(LINE_MAX), b""):
            word = line[:4].upper().strip()
            if word == b"QUIT":
                return
            if word == b"EHLO":
                self.say("250-here", "250 AUTH PLAIN")
            elif word == b"AUTH":
                self.sign_in(line.split()[2:])
            elif self.login not in self.server.logins:
                self.say("530 sign in first")
            elif word == b"DATA":
                self.say("354 go on")
                self.take()
            else:
                self.say("250 ok")

    def sign_in(self, response):
        if not response:
            self.say("334 ")
            response = [self.rfile.readline(LINE_MAX)]
        self.login = tuple(base64.b64decode(response[0]).decode().split("\0")[1:])
        good = self.login in self.server.logins
        self.server.refused += not good
        self.say("235 welcome" if good else "535 unknown")

    def take(self):
        lines = list(iter(lambda: self.rfile.readline(LINE_MAX), b".\r\n"))
        self.server.mails.append((self.login, email.message_from_bytes(b"".join(lines))))
        self.say("250 taken")


class MailServer(socketserver.ThreadingTCPServer):
    """Takes the mails of these logins: (name, password) pairs."""
    daemon_threads = allow_reuse_address = True

    def __init__(self, venue, *logins):
        super().__init__(("127.0.0.1", 0), Connection)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(venue.run_dir / "tls/server.pem", venue.run_dir / "secrets/server.key")
        self.logins, self.mails, self.refused = set(logins), [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass # a sender that hangs up

    def login_for(self, address):
        """Whose mail to this address it has taken; None: nobody's yet."""
        return next((login for login, mail in list(self.mails) if mail["To"] == f"<{address}>"), None)
