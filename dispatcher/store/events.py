"""What consoles are told, as rows whose numbers count up."""

from sqlalchemy import case, delete, func, insert, literal, or_, select, tuple_

from dispatcher.answers import EventType
from dispatcher.records import EventRecord
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import events as table

_INSERT = insert(table)


def add(connection: Connection, at: int, type_: EventType, incident: str, version: int) -> int:
    """Add an event and return its number."""
    row = {"at": at, "type": type_, "incident": incident, "version": version}
    key = connection.execute(_INSERT, row).inserted_primary_key
    return 0 if key is None else int(key[0])


def after(connection: Connection, number: int, limit: int) -> list[EventRecord]:
    """Return at most `limit` events with greater numbers, oldest first."""
    query = select(table).where(table.c.id > number).order_by(table.c.id).limit(limit)
    return [as_struct(row, EventRecord) for row in connection.execute(query).mappings()]


def settled_after(connection: Connection, seen: tuple[int, int], limit: int) -> list[EventRecord]:
    """Return at most `limit` events after (transaction, number), in an order that skips none.

    On PostgreSQL an event waits until every transaction that began before its own has ended, which
    takes milliseconds, and two seconds where a dispatcher was stopped in one; then nothing older
    can come any more. What seems to be still to come is from before a backup was restored.
    """
    if connection.dialect.name != "postgresql":
        return after(connection, seen[1] if seen[1] <= last(connection) else 0, limit)
    snapshot = func.txid_current_snapshot()
    beyond = table.c.txid >= func.txid_snapshot_xmax(snapshot)
    place = case((beyond, 0), else_=func.coalesce(table.c.txid, 0))
    began = case((literal(seen[0]) >= func.txid_snapshot_xmax(snapshot), 0), else_=seen[0])
    query = (
        select(*(each for each in table.c if each is not table.c.txid), place.label("txid"))
        .where(or_(place == 0, place < func.txid_snapshot_xmin(snapshot)))
        .where(tuple_(place, table.c.id) > tuple_(began, seen[1]))
        .order_by(place, table.c.id)
        .limit(limit)
    )
    return [as_struct(row, EventRecord) for row in connection.execute(query).mappings()]


def last(connection: Connection) -> int:
    """Return the greatest number, 0 when there is none."""
    return connection.execute(select(func.max(table.c.id))).scalar() or 0


def prune(connection: Connection, before: int) -> int:
    """Forget events older than `before`, never the newest: its number says how far we are."""
    newest = select(func.max(table.c.id)).scalar_subquery()
    return connection.execute(
        delete(table).where(table.c.at < before, table.c.id < newest)
    ).rowcount
