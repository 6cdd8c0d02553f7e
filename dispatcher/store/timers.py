"""What falls due, as rows, so that it survives a restart."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from contract.limits import TEST_CLOSE_S, TRANSFER_S
from dispatcher.escalation.audit import Planned, Watched
from dispatcher.records import TimerKind, TimerRecord, columns
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import incidents
from dispatcher.store.tables import timers as table

FURTHEST_MS: Final[dict[TimerKind, int]] = {
    "expire": TEST_CLOSE_S * 1000,
    "transfer": TRANSFER_S * 1000,
}
"""How far ahead a timer may lie, of each kind that no ladder configures."""

_THIS = (table.c.incident == bindparam("of"), table.c.kind == bindparam("which"))
_INSERT = insert(table)
_DELETE = delete(table).where(*_THIS)
_DELETE_ALL = delete(table).where(_THIS[0])
_FIND = select(table).where(*_THIS)
_OF_OPEN = (
    select(
        incidents.c.id, incidents.c.class_, incidents.c.unacknowledged, incidents.c.state,
        incidents.c.review_at, table.c.kind, table.c.due_at,
    )
    .outerjoin(table, table.c.incident == incidents.c.id)
    .where(incidents.c.state != "closed")
)  # fmt: skip


def arm(connection: Connection, timer: TimerRecord) -> None:
    """Set the incident's timer of this kind, in place of the one that was."""
    disarm(connection, timer.incident, timer.kind)
    connection.execute(_INSERT, columns(timer))


def disarm(connection: Connection, incident: str, kind: TimerKind | None = None) -> None:
    """Remove the incident's timer of this kind, or all of them."""
    if kind is None:
        connection.execute(_DELETE_ALL, {"of": incident})
    else:
        connection.execute(_DELETE, {"of": incident, "which": kind})


def find(connection: Connection, incident: str, kind: TimerKind) -> TimerRecord | None:
    """Return the incident's timer of this kind."""
    row = connection.execute(_FIND, {"of": incident, "which": kind}).mappings().first()
    return None if row is None else as_struct(row, TimerRecord)


def due(
    connection: Connection,
    now: int,
    limit: int,
    furthest: Mapping[TimerKind, int],
    *,
    hasten: int = -1,
) -> list[TimerRecord]:
    """Return timers due by `now`, and those further away than their kind ever is planned (ms).

    A clock that has since been set back planned those: an incident must not go quiet for that.
    Steps of the ladder up to number `hasten` are due at once, unless everybody was called already.
    """
    soon = and_(table.c.kind == "escalate", table.c.step <= hasten, not_(table.c.alone))
    beyond = (_beyond(kind, now, ahead) for kind, ahead in furthest.items())
    query = (
        select(table)
        .where(table.c.kind.in_(furthest), or_(table.c.due_at <= now, soon, *beyond))
        .order_by(table.c.due_at)
        .limit(limit)
    )
    return [as_struct(row, TimerRecord) for row in connection.execute(query).mappings()]


def claim(connection: Connection, timer: TimerRecord) -> bool:
    """Hold the timer until the transaction ends; False when another has fired it."""
    same = (
        table.c.incident == timer.incident,
        table.c.kind == timer.kind,
        table.c.due_at == timer.due_at,
        table.c.step == timer.step,
    )
    return connection.execute(update(table).where(*same).values(step=timer.step)).rowcount == 1


def of_open(connection: Connection) -> list[tuple[Watched, list[Planned]]]:
    """Return every open incident with its timers, of whatever kind."""
    found: dict[str, tuple[Watched, list[Planned]]] = {}
    for row in connection.execute(_OF_OPEN):
        planned = found.setdefault(row[0], (Watched(*row[:5]), []))[1]
        if row[5] is not None:
            planned.append(Planned(row[5], row[6]))
    return list(found.values())


def forget_unknown(connection: Connection, incident: str, known: Mapping[TimerKind, int]) -> bool:
    """Remove the incident's timers of unknown kinds; False when there are none."""
    unknown = (table.c.incident == incident, table.c.kind.not_in(known))
    return connection.execute(delete(table).where(*unknown)).rowcount > 0


def next_due(connection: Connection, kinds: Collection[TimerKind]) -> int | None:
    """Return when the first timer of these kinds falls due."""
    query = select(func.min(table.c.due_at)).where(table.c.kind.in_(kinds))
    return connection.execute(query).scalar()


def _beyond(kind: TimerKind, now: int, ahead: int) -> ColumnElement[bool]:
    return and_(table.c.kind == kind, table.c.due_at > now + ahead)
