"""The keys of access tokens are changed while a gateway runs, and tokens of both are about."""
import os
import signal

import pytest

from gateways import gateway_beside
from venue import PASSWORD, Session, unique, wait_until

RELOADED_S = 20


class Keys:
    """The files that a gateway reads, written as whoever runs it would."""

    def __init__(self, venue):
        self.venue = venue
        self.folder = venue.run_dir / unique("token-keys")
        self.run(f"mkdir '{self.folder}'")

    def run(self, script):
        return self.venue.process("run", "bash", "-c", f"umask 077; {script}")

    def make(self, name):
        self.run(f"openssl ecparam -genkey -noout -name prime256v1 | openssl pkcs8 -topk8 -nocrypt"
                 f" -out '{self.folder}/{name}.key'")
        self.publish(f"{self.folder}/{name}.key", name)

    def publish(self, private, name):
        self.run(f"openssl pkey -in '{private}' -pubout -out '{self.folder}/{name}.pem'")

    def use(self, signs, *others):
        """One signs, the others are good beside; each file is replaced in one step."""
        listed = " ".join(f"'{self.folder}/{name}.pem'" for name in (signs, *others))
        self.run(f"cd '{self.folder}' && cat {listed} > next && mv next others.pem"
                 f" && cp '{signs}.key' next && mv next token.key")


@pytest.fixture(scope="module")
def keys(venue):
    keys = Keys(venue)
    keys.publish(venue.run_dir / "secrets/token.key", "stack")
    keys.make("first")
    keys.make("second")
    keys.use("first", "stack")
    return keys


@pytest.fixture(scope="module")
def gateway(venue, keys, tmp_path_factory):
    with gateway_beside(venue, tmp_path_factory.mktemp("gateway"),
                        BOURSE_TOKEN_KEY_FILE=keys.folder / "token.key",
                        BOURSE_TOKEN_OTHER_KEYS_FILE=keys.folder / "others.pem") as gateway:
        yield gateway


def listed(gateway):
    keys = gateway.venue.public.get("/.well-known/jwks.json").ok()["keys"]
    return [key["kid"] for key in keys]


def change(gateway, keys, *names):
    """Changes the keys, tells the gateway, and waits until it shows others."""
    before = listed(gateway)
    keys.use(*names)
    os.killpg(gateway.process.pid, signal.SIGHUP)
    wait_until(lambda: listed(gateway) != before, RELOADED_S, "other keys are listed")


def signed_in(gateway, user):
    tokens = gateway.venue.login(user.user["email"], PASSWORD).ok()
    return Session(gateway.venue, tokens["access_token"])


def test_a_token_is_good_as_long_as_its_key_is_listed(venue, keys, gateway):
    user = venue.register("of two keys")
    of_stack = Session(gateway.venue, user.token)
    of_first = signed_in(gateway, user)
    assert len(listed(gateway)) == 2
    assert of_stack.get("auth/me").status == of_first.get("auth/me").status == 200

    change(gateway, keys, "second", "first", "stack")
    of_second = signed_in(gateway, user)
    assert len(listed(gateway)) == 3
    for session in (of_stack, of_first, of_second):
        assert session.get("auth/me").status == 200
    Session(venue, of_second.token).get("auth/me").refused(401, "UNAUTHENTICATED")

    change(gateway, keys, "second", "stack")
    of_first.get("auth/me").refused(401, "UNAUTHENTICATED")
    assert of_stack.get("auth/me").status == of_second.get("auth/me").status == 200
