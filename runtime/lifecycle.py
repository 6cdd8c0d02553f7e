"""How a process ends: signals, threads that never die silently, exit codes."""

import signal
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from types import FrameType

from runtime import logs

EXIT_OK = 0
EXIT_FAILED = 1
"""Something broke; the service manager starts the process anew."""
EXIT_SETTINGS = 78
"""Settings are wrong (EX_CONFIG of sysexits.h); starting anew cannot help."""
GRACE_S = 10.0
"""How long loops may take to end; systemd kills after 90 s, Docker after 10 s."""

_log = logs.get(__name__)


class Stopping:
    """Whether the process is to end, why, and with which exit code; loops wait on it."""

    def __init__(self) -> None:
        self._event = Event()
        self._lock = Lock()
        self.reason: str | None = None
        self.exit_code = EXIT_OK

    def stop(self, reason: str, *, exit_code: int = EXIT_OK) -> None:
        """Ask all loops to end; the first reason stays, and so does the first failure's code."""
        with self._lock:
            self.reason = self.reason or reason
            self.exit_code = self.exit_code or exit_code
        self._event.set()

    def is_set(self) -> bool:
        """Say whether the process is to end."""
        return self._event.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait at most `timeout_s`; True when the process is to end."""
        return self._event.wait(timeout_s)


def install(stopping: Stopping) -> Callable[[], None]:
    """Let SIGTERM and SIGINT set `stopping`; a second SIGINT kills. Returns what undoes it.

    To be called in the main thread.
    """
    # The handler interrupts whatever the main thread does, which may hold the event's lock; a
    # SimpleQueue may be used even then, and another thread sets the event.
    caught: SimpleQueue[int | None] = SimpleQueue()

    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        caught.put(number)
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def watch() -> None:
        while (number := caught.get()) is not None:
            stopping.stop(signal.Signals(number).name)

    previous = {
        number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT)
    }
    Thread(target=watch, name="signals", daemon=True).start()

    def undo() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)
        caught.put(None)

    return undo


class Loop:
    """A thread that works until `stopping`; if it ends before, the whole process ends."""

    def __init__(self, name: str, target: Callable[[], None], stopping: Stopping) -> None:
        self.name = name
        self._target = target
        self._stopping = stopping
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Say whether the thread runs."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s` for its end; False when it still runs."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._target()
        except (Exception, SystemExit):  # noqa: BLE001 - the top of the loop: whatever it was, it must be seen
            _log.exception("loop_crashed", loop=self.name)
            self._stopping.stop(f"loop {self.name} crashed", exit_code=EXIT_FAILED)
        finally:
            if not self._stopping.is_set():
                _log.error("loop_ended", loop=self.name)
                self._stopping.stop(f"loop {self.name} ended", exit_code=EXIT_FAILED)


def run(loops: Iterable[Loop], stopping: Stopping, *, grace_s: float = GRACE_S) -> int:
    """Start the loops, wait for `stopping`, let them end, and return the exit code."""
    started = list(loops)
    for loop in started:
        loop.start()
    stopping.wait()
    _log.info("stopping", reason=stopping.reason)
    if not join(started, grace_s):
        stopping.stop("loops did not end", exit_code=EXIT_FAILED)
    return stopping.exit_code


def join(loops: Iterable[Loop], grace_s: float = GRACE_S) -> bool:
    """Wait for the loops' ends, `grace_s` for each; False, and a log line, for one that stays."""
    stuck = [loop.name for loop in loops if not loop.join(grace_s)]
    if stuck:
        _log.error("loops_stuck", loops=stuck)
    return not stuck
