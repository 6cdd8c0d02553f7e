"""A broker, a receiver and an agent process of its own for each test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guardian.demo.probes import free_ports
from tests.e2e.receiver import TestReceiver
from tests.integration.device_agent.process import AgentProcess
from tests.integration.device_agent.services import Services
from tests.services.choice import BIND
from tests.services.mosquitto import Mosquitto, mosquitto

CONFIG = """
allow_anonymous true
persistence false
set_tcp_nodelay true
log_dest stderr
"""


class Broker:
    """A Mosquitto as ours is configured, without its certificates."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (port,) = free_ports(1)
        config = folder / "mosquitto.conf"
        # Without it Mosquitto gives its rights up and cannot write into the test's folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"listener {port} {BIND}\n{user}{CONFIG}")
        self.url = f"mqtt://127.0.0.1:{port}"
        self.server: Mosquitto = mosquitto(config, port)


MakeBroker = Callable[[str], Broker]


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[MakeBroker]:
    """Start further brokers."""
    made: list[Broker] = []

    def make(name: str) -> Broker:
        made.append(Broker(tmp_path / name))
        made[-1].server.start()
        return made[-1]

    yield make
    for each in made:
        each.server.stop()


@pytest.fixture
def broker(make_broker: MakeBroker) -> Broker:
    return make_broker("broker")


@pytest.fixture
def services(broker: Broker) -> Iterator[Services]:
    made = Services(broker.url)
    yield made
    made.link.stop()


@pytest.fixture
def gps() -> Iterator[TestReceiver]:
    receiver = TestReceiver()
    yield receiver
    receiver.unplug()


@pytest.fixture
def agent(broker: Broker, gps: TestReceiver, tmp_path: Path) -> Iterator[AgentProcess]:
    """An agent that is not started yet; it is killed when the test ends."""
    process = AgentProcess(tmp_path, gps.port, broker.url)
    yield process
    process.kill()
