"""What one transaction does to one incident beside its own row: presses, alerts, events, receipts.

The caller holds the incident's lock, changes it, and ends with `commit`.
"""

from typing import TYPE_CHECKING

from contract.limits import REALERT_S, TEST_CLOSE_S
from contract.messages import Receipt
from dispatcher.answers import EventType
from dispatcher.following.whereabouts import best_fix
from dispatcher.incident import marks, stages
from dispatcher.incident.priority import more_urgent, priority
from dispatcher.records import IncidentRecord, PressRecord, Reason, TimerKind, TimerRecord
from dispatcher.routing import Routing
from dispatcher.store import (
    deliveries,
    events,
    history,
    incidents,
    last_places,
    positions,
    presses,
    timers,
)

if TYPE_CHECKING:
    from contract.messages import Stage
    from contract.salvage import Place
    from dispatcher.escalation.ladder import Call
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
        self.also: list[Change] = []
        """What the same transaction did to other incidents."""
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
        channels = self.routing.channels(self.incident.class_, reason, step, at=self.now)
        self._deliver(channels, reason, step, self.now if at is None else at)

    def call(self, called: "Call", step: int) -> None:
        """Alert whom the ladder calls, and remember the step and the roles."""
        channels = self.routing.called(self.incident.class_, "escalated", called)
        self._deliver(channels, "escalated", step, self.now)
        self.incident.step = step
        self.incident.called = sorted(called.roles.union(self.incident.called or ()))

    def locate(self) -> None:
        """Give the incident to the jurisdiction of its best place, unless somebody transferred it.

        Where nobody is named (the sea, another country) it stays with who has it.
        """
        incident = self.incident
        if not incident.open or incident.transferred_at is not None:
            return
        best = best_fix(self.presses, last_places.find(self.connection, incident.id))
        found = None
        if best is not None:
            found = self.routing.jurisdictions.at(best[0].lat, best[0].lon)
        if found is not None:
            incident.jurisdiction = found.id

    def alert_first(self) -> None:
        """Alert through every channel of the first step, and arm what follows."""
        self.incident.alerted_at = self.now
        self.alert("raised", step=0)
        self.arm()

    def alert_again(self) -> None:
        """Alert for a further press, at most every ten seconds; what is planned counts it too."""
        wait = self.incident.alerted_at - self.now
        if not 0 < wait <= REALERT_MS:
            due_at = max(self.now, self.incident.alerted_at + REALERT_MS)
            # An alert that lies in the future was planned by a clock that has been set back.
            self.incident.alerted_at = self.now if wait > REALERT_MS else due_at
            self._alert_reached(self.incident.alerted_at)
        if timers.find(self.connection, self.incident.id, "escalate") is None:
            self.arm()

    def _alert_reached(self, at: int) -> None:
        """Alert for a further press whom the steps up to now have called."""
        incident, ladder = self.incident, self.routing.ladder
        reached = ladder.call_all(range(min(incident.step, ladder.last) + 1), self.now)
        channels = self.routing.called(incident.class_, "pressed", reached)
        self._deliver(channels, "pressed", None, at)

    def _deliver(self, channels: list[str], reason: Reason, step: int | None, due_at: int) -> None:
        self.locate()
        channels = self.routing.responsible(channels, self.incident.jurisdiction)
        deliveries.add(
            self.connection, channels, incident=self.incident.id, number=self.incident.alerts,
            reason=reason, now=self.now, due_at=due_at, step=step,
        )  # fmt: skip
        self.incident.alerts += 1

    def carry_position(self, place: "Place", device: str, arrived_at: int) -> None:
        """Keep a position that a press carried, and release it."""
        number = positions.add(self.connection, self.incident.id, device, place, arrived_at)
        self.release(number)

    def release_all(self) -> None:
        """Release the positions that are known already."""
        for number in positions.numbers_of(self.connection, self.incident.id):
            self.release(number)

    def derive(self) -> None:
        """Work out what the incident has from its presses."""
        incident = self.incident
        if not self.presses:
            return
        incident.presses = len(self.presses)
        incident.kind = more_urgent([press.kind for press in self.presses])
        incident.marks = marks.of_incident(self.presses)
        duress = "duress" in incident.marks
        incident.silent = duress or any(press.silent for press in self.presses)
        incident.priority = priority(
            incident.class_, incident.kind, silent=incident.silent, presses=len(self.presses),
            duress=duress,
        )  # fmt: skip
        if incident.open:
            waiting = any(press.waiting for press in self.presses)
            incident.unacknowledged = waiting or incident.unheeded

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
        self.locate()
        self._follow_up(event, by_person=actor is not None)
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

    def call_for_somebody(self) -> None:
        """Let the incident wait for a person, whatever its presses' stages tell their trackers."""
        self.incident.unheeded = True
        self.incident.acknowledged_at = self.incident.acknowledged_by = None

    def acknowledge(self, actor: str | None) -> None:
        """Let a person have it, with all that waited; the ladder ends."""
        incident = self.incident
        for press in self.presses:
            if press.waiting:
                press.acknowledged_at, press.acknowledged_by = self.now, actor
                presses.save(self.connection, press)
        incident.acknowledged_at, incident.acknowledged_by = self.now, actor
        incident.unheeded = incident.unacknowledged = False
        timers.disarm(self.connection, incident.id, "escalate")

    def set_stages(self, *, acknowledges: bool) -> None:
        """Bring the presses to the stage of the incident's state."""
        for press in self.presses:
            stage = stages.after_act(press.stage, self.incident.state, acknowledges=acknowledges)
            self.set_stage(press, stage)

    def end(self) -> None:
        """Let nothing fall due any more."""
        incident = self.incident
        incident.transfer_to = incident.transfer_by = incident.transfer_at = None
        timers.disarm(self.connection, incident.id)

    def arm_following(self, armed_at: int, fired: int, *, alone: bool = False) -> None:
        """Plan the rung after the one that fires now; `alone`: it has called everybody."""
        step = self.routing.ladder.following(armed_at, fired, self.now)
        self.set_timer("escalate", step.due_at, step.armed_at, step.number, alone=alone)

    def await_progress(self, reminder: int = 0) -> None:
        """Plan when an acknowledged incident that nobody goes on with escalates again."""
        due_at = self.now + self.routing.ladder.progress_s * 1000
        self.set_timer("progress", due_at, self.now, reminder)

    def _follow_up(self, event: EventType, *, by_person: bool) -> None:
        """Forget how far the ladder came once a person has it, and wait for what they do."""
        incident = self.incident
        if not incident.unacknowledged and event != "escalated":
            incident.step, incident.called = 0, None
            if event == "acknowledged" and incident.awaits_progress:
                self.await_progress()
        if by_person:
            incident.review_at = None

    def arm(self) -> None:
        """Begin the ladder; tests and canaries end by themselves instead."""
        if self.incident.class_ == "production":
            self.arm_following(self.now, 0)
        else:
            self.set_timer("expire", self.now + TEST_CLOSE_S * 1000, self.now, 0)

    def set_timer(
        self, kind: TimerKind, due_at: int, armed_at: int, step: int, *, alone: bool = False
    ) -> None:
        """Plan something."""
        timer = TimerRecord(
            incident=self.incident.id, kind=kind, due_at=due_at, armed_at=armed_at, step=step,
            alone=alone,
        )  # fmt: skip
        timers.arm(self.connection, timer)

    def release(self, position: int) -> None:
        """Let Grafana see a position."""
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
