"""SIGUSR1 as a button: for demos, tests, and inputs that another program watches."""

import os
import signal
from collections.abc import Callable

from contract.messages import PanicKind
from device_agent.buttons.early_signal import BUTTON_SIGNALS
from device_agent.events import Event, Pressed
from runtime.clock import Clock
from runtime.lifecycle import Stopping


class SignalThread:
    """Waits for SIGUSR1. It is never unblocked: `sigwait` takes it from the pending signals."""

    def __init__(
        self,
        post: Callable[[Event], None],
        *,
        kind: PanicKind,
        silent: bool,
        clock: Clock,
        stopping: Stopping,
    ) -> None:
        self._post = post
        self._kind = kind
        self._silent = silent
        self._clock = clock
        self._stopping = stopping

    def run(self) -> None:
        """Tell of each signal until the process ends."""
        while True:
            signal.sigwait(BUTTON_SIGNALS)
            if self._stopping.is_set():
                return
            self._post(Pressed(self._kind, self._silent, self._clock.monotonic(), "signal"))


def wake() -> None:
    """Let a waiting `SignalThread` see that the process ends."""
    os.kill(os.getpid(), signal.SIGUSR1)
