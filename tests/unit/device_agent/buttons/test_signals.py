"""SIGUSR1 as a button, in a process of its own: a signal to this one could end the test run."""

import subprocess
import sys

SCRIPT = """
import os, signal
from queue import SimpleQueue
from threading import Thread
from device_agent.buttons.early_signal import hold_back
hold_back()
from device_agent.buttons.signals import SignalThread, wake
from device_agent.events import Pressed
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping

events, stopping, clock = SimpleQueue(), Stopping(), ManualClock(monotonic=7.0)
os.kill(os.getpid(), signal.SIGUSR1)
button = SignalThread(events.put, kind="button", silent=True, clock=clock, stopping=stopping)
thread = Thread(target=button.run)
thread.start()
assert events.get(timeout=3) == Pressed("button", True, 7.0, "signal"), "kept until somebody waits"
os.kill(os.getpid(), signal.SIGUSR1)
assert events.get(timeout=3) == Pressed("button", True, 7.0, "signal"), "each one is a press"
stopping.stop("test")
wake()
thread.join(3)
assert not thread.is_alive(), "the end is seen"
assert events.empty(), "the end is no press"
"""


def test_a_signal_before_anybody_waits_is_kept_and_each_one_is_a_press() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
