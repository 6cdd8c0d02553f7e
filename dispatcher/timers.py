"""The loop that lets fall due what is due, and looks after what grows old."""

from collections.abc import Callable
from threading import Event
from typing import Final

from dispatcher.desk import Desk
from dispatcher.errors import StoreUnavailableError
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

POLL_S: Final = 1.0
"""Timers that another dispatcher has set do not wake us; and a clock may be set."""
TURN_S: Final = 0.2
"""Of a burst, where each press wakes us, so many are looked at in one turn. What is known to be due
sooner is not put off by it."""
MEASURE_S: Final = 5.0
FORGET_S: Final = 3600.0
EVENTS_KEPT_MS: Final = 86_400_000
"""A console that was away for longer than a day takes the whole board anyway."""

_log = logs.get(__name__)


def _nothing() -> None:
    pass


class Timers:
    """Used by one thread; `wake` may be called on any."""

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        prepare: Callable[[], None] = _nothing,
        measure: Callable[[], None] = _nothing,
    ) -> None:
        """Take what migrates the database, and what measures the pending deliveries."""
        self._desk = desk
        self._clock = clock
        self._prepare = prepare
        self._prepared = False
        self._measure = measure
        self._wake = Event()
        self._measured_at = self._forgot_at = float("-inf")

    def prepare(self) -> None:
        """Migrate the database; when it is down, that is done as soon as it is up."""
        try:
            self._prepare()
        except StoreUnavailableError as error:
            self._desk.alarm.down(error)
        else:
            self._prepared = True

    def wake(self) -> None:
        """Say that there may be a nearer timer."""
        self._wake.set()

    def run(self, stopping: Stopping, beat: Callable[[], None]) -> None:
        """Fire what is due until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            beat()
            self._wake.clear()
            try:
                wait_s = self.turn()
            except StoreUnavailableError as error:
                self._desk.alarm.down(error)
                wait_s = POLL_S
            except Exception:  # noqa: BLE001 - the top of the loop: escalation must go on
                _log.exception("timers_loop_failed")
                self._desk.metrics.loop_errors.labels("timers").inc()
                wait_s = POLL_S
            rest_s = min(wait_s, TURN_S)
            stopping.wait(rest_s)
            self._wake.wait(wait_s - rest_s)

    def turn(self) -> float:
        """Do what is due, and return the seconds until the next may be.

        Raises:
            StoreUnavailableError: the database cannot be asked, or did not commit.
        """
        if not self._prepared:
            self._prepare()
            self._prepared = True
        if self._desk.alarm.is_down:
            self._desk.probe()
        self._desk.precedence.give_way()
        next_due = self._desk.fire_due()
        self._desk.auditor.turn()
        self._desk.tell_attendance()
        self._housekeep()
        self._desk.metrics.heartbeat.set(self._clock.now_ms() / 1000)
        if next_due is None:
            return POLL_S
        return min(POLL_S, max(0.0, (next_due - self._clock.now_ms()) / 1000))

    def _housekeep(self) -> None:
        now = self._clock.monotonic()
        # Another dispatcher on the same database may have added events.
        self._desk.announcements.committed(self._desk.last_event())
        if now - self._measured_at >= MEASURE_S:
            self._measured_at = now
            self._desk.refresh_metrics()
            self._measure()
        if now - self._forgot_at >= FORGET_S:
            self._forgot_at = now
            self._desk.forget_events(self._clock.now_ms() - EVENTS_KEPT_MS)
