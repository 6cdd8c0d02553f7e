"""A PKI and its running broker, which each test may break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.broker.party import Crowd
from tests.integration.broker.site import Site, start_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    started = start_site(tmp_path)
    yield started
    started.broker.stop()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Parties of one test, gone at its end."""
    everybody = Crowd()
    yield everybody
    everybody.leave()
