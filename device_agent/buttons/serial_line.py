"""A button between two control lines of the serial port (CTS, DSR or RI against RTS or DTR).

pyserial raises RTS and DTR when it opens the port; a contact from one of them to the input line
makes the line active. No kernel tells of these changes everywhere, so the line is polled.
"""

import errno
from collections.abc import Callable

from contract.errors import PermanentError
from device_agent.buttons.hold_time import Edge
from runtime.clock import Clock
from runtime.lifecycle import Stopping

POLL_S = 0.02
"""The shortest press of a finger is 50 ms."""
STEADY_POLLS = 2
"""A contact bounces for up to 20 ms; a state counts when two polls agree."""

_NOT_A_SERIAL_LINE = frozenset({errno.ENOTTY, errno.EINVAL})


class NoControlLinesError(PermanentError):
    """The serial port has no control lines (a pseudo-terminal, or three wires only)."""


class SerialLine:
    """One control line of an open serial port."""

    def __init__(
        self,
        read: Callable[[], bool],
        *,
        clock: Clock,
        stopping: Stopping,
        active_low: bool = False,
    ) -> None:
        """Take how to read the line: OSError when the port is closed now.

        Raises:
            NoControlLinesError: this port will never have one.
        """
        self._read = read
        self._clock = clock
        self._stopping = stopping
        self._active_low = active_low
        self._state = self._poll()
        self._other = 0
        self._other_since = 0.0

    def active(self) -> bool:
        """Return the state that counts."""
        return self._state

    def wait(self, timeout_s: float) -> list[Edge]:
        """Poll until the line changes or the time is over; the edge is dated by its first poll."""
        until = self._clock.monotonic() + timeout_s
        while True:
            edge = self._look()
            left = until - self._clock.monotonic()
            if edge is not None:
                return [edge]
            if left <= 0 or self._stopping.wait(min(POLL_S, left)):
                return []

    def close(self) -> None:
        """Leave the port to its owner."""

    def _look(self) -> Edge | None:
        state, now = self._poll(), self._clock.monotonic()
        if state == self._state:
            self._other = 0
            return None
        self._other += 1
        self._other_since = now if self._other == 1 else self._other_since
        if self._other < STEADY_POLLS:
            return None
        self._state, self._other = state, 0
        return Edge(state, self._other_since)

    def _poll(self) -> bool:
        try:
            return self._read() != self._active_low
        except OSError as error:
            if error.errno in _NOT_A_SERIAL_LINE:
                raise NoControlLinesError(f"no control lines on this port: {error}") from error
            raise
