"""A finding: one line of what the doctor says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

Level = Literal["ok", "warning", "fault"]
Area = Literal[
    "settings", "certificate", "pki", "broker", "store", "database", "service", "clock", "receiver",
    "agent", "disk", "version",
]  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """What was found about one thing, and what to type when it is not well."""

    name: str
    """The kind of line, `area.what`; docs/doctor.md lists them."""
    level: Level
    about: str
    """Which file, process, tracker or address."""
    says: str
    remedy: str | None = None


@dataclass(frozen=True)
class Check:
    """Something to look at; what it finds before its time is over is shown in any case."""

    area: Area
    about: str
    run: Callable[[], Iterable[Finding]]


def ok(name: str, about: object, says: str) -> Finding:
    """Say that something is well."""
    return Finding(name, "ok", str(about), says)


def warning(name: str, about: object, says: str, remedy: str) -> Finding:
    """Say that something works and should be mended all the same."""
    return Finding(name, "warning", str(about), says, remedy)


def fault(name: str, about: object, says: str, remedy: str) -> Finding:
    """Say that something does not work, or is not safe."""
    return Finding(name, "fault", str(about), says, remedy)
