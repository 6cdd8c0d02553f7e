"""Answers to somebody on this machine: how the tracker is, a call, a test, a code, a note."""

from typing import TYPE_CHECKING, Any

from contract.limits import MAX_CODE_CHARS, MAX_TEXT_CHARS
from contract.plain_text import plain

if TYPE_CHECKING:
    from device_agent.press import Press
    from device_agent.tracker import Tracker


def answer(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question; `docs/tracker.md` lists them. What is refused says `{"error": ...}`."""
    match question:
        case {"do": "status"}:
            return describe(tracker)
        case {"do": "press", "kind": "test" | "call" as kind}:
            at = tracker.clock.now()
            return _told(tracker.press(kind, silent=False, at=at, source="local"))
        case {"do": "press"}:
            return {"error": "only a call or a test here; any other press needs the button"}
        case {"do": "cancel", "code": str(code)} if 0 < len(code) <= MAX_CODE_CHARS:
            return _told(tracker.cancel(code))
        case {"do": "note", "text": str(text)} if plain(text, MAX_TEXT_CHARS):
            return _told(tracker.note(plain(text, MAX_TEXT_CHARS)))
    return {"error": "unknown question"}


def _told(press: "Press | None") -> dict[str, Any]:
    """Return the same for every code: nobody learns here which one it was."""
    if press is None:
        return {"error": "no panic is open"}
    return {"panic_id": press.row.panic_id}


def describe(tracker: "Tracker") -> dict[str, Any]:
    """Return the tracker's state; the position is for the holder's own eyes."""
    now = tracker.clock.now()
    status = tracker.status
    return {
        "device": tracker.device,
        "boot": tracker.boot,
        "version": tracker.version,
        "gps": status.gps,
        "last_fix": _last_fix(tracker, now),
        "state": status.state,
        "interval_s": tracker.track.interval_s(now),
        "battery": {
            "percent": status.battery,
            "charging": status.charging,
            "level": tracker.gauge.level,
        },
        "link": {
            "up": tracker.sender.connection is not None,
            "connection": tracker.sender.connection,
            "broker": tracker.broker,
            "refused": tracker.sender.failures,
        },
        "outbox": {
            "reports": len(tracker.backlog),
            "dropped": status.dropped,
            "on_disk": tracker.keeping.disk_ok,
        },
        "faults": sorted(status.faults),
        "panics": [_press(press, now) for press in tracker.panics.all()],
    }


def _last_fix(tracker: "Tracker", now: float) -> dict[str, Any] | None:
    place = tracker.track.place
    if place is None:
        return None
    age_s = tracker.track.fix_age_s(now)
    return {
        "lat": place.lat,
        "lon": place.lon,
        "accuracy": place.accuracy,
        "time": place.time,
        "age_s": None if age_s is None else round(age_s, 1),
    }


def _press(press: "Press", now: float) -> dict[str, Any]:
    row = press.row
    return {
        "panic_id": row.panic_id,
        "kind": row.kind,
        "silent": row.silent,
        "pressed_at": row.pressed_at,
        "age_s": None if press.pressed is None else round(now - press.pressed, 1),
        "update": row.update,
        "covered": row.covered,
        "stage": row.stage,
        "state": press.state,
    }
