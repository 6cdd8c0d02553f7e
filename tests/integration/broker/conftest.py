from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.broker.party import Crowd, Party
from tests.integration.broker.site import Keys, Site, start_site

Join = Callable[..., Party]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One broker for all tests; who revokes or renews enrols a tracker of its own."""
    started = start_site(tmp_path_factory.mktemp("site"))
    yield started
    started.broker.stop()


@pytest.fixture(scope="session")
def trackers(site: Site) -> dict[str, Keys]:
    """Two trackers that stay in good standing."""
    return {name: site.add(name) for name in ("tracker-a", "tracker-b")}


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    """Parties of one test, gone at its end."""
    everybody = Crowd()
    yield everybody
    everybody.leave()


@pytest.fixture
def tracker(site: Site, trackers: dict[str, Keys], crowd: Crowd) -> Join:
    """Connect a tracker by its name; everything else as `Party` takes it."""

    def join(name: str, **how: object) -> Party:
        how = {"client_id": name, **how}
        return crowd.join(trackers[name], site.tracker_port, **how)

    return join


@pytest.fixture
def service(site: Site, crowd: Crowd) -> Join:
    """Connect a service by its name; everything else as `Party` takes it."""

    def join(name: str, **how: object) -> Party:
        how = {"client_id": name, **how}
        return crowd.join(site.service(name), site.service_port, **how)

    return join


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
