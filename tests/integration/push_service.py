"""A stand-in for the push service of a browser's maker, and the browsers that it carries messages to."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import re
import secrets
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DAY_S = 24 * 3600


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


class Browser:
    """One that has subscribed, with the keys that it alone has."""

    def __init__(self, service):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = secrets.token_bytes(16)
        self.endpoint = f"{service.origin}/wpush/v2/{secrets.token_urlsafe(24)}"

    @property
    def subscription(self):
        return {"endpoint": self.endpoint, "p256dh": encode(self.public), "auth": encode(self.auth)}

    def open(self, message):
        """What a message says, as RFC 8291 has it opened: JSON."""
        salt, size, length = message[:16], int.from_bytes(message[16:20], "big"), message[20]
        sender, sealed = message[21:21 + length], message[21 + length:]
        assert length == 65 and len(message) <= size == 4096
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), sender))
        material = mac(mac(self.auth, shared), b"WebPush: info\0" + self.public + sender + b"\1")
        secret = mac(salt, material)
        key = mac(secret, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = mac(secret, b"Content-Encoding: nonce\0\1")[:12]
        text = AESGCM(key).decrypt(nonce, sealed, None)
        assert text[-1:] == b"\2", "it is the last record"
        return json.loads(text[:-1])


class PushService(http.server.ThreadingHTTPServer):
    """Keeps what it gets by endpoint, and answers as it is told to; by 201 at last."""

    def __init__(self, *answers):
        self.answers, self.got, self.lock = list(answers), [], threading.Lock()
        super().__init__(("127.0.0.1", 0), Take)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def to(self, browser):
        """Head and body of each message for a browser, as they came."""
        with self.lock:
            return [(headers, body) for path, headers, body in self.got if self.origin + path == browser.endpoint]

    def check_sender(self, headers, public_key):
        """That the venue says, by its key, that it speaks to this service, and now (RFC 8292)."""
        token, key = re.fullmatch(r"vapid t=([^ ,]+), k=([^ ,]+)", headers["Authorization"]).groups()
        assert key == public_key
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
        claims = jwt.decode(token, point, algorithms=["ES256"], audience=self.origin)
        assert time.time() < claims["exp"] <= time.time() + DAY_S
        assert claims["sub"].startswith("mailto:")


class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.got.append((self.path, self.headers, body))
            status = self.server.answers.pop(0) if self.server.answers else 201
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def push_service(*answers):
    with PushService(*answers) as service:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()
