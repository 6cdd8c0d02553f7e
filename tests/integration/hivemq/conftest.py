"""Two HiveMQ CE for the session, as clean for each test as new ones, which take seconds each."""

from collections.abc import Iterator

import pytest

from tests.integration.hivemq.cleaning import clean
from tests.integration.ingest.conftest import influx, ingest, sqlite
from tests.integration.mqtt.conftest import link
from tests.services.hivemq import HiveMq

__all__ = ["influx", "ingest", "link", "sqlite"]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[HiveMq]]:
    """Two of them, neither started yet."""
    made = [HiveMq(tmp_path_factory.mktemp("hivemq")) for _ in range(2)]
    yield made
    for each in made:
        each.kill()


@pytest.fixture
def fresh(servers: list[HiveMq]) -> Iterator["Fresh"]:
    """Give out servers without a session or a retained message."""
    made = Fresh(servers)
    yield made
    for each in made.used:
        if each.running:
            clean(each.url)


class Fresh:
    """Servers that this test has not used yet; one that a test has killed is started again."""

    def __init__(self, servers: list[HiveMq]) -> None:
        self.used: list[HiveMq] = []
        self._servers = servers

    def take(self) -> HiveMq:
        """Return a running server."""
        server = self._servers[len(self.used)]
        self.used.append(server)
        if not server.running:
            server.start()
        return server
