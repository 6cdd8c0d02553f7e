"""The last status of each tracker, as rows."""

from msgspec import Struct, to_builtins
from sqlalchemy import delete, insert, select

from contract.messages import Status
from dispatcher.store.engine import Connection
from dispatcher.store.incidents import on_board
from dispatcher.store.rows import as_struct
from dispatcher.store.tables import incidents
from dispatcher.store.tables import trackers as table


class TrackerRecord(Struct, frozen=True, kw_only=True):
    """The last status; (`online_boot`, `online_connect`) is the newest connection's."""

    device: str
    status: Status
    arrived_at: int
    online_boot: str | None = None
    online_connect: int | None = None


def find(connection: Connection, device: str) -> TrackerRecord | None:
    """Return what is known of a tracker."""
    row = connection.execute(select(table).where(table.c.device == device)).mappings().first()
    return None if row is None else as_struct(row, TrackerRecord)


def find_all(connection: Connection, devices: set[str]) -> dict[str, TrackerRecord]:
    """Return what is known of these trackers, by device."""
    rows = connection.execute(select(table).where(table.c.device.in_(devices))).mappings()
    return {row["device"]: as_struct(row, TrackerRecord) for row in rows}


def of_board(connection: Connection) -> dict[str, TrackerRecord]:
    """Return the trackers of all incidents that consoles show, by device."""
    shown = select(incidents.c.device).where(on_board())
    query = select(table).where(table.c.device.in_(shown))
    rows = connection.execute(query).mappings()
    return {row["device"]: as_struct(row, TrackerRecord) for row in rows}


def save(connection: Connection, tracker: TrackerRecord) -> None:
    """Keep what is known of a tracker, in place of what was."""
    connection.execute(delete(table).where(table.c.device == tracker.device))
    connection.execute(insert(table).values(to_builtins(tracker)))
