"""What the police's questions make of cases that no district has every day."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from influxdb_client import InfluxDBClient

from contract.messages import Incident, Status
from runtime.clock import SystemClock
from telemetry_store.influx.store import InfluxStore
from telemetry_store.rows import IncidentRow, StatusRow
from telemetry_store.settings import InfluxAddress
from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.boards import target
from tests.services.influxdb import InfluxDB

NOW = SystemClock().now_ms()
MINUTE = 60_000


class Bucket:
    """A bucket of released rows, written as the parts write it."""

    def __init__(self, influxdb: InfluxDB) -> None:
        name = f"asked-{uuid.uuid4().hex[:8]}"
        with InfluxDBClient(influxdb.url, token=influxdb.token, org=influxdb.org) as admin:
            admin.buckets_api().create_bucket(bucket_name=name)
        address = InfluxAddress(
            url=influxdb.url, org=influxdb.org, token=influxdb.token, telemetry_bucket=name,
            released_bucket=name,
        )  # fmt: skip
        self.store = InfluxStore(address)
        self.asker = Asker(
            influxdb=influxdb.url, bucket=name, token=influxdb.token, prometheus="nowhere"
        )

    def incident(self, name: str, version: int, state: Any, **fields: Any) -> None:
        """Release one version of an incident that was opened ten minutes ago."""
        incident = Incident(
            incident=name, version=version, class_="production", origin="panic", state=state,
            kind="button", priority=1, marks=[], device=name, opened_at=NOW - 10 * MINUTE, **fields,
        )  # fmt: skip
        self.store.release([IncidentRow(incident, NOW)])

    def status(self, device: str, *, arrived_at: int = NOW, **fields: Any) -> None:
        """Store a status."""
        said: dict[str, Any] = {"at": arrived_at, "boot": "0a0b0c0d", "connect": 1} | fields
        complete = {"battery": 90, "gps": "fix", "faults": []}
        if said["state"] != "lost":
            said = complete | said
        self.store.write([StatusRow(device, Status(**said), arrived_at)])

    def ask(self, title: str) -> list[dict[str, Any]]:
        """Ask the question of a panel."""
        return self.asker.rows(target("police", title), {"incident": "none", "midnight": "-8h"})


@pytest.fixture
def bucket(influxdb: InfluxDB, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Without a look for the variables, which an empty bucket has not."""
    monkeypatch.setattr(Asker, "values_of", lambda *_: {})
    made = Bucket(influxdb)
    yield made
    made.store.close()


def test_a_reopened_incident_counts_its_first_acknowledgement(bucket: Bucket) -> None:
    """Not the time that it was closed in between."""
    opened = NOW - 10 * MINUTE
    bucket.incident("again", 1, "raised")
    bucket.incident("again", 2, "acknowledged", acknowledged_at=opened + 4_000)
    bucket.incident("again", 3, "closed", acknowledged_at=opened + 4_000, disposition="helped")
    bucket.incident("again", 4, "raised")
    bucket.incident("again", 5, "acknowledged", acknowledged_at=opened + 500_000)
    (row,) = bucket.ask("Press to acknowledged")
    assert (row["median"], row["p99"]) == (4, 4)


def test_a_day_begins_at_midnight_in_taipei(bucket: Bucket) -> None:
    """16:00 UTC."""
    bucket.incident("one", 1, "raised")
    rows = bucket.ask("Incidents a day by kind")
    assert sum(row["count"] for row in rows) == 1
    assert {row["time"] % (24 * 60 * MINUTE) for row in rows} == {16 * 60 * MINUTE}


def test_a_tracker_whose_clock_is_behind_is_not_lost_when_it_is_back(bucket: Bucket) -> None:
    """Its will came before its next connection, although that is dated before the will."""
    bucket.status("slow", state="online", arrived_at=NOW - 5 * MINUTE, at=NOW - 7 * MINUTE)
    bucket.status("slow", state="lost", arrived_at=NOW - MINUTE)
    bucket.status("slow", state="online", connect=2, arrived_at=NOW, at=NOW - 2 * MINUTE)
    bucket.status("gone", state="online", arrived_at=NOW - 5 * MINUTE)
    bucket.status("gone", state="lost", arrived_at=NOW - MINUTE)
    bucket.status("weak", state="online", battery=19)
    assert _listed(bucket) == {"gone", "weak"}


def test_a_tracker_that_sleeps_too_long_is_listed(bucket: Bucket) -> None:
    """And one that has time left, or said goodbye, is not; 20 % is enough."""
    bucket.status("overdue", state="sleeping", next_report_by=NOW - MINUTE)
    bucket.status("asleep", state="sleeping", next_report_by=NOW + 60 * MINUTE)
    bucket.status("off", state="offline")
    bucket.status("enough", state="online", battery=20)
    assert _listed(bucket) == {"overdue"}


def _listed(bucket: Bucket) -> set[str]:
    return {row["device"] for row in bucket.ask("Trackers lost")}
