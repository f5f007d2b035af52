"""How far the projections are, as operators see it."""
import contextlib

import pytest

import topics
from venue import wait_until

PROJECTIONS = "admin/projections"


def found(venue):
    return {item["service"]: item for item in venue.admin().items(PROJECTIONS)}


def test_each_projection_shows_how_far_it_is_in_each_partition(venue):
    venue.maker("projected", CEA=1)
    for service in topics.SERVICES:
        wait_until(lambda service=service: found(venue)[service]["lag"] == 0, 30, f"that of {service} has caught up")
    projections = found(venue)
    assert sorted(projections) == topics.SERVICES
    for service, item in projections.items():
        partitions = item["partitions"]
        assert venue.sql("SELECT count(*), max(generation) FROM bourse.positions "
                         f"WHERE service = '{service}'") == [[len(partitions), item["generation"]]]
        assert [part["partition"] for part in partitions] == list(range(len(partitions)))
        assert item["events"] == sum(part["events"] for part in partitions) > 0
        assert all(0 < part["position"] for part in partitions)


def test_pages_of_projections_follow_each_other(venue):
    assert [item["service"] for item in venue.admin().items(PROJECTIONS, limit=2)] == topics.SERVICES


@contextlib.contextmanager
def stopped(venue, name):
    venue.process("stop", name)
    try:
        yield
    finally:
        venue.process("start", name)


@pytest.mark.disruptive
def test_one_that_stands_still_falls_behind_and_catches_up(venue):
    lag = lambda: found(venue)["audit"]["lag"]
    with stopped(venue, "audit-projector"):
        venue.maker("not seen", CEA=1)
        wait_until(lambda: lag() > 0, 30, "it shows that it stands still")
    wait_until(lambda: lag() == 0, 30, "it has caught up")
