"""The dispatcher as a process, with a real broker, a real webhook and trackers that insist."""

import resource
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.dispatcher.receiver import Receiver
from tests.integration.dispatcher.tracker import Tracker
from tests.integration.ingest.conftest import Broker
from tests.services.choice import wait_until
from tests.services.postgres import Postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rIGhlcmU="


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Broker(folder)
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def dispatcher(tmp_path: Path, broker: Broker, receiver: Receiver) -> Iterator[DispatcherProcess]:
    made = process(tmp_path, broker, receiver, f"sqlite:///{tmp_path / 'incidents.db'}")
    yield made
    made.kill()


def process(
    folder: Path, broker: Broker, receiver: Receiver, url: str, **environ: str
) -> DispatcherProcess:
    return DispatcherProcess(
        folder, broker.url, url,
        GUARDIAN_WEBHOOK_URL=f"http://127.0.0.1:{receiver.port}/alerts",
        GUARDIAN_WEBHOOK_SECRET=SECRET,
        GUARDIAN_WEBHOOK_ALLOW="127.0.0.0/8",
        **environ,
    )  # fmt: skip


@pytest.fixture
def tracker(broker: Broker) -> Iterator[Tracker]:
    made = Tracker("tracker-a", broker.url)
    yield made
    made.stop()


def alerts(receiver: Receiver) -> list[dict[str, str]]:
    """Return the verified contents of all webhooks that have come."""
    events = [Webhook(SECRET).verify(each.body, each.headers) for each in receiver.requests]
    return [event["data"] for event in events]


def test_from_the_press_to_the_close(
    dispatcher: DispatcherProcess, tracker: Tracker, receiver: Receiver
) -> None:
    dispatcher.start()
    panic = tracker.press()
    receipt = tracker.deliver(panic)
    assert receipt.stage == "received"
    assert receiver.arrived.wait(10)
    assert alerts(receiver)[0]["incident"] == receipt.incident
    path = f"incidents/{receipt.incident}"
    for act, stage in (
        ("presented", "presented"), ("acknowledge", "acknowledged"), ("dispatch", "dispatched"),
        ("on-scene", "on_scene"),
    ):  # fmt: skip
        dispatcher.api(f"{path}/{act}", {})
        assert tracker.wait_for(panic, stage), stage
    assert dispatcher.api(path)["place"]["lat"] == 25.03
    dispatcher.api(f"{path}/close", {"disposition": "helped"})
    assert tracker.wait_for(panic, "closed")
    assert dispatcher.api(path).get("place") is None
    assert dispatcher.stop() == 0


@contextmanager
def few_files(soft: int) -> Iterator[None]:
    """Let a process that is started meanwhile have so many files."""
    ours, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ours, hard))


def test_idle_connections_leave_the_alarms_the_files_that_they_need(
    dispatcher: DispatcherProcess, broker: Broker, tracker: Tracker, receiver: Receiver
) -> None:
    """A press, its webhook and a new connection to the broker, while callers only sit there."""
    with few_files(256):
        dispatcher.launch()
    wait_until(lambda: dispatcher.healthz()[0] == 200, "the dispatcher")
    ports = (dispatcher._api_port, int(dispatcher._metrics.rpartition(":")[2]))
    with ExitStack() as idle:
        for port in ports:
            for _ in range(300):
                idle.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        broker.server.kill()
        broker.server.start()
        panic = tracker.press()
        assert tracker.deliver(panic, 60).stage == "received"
        assert receiver.arrived.wait(10)
        # Those that sat on the page of metrics are gone after five seconds.
        wait_until(lambda: dispatcher.healthz()[0] == 200, "its health")
    assert "Too many open files" not in dispatcher.log()


def test_kill_9_in_the_middle_of_a_stream_loses_no_press_and_doubles_none(
    dispatcher: DispatcherProcess, broker: Broker, receiver: Receiver
) -> None:
    dispatcher.start()
    trackers = [Tracker(f"tracker-{number}", broker.url) for number in range(12)]

    def stream(tracker: Tracker) -> str:
        """Press, repeat, update and press again, until all of it is confirmed."""
        first = tracker.press()
        receipt = tracker.deliver(first, 60)
        tracker.deliver(tracker.press(panic_id=first.panic_id, update=1), 60)
        second = tracker.deliver(tracker.press(), 60)
        assert second.incident == receipt.incident
        return receipt.incident or ""

    try:
        with ThreadPoolExecutor(len(trackers)) as pool:
            streams = [pool.submit(stream, each) for each in trackers]
            for _ in range(3):
                wait_until(lambda: len(receiver.requests) > 0, "a first alert")
                receiver.requests.clear()
                dispatcher.kill()
                dispatcher.start()
            opened = [each.result() for each in streams]
    finally:
        for each in trackers:
            each.stop()
    incidents = dispatcher.incidents()
    assert sorted(item["id"] for item in incidents) == sorted(opened)
    assert Counter(item["presses"] for item in incidents) == {2: 12}
    for incident in opened:
        dispatcher.api(f"incidents/{incident}/acknowledge", {})
    wait_until(
        lambda: {each["incident"] for each in alerts(receiver)} >= set(opened),
        "an alert of every incident",
    )


def test_without_a_database_the_alert_goes_out_and_the_tracker_is_not_told_received(
    dispatcher: DispatcherProcess, tracker: Tracker, receiver: Receiver, tmp_path: Path
) -> None:
    dispatcher.start()
    lock = sqlite3.connect(tmp_path / "incidents.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    panic = tracker.press()
    began = time.monotonic()
    tracker.send(panic)
    assert receiver.arrived.wait(10)
    assert time.monotonic() - began < 5
    (alert,) = alerts(receiver)
    assert (alert["device"], alert["state"]) == ("tracker-a", "raised")
    assert tracker.receipts == []
    status, health = dispatcher.healthz()
    assert status == 503
    assert "the incident database does not commit" in health["problems"]
    lock.execute("ROLLBACK")
    lock.close()
    receipt = tracker.wait_for(panic, "received", 20)
    assert receipt is not None
    assert receipt.incident == alert["incident"]
    wait_until(lambda: dispatcher.healthz()[0] == 200, "the dispatcher to be well again")
    (item,) = dispatcher.incidents()
    assert item["id"] == receipt.incident


def test_a_receipt_that_was_given_while_the_broker_was_down_comes_afterwards(
    dispatcher: DispatcherProcess, tracker: Tracker, broker: Broker
) -> None:
    dispatcher.start()
    panic = tracker.press()
    receipt = tracker.deliver(panic)
    broker.server.kill()
    dispatcher.api(f"incidents/{receipt.incident}/acknowledge", {})
    broker.server.start()
    assert tracker.wait_for(panic, "acknowledged", 30)


def test_two_dispatchers_on_postgresql_make_one_incident_of_one_press(
    tmp_path: Path, broker: Broker, receiver: Receiver, postgres: Postgres
) -> None:
    """Both take every press; one is killed, and the other goes on."""
    url = postgres.database(f"two-{tmp_path.name}")
    pair = []
    for instance in ("1", "2"):
        folder = tmp_path / instance
        folder.mkdir()
        pair.append(process(folder, broker, receiver, url, GUARDIAN_INSTANCE=instance))
    trackers = [Tracker(f"tracker-{number}", broker.url) for number in range(8)]
    try:
        for each in pair:
            each.launch()
        for each in pair:
            wait_until(lambda each=each: each.healthz()[0] == 200, "a dispatcher")  # type: ignore[misc]
        opened = [each.deliver(each.press()).incident for each in trackers]
        pair[0].kill()
        again = [each.deliver(each.press()).incident for each in trackers]
        assert again == opened
        incidents = pair[1].incidents()
        assert sorted(item["id"] for item in incidents) == sorted(map(str, opened))
        assert {item["presses"] for item in incidents} == {2}
        wait_until(
            lambda: {each["incident"] for each in alerts(receiver)} == set(opened),
            "an alert of every incident",
        )
    finally:
        for tracker in trackers:
            tracker.stop()
        for each in pair:
            each.kill()
