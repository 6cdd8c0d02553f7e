"""The queries of docs/data-model.md, as they stand there, on a real InfluxDB."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from influxdb_client import InfluxDBClient

from contract.messages import Incident, Status
from runtime.clock import SystemClock
from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.store import InfluxStore
from telemetry_store.rows import IncidentRow, LocationRow, ReleasedPosition, StatusRow
from telemetry_store.settings import InfluxAddress
from tests.services.influxdb import InfluxDB
from tests.unit.telemetry_store.store_suite import BOOT, place

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[3] / "docs" / "data-model.md"
QUERIES = re.findall(r"\*\*([^*]+)\*\*[^`]*?```influxql\n(.*?)```", PAGE.read_text(), re.DOTALL)
ALL = re.findall(r"```influxql\n(.*?)```", PAGE.read_text(), re.DOTALL)
NOW = SystemClock().now_ms()


@dataclass
class Bucket:
    """Where the queries are asked."""

    client: InfluxClient
    name: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Ask a query as it stands on the page."""
        return self.client.query(self.name, " ".join(query.split()))

    def ask_titled(self, title: str) -> list[dict[str, Any]]:
        """Ask the query that stands under these words."""
        (query,) = [text for words, text in QUERIES if words.startswith(title)]
        return self.ask(query)


@pytest.fixture(scope="module")
def bucket(influxdb: InfluxDB) -> Iterator[Bucket]:
    """One bucket with a little of everything in it."""
    name = f"documented-{uuid.uuid4().hex[:8]}"
    with InfluxDBClient(influxdb.url, token=influxdb.token, org=influxdb.org) as admin:
        admin.buckets_api().create_bucket(bucket_name=name)
    address = InfluxAddress(
        url=influxdb.url,
        org=influxdb.org,
        token=influxdb.token,
        telemetry_bucket=name,
        released_bucket=name,
    )
    store = InfluxStore(address)
    store.write([LocationRow("tracker-1", place(seq, NOW - 60_000 + seq)) for seq in (0, 1, 14)])
    for connect, battery in enumerate((80, 15)):
        status = Status(
            at=NOW - 9_000 + connect, state="online", boot=BOOT, connect=connect, battery=battery
        )
        store.write([StatusRow("tracker-1", status, NOW)])
    store.release(
        [
            _incident("closed", 2, "closed", acknowledged_at=NOW - 4_000),
            _incident("closed", 1, "raised"),
            _incident("open", 1, "raised"),
            _incident("open", 2, "acknowledged", acknowledged_at=NOW - 3_000),
            ReleasedPosition("open", "tracker-1", place(1, NOW - 1_000)),
        ]
    )
    client = InfluxClient(address.url, address.token, address.org)
    yield Bucket(client, name)
    client.close()
    store.close()


def _incident(name: str, version: int, state: Any, **fields: Any) -> IncidentRow:
    incident = Incident(
        incident=name, version=version, class_="production", origin="panic", state=state,
        priority=1, marks=[], opened_at=NOW - 5_000, **fields,
    )  # fmt: skip
    return IncidentRow(incident, NOW)


def test_what_is_missing_is_counted(bucket: Bucket) -> None:
    """As `judge` counts it."""
    assert [each["missing"] for each in bucket.ask_titled("What is missing")] == [12]


@pytest.mark.parametrize("query", ALL)
def test_every_query_is_understood(bucket: Bucket, query: str) -> None:
    """And finds something in a bucket that holds a little of everything."""
    assert bucket.ask(query)


def test_open_incidents_are_the_newest_versions(bucket: Bucket) -> None:
    """A closed one is not among them, whatever an earlier version said."""
    found = bucket.ask_titled("Open incidents")
    assert [(each["incident"], each["version"], each["state"]) for each in found] == [
        ("open", 2, "acknowledged")
    ]


def test_the_wait_is_counted_from_the_opening(bucket: Bucket) -> None:
    """Once for each incident."""
    assert sorted(each["wait_ms"] for each in bucket.ask_titled("Milliseconds until")) == [
        1000,
        2000,
    ]


def test_a_day_counts_incidents_and_not_versions(bucket: Bucket) -> None:
    """Two, though four versions were written."""
    assert sum(each["count"] for each in bucket.ask_titled("Incidents a day")) == 2


def test_each_tracker_is_shown_as_it_is_now(bucket: Bucket) -> None:
    """With the battery of the same status."""
    (found,) = bucket.ask_titled("How every tracker is")
    assert (found["device"], found["state"], found["battery"]) == ("tracker-1", "online", 15)
    assert len(bucket.ask_titled("Trackers with a weak battery")) == 1
