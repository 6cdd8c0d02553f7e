from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

import pytest

from device_agent.feedback import player
from device_agent.feedback.choice import Signal
from device_agent.feedback.patterns import PATTERNS, Pattern
from device_agent.feedback.player import Player
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping

WAIT_S = 5.0


class Lamp:
    """An output that tells what happens to it."""

    def __init__(self, told: SimpleQueue[str]) -> None:
        self.told = told

    def begin(self, signal: Signal) -> None:
        self.told.put(signal)

    def turn(self, *, on: bool) -> None:
        self.told.put("on" if on else "off")

    def close(self) -> None:
        self.told.put("close")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulses of no time: their order counts here."""
    short: dict[Signal, Pattern] = {
        "sent": Pattern((0.0,)),
        "received": Pattern((0.0, 0.0)),
        "seen": Pattern((1000.0,)),
        "closed": Pattern((0.0,)),
        "failing": Pattern((0.0,), again_s=0.0),
    }
    monkeypatch.setattr(player, "PATTERNS", short)
    monkeypatch.setattr(player, "GAP_S", 0.0)
    assert PATTERNS["sent"] != short["sent"]


@contextmanager
def playing(*outputs: Callable[[], Lamp]) -> Iterator[Player]:
    stopping = Stopping()
    made = Player(outputs, clock=SystemClock(), stopping=stopping)
    thread = Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        stopping.stop("test")
        made.show(None)
        thread.join(WAIT_S)
        assert not thread.is_alive()


def heard(told: SimpleQueue[str], count: int) -> list[str]:
    return [told.get(timeout=WAIT_S) for _ in range(count)]


def test_a_signal_is_played_and_the_output_let_go() -> None:
    told: SimpleQueue[str] = SimpleQueue()
    with playing(lambda: Lamp(told)) as made:
        made.show("received")
        assert heard(told, 6) == ["received", "on", "off", "on", "off", "close"]
        assert told.empty()


def test_a_signal_that_is_shown_again_is_not_played_again() -> None:
    told: SimpleQueue[str] = SimpleQueue()
    with playing(lambda: Lamp(told)) as made:
        made.show("sent")
        heard(told, 4)
        made.show("sent")
        made.show("closed")
        assert heard(told, 4)[0] == "closed"


def test_a_new_signal_cuts_the_old_one_short_and_switches_it_off() -> None:
    told: SimpleQueue[str] = SimpleQueue()
    with playing(lambda: Lamp(told)) as made:
        made.show("seen")
        assert heard(told, 2) == ["seen", "on"]
        made.show("closed")
        assert heard(told, 6) == ["off", "close", "closed", "on", "off", "close"]


def test_silence_is_at_once() -> None:
    """A cancel while the buzzer sounds: it stops in the middle of its pulse."""
    told: SimpleQueue[str] = SimpleQueue()
    with playing(lambda: Lamp(told)) as made:
        made.show("seen")
        heard(told, 2)
        made.show(None)
        assert heard(told, 2) == ["off", "close"]


def test_a_repeated_signal_comes_again_until_there_is_another() -> None:
    told: SimpleQueue[str] = SimpleQueue()
    with playing(lambda: Lamp(told)) as made:
        made.show("failing")
        assert heard(told, 8) == ["failing", "on", "off", "close"] * 2
        made.show(None)


def test_an_output_that_fails_does_not_keep_the_others_still() -> None:
    told: SimpleQueue[str] = SimpleQueue()

    def broken() -> Lamp:
        raise OSError("no such line")

    class Breaking(Lamp):
        def turn(self, *, on: bool) -> None:
            raise OSError("the chip is gone")

    with playing(broken, lambda: Breaking(SimpleQueue()), lambda: Lamp(told)) as made:
        made.show("sent")
        assert heard(told, 4) == ["sent", "on", "off", "close"]


def test_the_loop_comes_round_while_a_long_signal_plays() -> None:
    stopping, beats = Stopping(), SimpleQueue[int]()
    made = Player(
        [lambda: Lamp(SimpleQueue())],
        clock=SystemClock(),
        stopping=stopping,
        beat=lambda: beats.put(1),
    )
    made.show("seen")
    thread = Thread(target=made.run)
    thread.start()
    for _ in range(4):
        beats.get(timeout=WAIT_S)
    stopping.stop("test")
    made.show(None)
    thread.join(WAIT_S)
    assert not thread.is_alive()
