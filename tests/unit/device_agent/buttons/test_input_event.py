import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agent.buttons.hold_time import Edge
from device_agent.buttons.input_event import KeyLine

KEY_POWER, KEY_OTHER = 116, 30


class Kernel:
    """A FIFO in place of /dev/input/event0, and what its ioctls say."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.keys_down = bytearray(96)
        self.requests: list[tuple[int, bytes]] = []
        self.line = KeyLine(path, KEY_POWER, self.ioctl)
        self.feed = os.open(path, os.O_WRONLY)

    def ioctl(self, file: int, request: int, argument: bytes) -> bytes:
        self.requests.append((request, argument))
        return bytes(self.keys_down)

    def event(self, seconds: float, kind: int, code: int, value: int) -> None:
        whole, micros = int(seconds), round(seconds % 1 * 1e6)
        os.write(self.feed, struct.pack("@llHHi", whole, micros, kind, code, value))


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(tmp_path / "event0")
    yield made
    made.line.close()
    os.close(made.feed)


def test_press_and_release_carry_the_kernels_time(kernel: Kernel) -> None:
    kernel.event(100.25, 1, KEY_POWER, 1)
    kernel.event(101.75, 1, KEY_POWER, 0)
    assert kernel.line.wait(1) == [Edge(True, 100.25), Edge(False, 101.75)]


def test_repeats_other_keys_and_other_events_are_not_heard(kernel: Kernel) -> None:
    kernel.event(1, 1, KEY_POWER, 2)
    kernel.event(1, 1, KEY_OTHER, 1)
    kernel.event(1, 0, 0, 0)
    kernel.event(1, 4, KEY_POWER, 1)
    assert kernel.line.wait(1) == []


def test_silence_is_no_edge(kernel: Kernel) -> None:
    assert kernel.line.wait(0.01) == []


def test_the_events_are_dated_by_the_clock_of_the_hold_time(kernel: Kernel) -> None:
    """EVIOCSCLOCKID with CLOCK_MONOTONIC, as linux/input.h numbers it."""
    assert kernel.requests[0] == (0x400445A0, struct.pack("i", 1))


def test_a_key_that_is_down_already_is_seen(kernel: Kernel) -> None:
    assert not kernel.line.active()
    kernel.keys_down[KEY_POWER // 8] |= 1 << KEY_POWER % 8
    assert kernel.line.active()
    assert kernel.requests[-1][0] & 0xFFFF == 0x4518, "EVIOCGKEY"


def test_a_device_that_is_gone_is_an_error(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path / "event1")
    os.close(kernel.feed)
    with pytest.raises(OSError, match="gone"):
        kernel.line.wait(1)
    kernel.line.close()


def test_a_file_that_is_no_input_device_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(OSError, match=r".") as caught:
        KeyLine(path, KEY_POWER)
    assert caught.value.errno in (errno.ENOTTY, errno.EINVAL)
    with pytest.raises(FileNotFoundError):
        KeyLine(tmp_path / "missing", KEY_POWER)
