"""A GPS receiver for tests: a pseudo-terminal, and sentences for places that the test chooses."""

import os
import termios
import tty
from datetime import UTC, datetime


class TestReceiver:
    """Writes RMC and GGA of one epoch after the other; `port` is what an agent opens."""

    __test__ = False

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs, termios.TCSANOW)
        self.port = os.ttyname(self._theirs)

    def send(self, time_ms: int, lat: float, lon: float) -> None:
        """Write one epoch; waits while the agent does not read."""
        data = epoch(time_ms, lat, lon)
        while data:
            data = data[os.write(self._ours, data) :]

    def unplug(self) -> None:
        """Close both ends."""
        os.close(self._ours)
        os.close(self._theirs)


def epoch(time_ms: int, lat: float, lon: float) -> bytes:
    """Return RMC and GGA of this instant and place (north and east)."""
    at = datetime.fromtimestamp(time_ms / 1000, UTC)
    tod = f"{at:%H%M%S}.{time_ms % 1000:03d}"
    place = f"{_angle(lat, 2)},N,{_angle(lon, 3)},E"
    return _sentence(f"GPRMC,{tod},A,{place},0.50,90.0,{at:%d%m%y},,,A") + _sentence(
        f"GPGGA,{tod},{place},1,09,0.9,12.0,M,16.0,M,,"
    )


def _angle(degrees: float, width: int) -> str:
    whole = int(degrees)
    return f"{whole:0{width}d}{(degrees - whole) * 60:010.7f}"


def _sentence(body: str) -> bytes:
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode()
