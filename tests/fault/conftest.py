"""What all fault tests share: a stack with two of everything, its broker and database behind proxies."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from stack import Stack  # noqa: E402  the path has to be there first


def pytest_configure(config):
    """Helpers are imported from tests that carry it."""
    config.addinivalue_line("markers", "disruptive: of the integration tests")


@pytest.fixture(scope="session")
def stack():
    """The stack, whole again after each module that broke it."""
    return Stack()
