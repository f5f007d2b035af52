"""What all integration tests share: the stack they run against, and who acts there."""
import pytest

from venue import Venue


def pytest_configure(config):
    config.addinivalue_line("markers",
                            "disruptive: stops parts of the stack, or changes rules for all of it")


def pytest_collection_modifyitems(items):
    """What others would notice comes last."""
    items.sort(key=lambda item: item.get_closest_marker("disruptive") is not None)


def pytest_runtest_setup(item):
    Venue.alone = item.get_closest_marker("disruptive") is not None


@pytest.fixture(scope="session")
def venue():
    venue = Venue()
    venue.lift_rules()
    return venue


@pytest.fixture
def admin(venue):
    return venue.admin()


@pytest.fixture(scope="session")
def public(venue):
    return venue.public


@pytest.fixture(scope="module")
def user(venue):
    """A user with an active account and nothing in it."""
    return venue.trader("nobody")


@pytest.fixture
def market(venue):
    """A certificate with an instrument of its own, whose book is empty."""
    return venue.market()
