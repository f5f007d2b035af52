"""A stand-in for a payment provider: it sends small deposits, and signs its notices as one does."""
import hashlib
import hmac
import json
import time

NAME = "sandbox"


class Provider:
    """Knows the secret that the venue has agreed upon with it."""

    def __init__(self, venue):
        self.venue = venue
        self.secret = (venue.run_dir / "secrets/payment.secret").read_text().strip()

    def small_deposits(self, method):
        """What it was told to send, and its receiver finds on the statement of an account there."""
        lines = self.venue.bourse("small-deposits").stdout.splitlines()
        row = next(row for row in (line.split("\t") for line in lines) if row[0] == method["id"])
        return dict(zip(("first_amount", "second_amount"), row[2].split()))

    def signature(self, timestamp, body):
        message = f"{timestamp}.".encode() + body
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()

    def notify(self, transfer, status, at=None, signature=None, **more):
        """Tells the venue what became of a transfer."""
        body = json.dumps({"transfer_id": transfer["id"], "status": status, **more}).encode()
        timestamp = str(int(at if at is not None else time.time()))
        headers = {"X-Payment-Timestamp": timestamp,
                   "X-Payment-Signature": signature or self.signature(timestamp, body)}
        return self.venue.public.post(f"funding/callback/{NAME}", body, headers=headers)
