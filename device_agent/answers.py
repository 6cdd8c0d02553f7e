"""Answers to somebody on this machine: how the tracker is, calls, codes, texts, journeys."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from contract.errors import GuardianError
from contract.ids import parse_uuid
from contract.limits import MAX_CODE_CHARS, MAX_TEXT_CHARS
from contract.plain_text import plain

if TYPE_CHECKING:
    from device_agent.press import Press
    from device_agent.tracker import Tracker


class NoWordsError(GuardianError):
    """A note or a text says nothing that can be read."""


def answer(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question; `docs/tracker.md` lists them. What is refused says `{"error": ...}`."""
    do = question.get("do")
    asked = _ANSWERS.get(do) if isinstance(do, str) else None
    if asked is None:
        return {"error": f"unknown question; known are: {', '.join(_ANSWERS)}"}
    try:
        return asked(tracker, question)
    except GuardianError as error:
        return {"error": str(error)}


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
        "lost_buttons": sorted(tracker.lost),
        "journey": msgspec.to_builtins(tracker.correspondence.journeys.row),
        "unanswered": len(tracker.correspondence.letters),
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


def _pressed(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    match question.get("kind"):
        case "test" | "call" as kind:
            at = tracker.clock.now()
            return _told(tracker.press(kind, silent=False, at=at, source="local"))
    return {"error": "kind: only a call or a test here; any other press needs the button"}


def _cancelled(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    match question.get("code"):
        case str(code) if 0 < len(code) <= MAX_CODE_CHARS:
            return _told(tracker.cancel(code))
    return {"error": f"code: expected 1 to {MAX_CODE_CHARS} characters"}


def _noted(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    return _told(tracker.note(_words(question)))


def _texted(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    reply_to = question.get("reply_to")
    text_id = tracker.correspondence.text(
        _words(question), None if reply_to is None else parse_uuid(str(reply_to)),
        tracker.clock.moment(),
    )  # fmt: skip
    return {"text_id": text_id}


def _messages(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    del question
    return {"messages": msgspec.to_builtins(tracker.correspondence.ask())}


def _journey(tracker: "Tracker", question: dict[str, Any]) -> dict[str, Any]:
    moment, correspondence = tracker.clock.moment(), tracker.correspondence
    match question:
        case {"action": "start", "plan": plan}:
            row = correspondence.start_journey(plan, moment)
        case {"action": "extend", "due_at": int(due_at)}:
            row = correspondence.change_journey("extend", moment, due_at)
        case {"action": "check_in" | "arrive" | "cancel" as action}:
            row = correspondence.change_journey(action, moment)
        case _:
            return {
                "error": "action: expected start with a plan, extend with due_at, check_in, arrive"
                " or cancel"
            }
    return {"journey_id": row.journey_id, "due_at": row.due_at}


_ANSWERS: dict[str, Callable[["Tracker", dict[str, Any]], dict[str, Any]]] = {
    "status": lambda tracker, question: describe(tracker),  # noqa: ARG005 - it has no more to say
    "press": _pressed,
    "cancel": _cancelled,
    "note": _noted,
    "text": _texted,
    "messages": _messages,
    "journey": _journey,
}


def _told(press: "Press | None") -> dict[str, Any]:
    """Return the same for every code: nobody learns here which one it was."""
    if press is None:
        return {"error": "no panic is open"}
    return {"panic_id": press.row.panic_id}


def _words(question: dict[str, Any]) -> str:
    text = question.get("text")
    words = plain(text, MAX_TEXT_CHARS) if isinstance(text, str) else ""
    if not words:
        raise NoWordsError("text: expected words")
    return words
