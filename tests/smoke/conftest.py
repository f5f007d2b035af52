"""Who acts in all smoke tests: made once, so that the whole takes half a minute."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from venue import Venue  # noqa: E402  the path has to be there first


@pytest.fixture(scope="session")
def venue():
    return Venue()


@pytest.fixture(scope="session")
def public(venue):
    return venue.public


@pytest.fixture
def admin(venue):
    return venue.admin()


@pytest.fixture
def market(venue):
    """A certificate with an instrument of its own, whose book is empty."""
    return venue.market()


@pytest.fixture(scope="session")
def buyer(venue):
    return venue.trader("smoke buyer", EUR=100_000)


@pytest.fixture
def seller(venue, market):
    """A user who has a hundred of the market's certificates."""
    return venue.trader("smoke seller", **{market.asset: 100})
