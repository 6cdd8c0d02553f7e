"""Presses and unreadable payloads as rows."""

from collections import defaultdict
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, exists, insert, select, update

from dispatcher.records import PressRecord, columns
from dispatcher.store.engine import Connection
from dispatcher.store.incidents import on_board
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import incidents, payloads
from dispatcher.store.tables import presses as table

_INSERT = insert(table)
_UPDATE = update(table).where(table.c.id == bindparam("known"))
_INSERT_PAYLOAD = insert(payloads)
_FIND = select(table).where(
    table.c.device == bindparam("of"), table.c.panic_id == bindparam("wanted")
)
_FIND_BY_PAYLOAD = (
    select(table)
    .join(payloads, payloads.c.press == table.c.id)
    .where(payloads.c.device == bindparam("of"), payloads.c.hash == bindparam("wanted"))
)
_OF = select(table).where(table.c.incident == bindparam("wanted")).order_by(table.c.number)
_HAS_UNREADABLE = select(
    exists().where(
        table.c.incident == bindparam("wanted"),
        table.c.panic_id.is_(None),
        table.c.origin == "panic",
    )
)


def add(connection: Connection, press: PressRecord) -> None:
    """Store a new press; it carries its id then.

    Raises:
        StoreConflictError: the press is known (at the latest when the transaction ends).
    """
    values = columns(press)
    del values["id"]
    inserted = connection.execute(_INSERT, values).inserted_primary_key
    if inserted is not None:
        press.id = inserted[0]


def save(connection: Connection, press: PressRecord) -> None:
    """Store a changed press."""
    connection.execute(_UPDATE, {**columns(press), "known": press.id})


def get(connection: Connection, number: int) -> PressRecord:
    """Return the press of this number; presses are never deleted."""
    row = connection.execute(select(table).where(table.c.id == number)).mappings().one()
    return _record(row)


def find(connection: Connection, device: str, panic_id: str) -> PressRecord | None:
    """Return the press of (device, panic id)."""
    return _one(connection, _FIND, {"of": device, "wanted": panic_id})


def find_by_payload(connection: Connection, device: str, payload_hash: str) -> PressRecord | None:
    """Return the press that an unreadable payload counted to when it came before."""
    return _one(connection, _FIND_BY_PAYLOAD, {"of": device, "wanted": payload_hash})


def add_payload(
    connection: Connection, device: str, payload_hash: str, press: PressRecord, at: int
) -> None:
    """Remember an unreadable payload."""
    row = {"device": device, "hash": payload_hash, "press": press.id, "at": at}
    connection.execute(_INSERT_PAYLOAD, row)


def of(connection: Connection, incident: str) -> list[PressRecord]:
    """Return an incident's presses, oldest first."""
    return [_record(row) for row in connection.execute(_OF, {"wanted": incident}).mappings()]


def of_board(connection: Connection) -> defaultdict[str, list[PressRecord]]:
    """Return the presses of all incidents that consoles show, by incident."""
    query = (
        select(table)
        .join(incidents, incidents.c.id == table.c.incident)
        .where(on_board())
        .order_by(table.c.incident, table.c.number)
    )
    found: defaultdict[str, list[PressRecord]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["incident"]].append(_record(row))
    return found


def has_unreadable(connection: Connection, incident: str) -> bool:
    """Say whether one of an incident's presses stands for panics without a readable id."""
    return bool(connection.execute(_HAS_UNREADABLE, {"wanted": incident}).scalar())


def reopened(connection: Connection) -> list[PressRecord]:
    """Return the presses whose trackers have not yet answered a reopening."""
    query = select(table).where(table.c.stage == "reopened", table.c.origin == "panic")
    return [_record(row) for row in connection.execute(query).mappings()]


def of_open_incidents(
    connection: Connection, closed_since: int, devices: set[str] | None = None
) -> list[PressRecord]:
    """Return the panics of all open incidents and of those closed at `closed_since` or later.

    Oldest first; with `devices` only theirs.
    """
    query = (
        select(table)
        .join(incidents, incidents.c.id == table.c.incident)
        .where(
            table.c.origin == "panic",
            (incidents.c.state != "closed") | (incidents.c.closed_at >= closed_since),
        )
        .order_by(table.c.id)
    )
    if devices is not None:
        query = query.where(table.c.device.in_(devices))
    return [_record(row) for row in connection.execute(query).mappings()]


def _one(
    connection: Connection, query: Select[Any], parameters: dict[str, str]
) -> PressRecord | None:
    row = connection.execute(query, parameters).mappings().first()
    return None if row is None else _record(row)


def _record(row: RowMapping) -> PressRecord:
    return as_struct(row, PressRecord)
