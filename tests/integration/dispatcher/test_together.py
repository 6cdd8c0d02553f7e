"""Two dispatchers on one PostgreSQL, each at two brokers: what one of them lacks the others do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest

from dispatcher.delivery_queue import LEASE_MS
from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.dispatcher.receiver import Receiver
from tests.integration.dispatcher.test_process import SECRET
from tests.integration.dispatcher.tracker import Tracker
from tests.integration.ingest.conftest import Broker
from tests.services.choice import wait_until
from tests.services.postgres import Postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SLACK_S = 10.0
"""What a loaded machine may add; the promise itself is the lease."""


@dataclass
class Together:
    """Everything that runs."""

    brokers: list[Broker]
    dispatchers: dict[str, DispatcherProcess]
    receiver: Receiver

    def dispatcher_of(self, request: Any) -> DispatcherProcess:
        """Return who has sent this webhook."""
        source = msgspec.json.decode(request.body)["source"]
        return self.dispatchers[source.rpartition("/")[2]]


def two_brokers(folder: Path) -> list[Broker]:
    made = []
    for name in ("east", "west"):
        (folder / name).mkdir()
        made.append(Broker(folder / name))
        made[-1].server.start()
    return made


@pytest.fixture
def together(tmp_path: Path, postgres: Postgres) -> Iterator[Together]:
    brokers, receiver = two_brokers(tmp_path), Receiver()
    url = postgres.database(f"together-{tmp_path.name}")
    dispatchers = {}
    for instance in ("1", "2"):
        (tmp_path / instance).mkdir()
        dispatchers[instance] = DispatcherProcess(
            tmp_path / instance, ",".join(each.url for each in brokers), url,
            GUARDIAN_INSTANCE=instance,
            GUARDIAN_WEBHOOK_URL=f"http://127.0.0.1:{receiver.port}/alerts",
            GUARDIAN_WEBHOOK_SECRET=SECRET,
            GUARDIAN_WEBHOOK_ALLOW="127.0.0.0/8",
        )  # fmt: skip
    for each in dispatchers.values():
        each.launch()
    for each in dispatchers.values():
        wait_until(lambda each=each: each.healthz() == (200, _well()), "a dispatcher", 60)  # type: ignore[misc]
    yield Together(brokers, dispatchers, receiver)
    for each in dispatchers.values():
        each.thaw()
        each.kill()
    for broker in brokers:
        broker.server.stop()
    receiver.stop()


def _well() -> dict[str, object]:
    return {"ok": True, "problems": [], "held": 0, "brokers_down": 0}


@pytest.fixture
def trackers(together: Together) -> Iterator[list[Tracker]]:
    """The same tracker, at both brokers: as one that has changed over, and repeats."""
    made = [Tracker("tracker-a", each.url) for each in together.brokers]
    yield made
    for each in made:
        each.stop()


def test_one_press_by_two_brokers_and_two_dispatchers_is_one_incident(
    together: Together, trackers: list[Tracker]
) -> None:
    panic = trackers[0].press()
    for _ in range(3):
        for each in trackers:
            each.send(panic)
    receipts = [each.deliver(panic) for each in trackers]
    (item,) = together.dispatchers["2"].incidents()
    assert {each.incident for each in receipts} == {item["id"]}
    assert item["presses"] == 1
    together.dispatchers["1"].api(f"incidents/{item['id']}/acknowledge", {})
    for each in trackers:
        assert each.wait_for(panic, "acknowledged"), "told at whatever broker the tracker is"


def test_a_dead_broker_hinders_nobody(together: Together, trackers: list[Tracker]) -> None:
    together.brokers[0].server.kill()
    receipt = trackers[1].deliver(trackers[1].press())
    dispatcher = together.dispatchers["1"]
    wait_until(lambda: dispatcher.healthz()[1].get("brokers_down") == 1, "the loss to be known")
    assert dispatcher.healthz()[0] == 200, "one broker is enough to hear a press"
    assert together.receiver.arrived.wait(10)
    second = trackers[1].press()
    assert trackers[1].deliver(second).incident == receipt.incident
    dispatcher.api(f"incidents/{receipt.incident}/acknowledge", {})
    assert trackers[1].wait_for(second, "acknowledged")
    together.brokers[0].server.start()
    assert trackers[0].deliver(second).stage == "acknowledged", "heard again at the first broker"


def test_what_a_frozen_dispatcher_had_taken_the_other_delivers(
    together: Together, trackers: list[Tracker]
) -> None:
    """SIGSTOP in the middle of a delivery: the lease of five seconds is all that it costs."""
    release = Event()
    together.receiver.misbehave = lambda _request: release.wait(60)
    panic = trackers[0].press()
    receipt = trackers[0].deliver(panic)
    assert together.receiver.arrived.wait(10)
    frozen = together.dispatcher_of(together.receiver.requests[0])
    frozen.freeze()
    together.receiver.misbehave = None
    wait_until(
        lambda: any(
            together.dispatcher_of(each) is not frozen for each in together.receiver.requests
        ),
        "the other's delivery",
        LEASE_MS / 1000 + SLACK_S,
    )
    (other,) = (each for each in together.dispatchers.values() if each is not frozen)
    again = trackers[1].press()
    assert trackers[1].deliver(again, SLACK_S).incident == receipt.incident
    release.set()
    frozen.thaw()
    other.api(f"incidents/{receipt.incident}/acknowledge", {})
    assert len(other.incidents()) == 1
