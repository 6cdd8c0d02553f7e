"""Rows to structs."""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import convert

T = TypeVar("T")


def as_struct(row: Mapping[Any, Any], kind: type[T]) -> T:
    """Return a row as a struct whose fields are its columns."""
    # SQLAlchemy spells reserved words with a subclass of str, which msgspec does not take as key.
    return convert({str(name): value for name, value in row.items()}, kind)
