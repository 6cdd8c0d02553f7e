"""The topics: one table of who sends what to whom, from which the ACL and AsyncAPI are made."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from contract.errors import DecodeError, InvalidIdError
from contract.ids import parse_device
from contract.messages import (
    CloudEvent,
    Command,
    Incident,
    Journey,
    Location,
    Panic,
    Receipt,
    Status,
    Stored,
    Text,
)

PREFIX = "guardian/v1"

_NOT_IN_A_LEVEL = re.compile(r"[+#/\x00-\x1f]")

Role = Literal["tracker", "ingest", "dispatcher", "tool"]
"""Who speaks on MQTT: a tracker, our two services, and the operators' tools and other systems."""


@dataclass(frozen=True)
class Topic:
    """One row of the table: `{device}` or `{incident}` stands for one level."""

    name: str
    pattern: str
    senders: frozenset[Role]
    receivers: frozenset[Role]
    message: Any
    summary: str
    retained: bool = False

    def filter(self, device: str = "+") -> str:
        """Return the subscription filter: every tracker (or incident), or the one named."""
        return self.pattern.replace("{device}", device).replace("{incident}", "+")

    def of(self, name: str) -> str:
        """Return the topic of one tracker or one incident.

        Raises:
            InvalidIdError: `name` would be more than one level, or a wildcard.
        """
        if not name or _NOT_IN_A_LEVEL.search(name):
            raise InvalidIdError(f"{name[:80]!r} cannot be one level of a topic")
        return self.pattern.replace("{device}", name).replace("{incident}", name)


def _row(
    name: str,
    sender: tuple[Role, ...],
    receiver: tuple[Role, ...],
    message: Any,
    summary: str,
    *,
    pattern: str | None = None,
    retained: bool = False,
) -> Topic:
    path = pattern or f"{PREFIX}/{{device}}/{name}"
    return Topic(name, path, frozenset(sender), frozenset(receiver), message, summary, retained)


LOCATION = _row("location", ("tracker",), ("ingest", "dispatcher"), Location, "where a tracker is")
HISTORY = _row("history", ("tracker",), ("ingest",), list[Location], "the backlog after an outage")
STORED = _row("stored", ("ingest",), ("tracker",), Stored, "which reports are safe")
PANIC = _row("panic", ("tracker",), ("dispatcher",), Panic, "a call for help")
JOURNEY = _row("journey", ("tracker",), ("dispatcher",), Journey, "a registered trip")
TEXT = _row("text", ("tracker",), ("dispatcher",), Text, "words of the holder")
STATUS = _row(
    "status",
    ("tracker",),
    ("ingest", "dispatcher", "tool"),
    Status,
    "how a tracker is; also its last will",
    retained=True,
)
RECEIPT = _row("receipt", ("dispatcher",), ("tracker",), Receipt, "how far help has come")
COMMAND = _row("command", ("dispatcher",), ("tracker",), Command, "what is asked of a tracker")
INCIDENT = _row(
    "incident",
    ("dispatcher",),
    ("tool",),
    CloudEvent[Incident],
    "an incident changed",
    pattern=f"{PREFIX}/dispatch/incident/{{incident}}",
)
NOTICE = _row(
    "notice",
    ("dispatcher", "ingest"),
    ("tool",),
    CloudEvent[dict[str, str | int | float | bool]],
    "system alarm, audit head, canary",
    pattern=f"{PREFIX}/dispatch/notice",
)

TOPICS = (
    LOCATION, HISTORY, STORED, PANIC, JOURNEY, TEXT, STATUS, RECEIPT, COMMAND, INCIDENT, NOTICE,
)  # fmt: skip

_BY_NAME = {topic.name: topic for topic in TOPICS if "{device}" in topic.pattern}


def parse_tracker_topic(topic: str) -> tuple[str, Topic]:
    """Return the device id and the row of the table that a tracker's topic names.

    Raises:
        DecodeError: it is not `guardian/v1/{device}/{name}` with a valid device id.
    """
    device, _, name = topic.removeprefix(f"{PREFIX}/").partition("/")
    row = _BY_NAME.get(name)
    if row is None or not topic.startswith(f"{PREFIX}/"):
        raise DecodeError("topic", f"{topic[:80]!r} is not a tracker's topic")
    try:
        return parse_device(device), row
    except InvalidIdError as error:
        raise DecodeError("topic", str(error)) from error
