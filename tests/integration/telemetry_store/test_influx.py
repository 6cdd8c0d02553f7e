"""The store on a real InfluxDB: the suite, and what only a server can answer."""

import uuid
from collections.abc import Iterator

import pytest
from influxdb_client import InfluxDBClient

from runtime.clock import SystemClock
from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    QueryError,
    RejectedError,
    UnavailableError,
)
from telemetry_store.influx.client import InfluxClient
from telemetry_store.influx.store import InfluxStore
from telemetry_store.rows import LocationRow
from telemetry_store.settings import DAY_MS, InfluxAddress
from tests.services.influxdb import InfluxDB
from tests.unit.telemetry_store.store_suite import StoreSuite, place

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def address(influxdb: InfluxDB) -> InfluxAddress:
    """Two buckets of this module's own."""
    names = [f"{kind}-{uuid.uuid4().hex[:8]}" for kind in ("telemetry", "released")]
    with InfluxDBClient(influxdb.url, token=influxdb.token, org=influxdb.org) as admin:
        rules = {"type": "expire", "everySeconds": 30 * 86_400}
        for name in names:
            admin.buckets_api().create_bucket(bucket_name=name, retention_rules=rules)
    return InfluxAddress(
        url=influxdb.url,
        org=influxdb.org,
        token=influxdb.token,
        telemetry_bucket=names[0],
        released_bucket=names[1],
    )


@pytest.fixture
def store(address: InfluxAddress) -> Iterator[InfluxStore]:
    opened = InfluxStore(address)
    yield opened
    opened.close()


@pytest.fixture
def client(address: InfluxAddress) -> Iterator[InfluxClient]:
    opened = InfluxClient(address.url, address.token, address.org)
    yield opened
    opened.close()


@pytest.fixture
def now() -> int:
    return SystemClock().now_ms()


class TestInfluxStore(StoreSuite):
    @pytest.fixture
    def store(self, address: InfluxAddress) -> Iterator[InfluxStore]:
        opened = InfluxStore(address)
        yield opened
        opened.close()


def test_a_row_outside_retention_costs_itself_alone(store: InfluxStore, now: int) -> None:
    """The others are stored, and the error counts what was dropped."""
    rows = [LocationRow("retained", place(seq, now - seq * 20 * DAY_MS)) for seq in range(4)]
    with pytest.raises(PartlyStoredError, match="retention") as caught:
        store.write(rows)
    assert caught.value.dropped == 2
    assert len(store.track("retained", 0, now + 1, 9)) == 2


def test_a_field_of_another_type_is_named_without_the_position(
    store: InfluxStore, client: InfluxClient, address: InfluxAddress, now: int
) -> None:
    """A float where our schema has an integer breaks the new point, not the old ones."""
    store.write([LocationRow("typed", place(1, now))])
    with pytest.raises(PartlyStoredError, match="another type") as caught:
        client.write(
            address.telemetry_bucket, f"location,device=typed seq=1.5 {now}000001".encode()
        )
    assert "typed" not in str(caught.value)


def test_a_refused_line_is_not_quoted(client: InfluxClient, address: InfluxAddress) -> None:
    """InfluxDB's message holds the whole line, so it goes nowhere."""
    with pytest.raises(RejectedError) as caught:
        client.write(address.telemetry_bucket, b"location,device=a lat=25.033,lon=nonsense 1")
    assert "25.033" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_wrong_token_is_denied(address: InfluxAddress, now: int) -> None:
    """Reading, writing and deleting alike."""
    store = InfluxStore(_with_token(address, "wrong"))
    with pytest.raises(DeniedError):
        store.write([LocationRow("a", place(0, now))])
    with pytest.raises(DeniedError):
        store.last_position("a", now)
    with pytest.raises(DeniedError):
        store.seal("i")
    store.close()


def test_a_missing_bucket_is_denied(client: InfluxClient, address: InfluxAddress, now: int) -> None:
    """An administrator has to make it; `guardian store init` does."""
    with pytest.raises(DeniedError):
        client.write("no-such-bucket", f"location,device=a lat=1 {now}000000".encode())
    with pytest.raises(DeniedError):
        client.query("no-such-bucket", "SELECT * FROM location")
    del address


@pytest.mark.parametrize("question", ["SELECT nonsense(lat) FROM location", "SELEC 1"])
def test_an_error_in_a_question_is_seen(
    client: InfluxClient, address: InfluxAddress, question: str
) -> None:
    """Also when it comes with HTTP 200."""
    with pytest.raises(QueryError):
        client.query(address.telemetry_bucket, question)


def test_nobody_listening_can_be_retried(address: InfluxAddress, now: int) -> None:
    """Transient."""
    gone = InfluxAddress(
        url="http://127.0.0.1:9",
        org=address.org,
        token=address.token,
        telemetry_bucket="t",
        released_bucket="r",
    )
    store = InfluxStore(gone)
    with pytest.raises(UnavailableError):
        store.write([LocationRow("a", place(0, now))])
    store.close()


def test_a_killed_server_is_used_again_when_it_is_back(
    influxdb: InfluxDB, store: InfluxStore, now: int
) -> None:
    """What was written before the kill is there, and the same store goes on."""
    before, after = (LocationRow("killed", place(seq, now + seq)) for seq in range(2))
    store.write([before])
    influxdb.kill()
    with pytest.raises(UnavailableError):
        store.write([after])
    influxdb.start()
    store.write([after])
    assert store.track("killed", now, now + 9, 9) == [before, after]


def test_a_hostile_id_cannot_change_the_question(store: InfluxStore, now: int) -> None:
    """Quotes and backslashes stay inside the literal."""
    store.write([LocationRow("victim", place(0, now))])
    for name in ("x' OR device = 'victim", "x\\' OR device = 'victim", "\\", "'", "a\nb"):
        assert store.track(name, 0, now + 1, 10) == []


def test_an_id_that_cannot_be_a_tag_is_refused_before_sending(store: InfluxStore, now: int) -> None:
    """A line break would begin a second line of the sender's choice."""
    with pytest.raises(RejectedError):
        store.write([LocationRow("a\nlocation,device=b lat=1", place(0, now))])


def _with_token(address: InfluxAddress, token: str) -> InfluxAddress:
    return InfluxAddress(
        url=address.url,
        org=address.org,
        token=token,
        telemetry_bucket=address.telemetry_bucket,
        released_bucket=address.released_bucket,
    )
