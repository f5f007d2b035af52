"""Where in the world a session came from: by the file that BOURSE_GEO_DB names, and by it alone."""
import pytest

import mmdb
from gateways import gateway_beside
from proxies_test import PROXY, through
from secrets_test import assert_refused, reachable, start
from venue import PASSWORD, Session, wait_until

PRAGUE, GERMANY, NOWHERE = "203.0.113.7", "198.51.100.7", "192.0.2.7"


@pytest.fixture
def behind(venue, tmp_path):
    """A gateway that believes a proxy where its callers are."""
    with gateway_beside(venue, tmp_path, BOURSE_TRUSTED_PROXIES=PROXY) as gateway:
        yield gateway.venue


def rebuild(venue, **settings):
    venue.process("run", "env", *(f"{name}={value}" for name, value in settings.items()),
                  f"{venue.settings['BOURSE_BUILD_DIR']}/services/cli/bourse", "projection",
                  "rebuild", "settings")


def places(user):
    return {item["ip_address"]: item["location"] for item in user.items("settings/sessions")}


@pytest.mark.disruptive
def test_a_session_shows_where_it_came_from_as_far_as_the_file_knows(venue, behind, tmp_path):
    file = reachable(tmp_path) / "places.mmdb"
    file.write_bytes(mmdb.database(mmdb.PLACES))
    someone = venue.register("far away")
    for address in (PRAGUE, GERMANY, NOWHERE):
        tokens = through(behind, PROXY, address).login(someone.user["email"], PASSWORD).ok()
    user = Session(venue, tokens["access_token"])
    assert set(places(user).values()) == {None}

    rebuild(venue, BOURSE_GEO_DB=file)
    shown = places(user)
    assert (shown[PRAGUE], shown[GERMANY], shown[NOWHERE]) == ("Prague, Czechia", "Germany", None)

    of_person = f"FROM settings.session_logs WHERE user_id = '{someone.user['id']}'"
    assert venue.sql(f"SELECT count(location) {of_person}") == [[2]]
    venue.admin().delete(f"admin/users/{someone.user['id']}/personal-data").ok()
    wait_until(lambda: venue.sql(f"SELECT count(location) {of_person}") == [[0]], 60, "it is forgotten")
    rebuild(venue)
    venue.start_what_ended()


def test_a_file_of_places_that_is_none_ends_the_projector(venue, tmp_path):
    done = start(venue, tmp_path, "projector", BOURSE_GEO_DB="/nonexistent/places.mmdb")
    assert "/nonexistent/places.mmdb" in assert_refused(done, "BOURSE_GEO_DB")
