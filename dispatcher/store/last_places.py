"""The best position of each incident that no press carried, as rows."""

from collections.abc import Collection

from msgspec import Struct, to_builtins
from sqlalchemy import bindparam, delete, insert, select

from contract.salvage import Place
from dispatcher.store.engine import Connection
from dispatcher.store.incidents import on_board
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import incidents
from dispatcher.store.tables import last_places as table

_FIND = select(table).where(table.c.incident == bindparam("wanted"))


class LastPlace(Struct, frozen=True, kw_only=True):
    """Where an incident's tracker was last, and when we heard of it."""

    incident: str
    place: Place
    arrived_at: int


def find(connection: Connection, incident: str) -> LastPlace | None:
    """Return what is known of an incident."""
    row = connection.execute(_FIND, {"wanted": incident}).mappings().first()
    return None if row is None else as_struct(row, LastPlace)


def find_all(connection: Connection, wanted: Collection[str]) -> dict[str, LastPlace]:
    """Return what is known of these incidents."""
    query = select(table).where(table.c.incident.in_(wanted))
    rows = connection.execute(query).mappings()
    return {row["incident"]: as_struct(row, LastPlace) for row in rows}


def of_board(connection: Connection) -> dict[str, LastPlace]:
    """Return those of all incidents that consoles show, by incident."""
    shown = select(incidents.c.id).where(on_board())
    rows = connection.execute(select(table).where(table.c.incident.in_(shown))).mappings()
    return {row["incident"]: as_struct(row, LastPlace) for row in rows}


def save(connection: Connection, known: LastPlace) -> None:
    """Keep a position in place of the one before."""
    connection.execute(delete(table).where(table.c.incident == known.incident))
    connection.execute(insert(table).values(to_builtins(known)))
