import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_config.broker_process import BrokerProcess

SLEEP = shutil.which("sleep")


def _default_hangup() -> None:
    """A test run under nohup hands down that SIGHUP is ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "mosquitto.pid"


@pytest.mark.parametrize("text", ["", "nonsense", "-1", "0", "1", "999999999"])
def test_a_file_that_names_no_broker_means_it_does_not_run(text: str, pid_file: Path) -> None:
    """Neither a broken file, nor init, nor a group of processes (0, -1) gets a signal."""
    pid_file.write_text(text)
    assert BrokerProcess(pid_file).reload() == "not_running"
    assert BrokerProcess(pid_file).started_at() is None


def test_a_broker_that_is_the_first_process_is_one(
    pid_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container, whose processes a command may share."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr("broker_config.broker_process._is_broker", lambda pid: pid == 1)
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    pid_file.write_text("1")
    assert BrokerProcess(pid_file).reload() == "reloaded"
    assert signals == [(1, signal.SIGHUP)]


def test_without_a_file_it_does_not_run(pid_file: Path) -> None:
    """Mosquitto removes its file when it ends in order."""
    assert BrokerProcess(pid_file).reload() == "not_running"


def test_a_file_left_by_a_crash_hits_nobody_else(pid_file: Path) -> None:
    """The number may be another program's by now; here it is ours."""
    received: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _frame: received.append(number))
    try:
        pid_file.write_text(str(os.getpid()))
        assert BrokerProcess(pid_file).reload() == "not_running"
    finally:
        signal.signal(signal.SIGHUP, before)
    assert received == []


@pytest.mark.skipif(SLEEP is None, reason="needs the program sleep as a stand-in")
def test_a_running_broker_is_signalled(tmp_path: Path, pid_file: Path) -> None:
    """A stand-in under Mosquitto's name, which dies of the signal."""
    assert SLEEP is not None
    program = tmp_path / "mosquitto"
    shutil.copy(SLEEP, program)
    with subprocess.Popen([program, "60"], preexec_fn=_default_hangup) as process:  # noqa: PLW1509
        pid_file.write_text(f"{process.pid}\n")
        os.utime(pid_file, (1_000_000, 1_000_000))
        broker = BrokerProcess(pid_file)
        assert broker.started_at() == datetime.fromtimestamp(1_000_000, UTC)
        assert broker.reload() == "reloaded"
        try:
            assert process.wait(4) == -signal.SIGHUP
        finally:
            process.kill()
    assert broker.reload() == "not_running"


def test_a_broker_of_another_user_is_reported(
    pid_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are written all the same; somebody else must signal it."""

    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("broker_config.broker_process._is_broker", lambda _pid: True)
    monkeypatch.setattr(os, "kill", refuse)
    pid_file.write_text("4711")
    assert BrokerProcess(pid_file).reload() == "not_allowed"


def test_a_broker_that_ends_just_now_is_not_running(
    pid_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the signal."""

    def gone(_pid: int, _signal: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr("broker_config.broker_process._is_broker", lambda _pid: True)
    monkeypatch.setattr(os, "kill", gone)
    pid_file.write_text("4711")
    assert BrokerProcess(pid_file).reload() == "not_running"


def test_where_no_system_tells_names_the_first_process_is_never_signalled(
    pid_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /proc, as on macOS, it is init."""
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    pid_file.write_text("1")
    assert BrokerProcess(pid_file).reload() == "not_running"
