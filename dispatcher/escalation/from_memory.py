"""While the database cannot be asked, what nobody has acknowledged escalates from memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from dispatcher import views
from dispatcher.answers import DeskEvent
from dispatcher.message import Message, public
from dispatcher.panic import Panic, new_incident
from dispatcher.routing import Route, Routing
from runtime import logs

if TYPE_CHECKING:
    from dispatcher.desk import Desk
    from dispatcher.records import IncidentRecord
    from dispatcher.without_database import Sender
    from runtime.clock import Clock
    from runtime.lifecycle import Stopping

POLL_S: Final = 1.0
PATIENCE_S: Final = 5.0
"""A database that is back so soon has missed no step."""

_log = logs.get(__name__)


class Unanswered:
    """The production incidents that nobody has acknowledged, as last seen; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, IncidentRecord] = {}

    def note(self, incident: "IncidentRecord") -> None:
        """Note an incident as it was committed."""
        with self._lock:
            self._known.pop(incident.id, None)
            if incident.open and incident.unacknowledged and incident.class_ == "production":
                self._known[incident.id] = incident

    def read(self, found: Sequence["IncidentRecord"]) -> None:
        """Take over what the database said; a version that was noted later stays."""
        with self._lock:
            fresh = {each.id: each for each in found}
            for name, known in self._known.items():
                if name in fresh and known.version > fresh[name].version:
                    fresh[name] = known
            self._known = fresh

    def all(self) -> list["IncidentRecord"]:
        """Return them."""
        with self._lock:
            return list(self._known.values())


@dataclass(frozen=True)
class _Climb:
    """Where an incident stands on the ladder, in ms of the monotonic clock."""

    number: int
    due_at: int
    armed_at: int


class MemoryLadder:
    """Goes on where the database stopped, and leaves its timers alone.

    When it is back, its overdue step fires under the incident's own count of alerts; what was given
    from memory has ids of its own and counts for nothing.
    """

    def __init__(
        self,
        desk: "Desk",
        routing: Routing,
        senders: Sequence[tuple[Route, "Sender"]],
        clock: "Clock",
    ) -> None:
        self._desk = desk
        self._routing = routing
        self._senders = {route.channel: sender for route, sender in senders}
        self._clock = clock
        self._down_since: float | None = None
        self._climbs: dict[str, _Climb] = {}

    def run(self, stopping: "Stopping") -> None:
        """Escalate until `stopping`; the target of a Loop."""
        while not stopping.wait(POLL_S):
            try:
                self.turn()
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("memory_ladder_failed")
                self._desk.metrics.loop_errors.labels("memory-ladder").inc()

    def turn(self) -> None:
        """Fire the steps that are due, if the database has been down for a while."""
        now = self._clock.monotonic()
        if not self._desk.alarm.is_down:
            self._down_since = None
            self._climbs.clear()
            return
        if self._down_since is None:
            self._down_since = now
        if now - self._down_since < PATIENCE_S:
            return
        for incident in self._waiting():
            self._climb(incident, round(now * 1000))

    def _waiting(self) -> list["IncidentRecord"]:
        """Return what the database had, and the presses that wait for it."""
        held = [self._made(panic) for panic in self._desk.opened.held()]
        known = {each.id: each for each in [*held, *self._desk.unanswered.all()]}
        return [each for each in known.values() if each.class_ == "production"]

    def _made(self, panic: Panic) -> "IncidentRecord":
        return new_incident(panic, panic.class_, panic.arrived_at)

    def _climb(self, incident: "IncidentRecord", now: int) -> None:
        ladder, known = self._routing.ladder, self._climbs.get(incident.id)
        if known is None:
            number = incident.step + 1
            known = _Climb(number, now, now - ladder.due_at(0, number))
        if known.due_at <= now:
            self._alert(incident, known.number)
            step = ladder.following(known.armed_at, known.number, now)
            known = _Climb(step.number, step.due_at, step.armed_at)
        self._climbs[incident.id] = known

    def _alert(self, incident: "IncidentRecord", number: int) -> None:
        at = self._clock.now_ms()
        message = Message(
            id=f"{incident.id}.memory-{number}",
            reason="escalated",
            at=at,
            incident=public(incident),
            presses=incident.presses,
            changed_at=incident.changed_at,
            silent=incident.silent,
            step=number,
        )
        call = self._routing.ladder.call(number, at)
        names = self._routing.called("production", "escalated", call)
        for name in self._routing.responsible(names, incident.jurisdiction):
            if name in self._senders:
                self._senders[name].push(message)
        self._tell_consoles(incident, at)
        self._desk.metrics.memory_alerts.inc()
        _log.error("escalated_from_memory", incident=incident.id, step=number)

    def _tell_consoles(self, incident: "IncidentRecord", at: int) -> None:
        event = DeskEvent(
            id=0,
            at=at,
            type="escalated",
            incident=incident.id,
            version=incident.version,
            summary=views.summary(incident),
            text="from memory: the incident database does not commit",
        )
        self._desk.announcements.from_memory(event)
