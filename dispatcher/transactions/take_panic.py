"""Carrying out what the intake decided about a panic, within one transaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contract.limits import UNREADABLE_REALERT_S
from contract.messages import Receipt
from dispatcher.incident import fixes, marks, stages
from dispatcher.incident.codes import graver
from dispatcher.incident.intake import Action, Arrival, Decision, KnownIncident, KnownPress, decide
from dispatcher.panic import Panic, new_incident, new_press
from dispatcher.records import IncidentRecord, PressRecord
from dispatcher.routing import Routing
from dispatcher.store import codes, incidents, presses, timers
from dispatcher.store.engine import StoreConflictError
from dispatcher.transactions.change import Change, receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.messages import Stage
    from dispatcher.store.engine import Connection

UNREADABLE_REALERT_MS: Final = int(UNREADABLE_REALERT_S * 1000)


@dataclass(frozen=True)
class Taken:
    """What became of a panic."""

    decision: Decision
    receipt: Receipt
    change: Change | None = None


def take(connection: "Connection", panic: Panic, routing: Routing, now: int) -> Taken:
    """Take a panic: decide on what is known, and do it."""
    press, locked = _known(connection, panic)
    opened = [_view(connection, each) for each in locked if each.open]
    readable = panic.reading.panic_id is not None
    arrival = Arrival(class_=panic.class_, update=panic.update, readable=readable)
    owner = {each.id: each for each in locked}
    known = None
    if press is not None:
        known = KnownPress(_view(connection, owner[press.incident]), press.update)
    decision = decide(arrival, known, opened)
    taking = _Taking(
        connection=connection, panic=panic, decision=decision, press=press,
        target=owner.get(decision.incident or ""), routing=routing, now=now,
    )  # fmt: skip
    return taking.run()


def _known(
    connection: "Connection", panic: Panic
) -> tuple[PressRecord | None, list[IncidentRecord]]:
    """Return the press as the locked database knows it, and the incidents that matter."""
    press = _find(connection, panic)
    also = None if press is None else press.incident
    locked = incidents.lock_those_of(connection, panic.device, also)
    # Until the lock was granted another dispatcher may have taken an update of the same press.
    press = None if press is None else _find(connection, panic)
    if press is not None and all(press.incident != each.id for each in locked):
        raise StoreConflictError("the press has moved to another incident meanwhile")
    return press, locked


def _find(connection: "Connection", panic: Panic) -> PressRecord | None:
    if panic.reading.panic_id is None:
        return presses.find_by_payload(connection, panic.device, panic.payload_hash)
    return presses.find(connection, panic.device, panic.reading.panic_id)


def _view(connection: "Connection", incident: IncidentRecord) -> KnownIncident:
    unreadable = presses.has_unreadable(connection, incident.id)
    return KnownIncident(incident.id, incident.class_, incident.open, unreadable)


@dataclass(kw_only=True)
class _Taking:
    """One panic, decided upon."""

    connection: "Connection"
    panic: Panic
    decision: Decision
    press: PressRecord | None
    target: IncidentRecord | None
    routing: Routing
    now: int

    def run(self) -> Taken:
        steps: dict[Action, Callable[[], Change | None]] = {
            "open": self._open,
            "join": self._join,
            "again": self._again,
            "update": self._update,
            "repeat": self._repeat,
            "too_late": self._too_late,
            "revive": self._revive,
        }
        change = steps[self.decision.action]()
        self._keep_codes()
        return Taken(self.decision, receipt(self._known_press(), self.now), change)

    def _open(self) -> Change:
        incident = new_incident(self.panic, self.decision.class_, self.now)
        change = Change(self.connection, incident, self.routing, self.now, new=True)
        self._add_press(change)
        change.alert_first()
        change.commit("raised", note=self._known_press().note)
        return change

    def _join(self) -> Change:
        change = self._change()
        promoted = self._promote(change)
        self._add_press(change)
        if not promoted:
            change.alert_again()
        change.commit("pressed", note=self._known_press().note)
        return change

    def _again(self) -> Change | None:
        """Count an unreadable panic; it is a new call for help when the last alert is old."""
        change = self._change()
        press = next(each for each in change.presses if each.unreadable)
        self.press = press
        presses.add_payload(
            self.connection, self.panic.device, self.panic.payload_hash, press, self.now
        )
        self._read_into(press, change)
        if 0 <= self.now - press.alerted_at < UNREADABLE_REALERT_MS:
            presses.save(self.connection, press)
            return None
        self._call_again(press, change)
        change.commit("pressed")
        return change

    def _update(self) -> Change:
        press = self._known_press()
        if press.incident != self.decision.incident:
            return self._move(press)
        change = self._change()
        press = self.press = next(each for each in change.presses if each.id == press.id)
        before, note = change.incident.outline(), press.note
        promoted = self._promote(change)
        self._read_into(press, change)
        if promoted:
            self._call_again(press, change, alert=False)
        else:
            self._restage(press, stages.after_update(press.stage))
        change.derive()
        is_news = change.incident.outline() != before
        if is_news and not promoted:
            change.alert("changed")
        said = press.note if press.note != note else None
        change.commit("updated", note=said, in_history=is_news or said is not None)
        return change

    def _move(self, press: PressRecord) -> Change:
        """Let a press leave a test for the tracker's open production incident."""
        change = self._change()
        press.incident = change.incident.id
        press.number = len(change.presses) + 1
        change.presses.append(press)
        self._read_into(press, change)
        self._call_again(press, change)
        change.commit("pressed", note="a test was real")
        return change

    def _revive(self) -> Change:
        """Raise a closed test anew: its press says that it is real."""
        change = self._change()
        press = self.press = next(
            each for each in change.presses if each.id == self._known_press().id
        )
        change.incident.reopen()
        self._promote(change)
        self._read_into(press, change)
        self._call_again(press, change, alert=False)
        change.commit("reopened", note="a test was real")
        return change

    def _too_late(self) -> None:
        """Remember how far the tracker has come, so that the receipt covers it."""
        press = self._known_press()
        if self.panic.reading.update > press.update:
            press.update = self.panic.reading.update
            presses.save(self.connection, press)

    def _repeat(self) -> None:
        """Answer with the present stage; nothing changes."""

    def _promote(self, change: Change) -> bool:
        """Make a test a production incident: it alerts as if it had just been raised."""
        incident = change.incident
        if incident.class_ == self.decision.class_:
            return False
        incident.class_ = self.decision.class_
        timers.disarm(self.connection, incident.id)
        change.alert_first()
        change.release_all()
        return True

    def _call_again(self, press: PressRecord, change: Change, *, alert: bool = True) -> None:
        """Let a known press wait for somebody again."""
        press.acknowledged_at = press.acknowledged_by = None
        change.incident.acknowledged_at = change.incident.acknowledged_by = None
        press.alerted_at = self.now
        self._restage(press, "received")
        if alert:
            change.alert_again()

    def _restage(self, press: PressRecord, stage: "Stage") -> None:
        """Store a press; the answer to this panic tells the tracker of a new stage."""
        if press.stage != stage:
            press.stage = stage
            press.version += 1
        presses.save(self.connection, press)

    def _read_into(self, press: PressRecord, change: Change) -> None:
        """Take over what a further sending says."""
        reading, arrived_at = self.panic.reading, self.panic.arrived_at
        news = marks.of_update(reading, arrived_at)
        has_new_fix = self._take_place(press, change)
        press.marks = marks.merged(press.marks, news, has_new_fix=has_new_fix)
        press.update = max(press.update, reading.update)
        if reading.kind != "test":  # what was real stays real
            press.kind = reading.kind
        press.silent = press.silent or reading.silent
        press.note = reading.note or press.note
        press.cancel = graver(press.cancel, "requested" if reading.cancel else None)

    def _add_press(self, change: Change) -> None:
        press = new_press(self.panic, change.incident.id, len(change.presses) + 1, self.now)
        self._take_place(press, change)
        change.add_press(press)
        self.press = press
        if self.panic.reading.panic_id is None:
            presses.add_payload(
                self.connection, self.panic.device, self.panic.payload_hash, press, self.now
            )

    def _take_place(self, press: PressRecord, change: Change) -> bool:
        """Keep a position; say whether it is the press's best now."""
        place, arrived_at = self.panic.reading.place, self.panic.arrived_at
        if place is None:
            return False
        change.carry_position(place, self.panic.device, arrived_at)
        if not fixes.is_better(place, arrived_at, press):
            return False
        press.place = place
        press.placed_at = arrived_at
        press.fixed_at = fixes.fixed_at(place, arrived_at)
        return True

    def _keep_codes(self) -> None:
        """Keep what the holder typed until it is compared: that takes longer than an intake may."""
        reading = self.panic.reading
        if not reading.cancel or self.decision.action == "repeat":
            return
        if codes.find(self.connection, self.panic.device) is None:
            return
        typed = {
            # What does not say when it was typed is new with every update.
            -(reading.update * 100 + number + 1) if each.at is None else each.at: each.code
            for number, each in enumerate(reading.cancel)
        }
        codes.add_typed(self.connection, self._known_press().id, self.panic.device, typed)

    def _change(self) -> Change:
        if self.target is None:
            raise LookupError(f"{self.decision} names no locked incident")
        return Change(self.connection, self.target, self.routing, self.now)

    def _known_press(self) -> PressRecord:
        if self.press is None:
            raise LookupError(f"{self.decision} without a press")
        return self.press
