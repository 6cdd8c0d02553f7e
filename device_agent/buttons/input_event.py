"""A key of a Linux input device, read from /dev/input/eventN without a library.

Formats: linux/input.h (`struct input_event`) and linux/input-event-codes.h.
"""

import fcntl
import os
import select
import struct
from collections.abc import Callable
from pathlib import Path

from device_agent.buttons.hold_time import Edge

_EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value; as the kernel aligns
_READ_EVENTS = 64
_EV_KEY = 0x01
_RELEASED, _PRESSED = 0, 1  # 2 is a repeat
_KEY_BYTES = 0x2FF // 8 + 1
_CLOCK_MONOTONIC = 1
_EVIOCSCLOCKID = 0x400445A0  # _IOW('E', 0xa0, int): which clock dates the events
_EVIOCGKEY = 0x80004518 | _KEY_BYTES << 16  # _IOR('E', 0x18, char[_KEY_BYTES]): keys now down

Ioctl = Callable[[int, int, bytes], bytes]


class KeyLine:
    """One key of an open input device."""

    def __init__(self, path: Path, code: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        """Open the device.

        Raises:
            OSError: it is not there, or not an input device.
        """
        self._code = code
        self._ioctl = ioctl
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._ioctl(self._file, _EVIOCSCLOCKID, struct.pack("@i", _CLOCK_MONOTONIC))
        except OSError:
            os.close(self._file)
            raise

    def active(self) -> bool:
        """Return whether the key is down."""
        down = self._ioctl(self._file, _EVIOCGKEY, bytes(_KEY_BYTES))
        return bool(down[self._code // 8] >> self._code % 8 & 1)

    def wait(self, timeout_s: float) -> list[Edge]:
        """Wait for the key; the times are the kernel's."""
        if not select.select([self._file], [], [], timeout_s)[0]:
            return []
        raw = os.read(self._file, _READ_EVENTS * _EVENT.size)
        if not raw:
            raise OSError("the input device is gone")
        whole = len(raw) - len(raw) % _EVENT.size
        return [
            Edge(value == _PRESSED, seconds + micros / 1e6)
            for seconds, micros, kind, code, value in _EVENT.iter_unpack(raw[:whole])
            if (kind, code) == (_EV_KEY, self._code) and value in (_RELEASED, _PRESSED)
        ]

    def close(self) -> None:
        """Close the device."""
        os.close(self._file)
