"""Telling systemd that the process is ready and that all its loops go round (sd_notify(3))."""

import os
import socket
from collections.abc import Callable, Mapping

from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

CHECK_S = 5.0
"""How often lateness is looked at when systemd does not watch."""

_log = logs.get(__name__)


def notify(message: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send `READY=1`, `STATUS=...` and the like to systemd; False when nobody takes it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(1.0)
            sender.connect(address)
            sender.sendall(message.encode())
    except OSError:
        return False
    return True


def watchdog_interval_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return how often to feed systemd (half of WATCHDOG_USEC), or None when it does not watch."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    other = environ.get("WATCHDOG_PID") not in (None, "", str(os.getpid()))
    if other or not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    return int(microseconds) / 1e6 / 2


class Watchdog:
    """Feeds systemd only while every named loop goes round in its stated time."""

    def __init__(
        self,
        clock: Clock,
        loops: Mapping[str, float],
        *,
        send: Callable[[str], object] = notify,
        interval_s: float | None = None,
    ) -> None:
        """Take for each loop the seconds in which it must `beat`; the first count from now."""
        self._clock = clock
        self._within = dict(loops)
        self._send = send
        self._interval_s = interval_s or watchdog_interval_s() or CHECK_S
        start = clock.monotonic()
        self._last = dict.fromkeys(self._within, start)
        self._known_late: list[str] = []

    def beat(self, name: str) -> None:
        """Say that the loop has come round.

        Raises:
            KeyError: no such loop is watched.
        """
        if name not in self._within:
            raise KeyError(name)
        self._last[name] = self._clock.monotonic()

    def late(self, now: float) -> list[str]:
        """Return the loops that have not come round in time, by monotonic seconds `now`."""
        return [name for name, within in self._within.items() if now - self._last[name] > within]

    def feed(self) -> list[str]:
        """Feed systemd when no loop is late; returns the late ones and logs a change of them."""
        late = self.late(self._clock.monotonic())
        if not late:
            self._send("WATCHDOG=1")
        if late != self._known_late:
            if late:
                _log.error("loops_late", loops=late)
            else:
                _log.info("loops_in_time")
            self._known_late = late
        return late

    def run(self, stopping: Stopping) -> None:
        """Feed until `stopping`; the target of a Loop."""
        self.feed()
        while not stopping.wait(self._interval_s):
            self.feed()
