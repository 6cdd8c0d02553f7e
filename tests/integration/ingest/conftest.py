"""A broker, a store and an ingest process of its own for each test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.demo.probes import free_ports
from telemetry_store.influx.setup import set_up_influx
from telemetry_store.settings import Retention
from tests.integration.ingest.process import IngestProcess
from tests.integration.ingest.stores import Influx, Sqlite
from tests.integration.ingest.tracker import Tracker
from tests.services.choice import BIND
from tests.services.influxdb import InfluxDB
from tests.services.mosquitto import Mosquitto, mosquitto

CONFIG = """
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 100000
log_dest stderr
"""


class Broker:
    """A Mosquitto as ours is configured, without its certificates."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        config = folder / "mosquitto.conf"
        # Without it Mosquitto gives its rights up and cannot write into the test's folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"listener {port} {BIND}\n{user}{CONFIG}")
        self.url = f"mqtt://127.0.0.1:{port}"
        self.server: Mosquitto = mosquitto(config, port)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    found = Broker(folder)
    found.server.start()
    yield found
    found.server.stop()


@pytest.fixture
def influx(influxdb: InfluxDB, tmp_path: Path) -> Iterator[Influx]:
    """Buckets of the test's own; the process gets ingest's scoped token."""
    store = Influx.in_buckets_of_its_own(influxdb)
    tokens = tmp_path / "tokens"
    set_up_influx(store.address, Retention(telemetry_days=30, released_days=365), tokens)
    store.token_file = tokens / "ingest"
    yield store
    store.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    store = Sqlite(tmp_path / "telemetry.db")
    yield store
    store.close()


@pytest.fixture
def second_broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "second-broker"
    folder.mkdir()
    found = Broker(folder)
    found.server.start()
    yield found
    found.server.stop()


Start = Callable[..., IngestProcess]


@pytest.fixture
def ingest(broker: Broker, tmp_path: Path) -> Iterator[Start]:
    """Start an ingest process on a store; it is killed when the test ends."""
    started: list[IngestProcess] = []

    def start(store: Influx | Sqlite, instance: str = "1", **settings: str) -> IngestProcess:
        environ = {
            "GUARDIAN_BROKERS": broker.url,
            "GUARDIAN_INSTANCE": instance,
            "GUARDIAN_STATE_DIR": str(tmp_path / "state"),
            "GUARDIAN_METRICS_BIND": f"127.0.0.1:{free_ports(1)[0]}",
            "GUARDIAN_STORED_EVERY_S": "0.5",
            **store.environ,
            **settings,
        }
        started.append(IngestProcess(environ, tmp_path / f"ingest-{instance}.log"))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def tracker(broker: Broker) -> Iterator[Callable[[str], Tracker]]:
    """Connect trackers, which stay until the test ends."""
    made: list[Tracker] = []

    def make(device: str) -> Tracker:
        made.append(Tracker(device, broker.url))
        made[-1].wait_connected()
        return made[-1]

    yield make
    for each in made:
        each.stop()
