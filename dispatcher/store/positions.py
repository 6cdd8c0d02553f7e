"""The positions of incidents as rows. Sealed: read only for what is open."""

from msgspec import Struct, to_builtins
from sqlalchemy import bindparam, insert, or_, select, update

from contract.salvage import Place
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import positions as table

_INSERT = insert(table)
_FIND = select(table).where(table.c.id == bindparam("wanted"))


class PositionRecord(Struct, kw_only=True, frozen=True):
    """A position; `report` is the tracker's own number of it, absent in a press's."""

    id: int
    incident: str
    device: str
    place: Place
    arrived_at: int
    report: str | None = None


def add(connection: Connection, incident: str, device: str, place: Place, arrived_at: int) -> int:
    """Store a position and return its number."""
    row = {"incident": incident, "device": device, "place": to_builtins(place)}
    inserted = connection.execute(_INSERT, {**row, "arrived_at": arrived_at})
    key = inserted.inserted_primary_key
    return 0 if key is None else int(key[0])


def add_report(
    connection: Connection,
    incident: str,
    device: str,
    report: str,
    *,
    place: Place,
    arrived_at: int,
) -> int | None:
    """Store a position that a tracker reported, once; return its number, None if it is known."""
    same = select(table.c.id).where(table.c.incident == incident, table.c.report == report)
    if connection.execute(same).first() is not None:
        return None
    row = {"incident": incident, "device": device, "place": to_builtins(place), "report": report}
    inserted = connection.execute(_INSERT, {**row, "arrived_at": arrived_at})
    key = inserted.inserted_primary_key
    return None if key is None else int(key[0])


def newest_of(connection: Connection, incident: str, limit: int) -> list[PositionRecord]:
    """Return the last `limit` positions of an incident that came, the last first."""
    query = (
        select(table).where(table.c.incident == incident).order_by(table.c.id.desc()).limit(limit)
    )
    return [as_struct(row, PositionRecord) for row in connection.execute(query).mappings()]


def numbers_of(connection: Connection, incident: str) -> list[int]:
    """Return the numbers of an incident's positions, oldest first."""
    query = select(table.c.id).where(table.c.incident == incident).order_by(table.c.id)
    return list(connection.execute(query).scalars())


def move(connection: Connection, gone: str, survivor: str) -> list[int]:
    """Give an incident those of another one's that it does not have yet; return their numbers."""
    known = select(table.c.report).where(table.c.incident == survivor, table.c.report.is_not(None))
    fresh = or_(table.c.report.is_(None), table.c.report.not_in(known))
    query = select(table.c.id).where(table.c.incident == gone, fresh).order_by(table.c.id)
    numbers = list(connection.execute(query).scalars())
    connection.execute(update(table).where(table.c.id.in_(numbers)).values(incident=survivor))
    return numbers


def find(connection: Connection, number: int) -> PositionRecord | None:
    """Return the position of this number."""
    row = connection.execute(_FIND, {"wanted": number}).mappings().first()
    return None if row is None else as_struct(row, PositionRecord)
