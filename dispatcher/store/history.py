"""What happened to each incident, line by line; lines are only added."""

from collections import defaultdict

from sqlalchemy import insert, select

from contract.messages import IncidentState
from dispatcher.answers import HistoryEntry
from dispatcher.store.engine import Connection
from dispatcher.store.incidents import on_board
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import history as table
from dispatcher.store.tables import incidents

_INSERT = insert(table)
_LINE = (table.c.at, table.c.event, table.c.state, table.c.actor, table.c.note)


def add(
    connection: Connection,
    incident: str,
    at: int,
    *,
    event: str,
    state: IncidentState,
    actor: str | None = None,
    note: str | None = None,
) -> None:
    """Add a line; `actor` None is Guardian itself."""
    row = {"incident": incident, "at": at, "event": event, "state": state}
    connection.execute(_INSERT, {**row, "actor": actor, "note": note})


def of(connection: Connection, incident: str) -> list[HistoryEntry]:
    """Return an incident's lines, oldest first."""
    query = select(*_LINE).where(table.c.incident == incident).order_by(table.c.id)
    return [as_struct(row, HistoryEntry) for row in connection.execute(query).mappings()]


def of_board(connection: Connection) -> defaultdict[str, list[HistoryEntry]]:
    """Return the lines of all incidents that consoles show, by incident."""
    query = (
        select(table.c.incident, *_LINE)
        .join(incidents, incidents.c.id == table.c.incident)
        .where(on_board())
        .order_by(table.c.id)
    )
    found: defaultdict[str, list[HistoryEntry]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        line = dict(row)
        found[line.pop("incident")].append(as_struct(line, HistoryEntry))
    return found
