"""Who signs in, how often it may fail, and where."""
import re

import pytest

from gateways import free_port, gateway_beside
from venue import PASSWORD, loopback_address, unique, wait_until

FAILURES = 10


@pytest.fixture
def someone(venue):
    """The e-mail address of a user who has not signed in."""
    email = f"{unique('someone')}@example.com"
    venue.public.post("auth/register", {"email": email, "password": PASSWORD,
                                        "full_name": "Some One"}).ok(201)
    return email


def test_ten_wrong_passwords_lock_out_where_they_came_from_and_nobody_else(venue, someone):
    attacker, elsewhere = (venue.seen_from(loopback_address()) for _ in range(2))
    for count in range(FAILURES):
        attacker.login(someone, f"wrong {count}").refused(401, "INVALID_CREDENTIALS")
    attacker.login(someone, "wrong again").refused(423, "ACCOUNT_LOCKED")
    attacker.login(someone, PASSWORD).refused(423, "ACCOUNT_LOCKED")
    elsewhere.login(someone, PASSWORD).ok()
    other = f"{unique('other')}@example.com"
    attacker.public.post("auth/register", {"email": other, "password": PASSWORD,
                                           "full_name": "An Other"}).ok(201)
    attacker.login(other, PASSWORD).ok()


def test_an_unknown_address_is_locked_out_as_a_known_one(venue):
    attacker, nobody = venue.seen_from(loopback_address()), f"{unique('nobody')}@example.com"
    for count in range(FAILURES):
        attacker.login(nobody, f"wrong {count}").refused(401, "INVALID_CREDENTIALS")
    attacker.login(nobody, "wrong again").refused(423, "ACCOUNT_LOCKED")


class Beside:
    """A gateway with the limits of production, and what it counts."""

    def __init__(self, gateway, port, address):
        self.venue = gateway.venue.seen_from(address)
        self.counts = gateway.venue.run_dir, port

    def known_from_elsewhere(self, venue, limit):
        port = self.counts[1]
        page = venue.process("run", "curl", "-sf", f"http://127.0.0.1:{port}/metrics").stdout
        found = re.search(rf'^bourse_attempts_elsewhere_total{{limit="{limit}"}} (\d+)$', page,
                          re.MULTILINE)
        return int(found.group(1)) if found else 0


@pytest.fixture
def two_gateways(venue, tmp_path):
    address, ports = loopback_address(), (free_port(), free_port())
    limits = {"BOURSE_LIMIT_LOGIN": "10/60s", "BOURSE_LIMIT_REGISTER": "5/3600s"}
    with gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=ports[0], **limits) as one, \
            gateway_beside(venue, tmp_path, BOURSE_METRICS_PORT=ports[1], **limits) as two:
        yield Beside(one, ports[0], address), Beside(two, ports[1], address)


def test_the_eleventh_login_in_a_minute_over_two_gateways_is_refused(venue, someone, two_gateways):
    before = [gateway.known_from_elsewhere(venue, "login") for gateway in two_gateways]
    for _ in range(5):
        for gateway in two_gateways:
            gateway.venue.login(someone, PASSWORD).ok()
    for gateway, known in zip(two_gateways, before):
        wait_until(lambda: gateway.known_from_elsewhere(venue, "login") - known >= 5, 10,
                   "it has read of the other's logins")
        refused = gateway.venue.login(someone, PASSWORD)
        refused.refused(429, "RATE_LIMITED")
        assert int(refused.headers["Retry-After"]) > 0
    venue.login(someone, PASSWORD).ok()


def test_a_gateway_that_begins_knows_of_the_logins_before(venue, someone, tmp_path):
    address, limits = loopback_address(), {"BOURSE_LIMIT_LOGIN": "10/60s"}
    with gateway_beside(venue, tmp_path, **limits) as first:
        for _ in range(10):
            first.venue.seen_from(address).login(someone, PASSWORD).ok()
        with gateway_beside(venue, tmp_path, **limits) as second:
            second.venue.seen_from(address).login(someone, PASSWORD).refused(429, "RATE_LIMITED")
            second.venue.seen_from(loopback_address()).login(someone, PASSWORD).ok()


def test_the_sixth_registration_over_two_gateways_is_refused_be_it_good_or_not(venue, someone,
                                                                              two_gateways):
    one, two = two_gateways
    before = two.known_from_elsewhere(venue, "register")
    body = {"email": someone, "password": PASSWORD, "full_name": "Some One"}
    for _ in range(4):
        one.venue.public.post("auth/register", body).refused(409, "EMAIL_TAKEN")
    fresh = {**body, "email": f"{unique('fresh')}@example.com"}
    one.venue.public.post("auth/register", fresh).ok(201)
    wait_until(lambda: two.known_from_elsewhere(venue, "register") - before >= 5, 10,
               "it has read of the other's registrations")
    two.venue.public.post("auth/register", body).refused(429, "RATE_LIMITED")
