"""Plays signals on the tracker's lights, buzzers and vibrators; one thread's."""

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Protocol

from device_agent.feedback.choice import Signal
from device_agent.feedback.patterns import GAP_S, PATTERNS, Pattern
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

BEAT_S = 1.0
"""How often the thread comes round while there is nothing to play."""

_log = logs.get(__name__)


class Output(Protocol):
    """Something that the holder notices. Its methods raise OSError when it does not work."""

    def begin(self, signal: Signal) -> None:
        """Take a signal that is about to be played."""

    def turn(self, *, on: bool) -> None:
        """Begin or end a pulse."""

    def close(self) -> None:
        """Let go of it, switched off."""


class Player:
    """Plays the latest signal; a new one cuts the old one short."""

    def __init__(
        self,
        outputs: Sequence[Callable[[], Output]],
        *,
        clock: Clock,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take how to open each output; one that cannot be opened is tried again each time."""
        self._open = outputs
        self._clock = clock
        self._stopping = stopping
        self._beat = beat
        self._changed = Condition()
        self._wanted: Signal | None = None
        self._version = 0
        self._failed: set[int] = set()

    def show(self, signal: Signal | None) -> None:
        """Play this from now on; None: be still at once. Any thread may call."""
        with self._changed:
            if signal != self._wanted:
                self._wanted = signal
                self._version += 1
                self._changed.notify()

    def run(self) -> None:
        """Play until the process ends."""
        played = 0
        while not self._stopping.is_set():
            self._beat()
            signal, version = self._latest(other_than=played)
            if version != played:
                played = version
                if signal is not None:
                    self._play(signal, version)

    def _latest(self, *, other_than: int) -> tuple[Signal | None, int]:
        """Wait a while for another signal than this one."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != other_than, BEAT_S)
            return self._wanted, self._version

    def _play(self, signal: Signal, version: int) -> None:
        pattern = PATTERNS[signal]
        while True:
            self._play_once(signal, pattern, version)
            if pattern.again_s is None or not self._wait(pattern.again_s, version):
                return

    def _play_once(self, signal: Signal, pattern: Pattern, version: int) -> None:
        outputs = self._opened(signal)
        try:
            for pulse_s in pattern.pulses:
                self._turn(outputs, on=True)
                goes_on = self._wait(pulse_s, version)
                self._turn(outputs, on=False)
                if not (goes_on and self._wait(GAP_S, version)):
                    return
        finally:
            for number, output in outputs.items():
                self._try(number, output.close)

    def _opened(self, signal: Signal) -> dict[int, Output]:
        outputs: dict[int, Output] = {}
        for number, opener in enumerate(self._open, 1):
            try:
                output = opener()
            except OSError as error:
                self._note(number, error)
                continue
            if self._try(number, lambda: output.begin(signal)):  # noqa: B023 - called here
                outputs[number] = output
        return outputs

    def _turn(self, outputs: dict[int, Output], *, on: bool) -> None:
        for number, output in outputs.items():
            self._try(number, lambda: output.turn(on=on))  # noqa: B023 - called here

    def _try(self, number: int, act: Callable[[], None]) -> bool:
        try:
            act()
        except OSError as error:
            self._note(number, error)
            return False
        self._failed.discard(number)
        return True

    def _note(self, number: int, error: OSError) -> None:
        if number not in self._failed:
            self._failed.add(number)
            _log.error("feedback_failed", feedback=number, reason=str(error))

    def _wait(self, seconds: float, version: int) -> bool:
        """Wait; False when there is another signal or the process ends."""
        until = self._clock.monotonic() + seconds
        with self._changed:
            while (left := until - self._clock.monotonic()) > 0:
                if self._version != version or self._stopping.is_set():
                    return False
                self._beat()
                self._changed.wait(min(left, BEAT_S))
            return self._version == version
