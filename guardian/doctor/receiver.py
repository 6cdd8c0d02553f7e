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
    from device_agent.settings import AgentSettings
    from guardian.doctor.listening import Heard

LISTEN_S = 2.5
"""Receivers report every second; a slow one every two."""
MOST_RATES = 4
"""So many times that is ten seconds, within what a check may take."""
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
    if len(others) + len(agents) < len(held_by):
        return  # said already
    if others:
        names = ", ".join(map(str, others))
        first = others[0]
        remedy = f"kill {first.pid}; where it is a service: systemctl disable --now {first.name}"
        yield fault("receiver.holder", path, f"is held by {names}", remedy)
    elif agents or agent_runs:
        yield ok("receiver.holder", path, "is the agent's, which hears it")
    else:
        yield _listened(settings, clock)


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


def _listened(settings: "AgentSettings", clock: Clock) -> Finding:
    """Listen at the rate that the agent would begin with; at the next where only noise comes."""
    from device_agent.baud import USUAL, recall  # noqa: PLC0415 - on a tracker
    from guardian.doctor.listening import Heard, PortBusyError, listen  # noqa: PLC0415

    path, begin = settings.serial_port, settings.serial_baud
    rates = list(dict.fromkeys([begin, recall(settings.state_dir) or begin, *USUAL]))
    heard = Heard()
    try:
        for rate in rates[:MOST_RATES]:
            heard = listen(path, rate, clock, seconds=LISTEN_S)
            if heard.sentences:
                return _speaks(path, rate, begin)
            if not heard.received:
                break
    except PortBusyError as error:
        says = f"cannot be read: {error}"
        return fault("receiver.holder", path, says, f"sudo fuser -v {path}")
    return _mute(path, begin, heard)


def _speaks(path: Path, rate: int, begin: int) -> Finding:
    found = "" if rate == begin else f", which the agent finds by itself (not {begin})"
    return ok("receiver.data", path, f"NMEA sentences come at {rate} baud{found}")


def _mute(path: Path, baud: int, heard: "Heard") -> Finding:
    if heard.received:
        says = "bytes come, and no NMEA sentence at any of the usual rates"
        remedy = "is it the receiver's port? ls -l /dev/serial/by-id; then correct serial_port"
        return fault("receiver.data", path, says, f"{remedy} or serial_baud")
    remedy = "look at cable and power; is it the right port? ls -l /dev/serial/by-id"
    return fault("receiver.data", path, f"nothing comes at {baud} baud", remedy)
