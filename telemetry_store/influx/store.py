"""The telemetry store in InfluxDB 2: written through /api/v2/write, read by InfluxQL."""

from collections.abc import Sequence

from contract.limits import BAD_CLOCK_MS
from telemetry_store.influx import answers
from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.influxql import select, tag_values
from telemetry_store.influx.lines import lines, location_lines, taggable
from telemetry_store.rows import (
    IncidentRow,
    LocationRow,
    ReleasedPosition,
    ReleasedRow,
    StatusRow,
    TelemetryRow,
)
from telemetry_store.settings import InfluxAddress

_PAGE = 100
"""Rows looked at together for a plausible one: a wrong clock spoils a burst, rarely more."""
_PAGES = 10
_NS = 1_000_000


class InfluxStore:
    """TelemetryStore on InfluxDB; the connection is made at the first call."""

    def __init__(self, address: InfluxAddress) -> None:
        self._client = InfluxClient(address.url, address.token, address.org)
        self._telemetry = address.telemetry_bucket
        self._released = address.released_bucket

    def write(self, rows: Sequence[TelemetryRow]) -> None:
        """Store locations in the telemetry bucket and statuses in the released one."""
        places = [row for row in rows if type(row) is LocationRow]
        if places:
            self._client.write(self._telemetry, location_lines(places))
        if len(places) < len(rows):
            self._write(self._released, [row for row in rows if type(row) is StatusRow])

    def prune(self, now_ms: int) -> int:
        """Do nothing: InfluxDB keeps the buckets' retention itself."""
        del now_ms
        return 0

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        """Return the newest plausible position."""
        until = (now_ms + BAD_CLOCK_MS) * _NS + 1
        for _ in range(_PAGES):
            question = select(
                "location", ("device", device), _PAGE, until_ns=until, newest_first=True
            )
            found = self._client.query(self._telemetry, question)
            for row in answers.locations(found):
                if "bad_clock" not in row.marks:
                    return row
            if len(found) < _PAGE:
                break
            until = found[-1]["time"]
        return None

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        """Return positions with start <= time < end in order of time."""
        tag, start, end = ("device", device), start_ms * _NS, end_ms * _NS
        question = select("location", tag, limit, since_ns=start, until_ns=end)
        return answers.locations(self._client.query(self._telemetry, question))

    def devices(self, start_ms: int, end_ms: int) -> list[str]:
        """Return every tracker with positions in the shards of that time."""
        question = tag_values("location", "device", start_ms * _NS, end_ms * _NS)
        return sorted(each["value"] for each in self._client.query(self._telemetry, question))

    def release(self, rows: Sequence[ReleasedRow]) -> None:
        """Store incidents and positions in the released bucket."""
        self._write(self._released, rows)

    def seal(self, incident: str) -> None:
        """Delete the incident's positions."""
        self._client.delete(
            self._released, f'_measurement="released_track" AND incident="{taggable(incident)}"'
        )

    def released_positions(self, incident: str, limit: int) -> list[ReleasedPosition]:
        """Return an incident's positions in order of time."""
        question = select("released_track", ("incident", incident), limit)
        return answers.released(self._client.query(self._released, question))

    def incident(self, incident: str) -> IncidentRow | None:
        """Return the incident's highest version."""
        question = select("incident", ("incident", incident), 1, newest_first=True)
        found = self._client.query(self._released, question)
        return next(iter(answers.incidents(found)), None)

    def last_status(self, device: str) -> StatusRow | None:
        """Return the newest status."""
        question = select("status", ("device", device), 1, newest_first=True)
        found = self._client.query(self._released, question)
        return next(iter(answers.statuses(found)), None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _write(self, bucket: str, rows: Sequence[StatusRow | ReleasedRow]) -> None:
        if rows:
            self._client.write(bucket, lines(rows))
