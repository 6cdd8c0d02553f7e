"""One example of each message, for the schemas, the documentation and whoever tries things out."""

from typing import Any

from contract.cloudevents import incident_event, notice_event
from contract.messages import (
    CancelCode,
    Command,
    Destination,
    Driver,
    Incident,
    Journey,
    Location,
    Panic,
    Receipt,
    Reports,
    Status,
    Stored,
    Text,
    Vehicle,
)

_AT = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_BOOT = "5f0c9a1e"
_PANIC = "019b7677-3c00-7a21-9d5e-0c4b2f8e6a17"
_JOURNEY = "019b7677-3c00-7b02-8a44-5d6e7f809122"
_COMMAND = "019b7677-3c00-7c33-b1f0-2a3b4c5d6e7f"
_TEXT = "019b7677-3c00-7d44-9e10-8f9e0d1c2b3a"
_INCIDENT = "inc-7Q4MZ2"

LOCATION = Location(
    boot=_BOOT,
    seq=42,
    time=_AT,
    lat=25.03361,
    lon=121.565,
    alt=12.5,
    speed=8.3,
    course=271.5,
    accuracy=6.0,
    hdop=0.9,
    satellites=11,
    fix="gps",
    battery=87,
    trigger="interval",
    clock="gps",
)
STORED = Stored(reports=[Reports(boot=_BOOT, seqs=[(0, 40), (42, 42)])])
PANIC = Panic(
    panic_id=_PANIC,
    update=1,
    pressed_at=_AT + 1000,
    sent_at=_AT + 9000,
    age_ms=8000,
    clock="gps",
    kind="button",
    silent=True,
    location=LOCATION,
    cancel=[CancelCode(code="4711", at=_AT + 8000)],
)
JOURNEY = Journey(
    journey_id=_JOURNEY,
    update=0,
    at=_AT,
    action="start",
    mode="taxi",
    due_at=_AT + 1_800_000,
    vehicle=Vehicle(plate="ABC-1234", description="yellow saloon"),
    driver=Driver(name="Example Driver"),
    destination=Destination(lat=25.04776, lon=121.51706, name="Main Station"),
    check_in_s=600,
    party=1,
)
STATUS = Status(
    at=_AT,
    state="online",
    boot=_BOOT,
    connect=3,
    version="0.1.0",
    gps="fix",
    pending=0,
    dropped=0,
    battery=87,
    charging=False,
    interval_s=10,
    next_report_by=_AT + 30_000,
    commands=[_COMMAND],
    faults=[],
)
RECEIPT = Receipt(
    panic_id=_PANIC, update=1, version=2, stage="acknowledged", at=_AT + 12_000, incident=_INCIDENT
)
COMMAND = Command(
    command_id=_COMMAND,
    at=_AT,
    action="message",
    expires_s=600,
    text="A patrol car is two minutes away.",
    lang="en",
    replies=["I am safe", "Hurry"],
)
TEXT = Text(text_id=_TEXT, at=_AT, text="I am behind the station", reply_to=_COMMAND)
INCIDENT = incident_event(
    Incident(
        incident=_INCIDENT,
        version=2,
        class_="production",
        origin="panic",
        state="acknowledged",
        kind="button",
        priority=1,
        marks=["cancel_requested"],
        device="taxi-0042",
        opened_at=_AT + 1300,
        pressed_at=_AT + 1000,
        acknowledged_at=_AT + 12_000,
        jurisdiction="Xinyi",
    ),
    source="urn:guardian:dispatcher:1",
    at=_AT + 12_000,
)
NOTICE = notice_event(
    "canary",
    {"ok": True, "latency_ms": 41},
    event_id="canary-1767225600000",
    source="urn:guardian:dispatcher:1",
    at=_AT,
)

EXAMPLES: dict[str, Any] = {
    "location": LOCATION,
    "history": [LOCATION],
    "stored": STORED,
    "panic": PANIC,
    "journey": JOURNEY,
    "text": TEXT,
    "status": STATUS,
    "receipt": RECEIPT,
    "command": COMMAND,
    "incident": INCIDENT,
    "notice": NOTICE,
}
"""By the name of the topic."""
