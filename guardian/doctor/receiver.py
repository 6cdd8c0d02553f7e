"""The GPS receiver's serial port: there, ours to open, nobody else's, and speaking NMEA."""

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from guardian.doctor import processes
from guardian.doctor.finding import Finding, fault, ok, warning
from guardian.doctor.processes import Process
from runtime.clock import Clock

if TYPE_CHECKING:
    from device_agent.nmea.dates import Instant
    from device_agent.nmea.framing import Framer
    from device_agent.nmea.reader import Epoch
    from device_agent.settings import AgentSettings
    from runtime.lifecycle import Stopping

LISTEN_S = 4.0
"""Receivers report every second; a slow one every two."""
_NUISANCE = "ModemManager"
_UDEV = (
    "systemctl mask --now ModemManager; or a udev rule for this port with "
    'ENV{ID_MM_DEVICE_IGNORE}="1"'
)


def examine(settings: "AgentSettings", clock: Clock, *, agent_runs: bool) -> Iterator[Finding]:
    """Look at the port; nothing is written to it, and beside a running agent it is not opened."""
    path = settings.serial_port
    wrong = _unusable(path)
    if wrong is not None:
        yield wrong
        return
    yield ok("receiver.port", path, "is there, and may be opened")
    held_by = processes.holders(path)
    yield from _nuisances(path, held_by)
    agents = [each for each in held_by if _is_agent(each)]
    others = [each for each in held_by if each not in agents and each.name != _NUISANCE]
    if others:
        names = ", ".join(map(str, others))
        first = others[0]
        remedy = f"kill {first.pid}; where it is a service: systemctl disable --now {first.name}"
        yield fault("receiver.holder", path, f"is held by {names}", remedy)
    elif agents or agent_runs:
        yield ok("receiver.holder", path, "is the agent's, which hears it")
    else:
        yield from listen(path, settings.serial_baud, clock)


def _is_agent(process: Process) -> bool:
    return "guardian" in process.command and " agent " in f"{process.command} "


def _unusable(path: Path) -> Finding | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        remedy = "ls -l /dev/serial/by-id /dev/tty[ASU]*; then correct serial_port"
        return fault("receiver.port", path, "is not there", remedy)
    except OSError as error:
        says = (error.strerror or str(error)).lower()
        return fault("receiver.port", path, says, f"ls -l {path}")
    if not stat.S_ISCHR(mode):
        return fault("receiver.port", path, "is no serial port", "correct serial_port")
    if not os.access(path, os.R_OK | os.W_OK):
        group = _group(path)
        says = "may not be opened by the user who runs the doctor"
        return fault("receiver.port", path, says, f"sudo usermod -aG {group} $USER; log in anew")
    return None


def _group(path: Path) -> str:
    try:
        return grp.getgrgid(path.stat().st_gid).gr_name
    except KeyError:
        return "dialout"


def _nuisances(path: Path, held_by: list[Process]) -> Iterator[Finding]:
    """Say that ModemManager runs: it writes modem commands to every new serial port."""
    if any(each.name == _NUISANCE for each in held_by):
        yield fault("receiver.modem_manager", path, "is held by ModemManager", _UDEV)
    elif any(each.name == _NUISANCE for each in processes.running()):
        says = "ModemManager runs: it takes a port for seconds whenever it is plugged in"
        yield warning("receiver.modem_manager", path, says, _UDEV)


def listen(path: Path, baud: int, clock: Clock, *, seconds: float = LISTEN_S) -> Iterator[Finding]:
    """Open the port as the agent does, and say what comes."""
    from device_agent.nmea.framing import Framer  # noqa: PLC0415 - only on a tracker
    from device_agent.serial_port import Port  # noqa: PLC0415
    from runtime.lifecycle import Stopping  # noqa: PLC0415

    stopping = Stopping()
    ear = _Ear(Framer(), stopping, clock.monotonic() + seconds)
    Port(
        path, baud, ear, lambda _: None, clock=clock, stopping=stopping,
        beat=lambda: ear.look(clock.monotonic()),
    ).run()  # fmt: skip
    yield _heard(path, baud, ear)


def _heard(path: Path, baud: int, ear: "_Ear") -> Finding:
    if ear.sentences:
        return ok("receiver.data", path, "NMEA sentences come")
    if ear.received:
        says = f"{ear.received} bytes came at {baud} baud, and no NMEA sentence"
        remedy = "correct serial_baud (4800, 9600, 38400, 115200 are usual); guardian decode"
        return fault("receiver.data", path, says, f"{remedy} {path}")
    says = "nothing comes"
    remedy = f"look at cable and power; is it the right port? ls -l /dev/serial/by-id; not {path}"
    return fault("receiver.data", path, says, remedy)


class _Ear:
    """Counts what comes, in the place of the NMEA reader, and ends at the first sentence."""

    def __init__(self, framer: "Framer", stopping: "Stopping", until: float) -> None:
        self.received = 0
        self.sentences = 0
        self._framer = framer
        self._stopping = stopping
        self._until = until

    def look(self, now: float) -> None:
        """End when the time is over."""
        if now >= self._until:
            self._stopping.stop("time is over")

    def feed(self, data: bytes, now: "Instant") -> "list[Epoch]":
        """Take bytes."""
        del now
        self.received += len(data)
        self.sentences += sum(1 for _ in self._framer.feed(data))
        if self.sentences:
            self._stopping.stop("it speaks")
        return []

    def tick(self, now: "Instant") -> "list[Epoch]":
        """Let time pass."""
        del now
        return []

    def end(self, now: "Instant") -> "list[Epoch]":
        """Take the end of the stream."""
        return self.tick(now)
