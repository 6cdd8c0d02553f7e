"""At which rate the receiver is heard; the port itself is tried in the integration tests."""

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agent.settings import AgentSettings
from guardian.doctor import listening, processes
from guardian.doctor.finding import Finding
from guardian.doctor.listening import Heard
from guardian.doctor.processes import Process
from guardian.doctor.receiver import examine
from runtime.clock import ManualClock


@pytest.fixture
def port() -> Iterator[Path]:
    master, slave = pty.openpty()
    path = Path(os.ttyname(slave))
    os.close(slave)
    yield path
    os.close(master)


def look(port: Path, state_dir: Path = Path("/none")) -> list[Finding]:
    settings = AgentSettings(
        brokers=("mqtt://127.0.0.1:1",), device="tracker-1", serial_port=port, state_dir=state_dir
    )
    return list(examine(settings, ManualClock(), agent_runs=False))


def hears(monkeypatch: pytest.MonkeyPatch, right: int) -> list[int]:
    """Let a receiver speak at one rate, and be noise at all others; return the rates tried."""
    tried: list[int] = []

    def listen(path: Path, baud: int, clock: object, *, seconds: float) -> Heard:
        del path, clock, seconds
        tried.append(baud)
        return Heard(received=99, sentences=int(baud == right))

    monkeypatch.setattr(listening, "listen", listen)
    return tried


def test_the_configured_rate_comes_first(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = hears(monkeypatch, 9600)
    assert look(port)[-1].says == "NMEA sentences come at 9600 baud"
    assert tried == [9600]


def test_another_rate_is_found_as_the_agent_finds_it(
    port: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = hears(monkeypatch, 38400)
    found = look(port)[-1]
    assert found.level == "ok"
    assert "38400 baud, which the agent finds by itself (not 9600)" in found.says
    assert tried == [9600, 115200, 38400]


def test_the_rate_that_the_agent_has_kept_comes_second(
    port: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "baud").write_text("57600\n")
    tried = hears(monkeypatch, 57600)
    assert look(port, tmp_path)[-1].level == "ok"
    assert tried == [9600, 57600]


def test_no_rate_is_right(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = hears(monkeypatch, 1)
    found = look(port)[-1]
    assert (found.name, found.level) == ("receiver.data", "fault")
    assert len(tried) == 4


def test_modem_manager_is_named(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hears(monkeypatch, 9600)
    modem_manager = Process(7, "ModemManager", "/usr/sbin/ModemManager")
    monkeypatch.setattr(processes, "running", lambda *_: iter([modem_manager]))
    found = {each.name: each for each in look(port)}["receiver.modem_manager"]
    assert found.level == "warning"
    monkeypatch.setattr(processes, "holders", lambda _: [modem_manager])
    found = {each.name: each for each in look(port)}["receiver.modem_manager"]
    assert found.level == "fault"
    assert "mask --now ModemManager" in str(found.remedy)


def test_the_agent_may_hold_the_port(port: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = Process(7, "guardian", "/opt/guardian/bin/guardian agent run --config agent.toml")
    monkeypatch.setattr(processes, "holders", lambda _: [agent])
    assert [each.level for each in look(port)] == ["ok", "ok"]


def test_a_port_that_is_anothers_names_the_group(
    port: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guardian.doctor.receiver.os.access", lambda *_: False)
    (found,) = look(port)
    assert (found.name, found.level) == ("receiver.port", "fault")
    assert "sudo usermod -aG" in str(found.remedy)
