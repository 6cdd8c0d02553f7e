"""Installations for each test."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.backup.site import Site


@pytest.fixture
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str | None], Site]]:
    """Make sites, which end with the test; their folders have short names for the sockets."""
    made: list[Site] = []

    def make(database_url: str | None) -> Site:
        made.append(Site(tmp_path_factory.mktemp("b"), database_url))
        return made[-1]

    yield make
    for site in made:
        site.end()
