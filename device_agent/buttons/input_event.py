"""Keys of a Linux input device, read from /dev/input/eventN without a library.

Formats: linux/input.h (`struct input_event`) and linux/input-event-codes.h.
"""

import fcntl
import os
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key went down or came up, at monotonic seconds by the kernel's clock."""

    code: int
    down: bool
    at: float


class InputDevice:
    """An open input device; every method raises OSError when it is gone."""

    def __init__(self, path: Path, ioctl: Ioctl = fcntl.ioctl) -> None:
        """Open the device.

        Raises:
            OSError: it is not there, or not an input device.
        """
        self._ioctl = ioctl
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._ioctl(self._file, _EVIOCSCLOCKID, struct.pack("@i", _CLOCK_MONOTONIC))
        except OSError:
            os.close(self._file)
            raise

    def is_down(self, code: int) -> bool:
        """Return whether a key is down now."""
        down = self._ioctl(self._file, _EVIOCGKEY, bytes(_KEY_BYTES))
        return bool(down[code // 8] >> code % 8 & 1)

    def wait(self, timeout_s: float) -> list[KeyEvent]:
        """Wait for keys; return what happened, oldest first, or nothing after the time-out."""
        if not select.select([self._file], [], [], timeout_s)[0]:
            return []
        raw = os.read(self._file, _READ_EVENTS * _EVENT.size)
        if not raw:
            raise OSError("the input device is gone")
        whole = len(raw) - len(raw) % _EVENT.size
        return [
            KeyEvent(code, value == _PRESSED, seconds + micros / 1e6)
            for seconds, micros, kind, code, value in _EVENT.iter_unpack(raw[:whole])
            if kind == _EV_KEY and value in (_RELEASED, _PRESSED)
        ]

    def close(self) -> None:
        """Close the device."""
        os.close(self._file)


class KeyLine:
    """One key of an open input device, as a button."""

    def __init__(self, path: Path, code: int, ioctl: Ioctl = fcntl.ioctl) -> None:
        """Open the device.

        Raises:
            OSError: it is not there, or not an input device.
        """
        self._code = code
        self._device = InputDevice(path, ioctl)

    def active(self) -> bool:
        """Return whether the key is down."""
        return self._device.is_down(self._code)

    def wait(self, timeout_s: float) -> list[Edge]:
        """Wait for the key; the times are the kernel's."""
        events = self._device.wait(timeout_s)
        return [Edge(each.down, each.at) for each in events if each.code == self._code]

    def close(self) -> None:
        """Close the device."""
        self._device.close()
