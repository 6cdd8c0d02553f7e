"""A world for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.demo.probes import MosquittoMissingError, find_mosquitto
from tests.e2e.world import World
from tests.services.choice import missing
from tests.services.influxdb import InfluxDB
from tests.services.influxdb import influxdb as start_influxdb


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is end to end, and has the time that processes need."""
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(180))


@pytest.fixture
def native_mosquitto() -> None:
    """A Mosquitto on this machine, for Guardian to start."""
    try:
        find_mosquitto()
    except MosquittoMissingError:
        missing("Mosquitto", "run tools/install-mosquitto.sh")


@pytest.fixture
def own_influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """An InfluxDB that this test may kill."""
    server = start_influxdb(tmp_path_factory.mktemp("influx"))
    yield server
    server.stop()


@pytest.fixture
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[InfluxDB], World]]:
    """Make worlds, which end with the test; their folders have short names for the sockets."""
    made: list[World] = []

    def make(influxdb: InfluxDB) -> World:
        folder: Path = tmp_path_factory.mktemp("w")
        made.append(World(folder, influxdb))
        return made[-1]

    yield make
    for world in made:
        world.end()


@pytest.fixture
def world(worlds: Callable[[InfluxDB], World], influxdb: InfluxDB) -> World:
    """A world with the session's InfluxDB."""
    return worlds(influxdb)
