"""Text of a variable, or a TOML value, to the type of its setting."""

import math
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}\Z")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def from_text(kind: Any, text: str) -> Any:
    """Read a variable's text as `kind`; tuples are separated by commas.

    Raises:
        ValueError: saying what was expected.
    """
    kind = _without_none(kind)
    if get_origin(kind) is Literal:
        return _choice(kind, text)
    if get_origin(kind) is tuple:
        parts = [part.strip() for part in text.split(",")]
        return tuple(from_text(get_args(kind)[0], part) for part in parts if part)
    return _SCALARS[kind].from_text(text)


def from_toml(kind: Any, value: Any, folder: Path) -> Any:
    """Read a TOML value as `kind`; a relative path is relative to `folder`.

    Raises:
        ValueError: saying what was expected.
    """
    kind = _without_none(kind)
    if get_origin(kind) is Literal:
        return _choice(kind, value)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError("expected a list")
        return tuple(from_toml(get_args(kind)[0], element, folder) for element in value)
    if kind is Path:
        return folder / _SCALARS[Path].from_toml(value)
    return _SCALARS[kind].from_toml(value)


def table_types(kind: Any) -> tuple[type[msgspec.Struct], ...]:
    """Return the structs that an array of tables may hold, or () when `kind` is none."""
    kind = _without_none(kind)
    if get_origin(kind) is not tuple:
        return ()
    element = get_args(kind)[0]
    members = get_args(element) if _is_union(element) else (element,)
    structs = [each for each in members if isinstance(each, type)]
    return tuple(each for each in structs if issubclass(each, msgspec.Struct))


@dataclass(frozen=True)
class _Scalar:
    """How one plain type is read."""

    accepts: frozenset[type]
    expected: str
    parse: Callable[[str], Any]

    def from_text(self, text: str) -> Any:
        try:
            return self.parse(text)
        except ValueError:
            raise ValueError(f"expected {self.expected}") from None

    def from_toml(self, value: Any) -> Any:
        if type(value) not in self.accepts:  # exact, because a bool is an int to Python
            raise ValueError(f"expected {self.expected}")
        return self.from_text(str(value)) if float in self.accepts else value


def _whole(text: str) -> int:
    if not _WHOLE.match(text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


_SCALARS: dict[Any, _Scalar] = {
    str: _Scalar(frozenset({str}), "text", str),
    int: _Scalar(frozenset({int}), "a whole number", _whole),
    float: _Scalar(frozenset({int, float}), "a number", _number),
    bool: _Scalar(frozenset({bool}), "true or false", _flag),
    Path: _Scalar(frozenset({str}), "a path", Path),
}


def _choice(kind: Any, value: Any) -> Any:
    choices = get_args(kind)
    if value not in choices:
        raise ValueError(f"expected one of {', '.join(map(str, choices))}")
    return value


def _without_none(kind: Any) -> Any:
    if not _is_union(kind):
        return kind
    members = [each for each in get_args(kind) if each is not type(None)]
    return members[0] if len(members) == 1 else kind


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)
