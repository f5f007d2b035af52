"""A service whose clock and the database's are far apart decides nothing, and says so."""
import pytest

pytestmark = pytest.mark.disruptive
# A clock that is found before the real one, by whoever looks in the schema `wrong` first.
WRONG_CLOCK = """
    CREATE SCHEMA wrong;
    CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$
"""


def sql(venue, statement):
    venue.process("run", "bash", "-c", 'psql -q "$BOURSE_PG" -c "$1"', "sql", statement)


@pytest.fixture
def wrong_clock(venue):
    sql(venue, WRONG_CLOCK)
    venue.process("stop", "settings")
    yield "options='-c search_path=wrong,pg_catalog'"
    sql(venue, "DROP SCHEMA wrong CASCADE")
    venue.process("start", "settings")


def test_with_a_clock_far_from_the_databases_nothing_is_decided(venue, wrong_clock):
    program = f"{venue.settings['BOURSE_BUILD_DIR']}/services/settings/bourse-settings"
    start = f'BOURSE_PG="$BOURSE_PG $1" BOURSE_STATE_DIR=$(mktemp -d) timeout 60 {program}'
    done = venue.process("run", "bash", "-c", start, "start", wrong_clock, check=False)
    assert done.returncode == 1, done
    assert "partition.clock_apart" in done.stdout and "partition.owned" not in done.stdout
