"""The canary through real brokers and a real dispatcher, to its webhook and back."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.canary import press
from guardian.canary.receiver import Receiver
from guardian.canary.service import Canary
from guardian.canary.settings import CanarySettings
from guardian.demo.probes import free_ports
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.ingest.conftest import Broker
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBjYW5hcnkncyBob29r"


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[list[Broker]]:
    made = []
    for name in ("east", "west"):
        (tmp_path / name).mkdir()
        made.append(Broker(tmp_path / name))
        made[-1].server.start()
    yield made
    for each in made:
        each.server.stop()


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def dispatcher(tmp_path: Path, brokers: list[Broker], port: int) -> Iterator[DispatcherProcess]:
    made = DispatcherProcess(
        tmp_path, ",".join(each.url for each in brokers), f"sqlite:///{tmp_path / 'incidents.db'}"
    )
    made.config = tmp_path / "dispatcher.toml"
    made.config.write_text(
        f"""
        [[channel]]
        type = "webhook"
        name = "canary"
        classes = ["canary"]
        url = "http://127.0.0.1:{port}/"
        secret = "{SECRET}"
        allow = ["127.0.0.0/8"]
        """
    )
    made.start()
    yield made
    made.kill()


def test_a_press_by_each_broker_comes_back_and_no_operator_sees_it(
    brokers: list[Broker], dispatcher: DispatcherProcess, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: dispatcher.healthz()[1].get("brokers_down") == 0, "both brokers")
    settings = CanarySettings(
        brokers=tuple(each.url for each in brokers), canary_secret=SECRET,
        canary_listen=f"127.0.0.1:{port}",
    )  # fmt: skip
    canary = Canary(settings, SystemClock(), Stopping())
    receiver = Receiver(("127.0.0.1", port), SECRET, canary._alerts.note)
    try:
        first = canary.turn()
        assert (first.result, first.broker) == ("ok", brokers[0].url)
        assert first.alerted_s is not None
        assert first.received_s is not None
        assert dispatcher.api("board")["items"] == []
        brokers[1].server.kill()
        monkeypatch.setattr(press, "CONNECT_S", 2.0)
        assert canary.turn().result == "not_connected"
        dispatcher.kill()
        monkeypatch.setattr(press, "CONNECT_S", 10.0)
        monkeypatch.setattr(press, "BACK_S", 2.0)
        assert canary.turn().result == "not_received"
    finally:
        receiver.stop()


def test_the_process_shows_what_it_measures_and_ends_in_order(
    brokers: list[Broker], dispatcher: DispatcherProcess, port: int
) -> None:
    (metrics_port,) = free_ports(1)
    path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ = {
        **path,
        "GUARDIAN_BROKERS": brokers[0].url,
        "GUARDIAN_CANARY_LISTEN": f"127.0.0.1:{port}",
        "GUARDIAN_CANARY_SECRET": SECRET,
        "GUARDIAN_METRICS_BIND": f"127.0.0.1:{metrics_port}",
    }
    command = [sys.executable, "-m", "guardian", "canary", "run"]
    process = subprocess.Popen(command, env=environ)
    try:
        expected = f'guardian_canary_presses_total{{broker="{brokers[0].url}",result="ok"}} 1.0'
        wait_until(lambda: expected in read(metrics_port, "metrics"), "the first press")
        assert "guardian_canary_due_timestamp_seconds{" in read(metrics_port, "metrics")
        assert '"ok": true' in read(metrics_port, "healthz")
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    (incident,) = dispatcher.incidents()
    assert (incident["class"], incident["device"]) == ("canary", "canary-1")


def read(port: int, page: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""
