import errno

import pytest

from device_agent.buttons.serial_line import POLL_S, NoControlLinesError, SerialLine
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping


class TickingStop(Stopping):
    """Lets the clock go on instead of waiting."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout_s: float | None = None) -> bool:
        self.clock.advance(timeout_s or 0.0)
        return self.is_set()


class Port:
    """A control line whose level follows a script, one letter a poll: 1, 0 or x for closed."""

    def __init__(self, levels: str) -> None:
        self._levels = list(levels)

    def read(self) -> bool:
        level = self._levels.pop(0) if len(self._levels) > 1 else self._levels[0]
        if level == "x":
            raise OSError("not open")
        return level == "1"


def line(levels: str, *, active_low: bool = False) -> SerialLine:
    clock = ManualClock(monotonic=0.0)
    port = Port(levels)
    return SerialLine(port.read, clock=clock, stopping=TickingStop(clock), active_low=active_low)


def test_a_change_is_dated_by_its_first_poll() -> None:
    (edge,) = line("00011").wait(1.0)
    assert edge.active
    assert edge.at == pytest.approx(2 * POLL_S)


def test_a_single_poll_is_a_bounce() -> None:
    assert line("00100100").wait(0.2) == []


def test_without_a_change_it_waits_for_its_time() -> None:
    assert line("0").wait(0.5) == []


def test_the_state_at_the_start_is_known() -> None:
    assert line("1").active()
    assert not line("0").active()


def test_active_low_turns_it_round() -> None:
    low = line("10011", active_low=True)
    assert not low.active()
    assert low.wait(1.0)[0].active
    assert low.active()
    assert not low.wait(1.0)[0].active


def test_a_closed_port_may_open_again() -> None:
    with pytest.raises(OSError, match="not open"):
        line("x")
    with pytest.raises(OSError, match="not open"):
        line("00x").wait(1.0)


@pytest.mark.parametrize("number", [errno.ENOTTY, errno.EINVAL])
def test_a_port_without_control_lines_is_a_wrong_setting(number: int) -> None:
    def read() -> bool:
        raise OSError(number, "inappropriate ioctl for device")

    clock = ManualClock()
    with pytest.raises(NoControlLinesError, match="no control lines"):
        SerialLine(read, clock=clock, stopping=TickingStop(clock))
