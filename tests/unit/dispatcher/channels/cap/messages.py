"""Messages as channels are given them."""

from typing import Any

from contract.messages import Incident
from dispatcher.answers import Place
from dispatcher.message import Message

INCIDENT = "6e1f0f4c-0000-5000-8000-000000000001"
NOW = 1_700_000_000_000


def incident(**fields: Any) -> Incident:
    shared: dict[str, Any] = {
        "incident": INCIDENT, "version": 3, "class_": "production", "origin": "panic",
        "state": "raised", "priority": 2, "marks": ["late"], "opened_at": NOW, "kind": "button",
        "device": "tracker-a", "pressed_at": NOW,
    }  # fmt: skip
    return Incident(**{**shared, **fields})


def place(**fields: Any) -> Place:
    shared: dict[str, Any] = {
        "lat": 25.0334, "lon": 121.5645, "received_at": NOW, "time": NOW, "accuracy": 12.0,
        "alt": 100.0,
    }  # fmt: skip
    return Place(**{**shared, **fields})


def message(number: int = 0, **fields: Any) -> Message:
    """Return a message; what is no field of it belongs to its incident."""
    own = {name: fields.pop(name) for name in Message.__struct_fields__ if name in fields}
    shared: dict[str, Any] = {
        "id": f"{INCIDENT}.{number}", "reason": "raised", "at": NOW, "incident": incident(**fields),
        "presses": 2, "changed_at": NOW, "silent": True, "step": 1, "note": "he has a knife",
        "place": place(),
    }  # fmt: skip
    return Message(**{**shared, **own})
