"""Holders' codes, hashed, and what was typed until it was compared, as rows."""

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update

from dispatcher.incident.codes import Outcome
from dispatcher.records import columns
from dispatcher.store.engine import Connection
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import cancel_codes, presses, typed_codes

UNCHECKED_MAX = 100
"""Of one tracker; nobody types so many before the first is compared, a program might."""


class HolderCodes(Struct, frozen=True, kw_only=True):
    """What the holder of a tracker types to cancel."""

    device: str
    pin_hash: str
    duress_hash: str
    set_at: int


class TypedCode(Struct, frozen=True, kw_only=True):
    """A code that was typed and is not compared yet."""

    id: int
    press: int
    device: str
    code: str


def put(connection: Connection, codes: HolderCodes) -> None:
    """Set a holder's codes, in place of those that were."""
    clear(connection, codes.device)
    connection.execute(insert(cancel_codes).values(columns(codes)))


def clear(connection: Connection, device: str) -> bool:
    """Forget a holder's codes; False when there were none."""
    gone = delete(cancel_codes).where(cancel_codes.c.device == device)
    return connection.execute(gone).rowcount == 1


def find(connection: Connection, device: str) -> HolderCodes | None:
    """Return a holder's codes."""
    query = select(cancel_codes).where(cancel_codes.c.device == device)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, HolderCodes)


def add_typed(connection: Connection, press: int, device: str, typed: Mapping[int, str]) -> None:
    """Remember typed codes, each under the time when it was typed; known ones change nothing."""
    table = typed_codes.c
    known = set(connection.execute(select(table.typed_at).where(table.press == press)).scalars())
    waiting = select(func.count()).where(table.device == device, table.outcome.is_(None))
    room = UNCHECKED_MAX - int(connection.execute(waiting).scalar_one())
    fresh = [(at, code) for at, code in typed.items() if at not in known][: max(0, room)]
    rows = [{"press": press, "device": device, "typed_at": at, "code": code} for at, code in fresh]
    if rows:
        connection.execute(insert(typed_codes), rows)


def unchecked(connection: Connection, limit: int) -> list[TypedCode]:
    """Return what is not compared yet: of each tracker the oldest, so that none waits for others'.

    At most `limit`.
    """
    table = typed_codes.c
    oldest = select(func.min(table.id)).where(table.outcome.is_(None)).group_by(table.device)
    query = (
        select(table.id, table.press, table.device, table.code)
        .where(table.id.in_(oldest))
        .order_by(table.id)
        .limit(limit)
    )
    return [as_struct(row, TypedCode) for row in connection.execute(query).mappings()]


def settle(connection: Connection, typed: int, outcome: Outcome) -> bool:
    """Note what a typed code was, and forget it; False when that has been done."""
    change = (
        update(typed_codes)
        .where(typed_codes.c.id == typed, typed_codes.c.outcome.is_(None))
        .values(outcome=outcome, code=None)
    )
    return connection.execute(change).rowcount == 1


def count_wrong(connection: Connection, incident: str) -> int:
    """Count the wrong codes that were typed for an incident."""
    query = (
        select(func.count())
        .select_from(typed_codes)
        .join(presses, presses.c.id == typed_codes.c.press)
        .where(presses.c.incident == incident, typed_codes.c.outcome == "wrong")
    )
    return int(connection.execute(query).scalar_one())
