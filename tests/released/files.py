"""The files of the other parts: filled and read through their own code, as in `incidents`."""

from pathlib import Path
from typing import Any

import msgspec

from contract.messages import Incident, Location, Status
from device_agent.outbox import Changes, Outbox
from device_agent.press import PressRow
from ingest.dead_letters import DeadLetters
from ingest.reading import DeadLetter
from telemetry_store.rows import IncidentRow, LocationRow, ReleasedPosition, StatusRow
from telemetry_store.settings import Retention
from telemetry_store.sqlite import SqliteStore

NAMES = ("outbox", "dead-letters", "telemetry")
AT_MS = 1_790_000_000_000
_BOOT = "0a0b0c0d"
_KEEP = Retention(telemetry_days=30, released_days=365)
_PLACE = Location(
    boot=_BOOT, seq=7, time=AT_MS, lat=25.03, lon=121.56, alt=12.0, speed=1.5, course=90.0,
    accuracy=8.0, hdop=0.9, satellites=9, fix="dgps", battery=80, trigger="turn", clock="gps",
    jump=True, time_raw=AT_MS - 1,
)  # fmt: skip


def tell(name: str, path: Path) -> None:
    """Make a file and fill it."""
    match name:
        case "outbox":
            _tell_outbox(path)
        case "dead-letters":
            letters = DeadLetters(path)
            letters.add([_letter("tracker-a"), _letter(None)], AT_MS)
            letters.close()
        case "telemetry":
            _tell_telemetry(path)


def answers(name: str, path: Path) -> Any:
    """Return all that the part's code reads from its file; the file must also take more."""
    match name:
        case "outbox":
            found: Any = _read_outbox(path)
        case "dead-letters":
            found = _read_letters(path)
        case _:
            found = _read_telemetry(path)
    return msgspec.json.decode(msgspec.json.encode(found))


def _tell_outbox(path: Path) -> None:
    press = PressRow(
        panic_id="01990000-0000-7000-8000-000000000001", kind="fall", silent=True,
        pressed_at=AT_MS, clock="gps", update=4, location=_PLACE, covered=2, version=3,
        stage="acknowledged",
    )  # fmt: skip
    outbox = Outbox(path)
    outbox.write(
        Changes(
            presses={press.panic_id: press},
            reports={(_BOOT, 7): msgspec.json.encode(_PLACE), (_BOOT, 8): b"{}"},
            dropped=5,
            place=_PLACE,
        )
    )
    outbox.close()


def _read_outbox(path: Path) -> Any:
    outbox = Outbox(path)
    kept = outbox.load()
    outbox.write(Changes(reports={(_BOOT, 9): b"{}"}))
    assert len(outbox.load().reports) == len(kept.reports) + 1
    outbox.close()
    return {
        "presses": kept.presses,
        "reports": [(boot, seq, body.decode()) for boot, seq, body in kept.reports],
        "dropped": kept.dropped,
        "place": kept.place,
    }


def _letter(device: str | None) -> DeadLetter:
    return DeadLetter(device, f"guardian/v1/{device}/location", b"\xff{", "unreadable", "payload")


def _read_letters(path: Path) -> Any:
    letters = DeadLetters(path)
    found = [(each.letter, each.at, each.times) for each in letters.newest(10)]
    assert letters.add([_letter("tracker-a")], AT_MS + 1)
    assert letters.count() == len(found), "it was there before"
    letters.close()
    return found


def _tell_telemetry(path: Path) -> None:
    store = SqliteStore(path, _KEEP)
    status = Status(at=AT_MS, state="online", boot=_BOOT, connect=1, gps="fix", battery=80)
    incident = Incident(
        incident="i-1", version=3, class_="production", origin="panic", state="raised",
        priority=3, marks=["late"], opened_at=AT_MS, kind="button", device="tracker-a",
    )  # fmt: skip
    plain = Location(boot=_BOOT, seq=8, time=AT_MS + 1000, lat=25.0, lon=121.5)
    store.write(
        [
            LocationRow("tracker-a", _PLACE, frozenset({"low_accuracy"})),
            LocationRow("tracker-a", plain),
            StatusRow("tracker-a", status, AT_MS + 5),
        ]
    )
    store.release(
        [IncidentRow(incident, AT_MS, presses=2), ReleasedPosition("i-1", "tracker-a", _PLACE)]
    )
    store.close()


def _read_telemetry(path: Path) -> Any:
    store = SqliteStore(path, _KEEP)
    track = store.track("tracker-a", 0, 2**42, 100)
    found = {
        "track": [(row.device, row.location, sorted(row.marks)) for row in track],
        "status": store.last_status("tracker-a"),
        "incident": store.incident("i-1"),
        "released": store.released_positions("i-1", 10),
    }
    store.write(track)
    assert len(store.track("tracker-a", 0, 2**42, 100)) == len(track), "a repeat is no second row"
    store.close()
    return found
