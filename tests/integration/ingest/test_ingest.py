"""Ingest as a process, with a real broker and real stores behind it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.messages import Status
from guardian.demo.probes import free_ports
from ingest.dead_letters import DeadLetters
from runtime.clock import SystemClock
from telemetry_store.rows import StatusRow
from tests.integration.ingest.conftest import Broker, Start
from tests.integration.ingest.process import IngestProcess
from tests.integration.ingest.stores import EVER, Influx, Sqlite, positions
from tests.integration.ingest.tracker import BOOT, Tracker
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

MakeTracker = Callable[[str], Tracker]


@pytest.fixture(params=["influx", "sqlite"])
def store(request: pytest.FixtureRequest) -> Influx | Sqlite:
    """Each store behind the port."""
    found: Influx | Sqlite = request.getfixturevalue(request.param)
    return found


def test_what_a_tracker_sends_is_stored_and_named(
    store: Influx | Sqlite, ingest: Start, tracker: MakeTracker
) -> None:
    """Every field of every report, once, and the tracker hears of each."""
    ingest(store)
    sender = tracker("t-1")
    sender.send(*range(500))
    sender.wait_named()
    rows = store.store.track("t-1", 0, EVER, 1000)
    assert [each.location for each in rows] == [sender.sent[seq] for seq in range(500)]


def test_a_lone_position_becomes_visible(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """It waits for no other."""
    ingest(influx)
    sender = tracker("t-1")
    sender.send(1)
    sender.wait_named()
    sender.send(2)
    wait_until(lambda: positions(influx.store, "t-1") == [1, 2], "the position to be stored", 5)


def test_replays_make_no_second_point(
    store: Influx | Sqlite, ingest: Start, tracker: MakeTracker
) -> None:
    """Everything three times, live and as a history, is there once."""
    process = ingest(store)
    sender = tracker("t-1")
    for _ in range(3):
        sender.send(*range(100))
        sender.wait_named()
        sender.named.clear()
        sender.send_again()
        sender.wait_named()
    assert positions(store.store, "t-1") == list(range(100))
    wait_until(lambda: process.metric("guardian_ingest_rows_written_total") == 600, "its count")


def test_a_killed_influxdb_costs_nothing(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """Killed in the middle of a stream that goes on: the broker queues, then all are stored."""
    process = ingest(influx)
    sender = tracker("t-1")
    sender.send(*range(1000))
    influx.kill()
    sender.send(*range(1000, 4000))
    wait_until(lambda: process.healthz()[0] == 503, "ingest to notice")
    assert "the store takes nothing" in process.healthz()[1]["problems"][0]
    assert process.metric("guardian_ingest_unacknowledged_messages") <= 2000
    influx.start()
    sender.wait_named()
    assert positions(influx.store, "t-1") == list(range(4000))
    wait_until(lambda: process.healthz()[0] == 200, "ingest to be well again")


def test_a_killed_ingest_costs_nothing(
    store: Influx | Sqlite, ingest: Start, tracker: MakeTracker
) -> None:
    """What it had not acknowledged waits in its session; what it had not named comes again."""
    process = ingest(store)
    sender = tracker("t-1")
    for start in range(0, 3000, 1000):
        sender.send(*range(start, start + 700))
        process.kill()
        sender.send(*range(start + 700, start + 1000))
        process.start()
    wait_until(lambda: len(positions(store.store, "t-1")) == 3000, "every position to be stored")
    sender.send_again()
    sender.wait_named()
    assert positions(store.store, "t-1") == list(range(3000))


def test_ingest_killed_with_its_hands_full_costs_nothing(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """While the store is down it acknowledges nothing, so the broker still has everything."""
    process = ingest(influx)
    sender = tracker("t-1")
    influx.kill()
    sender.send(*range(3000))
    wait_until(
        lambda: process.metric("guardian_ingest_unacknowledged_messages") >= 1000,
        "ingest to hold messages",
    )
    process.kill()
    process.launch()
    influx.start()
    wait_until(lambda: len(positions(influx.store, "t-1")) == 3000, "every position to be stored")
    sender.wait_named()
    assert positions(influx.store, "t-1") == list(range(3000))


def test_a_broker_killed_while_the_store_is_down_costs_nothing(
    broker: Broker, influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """Its queue is gone; the tracker sends again what was never named."""
    ingest(influx)
    sender = tracker("t-1")
    sender.send(*range(500))
    influx.kill()
    sender.send(*range(500, 2500))
    broker.server.kill()
    sender.send(*range(2500, 2600))
    broker.server.start()
    sender.wait_connected()
    influx.start()
    sender.send_until_named()
    assert positions(influx.store, "t-1") == list(range(2600))


def test_one_bad_point_costs_one_point(influx: Influx, ingest: Start, tracker: MakeTracker) -> None:
    """Another program has made `battery` a float; one report of ours cannot be stored."""
    now_ns = SystemClock().now_ms() * 1_000_000
    spoilt = f"location,device=other battery=1.5 {now_ns}".encode()
    influx.client.write(influx.address.telemetry_bucket, spoilt)
    process = ingest(influx)
    sender = tracker("t-1")
    sender.send(*range(50))
    sender.send(50, battery=80)
    sender.send(*range(51, 100))
    sender.wait_named()
    assert positions(influx.store, "t-1") == [seq for seq in range(100) if seq != 50]
    wait_until(lambda: process.metric("guardian_ingest_dead_letters_total") == 1, "its count")


def test_what_cannot_be_stored_lies_among_the_dead_letters(
    sqlite: Sqlite, ingest: Start, tracker: MakeTracker, tmp_path: Path
) -> None:
    """Unreadable and implausible; the good ones around them are stored."""
    process = ingest(sqlite)
    sender = tracker("t-1")
    sender.send(1)
    sender.send_raw(b"\xff\x00 not JSON")
    sender.send(2, time=12_345)
    sender.send(3, time=SystemClock().now_ms() + 2 * 86_400_000)
    sender.send(4)
    sender.wait_named()
    assert positions(sqlite.store, "t-1") == [1, 4]
    assert process.stop() == 0
    letters = DeadLetters(tmp_path / "state" / "dead-letters-1.db")
    reasons = [each.letter.reason for each in letters.newest(9)]
    assert sorted(reasons) == ["implausible_time", "implausible_time", "unreadable"]
    letters.close()


def test_a_status_is_stored_once_however_often_it_comes(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """It is retained, so each new subscription brings it again."""
    sender = tracker("t-1")
    status = Status(at=SystemClock().now_ms(), state="online", boot=BOOT, connect=1, battery=80)
    sender.send_status(status)
    ingest(influx)
    wait_until(lambda: influx.store.last_status("t-1") is not None, "the retained status")
    second = ingest(influx, "2")
    wait_until(lambda: second.metric("guardian_ingest_rows_written_total") == 1, "it again")
    found = influx.store.last_status("t-1")
    assert isinstance(found, StatusRow)
    assert found.status == status
    count = influx.client.query(influx.address.released_bucket, 'SELECT count("at") FROM status')
    assert count[0]["count"] == 1


def test_two_workers_share_the_positions_and_a_dead_one_s_wait_for_it(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """Nothing is lost with a worker that comes back, and the other goes on meanwhile."""
    workers = [ingest(influx, name, GUARDIAN_SHARE_NAME="s3cret") for name in ("1", "2")]
    sender = tracker("t-1")
    sender.send(*range(1000))
    wait_until(lambda: len(positions(influx.store, "t-1")) == 1000, "both workers' halves")

    def written() -> list[float]:
        return [each.metric("guardian_ingest_rows_written_total") for each in workers]

    # A row can be read before the worker that wrote it has counted it.
    wait_until(lambda: sum(written()) == 1000, "both workers to have counted their halves")
    assert min(written()) > 0
    workers[0].kill()
    sender.send(*range(1000, 2000))
    workers[0].start()
    wait_until(lambda: len(positions(influx.store, "t-1")) == 2000, "what waited for the dead one")
    assert positions(influx.store, "t-1") == list(range(2000))


def test_a_backlog_beyond_the_window_arrives_once(
    influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """Mosquitto 2.0.11 oversteps the window once acknowledgements begin: it waits, none is lost."""
    process = ingest(influx, GUARDIAN_RECEIVE_MAXIMUM="50")
    process.kill()
    sender = tracker("t-1")
    sender.send(*range(3000))
    process.start()
    sender.wait_named()
    assert positions(influx.store, "t-1") == list(range(3000))
    wait_until(lambda: process.metric("guardian_ingest_rows_written_total") == 3000, "its count")
    assert process.metric("guardian_ingest_inbox_overflows_total") == 0


def test_ingest_starts_before_its_store_and_its_broker(
    broker: Broker, influx: Influx, ingest: Start, tracker: MakeTracker
) -> None:
    """Machines boot in any order."""
    process = ingest(influx)
    process.kill()
    broker.server.kill()
    influx.kill()
    process.launch()
    wait_until(lambda: process.healthz()[0] == 503, "ingest to answer")
    assert process.healthz()[1]["problems"] == ["not connected to a broker"]
    broker.server.start()
    influx.start()
    sender = tracker("t-1")
    wait_until(lambda: process.healthz()[0] == 200, "ingest to be well", 60)
    sender.send(1)
    sender.wait_named()


def test_the_end_is_orderly(influx: Influx, ingest: Start) -> None:
    """SIGTERM ends it with 0, also while the store is away."""
    assert ingest(influx).stop() == 0
    process = ingest(influx)
    influx.kill()
    assert process.stop() == 0


def test_no_position_gets_into_the_log(influx: Influx, ingest: Start, tracker: MakeTracker) -> None:
    """Not with a bad message, not with a refused row."""
    process = ingest(influx, GUARDIAN_LOG_LEVEL="debug")
    sender = tracker("t-1")
    sender.send(1, lat=25.987654, lon=121.123456)
    sender.send_raw(b'{"boot":"0a1b2c3d","seq":2,"lat":25.987654,"lon":"121.123456"}')
    sender.send(3, lat=25.987654, time=5)
    sender.wait_named()
    process.stop()
    assert "dead_letters" in process.log()
    assert "25.98" not in process.log()
    assert "121.12" not in process.log()
    assert all(json.loads(line) for line in process.log().splitlines())


def test_wrong_settings_end_it_at_once(tmp_path: Path) -> None:
    """With the code that tells systemd not to try again."""
    wrong = IngestProcess(
        {"GUARDIAN_METRICS_BIND": f"127.0.0.1:{free_ports(1)[0]}", "GUARDIAN_BROKERS": "nonsense"},
        tmp_path / "wrong.log",
    )
    wrong.launch()
    assert wrong.exit_code() == 78
    assert "GUARDIAN_BROKERS" in wrong.log()


def test_a_dead_broker_hinders_no_other(
    sqlite: Sqlite, ingest: Start, broker: Broker, second_broker: Broker
) -> None:
    """Trackers at two brokers: each is named at its own, also while the other one is killed."""
    process = ingest(sqlite, GUARDIAN_BROKERS=f"{broker.url},{second_broker.url}")
    wait_until(lambda: process.healthz()[0] == 200, "ingest to have both brokers")
    first, second = Tracker("t-1", broker.url), Tracker("t-2", second_broker.url)
    try:
        for each in (first, second):
            each.wait_connected()
            each.send(*range(300))
        broker.server.kill()
        second.send(*range(300, 1000))
        second.wait_named()
        wait_until(lambda: process.healthz()[0] == 503, "ingest to miss a broker")
        assert process.healthz()[1]["problems"] == [f"not connected to {broker.url}"]
        broker.server.start()
        wait_until(lambda: process.healthz()[0] == 200, "ingest to have both again")
        first.wait_connected()
        first.send_again()
        first.wait_named()
    finally:
        first.stop()
        second.stop()
    assert positions(sqlite.store, "t-1") == list(range(300))
    assert positions(sqlite.store, "t-2") == list(range(1000))
