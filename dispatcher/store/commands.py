"""Commands to trackers as rows, so that repeating them survives a restart."""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct, to_builtins
from sqlalchemy import delete, func, insert, select, update

from contract.messages import CommandAction
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import commands as table

End = Literal["carried_out", "expired", "replaced"]

_REPEATED = table.c.ended_at.is_(None)


class CommandRecord(Struct, frozen=True, kw_only=True):
    """A command; `due_at` is its next sending, until `ended_at`."""

    id: str
    device: str
    action: CommandAction
    interval_s: int | None
    for_s: int | None
    expires_at: int
    created_at: int
    due_at: int
    attempts: int = 0
    ended_at: int | None = None
    end: End | None = None


def add(connection: Connection, command: CommandRecord) -> None:
    """Store a command."""
    connection.execute(insert(table).values(to_builtins(command)))


def newest_intervals(
    connection: Connection, since: int, devices: Collection[str] | None = None
) -> dict[str, CommandRecord]:
    """Return each tracker's newest order of an interval that is not older than `since`."""
    query = (
        select(table)
        .where(table.c.action == "interval", table.c.created_at >= since)
        .order_by(table.c.created_at, table.c.id)
    )
    if devices is not None:
        query = query.where(table.c.device.in_(devices))
    return {each.device: each for each in _records(connection, query)}


def repeated(connection: Connection) -> dict[str, str]:
    """Return the commands that no tracker has carried out yet: id -> device."""
    rows = connection.execute(select(table.c.id, table.c.device).where(_REPEATED))
    return {row[0]: row[1] for row in rows}


def next_due(connection: Connection) -> int | None:
    """Return when the next sending is due."""
    return connection.execute(select(func.min(table.c.due_at)).where(_REPEATED)).scalar()


def claim(connection: Connection, now: int, limit: int) -> list[CommandRecord]:
    """Return and lock what is due; what another dispatcher has locked is its to send."""
    query = (
        select(table)
        .where(_REPEATED, table.c.due_at <= now)
        .order_by(table.c.due_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _records(connection, query)


def sent(connection: Connection, command: str, attempts: int, due_at: int) -> None:
    """Record that a command is about to be sent, and when it is again."""
    connection.execute(
        update(table).where(table.c.id == command).values(attempts=attempts, due_at=due_at)
    )


def end(connection: Connection, ids: Collection[str], how: End, now: int) -> None:
    """Repeat these no more."""
    connection.execute(
        update(table).where(table.c.id.in_(ids), _REPEATED).values(ended_at=now, end=how)
    )


def replace_all(connection: Connection, device: str, now: int) -> None:
    """Repeat none of a tracker's any more: something newer is about to be said."""
    connection.execute(
        update(table)
        .where(table.c.device == device, _REPEATED)
        .values(ended_at=now, end="replaced")
    )


def hurry(connection: Connection, devices: Collection[str] | None, now: int) -> None:
    """Let what is repeated be due at once: of these trackers, or of all."""
    query = update(table).where(_REPEATED).values(due_at=now)
    if devices is not None:
        query = query.where(table.c.device.in_(devices))
    connection.execute(query)


def prune(connection: Connection, before: int) -> None:
    """Forget what was said before."""
    connection.execute(delete(table).where(table.c.created_at < before))


def _records(connection: Connection, query: object) -> list[CommandRecord]:
    rows = connection.execute(query).mappings()  # type: ignore[call-overload]
    return [as_struct(row, CommandRecord) for row in rows]
