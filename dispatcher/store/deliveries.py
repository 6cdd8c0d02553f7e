"""Pending deliveries as rows: written with the incident, marked done after they succeeded."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, update

from dispatcher.records import DeliveryRecord, Reason
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import deliveries as table
from dispatcher.store.tables import incidents

_INSERT = insert(table)
_PENDING = table.c.done_at.is_(None)
_DUE = (
    select(table)
    .where(
        table.c.channel == bindparam("of"),
        _PENDING,
        or_(table.c.due_at <= bindparam("now"), table.c.due_at > bindparam("horizon")),
    )
    .order_by(table.c.due_at, table.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(table)
    .where(table.c.id.in_(bindparam("numbers", expanding=True)))
    .values(due_at=bindparam("until"))
)
_THIS = update(table).where(table.c.id == bindparam("known"))
_SUCCEEDED = _THIS.values(done_at=bindparam("now"), attempts=bindparam("tried"), error=None)
_NEXT_DUE = select(func.min(table.c.due_at)).where(table.c.channel == bindparam("of"), _PENDING)


def add(
    connection: Connection,
    channels: Sequence[str],
    *,
    incident: str,
    number: int,
    reason: Reason,
    now: int,
    due_at: int,
    step: int | None = None,
    position: int | None = None,
) -> None:
    """Add one delivery for each channel."""
    shared: dict[str, Any] = {
        "incident": incident, "number": number, "reason": reason, "created_at": now,
        "due_at": due_at, "step": step, "position": position, "attempts": 0,
    }  # fmt: skip
    if channels:
        connection.execute(_INSERT, [{**shared, "channel": name} for name in channels])


def claim(
    connection: Connection, channel: str, *, now: int, horizon: int, lease_until: int, limit: int
) -> list[DeliveryRecord]:
    """Take what is due for a channel; nobody else takes it before `lease_until`.

    Due is also what lies beyond `horizon`: a clock that has since been set back planned it.
    """
    wanted = {"of": channel, "now": now, "horizon": horizon, "most": limit}
    found = connection.execute(_DUE, wanted).mappings()
    claimed = [as_struct(row, DeliveryRecord) for row in found]
    if claimed:
        numbers = [each.id for each in claimed]
        connection.execute(_LEASE, {"numbers": numbers, "until": lease_until})
    return claimed


def succeeded(connection: Connection, delivery: int, attempts: int, now: int) -> None:
    """Record that a delivery arrived."""
    connection.execute(_SUCCEEDED, {"known": delivery, "tried": attempts, "now": now})


def failed(connection: Connection, delivery: int, attempts: int, due_at: int, error: str) -> None:
    """Record a failed attempt, and when the next one is due."""
    again = {"attempts": attempts, "due_at": due_at, "error": error}
    connection.execute(update(table).where(table.c.id == delivery, _PENDING).values(again))


def postponed(connection: Connection, delivery: int, due_at: int) -> None:
    """Plan a delivery that was not tried for later."""
    query = update(table).where(table.c.id == delivery, _PENDING)
    connection.execute(query.values(due_at=due_at))


def next_due(connection: Connection, channel: str) -> int | None:
    """Return when the channel's next delivery is due."""
    return connection.execute(_NEXT_DUE, {"of": channel}).scalar()


def count_pending(connection: Connection) -> dict[str, int]:
    """Count what is pending for each channel."""
    query = select(table.c.channel, func.count()).where(_PENDING).group_by(table.c.channel)
    return {row[0]: row[1] for row in connection.execute(query)}


def prune(connection: Connection, before: int, limit: int) -> tuple[int, int]:
    """Delete what was done before, and what is still pending since then of closed incidents.

    Returns how many of each; at most `limit` of each at once, so that no press waits for it.
    """
    done = select(table.c.id).where(table.c.done_at < before).limit(limit)
    closed = select(incidents.c.id).where(incidents.c.state == "closed")
    hopeless = (
        select(table.c.id)
        .where(_PENDING, table.c.created_at < before, table.c.incident.in_(closed))
        .limit(limit)
    )
    return _delete(connection, done), _delete(connection, hopeless)


def _delete(connection: Connection, query: Select[tuple[int]]) -> int:
    numbers = list(connection.execute(query).scalars())
    if numbers:
        connection.execute(delete(table).where(table.c.id.in_(numbers)))
    return len(numbers)
