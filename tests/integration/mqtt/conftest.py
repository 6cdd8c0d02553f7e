"""A Mosquitto for each test, and links that are stopped after it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from guardian.demo.probes import free_ports
from runtime.mqtt import backoff
from runtime.mqtt.link import Link, LinkSettings
from tests.integration.mqtt.authority import Authority
from tests.services.choice import BIND
from tests.services.mosquitto import Mosquitto, mosquitto
from tests.unit.runtime.mqtt.recorder import Recorder

COMMON = """
persistence false
set_tcp_nodelay true
log_dest stderr
log_type all
"""


@dataclass
class Broker:
    """A running Mosquitto and the address of its listener."""

    url: str
    port: int
    server: Mosquitto


MakeBroker = Callable[..., Broker]
MakeLink = Callable[..., tuple[Link, Recorder]]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.02)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MakeBroker]:
    """Start a broker with further lines of configuration."""
    started: list[Mosquitto] = []

    def start(
        *lines: str, scheme: str = "mqtt", host: str = "127.0.0.1", anonymous: bool = True
    ) -> Broker:
        (port,) = free_ports(1)
        folder = tmp_path / f"broker-{port}"
        folder.mkdir()
        config = folder / "mosquitto.conf"
        allow = f"allow_anonymous {str(anonymous).lower()}"
        # Without it Mosquitto gives its rights up and cannot read the test's files.
        user = ["user root"] if os.geteuid() == 0 else []
        config.write_text("\n".join([f"listener {port} {BIND}", allow, *user, *lines]) + COMMON)
        server = mosquitto(config, port)
        server.start()
        started.append(server)
        return Broker(f"{scheme}://{host}:{port}", port, server)

    yield start
    for each in started:
        each.stop()


@pytest.fixture(params=["paho", "own"])
def link(request: pytest.FixtureRequest) -> Iterator[MakeLink]:
    """Make a link with either client, and stop it when the test ends."""
    made: list[Link] = []

    def make(
        *urls: str, client_id: str = "a", start: bool = True, **how: Any
    ) -> tuple[Link, Recorder]:
        names = LinkSettings.__dataclass_fields__.keys()
        chosen = {"bulk": request.param == "own", **_pick(how, names)}
        settings = link_settings(*urls, client_id=client_id, **chosen)
        recorder = how.pop("handler", None) or Recorder()
        made.append(Link(settings, recorder, **how))
        if start:
            made[-1].start()
        return made[-1], recorder

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that certified the broker and its clients."""
    return Authority(tmp_path_factory.mktemp("authority"))


def link_settings(*urls: str, client_id: str, **changes: Any) -> LinkSettings:
    """Return settings for tests: everything that is not named is ordinary."""
    ordinary: dict[str, Any] = {
        "brokers": urls,
        "client_id": client_id,
        "ca_file": None,
        "cert_file": None,
        "key_file": None,
        "username": None,
        "password": None,
        "keepalive_s": 30,
        "session_expiry_s": 300,
        "receive_maximum": 20,
        "send_buffer": None,
    }
    return LinkSettings(**{**ordinary, **changes})


def _pick(how: dict[str, Any], names: Any) -> dict[str, Any]:
    return {name: how.pop(name) for name in list(how) if name in names}
