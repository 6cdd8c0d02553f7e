import os
import signal
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

import pytest

from device_agent.buttons.hold_back import hold_back
from device_agent.buttons.signals import SignalThread, wake
from device_agent.events import Event, Pressed
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping


@pytest.fixture(autouse=True)
def _blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    hold_back()
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_signal_before_anybody_waits_is_kept_and_each_one_is_a_press() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    stopping = Stopping()
    clock = ManualClock(monotonic=7.0)
    os.kill(os.getpid(), signal.SIGUSR1)
    button = SignalThread(events.put, kind="button", silent=True, clock=clock, stopping=stopping)
    thread = Thread(target=button.run)
    thread.start()
    assert events.get(timeout=3) == Pressed("button", True, 7.0, "signal")
    os.kill(os.getpid(), signal.SIGUSR1)
    assert events.get(timeout=3) == Pressed("button", True, 7.0, "signal")
    stopping.stop("test")
    wake()
    thread.join(3)
    assert not thread.is_alive()
    assert events.empty(), "the end is no press"
