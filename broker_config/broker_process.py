"""The running broker, found by its pid file and told to read its files again."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

Reload = Literal["reloaded", "not_running", "not_allowed"]
"""What became of a request to reload; `not_allowed`: it runs as somebody whom we may not signal."""

_PROGRAM = "mosquitto"


class Broker(Protocol):
    """What enrolment needs of a running broker."""

    def reload(self) -> Reload:
        """Make it read its lists and certificates again."""

    def started_at(self) -> datetime | None:
        """Return when it was started, or None when it does not run."""


class BrokerProcess:
    """A Mosquitto on this machine, known by the file in which it writes its process id."""

    def __init__(self, pid_file: Path) -> None:
        self._pid_file = pid_file

    def reload(self) -> Reload:
        """Make it read its lists and certificates again."""
        pid = self._pid()
        if pid is None:
            return "not_running"
        try:
            os.kill(pid, signal.SIGHUP)
        except ProcessLookupError:
            return "not_running"
        except PermissionError:
            return "not_allowed"
        return "reloaded"

    def started_at(self) -> datetime | None:
        """Return when it wrote its pid file, or None when it does not run."""
        if self._pid() is None:
            return None
        return datetime.fromtimestamp(self._pid_file.stat().st_mtime, UTC)

    def _pid(self) -> int | None:
        """Return its process id; a file left by a crash must not hit whoever has the id now."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid > 0 and _is_broker(pid) else None


def _is_broker(pid: int) -> bool:
    """Say whether the process is a Mosquitto, as far as this system tells (Linux does).

    Number 1 is one in a container, whose processes `docker compose run admin` shares.
    """
    if not Path("/proc/self/comm").exists():
        return pid > 1
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == _PROGRAM
    except (FileNotFoundError, ProcessLookupError):
        return False
