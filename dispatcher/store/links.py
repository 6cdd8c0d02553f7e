"""Incidents that belong together, as rows: one for either side."""

from sqlalchemy import insert, select

from dispatcher.store.engine import Connection
from dispatcher.store.tables import links as table


def add(connection: Connection, incident: str, other: str, at: int, actor: str | None) -> bool:
    """Link two incidents; False when they are linked already."""
    if other in of(connection, incident):
        return False
    shared = {"at": at, "actor": actor}
    rows = [
        {"incident": incident, "other": other, **shared},
        {"incident": other, "other": incident, **shared},
    ]
    connection.execute(insert(table), rows)
    return True


def of(connection: Connection, incident: str) -> list[str]:
    """Return the ids of the incidents that this one is linked with."""
    query = select(table.c.other).where(table.c.incident == incident).order_by(table.c.at)
    return list(connection.execute(query).scalars())
