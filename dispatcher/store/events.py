"""What consoles are told, as rows whose numbers count up."""

from sqlalchemy import delete, func, insert, select

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


def last(connection: Connection) -> int:
    """Return the greatest number, 0 when there is none."""
    return connection.execute(select(func.max(table.c.id))).scalar() or 0


def prune(connection: Connection, before: int) -> int:
    """Forget events older than `before`, never the newest: its number says how far we are."""
    newest = select(func.max(table.c.id)).scalar_subquery()
    return connection.execute(
        delete(table).where(table.c.at < before, table.c.id < newest)
    ).rowcount
