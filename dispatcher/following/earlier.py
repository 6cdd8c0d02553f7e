"""The way to the press, from the telemetry store: a thread of its own, as the store may be slow."""

from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Final, Protocol

from contract.errors import GuardianError
from dispatcher.following.track import Report
from runtime import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatcher.metrics import Metrics
    from dispatcher.store.incidents import Followed
    from runtime.clock import Clock
    from runtime.lifecycle import Stopping
    from telemetry_store.rows import LocationRow

BEFORE_MS: Final = 900_000
"""A quarter of an hour: the ride so far."""
AFTER_MS: Final = 60_000
MOST: Final = 1000
WAITING: Final = 1000
"""Incidents that wait to be looked up: as many trackers as press in a catastrophe."""
WAIT_S: Final = 1.0

_log = logs.get(__name__)


class Reader(Protocol):
    """What is needed of the telemetry store; the dispatcher's token may read it."""

    def last_position(self, device: str, now_ms: int) -> "LocationRow | None":
        """Return the newest plausible position."""

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> "list[LocationRow]":
        """Return positions in order of time."""


class Earlier:
    """Looks each new incident up once; what cannot be read is logged and left out."""

    def __init__(
        self,
        reader: Reader,
        found: "Callable[[str, list[Report]], None]",
        clock: "Clock",
        metrics: "Metrics",
    ) -> None:
        """Take who keeps the way to an incident."""
        self._reader = reader
        self._found = found
        self._clock = clock
        self._metrics = metrics
        self._waiting: Queue[Followed] = Queue(WAITING)
        self._failing = False
        metrics.loop_errors.labels("earlier")

    def want(self, incident: "Followed") -> None:
        """Look an incident up soon; with too many waiting it is left out."""
        try:
            self._waiting.put_nowait(incident)
        except Full:
            _log.warning("earlier_track_left_out", incident=incident.id)

    def run(self, stopping: "Stopping") -> None:
        """Look up until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            try:
                self.turn(WAIT_S)
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("earlier_loop_failed")
                self._metrics.loop_errors.labels("earlier").inc()

    def turn(self, wait_s: float) -> None:
        """Look one incident up, waiting at most `wait_s` for it."""
        try:
            incident = self._waiting.get(timeout=wait_s)
        except Empty:
            return
        try:
            reports = self._look_up(incident)
            if reports:
                self._found(incident.id, reports)
        except GuardianError as error:
            if not self._failing:
                _log.warning("earlier_track_unread", error=str(error))
            self._failing = True
        else:
            self._failing = False

    def _look_up(self, incident: "Followed") -> list[Report]:
        """Return the quarter of an hour before; without any the last position, however old."""
        now, opened_at = self._clock.now_ms(), incident.opened_at
        rows = self._reader.track(
            incident.device, opened_at - BEFORE_MS, min(now, opened_at + AFTER_MS), MOST
        )
        if not rows:
            last = self._reader.last_position(incident.device, now)
            rows = [] if last is None else [last]
        # Their arrival is not known any more: they came before the press.
        reports = [Report(row.device, row.location, row.location.time) for row in rows]
        return [each for each in reports if each.arrived_at <= now]
