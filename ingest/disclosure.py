"""A dead letter as a person may see it: without positions, unless they are asked for."""

import re
from typing import Any

import msgspec

from contract.plain_text import plain

MAX_SHOWN = 4_000
"""Characters of a payload on a terminal: some fifteen reports."""

_OPEN = frozenset({
    "boot", "seq", "time", "time_raw", "fix", "satellites", "battery", "trigger", "clock", "jump",
    "at", "state", "connect", "version", "gps", "pending", "dropped", "charging", "interval_s",
    "next_report_by", "faults",
})  # fmt: skip
"""Fields that say nothing about where somebody is."""
_WORD = re.compile(r"[A-Za-z_]{1,16}|[0-9a-f]{8}")


def outline(payload: bytes) -> Any:
    """Return what the payload is made of: its fields, with a value only where it is no place.

    A name, or a field that should hold a word, may hold anything: only short words are shown.
    """
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"{len(payload)} bytes that are not JSON"
    if isinstance(found, list):
        return [_element(each) for each in found]
    return _element(found)


def whole(payload: bytes) -> str:
    """Return the payload as text fit for a terminal, positions among it."""
    return plain(payload.decode(errors="backslashreplace"), MAX_SHOWN)


def _element(found: Any) -> Any:
    if not isinstance(found, dict):
        return _kind(found)
    return {
        name if _WORD.fullmatch(name) else f"(field {place})": _value(name, value)
        for place, (name, value) in enumerate(found.items(), start=1)
    }


def _value(name: str, value: Any) -> Any:
    shown = (
        name in _OPEN
        and not isinstance(value, float)
        and (value is None or isinstance(value, int) or _is_word(value))
    )
    return value if shown else _kind(value)


def _is_word(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and _is_word(each) for each in value)
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _kind(value: Any) -> str:
    match value:
        case None:
            return "(null)"
        case bool():
            return "(true or false)"
        case int() | float():
            return "(number)"
        case str():
            return f"(text, {len(value)} characters)"
        case list():
            return f"(list of {len(value)})"
        case _:
            return "(object)"
