"""The positions that presses carried, as rows. Sealed: read only for what is open."""

from msgspec import Struct, to_builtins
from sqlalchemy import insert, select

from contract.salvage import Place
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import positions as table

_INSERT = insert(table)


class PositionRecord(Struct, kw_only=True, frozen=True):
    """A position that a press carried."""

    id: int
    incident: str
    device: str
    place: Place
    arrived_at: int


def add(connection: Connection, incident: str, device: str, place: Place, arrived_at: int) -> int:
    """Store a position and return its number."""
    row = {"incident": incident, "device": device, "place": to_builtins(place)}
    inserted = connection.execute(_INSERT, {**row, "arrived_at": arrived_at})
    key = inserted.inserted_primary_key
    return 0 if key is None else int(key[0])


def numbers_of(connection: Connection, incident: str) -> list[int]:
    """Return the numbers of an incident's positions, oldest first."""
    query = select(table.c.id).where(table.c.incident == incident).order_by(table.c.id)
    return list(connection.execute(query).scalars())


def find(connection: Connection, number: int) -> PositionRecord | None:
    """Return the position of this number."""
    query = select(table).where(table.c.id == number)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, PositionRecord)
