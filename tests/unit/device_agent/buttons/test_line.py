from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread

import pytest

from contract.errors import PermanentError
from device_agent.buttons.hold_time import STUCK_S, Edge
from device_agent.buttons.line import BEAT_S, ButtonThread
from device_agent.events import ButtonLost, Event, Pressed, Stuck
from runtime.clock import ManualClock
from runtime.lifecycle import EXIT_SETTINGS, Stopping

Script = list[tuple[float, list[Edge]] | OSError]


@dataclass
class ScriptedLine:
    """A line on which time passes and edges come as the script says; then the test ends."""

    clock: ManualClock
    script: Script
    stopping: Stopping
    at_start: bool = False
    waits: list[float] = field(default_factory=list)
    closed: bool = False

    def active(self) -> bool:
        return self.at_start

    def wait(self, timeout_s: float) -> list[Edge]:
        self.waits.append(timeout_s)
        if not self.script:
            self.stopping.stop("the script is over")
            return []
        step = self.script.pop(0)
        if isinstance(step, OSError):
            raise step
        seconds, edges = step
        self.clock.advance(seconds)
        return edges

    def close(self) -> None:
        self.closed = True


class Bench:
    def __init__(self, hold_s: float = 1.5) -> None:
        self.clock = ManualClock(monotonic=0.0)
        self.stopping = Stopping()
        self.events: list[Event] = []
        self.beats = 0
        self.openers: list[Callable[[], ScriptedLine]] = []
        self.thread = ButtonThread(
            "button-1",
            self._open,
            self.events.append,
            kind="fall",
            silent=True,
            hold_s=hold_s,
            clock=self.clock,
            stopping=self.stopping,
            beat=self._beat,
        )

    def _open(self) -> ScriptedLine:
        return self.openers.pop(0)()

    def _beat(self) -> None:
        self.beats += 1

    def line(self, script: Script, *, at_start: bool = False) -> ScriptedLine:
        made = ScriptedLine(self.clock, script, self.stopping, at_start)
        self.openers.append(lambda: made)
        return made

    def run(self) -> list[Event]:
        thread = Thread(target=self.thread.run)
        thread.start()
        thread.join(4)
        assert not thread.is_alive()
        return self.events


def pressed(at: float) -> Pressed:
    return Pressed("fall", True, at, "button-1")


def test_a_held_button_becomes_a_press_with_its_kind() -> None:
    bench = Bench()
    bench.line([(1.0, [Edge(True, 0.9)]), (1.4, []), (0.1, [])])
    assert bench.run() == [pressed(2.4)]


def test_it_waits_until_the_hold_time_and_not_for_its_next_round() -> None:
    bench = Bench(hold_s=0.5)
    line = bench.line([(1.0, [Edge(True, 0.9)]), (0.4, [])])
    bench.run()
    assert line.waits[0] == BEAT_S
    assert line.waits[1] == pytest.approx(0.4)
    assert line.closed


def test_a_release_that_was_on_its_way_counts_before_the_time() -> None:
    """The thread slept past the hold time, but the button had been let go."""
    bench = Bench()
    bench.line([(1.0, [Edge(True, 0.9)]), (5.0, [Edge(False, 2.0)]), (1.0, [])])
    assert bench.run() == []


def test_a_thread_that_slept_too_long_looks_for_edges_before_it_counts_the_time() -> None:
    bench = Bench()
    bench.line([(1.0, [Edge(True, 0.9)]), (1.6, []), (0.1, [Edge(False, 2.3)]), (1.0, [])])
    assert bench.run() == []


def test_a_line_active_at_the_start_raises_and_is_later_stuck() -> None:
    bench = Bench()
    bench.line([(STUCK_S, []), (1.0, []), (1.0, [Edge(False, 63.0)])], at_start=True)
    assert bench.run() == [pressed(0.0), Stuck("button-1", True), Stuck("button-1", False)]


def test_a_lost_line_is_reopened_and_its_state_is_no_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.line([(1.0, []), OSError("unplugged")])
    bench.openers.append(_unplugged)
    bench.line([(1.5, []), (0.1, [])], at_start=True)
    told = bench.run()
    assert told[:2] == [ButtonLost("button-1", lost=True), ButtonLost("button-1", lost=False)]
    assert told[2:] == [pressed(2.5)], "held for its time since it was plugged in"
    messages = [record.message for record in caplog.records]
    assert messages.count("button_lost") == 1
    assert bench.beats > 3


def _unplugged() -> ScriptedLine:
    raise OSError("no such device")


def test_a_line_that_is_lost_while_it_is_held_long_enough_still_counts() -> None:
    bench = Bench(hold_s=0.5)
    bench.line([(1.0, [Edge(True, 0.9)]), (1.0, [])])
    bench.openers.append(_unplugged)
    assert pressed(1.4) in bench.run()


def test_a_button_that_can_never_work_ends_the_process_with_a_reason() -> None:
    bench = Bench()

    def impossible() -> ScriptedLine:
        raise PermanentError("no control lines on this port")

    bench.openers.append(impossible)
    assert bench.run() == []
    assert bench.stopping.exit_code == EXIT_SETTINGS
    assert "no control lines" in str(bench.stopping.reason)
