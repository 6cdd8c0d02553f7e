"""One district for all of this folder's tests."""

from collections.abc import Iterator

import pytest

from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.district import District
from tests.services.influxdb import InfluxDB


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first waits for the district."""
    for item in items:
        if "tests/integration/dashboards" in str(item.path):
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def district(influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """A district in which everything has happened."""
    made = District(tmp_path_factory.mktemp("d"), influxdb)
    try:
        made.live()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="session")
def asker(district: District) -> Asker:
    """Who asks as Grafana does, with Grafana's token."""
    return district.asker
