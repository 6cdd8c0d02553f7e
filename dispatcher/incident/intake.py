"""What a panic means for what is known: pure, no store, no clock.

(device, panic id) names a press, the hash of the payload a press whose id cannot be read.
"""

from dataclasses import dataclass
from typing import Literal

from contract.messages import IncidentClass

Action = Literal["open", "join", "again", "update", "repeat", "too_late", "revive"]
"""open: a new incident; join: a further press of an open one; again: one more unreadable panic,
which counts to the unreadable press that is there; update: news of a known press; repeat: nothing
new; too_late: news of a press whose incident is closed; revive: a closed test was real."""


@dataclass(frozen=True)
class KnownIncident:
    """An incident of the tracker."""

    id: str
    class_: IncidentClass
    open: bool
    has_unreadable: bool = False


@dataclass(frozen=True)
class KnownPress:
    """A press that is in the database."""

    incident: KnownIncident
    update: int


@dataclass(frozen=True)
class Arrival:
    """What a panic says about itself, as far as the decision needs it."""

    class_: IncidentClass
    update: int | None
    readable: bool


@dataclass(frozen=True)
class Decision:
    """What is to be done, on which incident (None: a new one), of which class afterwards."""

    action: Action
    class_: IncidentClass
    reason: str
    incident: str | None = None


def decide(arrival: Arrival, press: KnownPress | None, opened: list[KnownIncident]) -> Decision:
    """Decide about an arrival whose press may be known, given the tracker's open incidents."""
    if press is None:
        return _first_arrival(arrival, opened)
    if not arrival.readable:
        return _repeat(press, "this payload was seen before")
    if arrival.class_ == "production" and press.incident.class_ == "test":
        return _real_after_all(press, opened)
    if not press.incident.open:
        return Decision(
            "too_late", press.incident.class_, "its incident is closed", press.incident.id
        )
    if arrival.update is not None and arrival.update <= press.update:
        return _repeat(press, "this update was seen before")
    return Decision("update", press.incident.class_, "news of a known press", press.incident.id)


def _first_arrival(arrival: Arrival, opened: list[KnownIncident]) -> Decision:
    target = _of_class(opened, arrival.class_)
    if target is None and arrival.class_ == "production":
        target = _of_class(opened, "test")
    if target is None:
        return Decision("open", arrival.class_, "no incident of this tracker and class is open")
    if not arrival.readable and target.has_unreadable:
        return Decision("again", arrival.class_, "one more without an id", target.id)
    return Decision("join", arrival.class_, "an incident of this tracker is open", target.id)


def _real_after_all(press: KnownPress, opened: list[KnownIncident]) -> Decision:
    """A known press of a test says now that it is real."""
    real = _of_class(opened, "production")
    if real is not None:
        return Decision("update", "production", "a test was real: it moves", real.id)
    action: Action = "update" if press.incident.open else "revive"
    return Decision(action, "production", "a test was real", press.incident.id)


def _repeat(press: KnownPress, reason: str) -> Decision:
    return Decision("repeat", press.incident.class_, reason, press.incident.id)


def _of_class(opened: list[KnownIncident], class_: IncidentClass) -> KnownIncident | None:
    return next((each for each in opened if each.class_ == class_), None)
