"""Ingest with HiveMQ CE between trackers and the store: the suite of Mosquitto."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.integration.hivemq.conftest import Fresh
from tests.integration.ingest.conftest import Start
from tests.integration.ingest.stores import Influx, positions
from tests.integration.ingest.test_ingest import *  # noqa: F403 - the suite, as it is
from tests.integration.ingest.tracker import Tracker
from tests.services.choice import wait_until
from tests.services.hivemq import HiveMq

pytestmark = pytest.mark.integration

# HiveMQ has some 50 messages unacknowledged at a time, whatever the Receive Maximum says, and its
# workers take from one queue; below is what is left of these two.
del test_ingest_killed_with_its_hands_full_costs_nothing  # noqa: F821
del test_two_workers_share_the_positions_and_a_dead_one_s_wait_for_it  # noqa: F821
# These say nothing about a broker.
del test_one_bad_point_costs_one_point  # noqa: F821
del test_what_cannot_be_stored_lies_among_the_dead_letters  # noqa: F821
del test_no_position_gets_into_the_log  # noqa: F821
del test_wrong_settings_end_it_at_once  # noqa: F821


@pytest.fixture  # type: ignore[no-redef]
def store(influx: Influx) -> Influx:
    """Return the one store: the other one makes no difference to a broker."""
    return influx


class Patient(Tracker):
    """Takes no for an answer: after its restart HiveMQ knows trackers before it knows ingest."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        assert failure in (None, "no_matching_subscribers")
        super().on_puback(packet, connection, None)


class Broker:
    """What the suite knows of a broker."""

    def __init__(self, server: HiveMq) -> None:
        self.server = server
        self.url = server.url


@pytest.fixture
def broker(fresh: Fresh) -> Broker:
    return Broker(fresh.take())


@pytest.fixture
def second_broker(broker: Broker, fresh: Fresh) -> Broker:
    return Broker(fresh.take())


@pytest.fixture
def ingest(ingest: Start) -> Start:
    """Write at once: 50 messages that wait a fifth of a second for more would be 250/s."""
    return partial(ingest, GUARDIAN_BATCH_AGE_S="0.005")


@pytest.fixture
def tracker(broker: Broker) -> Iterator[Callable[[str], Tracker]]:
    made: list[Tracker] = []

    def make(device: str) -> Tracker:
        made.append(Patient(device, broker.url))
        made[-1].wait_connected()
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_ingest_killed_while_the_store_is_down_costs_nothing(
    influx: Influx, ingest: Start, tracker: Callable[[str], Tracker]
) -> None:
    """It has acknowledged nothing, so the broker still has everything."""
    process = ingest(influx)
    sender = tracker("t-1")
    influx.kill()
    sender.send(*range(1000))
    wait_until(
        lambda: process.metric("guardian_ingest_unacknowledged_messages") >= 1,
        "ingest to hold messages",
    )
    process.kill()
    process.launch()
    influx.start()
    sender.wait_named()
    assert positions(influx.store, "t-1") == list(range(1000))


def test_a_killed_one_of_two_workers_costs_nothing(
    influx: Influx, ingest: Start, tracker: Callable[[str], Tracker]
) -> None:
    """The other takes the rest of their queue; what the dead one had comes when it returns."""
    workers = [ingest(influx, name, GUARDIAN_SHARE_NAME="s3cret") for name in ("1", "2")]
    sender = tracker("t-1")
    for start, worker in zip((0, 1000), workers, strict=True):
        sender.send(*range(start, start + 500))
        worker.kill()
        sender.send(*range(start + 500, start + 1000))
        worker.start()
    wait_until(lambda: len(positions(influx.store, "t-1")) == 2000, "every position")
    assert positions(influx.store, "t-1") == list(range(2000))
