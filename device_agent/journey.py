"""The journey that the holder has registered: what is said of it, and what came back."""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contract.errors import GuardianError
from contract.ids import uuid7
from contract.messages import (
    Destination,
    Driver,
    Journey,
    JourneyAction,
    JourneyMark,
    JourneyMode,
    Receipt,
    Stage,
    Vehicle,
)
from device_agent.moment import Moment

MIN_AHEAD_MS = 60_000
"""Somebody who is to arrive within a minute needs no journey; more likely the time is mistyped."""


class JourneyRefusedError(GuardianError):
    """What was asked for makes no sense now; the message says why."""


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the holder may say at the start; as in the contract's `Journey`."""

    mode: JourneyMode
    due_at: int
    vehicle: Vehicle | None = None
    driver: Driver | None = None
    destination: Destination | None = None
    route_id: str | None = None
    check_in_s: int | None = None
    party: int | None = None
    note: str | None = None


class JourneyRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the outbox keeps of the journey."""

    journey_id: str
    mode: JourneyMode
    due_at: int
    update: int = 0
    over: bool = False
    """The holder has arrived or called it off."""
    version: int = -1
    stage: Stage | None = None
    driver: Driver | None = None
    """Who drives, as the police know it."""
    marks: list[JourneyMark] = []


class Journeys:
    """At most one journey at a time; the last one stays until the next begins."""

    def __init__(self) -> None:
        self.row: JourneyRow | None = None

    @property
    def running(self) -> JourneyRow | None:
        """Return the journey that the holder is on."""
        row = self.row
        return None if row is None or row.over or row.stage == "closed" else row

    def start(self, plan: Any, moment: Moment, randomness: bytes) -> Journey:
        """Begin a journey; `plan` is JSON, in the fields of `Plan`.

        Raises:
            JourneyRefusedError: one is running, or the plan makes no sense.
        """
        if self.running is not None:
            raise JourneyRefusedError("a journey is running: arrive, extend or cancel it first")
        try:
            read = msgspec.convert(plan, Plan)
        except msgspec.ValidationError as error:
            raise JourneyRefusedError(str(error)) from error
        _check_due(read.due_at, moment)
        journey_id = uuid7(moment.wall_ms, randomness)
        said = msgspec.structs.asdict(read)
        journey = Journey(
            journey_id=journey_id, update=0, at=moment.wall_ms, action="start", **said
        )
        _check_contract(journey)
        self.row = JourneyRow(journey_id=journey_id, mode=read.mode, due_at=read.due_at)
        return journey

    def change(
        self, action: JourneyAction, moment: Moment, *, due_at: int | None = None
    ) -> Journey:
        """Extend (to `due_at`), check in, arrive or cancel.

        Raises:
            JourneyRefusedError: no journey is running, or the new time makes no sense.
        """
        row = self.running
        if row is None:
            raise JourneyRefusedError("no journey is running")
        if (action == "extend") != (due_at is not None):
            raise JourneyRefusedError("due_at: an extension needs it, and nothing else has it")
        if due_at is not None:
            _check_due(due_at, moment)
        self.row = replace(
            row,
            update=row.update + 1,
            due_at=due_at or row.due_at,
            over=action in ("arrive", "cancel"),
        )
        return Journey(
            journey_id=row.journey_id,
            update=self.row.update,
            at=moment.wall_ms,
            action=action,
            due_at=due_at,
        )

    def receipt(self, receipt: Receipt) -> bool:
        """Take a receipt; False when it says nothing new about this journey."""
        row = self.row
        if row is None or receipt.journey_id != row.journey_id or receipt.version <= row.version:
            return False
        self.row = replace(
            row,
            version=receipt.version,
            stage=receipt.stage,
            driver=receipt.driver or row.driver,
            marks=receipt.marks or row.marks,
        )
        return True


def _check_due(due_at: int, moment: Moment) -> None:
    if due_at < moment.wall_ms + MIN_AHEAD_MS:
        raise JourneyRefusedError("due_at: expected a time that is more than a minute ahead")


def _check_contract(journey: Journey) -> None:
    """Refuse what the dispatcher would not read, such as a plate of 40 characters."""
    try:
        msgspec.convert(msgspec.to_builtins(journey), Journey)
    except msgspec.ValidationError as error:
        raise JourneyRefusedError(str(error)) from error
