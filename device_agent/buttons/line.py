"""A button's thread: opens its line, waits for edges, tells of presses; a lost line is reopened."""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Protocol

from contract.errors import PermanentError
from contract.messages import PanicKind
from device_agent.buttons.hold_time import Edge, Hold, Outcome, Raised
from device_agent.events import ButtonLost, Event, Pressed, Stuck
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import EXIT_SETTINGS, Stopping

BEAT_S = 1.0
"""How often the thread comes round while nobody presses."""
REOPEN_S = 0.5
"""A keypad that was unplugged, or a port that is being opened, is looked for this often."""
LOST_AFTER = 2
"""A port is opened beside its buttons, so one failure says nothing yet."""

_log = logs.get(__name__)


class Line(Protocol):
    """An open input. Its methods raise OSError when it is gone."""

    def active(self) -> bool:
        """Return the present state."""

    def wait(self, timeout_s: float) -> list[Edge]:
        """Wait for changes; return those that came, oldest first, or none after the time-out."""

    def close(self) -> None:
        """Let the line go."""


class ButtonThread:
    """One button."""

    def __init__(
        self,
        name: str,
        open_line: Callable[[], Line],
        post: Callable[[Event], None],
        *,
        kind: PanicKind,
        silent: bool,
        hold_s: float,
        clock: Clock,
        stopping: Stopping,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take how to open the line: OSError means that it may be there later."""
        self._name = name
        self._open_line = open_line
        self._post = post
        self._kind = kind
        self._silent = silent
        self._hold = Hold(hold_s)
        self._clock = clock
        self._stopping = stopping
        self._beat = beat
        self._started = False
        self._failures = 0

    def run(self) -> None:
        """Watch the line until the process ends."""
        while not self._stopping.is_set():
            self._beat()
            try:
                with closing(self._open_line()) as line:
                    self._watch(line)
            except PermanentError as error:
                _log.error("button_unusable", button=self._name, reason=str(error))
                self._stopping.stop(f"{self._name}: {error}", exit_code=EXIT_SETTINGS)
            except OSError as error:
                self._note_loss(error)
                self._stopping.wait(REOPEN_S)

    def _watch(self, line: Line) -> None:
        self._begin(line)
        while not self._stopping.is_set():
            self._beat()
            # Edges before `now` come out of this wait, so the time may then be counted to `now`.
            now = self._clock.monotonic()
            for edge in line.wait(self._timeout_s(now)):
                self._tell(self._hold.edge(edge))
            self._tell(self._hold.tick(now))

    def _begin(self, line: Line) -> None:
        now = self._clock.monotonic()
        active = line.active()
        if self._started:
            self._tell(self._hold.edge(Edge(active, now)))
        else:
            self._tell(self._hold.start(now, active=active))
        self._started = True
        if self._failures >= LOST_AFTER:
            _log.info("button_found", button=self._name)
            self._post(ButtonLost(self._name, lost=False))
        self._failures = 0

    def _note_loss(self, error: OSError) -> None:
        """Say once that the line is gone; whoever held the button then had held it until now."""
        self._tell(self._hold.edge(Edge(active=False, at=self._clock.monotonic())))
        self._failures += 1
        if self._failures == LOST_AFTER:
            _log.error("button_lost", button=self._name, reason=str(error))
            self._post(ButtonLost(self._name, lost=True))

    def _timeout_s(self, now: float) -> float:
        deadline = self._hold.deadline()
        return BEAT_S if deadline is None else max(0.0, min(BEAT_S, deadline - now))

    def _tell(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Raised):
                self._post(Pressed(self._kind, self._silent, outcome.at, self._name))
            else:
                _log.warning("button_stuck" if outcome.stuck else "button_free", button=self._name)
                self._post(Stuck(self._name, outcome.stuck))
