"""The messages of the contract. Times: ms since 1970 UTC; lengths: m; speeds: m/s; angles: deg.

A number that is not known is absent (None here), never 0.
"""

from typing import Annotated, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from contract.ids import BOOT_PATTERN, DEVICE_PATTERN, UUID_PATTERN
from contract.limits import MAX_CODE_CHARS, MAX_STATUS_COMMANDS, MAX_TEXT_CHARS

Boot = Annotated[str, Meta(pattern=BOOT_PATTERN, description="new at each start of the agent")]
Device = Annotated[str, Meta(pattern=DEVICE_PATTERN)]
Uuid = Annotated[str, Meta(pattern=UUID_PATTERN)]
TimeMs = Annotated[int, Meta(ge=0, le=2**53, description="milliseconds since 1970, UTC")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[int, Meta(ge=0, le=2**31)]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="degrees north, WGS 84")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="degrees east, WGS 84")]
Percent = Annotated[int, Meta(ge=0, le=100)]
NotNegative = Annotated[float, Meta(ge=0)]
Course = Annotated[float, Meta(ge=0, le=360, description="degrees true")]
ShortText = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]

FixKind = Literal["gps", "dgps", "rtk", "estimated", "manual", "simulated"]
Trigger = Literal[
    "interval", "distance", "turn", "stop", "start", "panic", "request", "low_battery"
]
ClockSource = Literal["gps", "host"]
PanicKind = Literal["button", "call", "fall", "tamper", "test"]
JourneyAction = Literal["start", "extend", "check_in", "arrive", "cancel"]
JourneyMode = Literal["taxi", "hike", "walk", "other"]
TrackerState = Literal["online", "offline", "sleeping", "lost"]
GpsState = Literal["no_data", "no_fix", "fix"]
Fault = Literal["disk_full", "outbox_reset", "button_stuck", "gps_port", "clock"]
Stage = Literal[
    "received", "presented", "acknowledged", "dispatched", "on_scene", "closed", "reopened"
]
JourneyMark = Literal["plate_unknown", "plate_mismatch"]
CommandAction = Literal["report", "interval", "message"]
IncidentClass = Literal["production", "test", "canary"]
IncidentOrigin = Literal["panic", "journey", "call"]
IncidentState = Literal["raised", "acknowledged", "dispatched", "on_scene", "closed"]
IncidentMark = Literal[
    "late", "no_fix", "stale_fix", "bad_clock", "unreadable",
    "cancel_requested", "wrong_code", "duress",
]  # fmt: skip
Disposition = Literal["helped", "false_alarm", "stood_down", "test", "duplicate", "other"]


class Location(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One position report of a tracker."""

    boot: Boot
    seq: Annotated[int, Meta(ge=0, le=2**53, description="counts up from 0 within a boot")]
    time: Annotated[int, Meta(ge=0, le=2**53, description="of the fix, ms since 1970, UTC")]
    lat: Latitude
    lon: Longitude
    alt: Annotated[float, Meta(description="metres above mean sea level")] | None = None
    speed: NotNegative | None = None
    course: Course | None = None
    accuracy: (
        Annotated[float, Meta(ge=0, description="radius holding the true place with 95 %, m")]
        | None
    ) = None
    hdop: NotNegative | None = None
    satellites: Count | None = None
    fix: FixKind | None = None
    battery: Percent | None = None
    trigger: Trigger | None = None
    clock: ClockSource | None = None
    jump: Annotated[bool, Meta(description="the device finds the step implausible")] | None = None
    time_raw: (
        Annotated[int, Meta(ge=0, le=2**53, description="before a week rollover was repaired")]
        | None
    ) = None


class Reports(Struct, frozen=True, kw_only=True):
    """Reports of one boot: every number in each [from, to] is meant, both ends included."""

    boot: Boot
    seqs: list[tuple[Count, Count]]


class Stored(Struct, frozen=True, kw_only=True):
    """Which reports are safe in the store, so that the tracker may forget them."""

    reports: list[Reports]


class CancelCode(Struct, frozen=True, kw_only=True):
    """What the holder typed, as typed; a request to stand down, never a stand-down."""

    code: Annotated[str, Meta(max_length=MAX_CODE_CHARS)]
    at: TimeMs


class Panic(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call for help; every sending carries all that no receipt covers yet."""

    panic_id: Annotated[str, Meta(pattern=UUID_PATTERN, description="UUIDv7 made at the press")]
    update: Annotated[int, Meta(ge=0, le=2**53, description="0 for the press, then counting")]
    pressed_at: TimeMs
    sent_at: TimeMs
    kind: PanicKind
    silent: bool
    age_ms: (
        Annotated[
            int, Meta(ge=0, le=2**53, description="monotonic time from the press to this sending")
        ]
        | None
    ) = None
    clock: ClockSource | None = None
    location: Location | None = None
    cancel: list[CancelCode] | None = None
    note: ShortText | None = None


class Vehicle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The vehicle of a journey."""

    plate: Annotated[str, Meta(max_length=32)] | None = None
    description: ShortText | None = None


class Driver(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who drives; the company only in receipts."""

    name: ShortText | None = None
    company: ShortText | None = None


class Destination(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a journey ends."""

    lat: Latitude | None = None
    lon: Longitude | None = None
    name: ShortText | None = None


class Journey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A registered trip with a due time, or a change of one."""

    journey_id: Uuid
    update: Count
    at: TimeMs
    action: JourneyAction
    mode: JourneyMode | None = None
    due_at: TimeMs | None = None
    vehicle: Vehicle | None = None
    driver: Driver | None = None
    destination: Destination | None = None
    route_id: Annotated[str, Meta(max_length=64)] | None = None
    check_in_s: (
        Annotated[int, Meta(ge=1, le=2**31, description="the longest silence that is still normal")]
        | None
    ) = None
    party: Annotated[int, Meta(ge=1, le=2**31, description="how many people")] | None = None
    note: ShortText | None = None


class Status(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a tracker is; also its last will, with state `lost`."""

    at: TimeMs
    state: TrackerState
    boot: Boot
    connect: Annotated[int, Meta(ge=0, le=2**53, description="counts the connections of a boot")]
    version: Annotated[str, Meta(max_length=64)] | None = None
    gps: GpsState | None = None
    pending: Annotated[int, Meta(ge=0, le=2**53, description="rows in the outbox")] | None = None
    dropped: Count | None = None
    battery: Percent | None = None
    charging: bool | None = None
    interval_s: NotNegative | None = None
    next_report_by: TimeMs | None = None
    commands: Annotated[list[Uuid], Meta(max_length=MAX_STATUS_COMMANDS)] | None = None
    faults: list[Fault] | None = None


class Receipt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tracker is told about its panic, journey or text; none of the ids: unreadable."""

    update: Annotated[int, Meta(ge=0, le=2**53, description="the highest committed")]
    version: Annotated[int, Meta(ge=0, le=2**53, description="a lower one is ignored")]
    stage: Stage
    at: TimeMs
    panic_id: Uuid | None = None
    journey_id: Uuid | None = None
    text_id: Uuid | None = None
    incident: Annotated[str, Meta(max_length=64, description="opaque")] | None = None
    driver: Driver | None = None
    marks: list[JourneyMark] | None = None


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the dispatcher asks of a tracker; repeated until `Status.commands` names it."""

    command_id: Uuid
    at: TimeMs
    action: CommandAction
    interval_s: Seconds | None = None
    for_s: Seconds | None = None
    expires_s: Seconds | None = None
    text: ShortText | None = None
    lang: Annotated[str, Meta(max_length=35)] | None = None
    replies: list[ShortText] | None = None


class Text(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Words of the holder."""

    text_id: Uuid
    at: TimeMs
    text: ShortText
    reply_to: Uuid | None = None


class Incident(Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"class_": "class"}):
    """An incident as other systems see it. Never a name, number, plate or position."""

    incident: Annotated[str, Meta(max_length=64)]
    version: Count
    class_: IncidentClass
    origin: IncidentOrigin
    state: IncidentState
    priority: Annotated[int, Meta(ge=1, le=5, description="1 is the most urgent")]
    marks: list[IncidentMark]
    opened_at: TimeMs
    kind: PanicKind | None = None
    device: Device | None = None
    pressed_at: TimeMs | None = None
    acknowledged_at: TimeMs | None = None
    closed_at: TimeMs | None = None
    disposition: Disposition | None = None
    jurisdiction: ShortText | None = None


Data = TypeVar("Data")
NotEmpty = Annotated[str, Meta(min_length=1)]


class CloudEvent(Struct, Generic[Data], frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope in its JSON form; `time` is RFC 3339, as CloudEvents rules."""

    id: NotEmpty
    source: NotEmpty
    type: NotEmpty
    time: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    data: Data
    subject: NotEmpty | UnsetType = UNSET
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"
