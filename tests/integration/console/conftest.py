"""A site of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.console.site import PASSWORD, Site
from tests.integration.console.streaming import Streams


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running server with two operators and an observer."""
    made = Site(tmp_path)
    for name in ("chen", "wu"):
        made.accounts.add_user(name, PASSWORD)
    made.accounts.add_user("lin", PASSWORD, "observer")
    made.start()
    yield made
    made.close()


@pytest.fixture
def streams(site: Site) -> Iterator[Streams]:
    """What opens event streams."""
    made = Streams(site)
    yield made
    made.close()
