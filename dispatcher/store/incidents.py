"""Incidents as rows."""

import re
from collections import defaultdict
from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    bindparam,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from contract.messages import IncidentClass, IncidentState
from dispatcher.answers import EVERYTHING, IncidentFilter
from dispatcher.records import IncidentRecord, OpenOutline, columns
from dispatcher.store.engine import Connection, StoreConflictError
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import incidents as table

_ID = re.compile(r"[0-9a-f-]{36}\Z")
_INSERT = insert(table)
_UPDATE = update(table).where(
    table.c.id == bindparam("known_id"), table.c.version == bindparam("known_version")
)
_FIND = select(table).where(table.c.id == bindparam("wanted"))
_FIND_AND_LOCK = _FIND.with_for_update()
_FIND_FREE = _FIND.with_for_update(skip_locked=True)
_LOCK_THOSE = (
    select(table)
    .where(
        or_(
            and_(table.c.device == bindparam("wanted"), table.c.state != "closed"),
            table.c.id == bindparam("also"),
        )
    )
    .order_by(table.c.id)
    .with_for_update()
)
_OUTLINES = select(table.c.id, table.c.class_, table.c.opened_at, table.c.unacknowledged).where(
    table.c.state != "closed"
)


def add(connection: Connection, incident: IncidentRecord) -> None:
    """Store a new incident."""
    connection.execute(_INSERT, columns(incident))


def save(connection: Connection, incident: IncidentRecord) -> None:
    """Store a changed incident under the next version, which it then carries.

    Raises:
        StoreConflictError: another transaction has changed it meanwhile.
    """
    known = incident.version
    incident.version = known + 1
    change = {**columns(incident), "known_id": incident.id, "known_version": known}
    if connection.execute(_UPDATE, change).rowcount != 1:
        raise StoreConflictError(f"incident {incident.id} was changed meanwhile")


def find(connection: Connection, incident: str, *, lock: bool = False) -> IncidentRecord | None:
    """Return an incident; `lock` holds it until the transaction ends."""
    if not _ID.match(incident):
        return None  # text that no database has to take
    query = _FIND_AND_LOCK if lock else _FIND
    row = connection.execute(query, {"wanted": incident}).mappings().first()
    return None if row is None else _record(row)


def find_free(connection: Connection, incident: str) -> IncidentRecord | None:
    """Return an incident and hold it; None while another transaction does."""
    row = connection.execute(_FIND_FREE, {"wanted": incident}).mappings().first()
    return None if row is None else _record(row)


def find_all(connection: Connection, wanted: set[str]) -> dict[str, IncidentRecord]:
    """Return these incidents by id."""
    query = select(table).where(table.c.id.in_(wanted))
    return {row["id"]: _record(row) for row in connection.execute(query).mappings()}


def lock_those_of(
    connection: Connection, device: str, also: str | None = None
) -> list[IncidentRecord]:
    """Return and lock a tracker's open incidents and `also`; always in the same order."""
    rows = connection.execute(_LOCK_THOSE, {"wanted": device, "also": also}).mappings()
    return [_record(row) for row in rows]


def lock_all(connection: Connection, wanted: set[str]) -> list[IncidentRecord]:
    """Return and lock those of these incidents that exist; always in the same order."""
    known = [each for each in wanted if _ID.match(each)]
    query = select(table).where(table.c.id.in_(known)).order_by(table.c.id).with_for_update()
    return [_record(row) for row in connection.execute(query).mappings()]


def merged_into(connection: Connection, incident: str) -> list[str]:
    """Return the ids of the incidents that were merged into this one."""
    query = select(table.c.id).where(table.c.merged_into == incident).order_by(table.c.id)
    return list(connection.execute(query).scalars())


def merged_of_board(connection: Connection) -> defaultdict[str, list[str]]:
    """Return what `merged_into` does of all incidents that consoles show."""
    shown = select(table.c.id).where(on_board())
    query = select(table.c.merged_into, table.c.id).where(table.c.merged_into.in_(shown))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for survivor, gone in connection.execute(query.order_by(table.c.id)):
        found[survivor].append(gone)
    return found


def point_to(connection: Connection, survivor: str, gone: str) -> None:
    """Let what was merged into `gone` lead to `survivor` at once."""
    change = update(table).where(table.c.merged_into == gone).values(merged_into=survivor)
    connection.execute(change)


def page(
    connection: Connection,
    state: IncidentState | None,
    before: tuple[int, str] | None,
    limit: int,
    only: IncidentFilter = EVERYTHING,
) -> list[IncidentRecord]:
    """Return at most `limit` incidents, newest first, older than `before` (opened_at, id)."""
    query = select(table).order_by(table.c.opened_at.desc(), table.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_outward(state))
    for column, wanted in (
        (table.c.class_, only.class_),
        (table.c.device, only.device),
        (table.c.jurisdiction, only.jurisdiction),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if only.since is not None:
        query = query.where(table.c.opened_at >= only.since)
    if before is not None:
        query = query.where(tuple_(table.c.opened_at, table.c.id) < tuple_(*before))
    return [_record(row) for row in connection.execute(query).mappings()]


def board(connection: Connection) -> list[IncidentRecord]:
    """Return what a console must show, the most urgent first, then the oldest."""
    query = select(table).where(on_board()).order_by(table.c.priority, table.c.opened_at)
    return [_record(row) for row in connection.execute(query).mappings()]


def unanswered(connection: Connection, limit: int) -> list[IncidentRecord]:
    """Return the open production incidents that nobody has acknowledged, the most urgent first."""
    waiting = and_(table.c.unacknowledged, table.c.class_ == "production")
    query = select(table).where(waiting, table.c.state != "closed").order_by(table.c.priority)
    return [_record(row) for row in connection.execute(query.limit(limit)).mappings()]


def outlines_of_open(connection: Connection) -> list[OpenOutline]:
    """Return what is open, in short."""
    return [as_struct(row, OpenOutline) for row in connection.execute(_OUTLINES).mappings()]


class Followed(Struct, frozen=True):
    """An open incident whose tracker is followed."""

    id: str
    device: str
    class_: IncidentClass
    opened_at: int
    alerts: int
    jurisdiction: str | None
    transferred_at: int | None


_FOLLOWED = select(*(table.c[name] for name in Followed.__struct_fields__)).where(
    table.c.state != "closed", table.c.device.is_not(None), table.c.class_ != "canary"
)


def followed(connection: Connection, devices: Collection[str] | None = None) -> list[Followed]:
    """Return the open incidents of trackers, or of these: canaries have nobody to follow."""
    query = _FOLLOWED if devices is None else _FOLLOWED.where(table.c.device.in_(devices))
    return [Followed(*row) for row in connection.execute(query)]


def _outward(state: IncidentState) -> ColumnElement[bool]:
    """Say of an incident's row whether `IncidentRecord.outward_state` is this one."""
    inside = table.c.state == state
    if state == "closed":
        return inside
    if state == "raised":
        return or_(inside, and_(table.c.unacknowledged, table.c.state != "closed"))
    return and_(inside, not_(table.c.unacknowledged))


def on_board() -> ColumnElement[bool]:
    """Say of an incident's row what `IncidentRecord.on_board` says."""
    unseen = and_(table.c.unacknowledged, table.c.class_ == "production")
    return and_(table.c.class_ != "canary", or_(table.c.state != "closed", unseen))


def _record(row: RowMapping) -> IncidentRecord:
    return as_struct(row, IncidentRecord)
