"""Secrets are changed while everything runs: no request fails, and what is given up is refused."""
import secrets
import time
import uuid

import pytest

from gateways import free_port, gateway_beside
from metrics import counted, ports
from payments import Provider
from secret_file import SecretFile, going_on
from venue import PASSWORD, unique, wait_until

LOOK_S = 20 # each process looks every 5 s
BROKEN = {"missing": None, "empty": ("", 600), "too short": ("short", 600),
          "open to others": ("long enough, but not alone", 644)}


def put_broken(file, kind):
    if BROKEN[kind] is None:
        file.remove()
    else:
        contents, mode = BROKEN[kind]
        file.write(contents, mode=mode)


# --- the payment provider's secret ----------------------------------------------------------------


class Agreed:
    """A gateway whose payment secrets are in a file, and the provider with each of them."""

    def __init__(self, venue, gateway, port, file):
        self.venue, self.gateway, self.port, self.file = venue, gateway.venue, port, file

    def provider(self, secret):
        provider = Provider(self.gateway)
        provider.secret = secret
        return provider

    def status(self, secret):
        """Of a notice of a transfer that does not exist: 401 where its signature is not good, else 409."""
        return self.provider(secret).notify({"id": str(uuid.uuid4())}, "completed").status

    def takes(self, secret):
        status = self.status(secret)
        assert status in (401, 409), status
        return status == 409

    def taking(self, secret):
        """For going_on(): None while notices that are signed with it are taken."""
        provider = self.provider(secret)
        return lambda: None if self.takes(provider.secret) else f"a notice by {secret} was refused"

    def refused(self):
        return counted(self.port, 'bourse_settings_refused{group="payments"}')


@pytest.fixture
def agreed(venue, tmp_path):
    file, port = SecretFile(venue, "the first secret"), free_port()
    with gateway_beside(venue, tmp_path, BOURSE_PAYMENT_PROVIDER="sandbox",
                        BOURSE_PAYMENT_SECRET_FILE=file.path, BOURSE_METRICS_PORT=port) as gateway:
        yield Agreed(venue, gateway, port, file)
    file.remove()


def test_notices_by_the_old_and_the_new_secret_are_taken_until_the_old_is_given_up(agreed):
    first, second = "the first secret", "the second secret"
    assert agreed.takes(first) and not agreed.takes(second)
    with going_on(agreed.taking(first)):
        agreed.file.write(second, first)
        wait_until(lambda: agreed.takes(second), LOOK_S, "the second secret is taken")
    with going_on(agreed.taking(second)):
        agreed.file.write(second)
        wait_until(lambda: not agreed.takes(first), LOOK_S, "the first secret is refused")
    assert agreed.takes(second)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_changes_nothing_and_is_told(agreed, kind):
    with going_on(agreed.taking("the first secret")):
        put_broken(agreed.file, kind)
        wait_until(agreed.refused, LOOK_S, "the metric says so")
        agreed.file.write("the second secret", "the first secret")
        wait_until(lambda: not agreed.refused(), LOOK_S, "the metric says that it is right again")
    assert agreed.takes("the second secret")


# --- the key that wraps the keys of people --------------------------------------------------------

SEALING = ["accounts-projector", "orders-projector", "settings-projector", "audit-projector",
           "desk-projector", "settings-deliverer", "gateway"]


class MasterKeys:
    """The stack's own file: all of its processes read it."""

    def __init__(self, venue):
        self.venue = venue
        self.file = SecretFile(venue, path=venue.run_dir / "secrets/seal.key")
        self.ports = {name: port for name, port in ports(venue).items() if name in SEALING}

    def lines(self):
        return self.file.path.read_text().split()

    def taken(self):
        return {name: counted(port, 'bourse_settings_reread_total{group="seal_keys"}')
                for name, port in self.ports.items()}

    def change(self, *lines):
        """Replaces the file, and waits until every process goes by the new one."""
        before = self.taken()
        self.file.write(*lines)
        wait_until(lambda: all(count > before[name] for name, count in self.taken().items()), LOOK_S,
                   "every process has read its keys again")

    def rewrap(self):
        said = self.venue.bourse("vault", "rewrap").stdout
        return dict(line.split("\t") for line in said.splitlines())


def lives(venue):
    """For going_on(): somebody new is sealed, stored, and read again by the projections."""
    def live():
        name = unique("of a rotation")
        someone = venue.register(name)
        shown = someone.get("auth/me").ok()
        if shown["full_name"] != f"{name} of the tests":
            return f"{name} is shown as {shown}"
        return None
    return live


def opens(venue, folder, person):
    """Whether a gateway that has nothing in memory shows the person as before."""
    with gateway_beside(venue, folder, BOURSE_LIMIT_LOGIN="off") as gateway:
        tokens = gateway.venue.login(person.user["email"], PASSWORD).ok()
        return tokens["user"]["full_name"] == person.user["full_name"]


@pytest.mark.disruptive
def test_the_master_key_is_changed_while_people_come_and_go(venue, tmp_path):
    keys = MasterKeys(venue)
    (old,), new = keys.lines(), secrets.token_hex(32)
    person = venue.register("of before")
    began = time.monotonic()
    with going_on(lives(venue), lambda: None if person.get("auth/me").status == 200 else "not shown"):
        try:
            keys.change(old, new)
            keys.change(new, old)
            assert int(keys.rewrap()["wrapped"]) > 0
            assert keys.rewrap() == {"wrapped": "0", "left": "0"}
            keys.change(new)
        except BaseException:
            keys.file.write(*dict.fromkeys([*keys.lines(), old])) # so that nothing is lost
            raise
    print(f"changed everywhere, and {old != new}, in {time.monotonic() - began:.0f} s")
    assert opens(venue, tmp_path, person)


@pytest.mark.disruptive
def test_a_broken_master_key_file_changes_nothing_in_any_process(venue):
    keys = MasterKeys(venue)
    right = keys.lines()

    def refused():
        return [counted(port, 'bourse_settings_refused{group="seal_keys"}')
                for port in keys.ports.values()]

    with going_on(lives(venue)):
        try:
            keys.file.write(right[0], "nonsense")
            wait_until(lambda: all(refused()), LOOK_S, "every process says so")
        finally:
            keys.file.write(*right)
        wait_until(lambda: not any(refused()), LOOK_S, "every process has its keys again")


@pytest.mark.disruptive
def test_what_a_key_that_was_given_up_has_wrapped_is_left_and_told(venue):
    keys = MasterKeys(venue)
    other = SecretFile(venue, secrets.token_hex(32))
    program = f"{venue.settings['BOURSE_BUILD_DIR']}/services/cli/bourse"
    done = venue.process("run", "env", f"BOURSE_SEAL_KEY_FILE={other.path}", program, "vault",
                         "rewrap", check=False)
    other.remove()
    assert done.returncode == 1 and "wrapped\t0\nleft\t0\n" not in done.stdout
    assert keys.rewrap()["left"] == "0"


# --- the key that signs checkpoints ---------------------------------------------------------------

CHECKPOINT_S = 150 # one is made a minute after the first ticket that is not signed


@pytest.mark.disruptive
def test_another_signing_key_signs_beside_the_old_one_and_is_given_up_again(venue):
    file = SecretFile(venue, path=venue.run_dir / "secrets/signing.key")
    (old,), port = file.path.read_text().split(), ports(venue)["audit-signer"]

    def keys():
        return {each["key"]: each["last_checkpoint"] for each in
                venue.admin().get("admin/logging/public-key").ok()["keys"]}

    venue.maker("signed")
    before = wait_until(keys, CHECKPOINT_S, "a checkpoint is signed")
    try:
        file.write("nonsense", old)
        wait_until(lambda: counted(port, 'bourse_settings_refused{group="signing_keys"}'), LOOK_S,
                   "the broken file is told")
        file.write(old, secrets.token_hex(32))
        wait_until(lambda: counted(port, 'bourse_settings_reread_total{group="signing_keys"}'), LOOK_S,
                   "both are taken")
        venue.maker("signed by both")
        wait_until(lambda: len(keys()) == len(before) + 1, CHECKPOINT_S, "both sign")
    finally:
        file.write(old)
    assert len(set(list(keys().values())[:2])) == 1, "they sign the same checkpoint"
