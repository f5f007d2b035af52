"""`bourse doctor`: what is well, what is wrong, and what to do about it."""
import pytest

import topics
from restore_test import superuser
from venue import psql, wait_until


def doctor(venue, *options):
    done = venue.bourse("doctor", *options, check=False)
    lines = done.stdout.splitlines()
    wrong = [(line[6:], fix.strip()) for line, fix in zip(lines, lines[1:])
             if line.startswith("WRONG ")]
    return done.returncode, lines, wrong


def test_a_venue_that_is_well_is_told_so(venue):
    well = lambda: (found := doctor(venue))[0] == 0 and found
    _, lines, wrong = wait_until(well, 120, "all projections and signatures have caught up", 1)
    assert wrong == [], lines
    told = {line.split(":")[0].removeprefix("ok    ") for line in lines}
    assert {"topics", "logs", "schemas", "clock", "checkpoints", "vault", "copies", "certificate", "projection accounts",
            "projection orders", "projection audit", "projection settings", "projection desk"} <= told


@pytest.mark.disruptive
def test_a_topic_that_would_forget_is_found_with_the_way_to_mend_it(venue):
    def set_retention(value):
        topics.run_tool(venue, "kafka.admin.ConfigCommand", "--entity-type", "topics", "--entity-name",
                        "bourse.orders.events", "--alter", "--add-config", f"retention.ms={value}")

    set_retention(1000 * 86400000)
    try:
        status, lines, wrong = doctor(venue)
        assert status == 1, lines
        (what, fix), = [found for found in wrong if found[0].startswith("topics:")]
        assert "bourse.orders.events" in what and "retention.ms" in what
        assert "kafka-configs.sh" in fix
    finally:
        set_retention(-1)
    assert doctor(venue)[0] == 0


@pytest.mark.disruptive
def test_a_projection_of_another_log_is_found(venue):
    """As after a topic was made anew: another record stands where the projection has read one."""
    venue.process("stop", "desk-projector")
    row, = venue.sql("SELECT partition, encode(record_hash, 'hex') FROM bourse.positions"
                     " WHERE service = 'desk' AND next_offset > 0 ORDER BY partition LIMIT 1")
    try:
        psql(superuser(venue, "bourse"), "UPDATE bourse.positions"
             f" SET record_hash = decode('{'00' * 32}', 'hex')"
             f" WHERE service = 'desk' AND partition = {row[0]}")
        status, lines, wrong = doctor(venue)
        assert status == 1, lines
        (what, fix), = wrong
        assert what.startswith(f"projection desk/{row[0]}: another record stands before")
        assert fix == "-> bourse projection rebuild desk"
    finally:
        psql(superuser(venue, "bourse"), "UPDATE bourse.positions"
             f" SET record_hash = decode('{row[1]}', 'hex')"
             f" WHERE service = 'desk' AND partition = {row[0]}")
        venue.process("start", "desk-projector")


def test_it_takes_no_argument(venue):
    assert venue.bourse("doctor", "well", check=False).returncode == 2
