"""What the store can do, whichever it is. All methods may be called from any thread.

Every call may raise UnavailableError (try again) and DeniedError (see an administrator).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from telemetry_store.rows import (
    IncidentRow,
    LocationRow,
    ReleasedPosition,
    ReleasedRow,
    StatusRow,
    TelemetryRow,
)

if TYPE_CHECKING:
    from telemetry_store.settings import StoreSettings


class TelemetryWriter(Protocol):
    """For ingest."""

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        """Store the rows durably; writing a row again changes nothing.

        Raises:
            RejectedError: none was stored.
            PartlyStoredError: some were stored.
            TooLargeError: none was stored.
        """

    def prune(self, now_ms: int) -> int:
        """Delete rows past their retention where the store does not do it; return how many."""


class TelemetryReader(Protocol):
    """For those who may read sealed positions."""

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        """Return the newest plausible position: not marked `bad_clock`, not in the future."""

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        """Return positions with start <= time < end in order of time, at most `limit`."""

    def devices(self, start_ms: int, end_ms: int) -> list[str]:
        """Return every tracker with positions then, in order; some without any may be among them.

        InfluxDB and SQLite look only roughly at the time, because that costs nothing.
        """


class ReleasedStore(Protocol):
    """For the dispatcher: what Grafana may see."""

    def release(self, rows: Sequence[ReleasedRow]) -> None:
        """Store the rows durably; again changes nothing, and versions may come in any order.

        Raises:
            RejectedError, PartlyStoredError, TooLargeError: as for `write`.
        """

    def seal(self, incident: str) -> None:
        """Delete the incident's positions; none of them can be read afterwards."""


class ReleasedReader(Protocol):
    """What a dashboard asks, for tests and for tools without Grafana."""

    def released_positions(self, incident: str, limit: int) -> list[ReleasedPosition]:
        """Return an incident's positions in order of time."""

    def incident(self, incident: str) -> IncidentRow | None:
        """Return the incident's highest version."""

    def last_status(self, device: str) -> StatusRow | None:
        """Return the newest status."""


class TelemetryStore(TelemetryWriter, TelemetryReader, ReleasedStore, ReleasedReader, Protocol):
    """All of it; each process uses the narrow protocol that it needs."""

    def close(self) -> None:
        """Free connections and files; the store is not used afterwards."""


def open_store(settings: "StoreSettings") -> TelemetryStore:
    """Open the store that the settings name; `influxdb` is reached at the first call."""
    if settings.sqlite_path is not None:
        from telemetry_store.sqlite import SqliteStore  # noqa: PLC0415 - only what is used

        return SqliteStore(settings.sqlite_path, settings.retention)
    from telemetry_store.influx.store import InfluxStore  # noqa: PLC0415 - only what is used

    return InfluxStore(settings.influx)
