"""The last status of each tracker: noted in memory, stored together."""

from typing import TYPE_CHECKING

from contract.messages import Status
from dispatcher.store import trackers
from dispatcher.store.engine import Database
from dispatcher.tracker_status import has_returned, judge

if TYPE_CHECKING:
    from dispatcher.store.trackers import TrackerRecord


class Roster:
    """Used by one thread. Many statuses are one transaction, so that presses do not wait."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unread: list[tuple[str, Status, int, bool]] = []

    def note(self, device: str, status: Status, arrived_at: int, *, retained: bool) -> None:
        """Remember a status until `flush`."""
        self._unread.append((device, status, arrived_at, retained))

    def flush(self) -> set[str]:
        """Store what is news, and return the trackers that have connected anew.

        Raises:
            StoreUnavailableError: everything noted is kept for the next time.
        """
        if not self._unread:
            return set()
        with self._database.reading() as connection:
            devices = {device for device, *_ in self._unread}
            known = trackers.find_all(connection, devices)
        changed: dict[str, TrackerRecord] = {}
        returned = set()
        for device, status, arrived_at, retained in self._unread:
            before = changed.get(device) or known.get(device)
            news = judge(before, device, status, arrived_at, retained=retained)
            if news is None:
                continue
            changed[device] = news
            if has_returned(before, news):
                returned.add(device)
        if changed:
            with self._database.writing() as connection:
                for record in changed.values():
                    trackers.save(connection, record)
        self._unread.clear()
        return returned
