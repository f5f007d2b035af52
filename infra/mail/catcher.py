"""catcher.py FOLDER - a mail server for development, and a gateway for text messages: whatever it is sent becomes a file.

It listens on a free loopback port, the one of its last run where that is free, and writes it to FOLDER/port. Each mail is
FOLDER/NUMBER.eml. While there is a file FOLDER/hold, it keeps its answer to a mail that it has written down: tests see
so what a sender does that ends in between. While there is a file FOLDER/refuse, it knows nobody that a mail is for. Text messages are posted to the port in FOLDER/text-port, and are
FOLDER/ID.text: JSON, by the Idempotency-Key, so that one that comes twice is there once. Its files are its user's alone: whoever
reads a mail may set another password.
"""
import http.server
import itertools
import os
import pathlib
import socketserver
import sys
import threading
import time

LINE_MAX = 8192


class Mail(socketserver.StreamRequestHandler):
    """One connection, by the few commands of SMTP that a sender needs."""

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        self.say("220 catcher")
        while True:
            line = self.rfile.readline(LINE_MAX)
            word = line[:4].upper().strip()
            if not line or word == b"QUIT":
                break
            if word == b"DATA":
                self.say("354 go on")
                self.take()
            elif word == b"RCPT" and (self.server.folder / "refuse").exists():
                self.say("550 nobody is here")
            else:
                self.say("250 ok")
        self.say("221 bye")

    def take(self):
        lines = []
        for line in iter(lambda: self.rfile.readline(LINE_MAX), b".\r\n"):
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.keep(b"".join(lines))
        while (self.server.folder / "hold").exists():
            time.sleep(0.02)
        self.say("250 taken")


class Catcher(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count(1 + max((int(path.stem) for path in folder.glob("*.eml")),
                                               default=0))
        port = folder / "port"
        try:
            super().__init__(("127.0.0.1", int(port.read_text())), Mail)
        except (OSError, ValueError):
            super().__init__(("127.0.0.1", 0), Mail)
        port.write_text(str(self.server_address[1]))

    def keep(self, mail):
        """Nobody sees half of one."""
        part = self.folder / f"{next(self.numbers)}.part"
        part.write_bytes(mail)
        part.rename(part.with_suffix(".eml"))


class Text(http.server.BaseHTTPRequestHandler):
    """One text message."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (self.server.folder / f"{self.headers['Idempotency-Key']}.text").write_bytes(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def catch_texts(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Text)
    server.folder = folder
    (folder / "text-port").write_text(str(server.server_address[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()


os.umask(0o077)
catch_texts(pathlib.Path(sys.argv[1]))
Catcher(pathlib.Path(sys.argv[1])).serve_forever()
