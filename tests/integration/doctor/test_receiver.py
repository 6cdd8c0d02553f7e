"""The receiver's port on a real pseudo-terminal."""

import fcntl
import os
import pty
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from device_agent.settings import AgentSettings
from guardian.doctor import receiver
from guardian.doctor.finding import Finding
from runtime.clock import SystemClock
from tests.integration.doctor.looking import bad

pytestmark = pytest.mark.integration

SENTENCE = b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"


@dataclass
class Receiver:
    """What says the same again and again at the other end of a port."""

    path: Path
    says: bytes
    master: int

    def run(self, ended: Event) -> None:
        os.set_blocking(self.master, False)
        while not ended.wait(0.05):
            try:
                os.write(self.master, self.says)
            except BlockingIOError:
                continue


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A port at which `request.param` comes; nothing without it."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    path, ended = Path(os.ttyname(slave)), Event()
    os.close(slave)
    speaker = Receiver(path, getattr(request, "param", b""), master)
    thread = Thread(target=speaker.run, args=(ended,))
    thread.start()
    yield path
    ended.set()
    thread.join()
    os.close(master)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "LISTEN_S", 0.6)


def look(path: Path, *, agent_runs: bool = False) -> list[Finding]:
    settings = AgentSettings(
        brokers=("mqtt://127.0.0.1:1",),
        device="tracker-1",
        serial_port=path,
        state_dir=Path("/none"),
    )
    return list(receiver.examine(settings, SystemClock(), agent_runs=agent_runs))


@pytest.mark.parametrize("port", [SENTENCE], indirect=True)
def test_a_receiver_that_speaks_is_well(port: Path) -> None:
    found = look(port)
    assert bad(found) == []
    assert [each.name for each in found] == ["receiver.port", "receiver.data"]


@pytest.mark.parametrize("port", [SENTENCE], indirect=True)
def test_the_port_is_left_as_it_was(port: Path) -> None:
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    termios.tcsetattr(descriptor, termios.TCSANOW, _at(descriptor, termios.B4800))
    before = termios.tcgetattr(descriptor)
    # Not held by another process, so the doctor listens.
    assert bad(look(port)) == []
    assert termios.tcgetattr(descriptor) == before
    os.close(descriptor)


def test_silence_is_a_fault(port: Path) -> None:
    (found,) = bad(look(port))
    assert (found.name, found.level) == ("receiver.data", "fault")
    assert "nothing comes at 9600 baud" in found.says


@pytest.mark.parametrize("port", [b"\x00\xff\x80$GPGGA,nonsense*00\r\n"], indirect=True)
def test_noise_at_all_rates_is_a_fault(port: Path) -> None:
    (found,) = bad(look(port))
    assert (found.name, found.level) == ("receiver.data", "fault")
    assert "no NMEA sentence" in found.says
    assert "serial_baud" in str(found.remedy)


@pytest.mark.parametrize("port", [SENTENCE], indirect=True)
def test_another_program_that_holds_it_is_named(port: Path) -> None:
    program = "import sys; f = open(sys.argv[1], 'rb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        (found,) = bad(look(port))
        holder.communicate()
    assert (found.name, found.level) == ("receiver.holder", "fault")
    assert f"(process {holder.pid})" in found.says
    assert f"kill {holder.pid}" in str(found.remedy)


@pytest.mark.parametrize("port", [SENTENCE], indirect=True)
def test_a_port_that_somebody_has_locked_is_told(port: Path) -> None:
    """As the agent does; the one who holds it may be another user's and not be seen."""
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    (found,) = bad(look(port))
    os.close(descriptor)
    assert (found.name, found.level) == ("receiver.holder", "fault")
    assert "fuser" in str(found.remedy)


def test_beside_a_running_agent_it_is_left_alone(port: Path) -> None:
    found = look(port, agent_runs=True)
    assert bad(found) == []
    assert found[-1].name == "receiver.holder"


def test_a_port_that_is_not_there_is_a_fault() -> None:
    (found,) = look(Path("/dev/ttyUSB99"))
    assert (found.name, found.says) == ("receiver.port", "is not there")


def test_what_is_no_port_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = look(tmp_path / "file")
    assert found.says == "is no serial port"


def _at(descriptor: int, speed: int) -> list[Any]:
    settings: list[Any] = termios.tcgetattr(descriptor)
    settings[4] = settings[5] = speed
    return settings
