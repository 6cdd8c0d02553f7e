"""Incidents that belong together, as rows: one for either side."""

from collections import defaultdict

from sqlalchemy import insert, select

from dispatcher.store.engine import Connection
from dispatcher.store.incidents import on_board
from dispatcher.store.tables import incidents
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


def of_board(connection: Connection) -> defaultdict[str, list[str]]:
    """Return what `of` does of all incidents that consoles show."""
    query = (
        select(table.c.incident, table.c.other)
        .join(incidents, incidents.c.id == table.c.incident)
        .where(on_board())
        .order_by(table.c.at)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for incident, other in connection.execute(query):
        found[incident].append(other)
    return found


def of(connection: Connection, incident: str) -> list[str]:
    """Return the ids of the incidents that this one is linked with."""
    query = select(table.c.other).where(table.c.incident == incident).order_by(table.c.at)
    return list(connection.execute(query).scalars())
