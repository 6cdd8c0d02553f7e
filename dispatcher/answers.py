"""What the desk is asked and what it answers. Times: ms since 1970 UTC; None is unknown."""

from typing import Literal

from msgspec import Struct

from contract.messages import (
    Disposition,
    IncidentClass,
    IncidentMark,
    IncidentOrigin,
    IncidentState,
    JourneyMode,
    PanicKind,
    Stage,
    TrackerState,
)

EventType = Literal[
    "raised",
    "pressed",
    "updated",
    "escalated",
    "presented",
    "acknowledged",
    "dispatched",
    "on_scene",
    "closed",
    "reopened",
    "review",
    "noted",
    "handed_over",
    "assigned",
    "linked",
    "merged",
    "transfer",
    "accepted",
    "declined",
    "returned",
    "verified",
    "wrong_code",
    "duress",
    "alarm",
]
"""What happened, for consoles; `review` is a reminder that came too late to alert; `alarm` is about
Guardian itself and has no incident."""


Cancel = Literal["requested", "wrong", "verified", "duress"]
"""What is known of the code that a holder typed to stand down: not compared (no codes are set, or
not yet), not theirs, their PIN, their duress code. Verified too is a request, nothing more."""


class CallOpening(Struct, frozen=True, kw_only=True):
    """What an operator knows who opens an incident from a call."""

    device: str | None = None
    phone: str | None = None
    case_number: str | None = None
    note: str | None = None


class Place(Struct, frozen=True, kw_only=True):
    """The newest known position of an open incident; `time` is the fix's, where it said so."""

    lat: float
    lon: float
    received_at: int
    time: int | None = None
    accuracy: float | None = None
    alt: float | None = None
    speed: float | None = None
    course: float | None = None


class Circle(Struct, frozen=True, kw_only=True):
    """Where the holder can be `at` this instant: within `radius` metres of the last fix.

    `age_ms` counts from the fix; each further second adds `speed` metres. `mode` None: nobody knows
    how they go. See dispatcher/following/circle.py.
    """

    lat: float
    lon: float
    radius: float
    at: int
    accuracy: float
    age_ms: int
    speed: float
    mode: JourneyMode | None = None


class TrackPoint(Struct, frozen=True, kw_only=True):
    """Where the tracker was; `time` is the fix's."""

    lat: float
    lon: float
    time: int


class NearStation(Struct, frozen=True, kw_only=True):
    """A police station near the place; `distance` is a straight line, in metres.

    `approximate`: the station's position is its town's.
    """

    name: str
    jurisdiction: str
    distance: float
    lat: float
    lon: float
    approximate: bool
    name_local: str = ""
    telephone: str | None = None


class Moved(Struct, frozen=True, kw_only=True):
    """An open incident's tracker is somewhere else now; consoles are told as event `place`."""

    incident: str
    place: Place
    circle: Circle


class Press(Struct, frozen=True, kw_only=True):
    """One press, or a call that counts as one."""

    number: int
    origin: IncidentOrigin
    kind: PanicKind | None
    silent: bool
    stage: Stage
    update: int
    marks: list[IncidentMark]
    received_at: int
    device: str | None = None
    panic_id: str | None = None
    pressed_at: int | None = None
    committed_at: int | None = None
    presented_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    cancel: Cancel | None = None
    note: str | None = None


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One line of what happened to an incident, oldest first; `actor` None is Guardian itself."""

    at: int
    event: str
    state: IncidentState
    actor: str | None = None
    note: str | None = None


class TrackerSeen(Struct, frozen=True, kw_only=True):
    """The last that the tracker said about itself."""

    state: TrackerState
    arrived_at: int
    battery: int | None = None


class IncidentSummary(Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """An incident as lists show it: no position, no person.

    `step` is the ladder's last that fired, `called` the roles that it called; `review_at`: a
    reminder of it came too late to alert.
    """

    id: str
    version: int
    class_: IncidentClass
    origin: IncidentOrigin
    state: IncidentState
    priority: int
    marks: list[IncidentMark]
    silent: bool
    unacknowledged: bool
    on_board: bool
    presses: int
    opened_at: int
    changed_at: int
    kind: PanicKind | None = None
    device: str | None = None
    pressed_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    closed_at: int | None = None
    disposition: Disposition | None = None
    step: int = 0
    called: list[str] | None = None
    review_at: int | None = None
    jurisdiction: str | None = None
    assigned_to: str | None = None
    transfer_to: str | None = None
    merged_into: str | None = None


class IncidentDetail(IncidentSummary, frozen=True, kw_only=True, rename={"class_": "class"}):
    """An incident in full; `place` is None unless it is open (a position is sealed)."""

    press_list: list[Press]
    history: list[HistoryEntry]
    dispatched_at: int | None = None
    on_scene_at: int | None = None
    assigned_at: int | None = None
    assigned_by: str | None = None
    transfer_at: int | None = None
    transfer_by: str | None = None
    cancel: Cancel | None = None
    merged: list[str] = []
    linked: list[str] = []
    place: Place | None = None
    circle: Circle | None = None
    track: list[TrackPoint] = []
    nearest: list[NearStation] = []
    tracker: TrackerSeen | None = None
    phone: str | None = None
    case_number: str | None = None


class IncidentPage(Struct, frozen=True, kw_only=True):
    """Incidents, newest first; `next` is the cursor of the following page."""

    items: list[IncidentSummary]
    next: str | None = None


class IncidentFilter(Struct, frozen=True, kw_only=True):
    """Which incidents of a list; None is all. `since`: opened then or later."""

    class_: IncidentClass | None = None
    device: str | None = None
    jurisdiction: str | None = None
    since: int | None = None


EVERYTHING = IncidentFilter()


class DeskEvent(Struct, frozen=True, kw_only=True):
    """Something consoles show at once.

    `id` counts up and resumes a stream. An event from memory (the database could not commit) has
    id 0: it is shown and not remembered. `incident` may then name one that is not in the database.
    """

    id: int
    at: int
    type: EventType
    incident: str | None = None
    version: int | None = None
    summary: IncidentSummary | None = None
    text: str | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """What happened to incidents, in an order in which none is missed; ask on with `next`."""

    items: list[DeskEvent]
    next: str
    more: bool
