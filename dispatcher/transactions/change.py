"""What one transaction does to one incident beside its own row: presses, alerts, events, receipts.

The caller holds the incident's lock, changes it, and ends with `commit`.
"""

from typing import TYPE_CHECKING

from contract.limits import REALERT_S, TEST_CLOSE_S
from contract.messages import Receipt
from dispatcher.answers import EventType
from dispatcher.incident import ladder, marks
from dispatcher.incident.priority import more_urgent, priority
from dispatcher.records import IncidentRecord, PressRecord, Reason, TimerKind, TimerRecord
from dispatcher.routing import Routing
from dispatcher.store import deliveries, events, history, incidents, positions, presses, timers

if TYPE_CHECKING:
    from contract.messages import Stage
    from contract.salvage import Place
    from dispatcher.store.engine import Connection

REALERT_MS = int(REALERT_S * 1000)


class Change:
    """One change of one incident."""

    def __init__(
        self,
        connection: "Connection",
        incident: IncidentRecord,
        routing: Routing,
        now: int,
        *,
        new: bool = False,
    ) -> None:
        """Take the incident, locked; `new` says that it is not stored yet."""
        self.connection = connection
        self.incident = incident
        self.routing = routing
        self.now = now
        self.receipts: list[tuple[str, Receipt]] = []
        self.last_event = 0
        if new:
            incidents.add(connection, incident)
        self.presses = [] if new else presses.of(connection, incident.id)

    def add_press(self, press: PressRecord) -> None:
        """Let a press join: somebody has to acknowledge it."""
        presses.add(self.connection, press)
        self.presses.append(press)
        self.incident.acknowledged_at = self.incident.acknowledged_by = None

    def set_stage(self, press: PressRecord, stage: "Stage") -> None:
        """Bring a press to a stage and tell its tracker, when that is something new."""
        if press.stage == stage:
            return
        press.stage = stage
        press.version += 1
        presses.save(self.connection, press)
        if press.device is not None and press.origin == "panic":
            self.receipts.append((press.device, receipt(press, self.now)))

    def alert(self, reason: Reason, *, step: int | None = None, at: int | None = None) -> None:
        """Make the deliveries of an alert or a piece of news, due `at` or now."""
        channels = self.routing.channels(self.incident.class_, reason)
        deliveries.add(
            self.connection, channels, incident=self.incident.id, number=self.incident.alerts,
            reason=reason, now=self.now, due_at=self.now if at is None else at, step=step,
        )  # fmt: skip
        self.incident.alerts += 1

    def alert_first(self) -> None:
        """Alert through every channel of the first step, and arm what follows."""
        self.incident.alerted_at = self.now
        self.alert("raised", step=0)
        self._arm()

    def alert_again(self) -> None:
        """Alert for a further press, at most every ten seconds; what is planned counts it too."""
        wait = self.incident.alerted_at - self.now
        if not 0 < wait <= REALERT_MS:
            due_at = max(self.now, self.incident.alerted_at + REALERT_MS)
            # An alert that lies in the future was planned by a clock that has been set back.
            self.incident.alerted_at = self.now if wait > REALERT_MS else due_at
            self.alert("pressed", at=self.incident.alerted_at)
        if timers.find(self.connection, self.incident.id, "escalate") is None:
            self._arm()

    def carry_position(self, place: "Place", device: str, arrived_at: int) -> None:
        """Keep a position that a press carried, and release it."""
        number = positions.add(self.connection, self.incident.id, device, place, arrived_at)
        self._release(number)

    def release_all(self) -> None:
        """Release the positions that are known already."""
        for number in positions.numbers_of(self.connection, self.incident.id):
            self._release(number)

    def derive(self) -> None:
        """Work out what the incident has from its presses."""
        incident = self.incident
        if not self.presses:
            return
        incident.presses = len(self.presses)
        incident.kind = more_urgent([press.kind for press in self.presses])
        incident.silent = any(press.silent for press in self.presses)
        incident.marks = marks.of_incident(self.presses)
        incident.priority = priority(
            incident.class_, incident.kind, silent=incident.silent, presses=len(self.presses)
        )
        if incident.open:
            incident.unacknowledged = any(press.waiting for press in self.presses)

    def commit(
        self,
        event: EventType,
        *,
        actor: str | None = None,
        note: str | None = None,
        in_history: bool = True,
    ) -> IncidentRecord:
        """Store the incident under its next version, with an event and a line of history."""
        incident = self.incident
        self.derive()
        incident.changed_at = self.now
        incidents.save(self.connection, incident)
        if in_history:
            history.add(
                self.connection, incident.id, self.now,
                event=event, state=incident.outward_state, actor=actor, note=note,
            )  # fmt: skip
        self.last_event = events.add(
            self.connection, self.now, event, incident.id, incident.version
        )
        return incident

    def arm_following(self, armed_at: int, fired: int) -> None:
        """Plan the rung after the one that fires now."""
        step = ladder.following(armed_at, fired, self.now)
        self._set_timer("escalate", step.due_at, step.armed_at, step.number)

    def _arm(self) -> None:
        """Begin the ladder; tests and canaries end by themselves instead."""
        if self.incident.class_ == "production":
            self.arm_following(self.now, 0)
        else:
            self._set_timer("expire", self.now + TEST_CLOSE_S * 1000, self.now, 0)

    def _set_timer(self, kind: TimerKind, due_at: int, armed_at: int, step: int) -> None:
        timer = TimerRecord(
            incident=self.incident.id, kind=kind, due_at=due_at, armed_at=armed_at, step=step
        )
        timers.arm(self.connection, timer)

    def _release(self, position: int) -> None:
        channels = self.routing.channels(self.incident.class_, "position")
        deliveries.add(
            self.connection, channels, incident=self.incident.id, number=self.incident.alerts,
            reason="position", now=self.now, due_at=self.now, position=position,
        )  # fmt: skip


def receipt(press: PressRecord, now: int) -> Receipt:
    """Return what the tracker is told about a press."""
    return Receipt(
        update=press.update,
        version=press.version,
        stage=press.stage,
        at=now,
        panic_id=press.panic_id,
        incident=press.incident,
    )
