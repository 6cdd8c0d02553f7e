"""Listening to a serial port for a moment: nothing is written, and its settings are put back.

The agent's own reader opens a port for good and sets it up for itself; this one leaves no trace.
"""

import fcntl
import os
import select
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.errors import TransientError
from device_agent.nmea.framing import Framer
from runtime.clock import Clock

_READ_BYTES = 4096
_TURN_S = 0.1
_SPEEDS = (4, 5)
"""Where tcgetattr(3) has the two speeds."""


class PortBusyError(TransientError):
    """The port cannot be opened or read; the message says why."""


@dataclass
class Heard:
    """What came."""

    received: int = 0
    sentences: int = 0


def listen(path: Path, baud: int, clock: Clock, *, seconds: float) -> Heard:
    """Read until the first NMEA sentence whose checksum holds, or until the time is over.

    Raises:
        PortBusyError: somebody holds the port, or it is none.
    """
    heard, framer = Heard(), Framer()
    end = clock.monotonic() + seconds
    try:
        with _opened(path, baud) as port:
            while not heard.sentences and clock.monotonic() < end:
                ready, _, _ = select.select([port], [], [], _TURN_S)
                data = os.read(port, _READ_BYTES) if ready else b""
                heard.received += len(data)
                heard.sentences += sum(1 for _ in framer.feed(data))
    except (OSError, termios.error) as error:
        raise PortBusyError(str(error.args[-1]).lower()) from error
    return heard


@contextmanager
def _opened(path: Path, baud: int) -> Iterator[int]:
    port = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the lock that the agent takes too
        before = termios.tcgetattr(port)
        try:
            _set(port, baud)
            yield port
        finally:
            termios.tcsetattr(port, termios.TCSANOW, before)
    finally:
        os.close(port)


def _set(port: int, baud: int) -> None:
    """Set raw mode and the speed, where the system knows the speed by a name."""
    tty.setraw(port, termios.TCSANOW)
    settings = termios.tcgetattr(port)
    speed = getattr(termios, f"B{baud}", None)
    if speed is not None:
        for place in _SPEEDS:
            settings[place] = speed
        termios.tcsetattr(port, termios.TCSANOW, settings)
