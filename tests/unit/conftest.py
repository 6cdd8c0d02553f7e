"""What holds for every unit test: no network, and no more than a few seconds."""

import pytest
import pytest_socket

UNIT_TIMEOUT_S = 5
"""A unit test that takes longer waits for something, or belongs elsewhere."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every unit test the short time-out, unless it names its own."""
    for item in items:
        if "tests/unit" in str(item.path) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(UNIT_TIMEOUT_S))


@pytest.fixture(autouse=True)
def _no_network() -> None:
    pytest_socket.disable_socket(allow_unix_socket=True)
