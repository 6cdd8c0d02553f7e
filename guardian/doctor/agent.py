"""The agent on this tracker: does it run, is it connected, what faults does it report itself."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from device_agent.local_socket import AgentAnswerError, AgentNotRunningError, ask
from device_agent.settings import AgentSettings
from guardian.doctor import sqlite_file
from guardian.doctor.finding import Finding, fault, ok, warning

OUTBOX_FILE = "outbox.db"
LOCK_FILE = "agent.lock"

_START = "systemctl start guardian-agent; or: guardian agent run --config agent.toml"
_OUTBOX = "stop the agent; it begins a new one when it starts"
_REMEDIES = {
    "disk_full": "df -h; make room, or change the card",
    "outbox_reset": "watch the card: dmesg | grep -i -e mmc -e error",
    "button_stuck": "look at the button and its wires",
    "gps_port": "guardian doctor --only receiver",
    "clock": "timedatectl; the receiver's time is used meanwhile",
}
_GPS = {
    "no_data": ("nothing comes from the receiver", "guardian doctor --only receiver"),
    "no_fix": ("the receiver has no fix", "give its antenna a view of the sky; wait two minutes"),
}


def may_run(settings: AgentSettings) -> bool:
    """Say whether the agent runs with these settings, or may do so where we cannot look."""
    try:
        ask(settings.state_dir, {"do": "status"})
    except AgentNotRunningError:
        return _locked_away(settings.state_dir / LOCK_FILE)
    except (AgentAnswerError, OSError):
        return True
    return True


def examine(settings: AgentSettings) -> Iterator[Finding]:
    """Ask the agent itself, and look at its outbox."""
    about = settings.device
    try:
        yield from _told(about, ask(settings.state_dir, {"do": "status"}))
    except AgentNotRunningError:
        yield warning("agent.running", about, "the agent does not run", _START)
    except AgentAnswerError as error:
        remedy = "run the doctor as the agent's user: sudo -u guardian guardian doctor ..."
        yield fault("agent.running", about, str(error), remedy)
    outbox = settings.state_dir / OUTBOX_FILE
    if not sqlite_file.missing(outbox):
        yield from sqlite_file.examine("agent.outbox", outbox, _OUTBOX)


def _told(about: str, answer: dict[str, Any]) -> Iterator[Finding]:
    """Read what `guardian agent status` shows, as far as it says how things stand."""
    yield ok("agent.running", about, f"the agent runs, version {answer.get('version')}")
    link = answer.get("link") or {}
    if link.get("up"):
        yield ok("agent.link", about, f"is connected to {link.get('broker')}")
    else:
        remedy = "see the lines on the broker; journalctl -u guardian-agent"
        yield fault("agent.link", about, "the agent is not connected", remedy)
    gps = str(answer.get("gps"))
    if gps in _GPS:
        yield warning("agent.gps", about, *_GPS[gps])
    for each in answer.get("faults") or ():
        remedy = _REMEDIES.get(each, "docs/tracker.md says what it means")
        yield fault("agent.fault", about, f"reports {each}", remedy)
    for each in answer.get("lost_buttons") or ():
        remedy = "look at its [[button]] in agent.toml; journalctl -u guardian-agent says why"
        yield fault("agent.fault", about, f"{each} cannot be opened: nobody can press it", remedy)
    yield from _outbox(about, answer.get("outbox") or {})


def _outbox(about: str, outbox: dict[str, Any]) -> Iterator[Finding]:
    if outbox.get("on_disk") is False:
        says = "the disk refuses the outbox; presses go out from memory"
        yield fault("agent.fault", about, says, _REMEDIES["disk_full"])
    if outbox.get("dropped"):
        says = f"{outbox['dropped']} positions were dropped while nobody stored them"
        yield warning("agent.dropped", about, says, "look at the link above; they do not come back")


def _locked_away(lock: Path) -> bool:
    """Say whether an agent of another user's may hold the lock."""
    try:
        return lock.exists() and not os.access(lock, os.R_OK)
    except OSError:
        return True
