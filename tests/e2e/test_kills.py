"""kill -9 of everything in the middle of a stream: nothing is lost, nothing is there twice."""

from collections.abc import Callable
from threading import Event, Thread

import pytest

from tests.e2e.receiver import TestReceiver
from tests.e2e.world import World
from tests.services.choice import wait_until
from tests.services.influxdb import InfluxDB

PERIOD_S = 0.25
PERIOD_MS = 250
"""Four positions a second: fast enough that every kill hits some on their way."""
COMES_AGAIN_S = 400
"""What the broker lost is sent again after 120 s without *stored*, then after four minutes."""


class Stream:
    """Feeds a receiver without a pause and records what it gave."""

    def __init__(self, world: World, receiver: TestReceiver) -> None:
        self._world = world
        self._receiver = receiver
        self._stop = Event()
        self._next = world.now_ms() // 1000 * 1000
        self._more = Event()
        self.times: list[int] = []
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def flows(self, count: int = 8) -> None:
        """Wait until so many more positions were fed."""
        wanted = len(self.times) + count
        wait_until(lambda: len(self.times) >= wanted, "the stream to flow")

    def end(self) -> None:
        """Stop feeding."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            count = len(self.times)
            self._receiver.send(self._next, 25.0 + count / 1e4, 121.5 + count / 1e4)
            self.times.append(self._next)
            self._next += PERIOD_MS


@pytest.mark.timeout(600)
def test_everything_is_killed_and_nothing_is_lost(
    worlds: Callable[[InfluxDB], World], own_influxdb: InfluxDB
) -> None:
    world = worlds(own_influxdb)
    world.start_servers()
    stream = Stream(world, world.start_tracker("tracker-a"))
    stream.flows()

    world.broker.kill()
    stream.flows()
    world.broker.start()
    stream.flows()

    world.kill("ingest")
    stream.flows()
    world.start_ingest()
    stream.flows()

    world.kill("dispatcher")
    before = len(stream.times)
    world.press("tracker-a")
    stream.flows()
    world.start_dispatcher()
    wait_until(lambda: world.stages("tracker-a") == ["received"], "*received* after the restart")

    own_influxdb.kill()
    stream.flows()
    world.broker.kill()  # with what ingest has not acknowledged, because it could not store it
    stream.flows()
    world.broker.start()
    stream.flows()
    own_influxdb.start()
    stream.flows()
    stream.end()

    wait_until(
        lambda: world.agent("tracker-a")["outbox"]["reports"] == 0,
        "every position to be named as stored",
        COMES_AGAIN_S,
    )
    stored = world.reports("tracker-a")
    times = [each.time for each in stored]
    assert times[:before] == stream.times[:before]
    assert set(times) <= set(stream.times), "with an open incident the dispatcher says how often"
    assert [each.seq for each in stored] == list(range(len(stored))), (
        "none is missing, none doubled"
    )
    assert world.agent("tracker-a")["outbox"]["dropped"] == 0
    incidents = world.api("incidents")["items"]
    assert [(item["device"], item["presses"]) for item in incidents] == [("tracker-a", 1)]


def test_a_dead_store_does_not_touch_the_panic_path(
    worlds: Callable[[InfluxDB], World], own_influxdb: InfluxDB
) -> None:
    world = worlds(own_influxdb)
    world.start_servers()
    world.start_tracker("tracker-a")
    own_influxdb.kill()
    world.kill("ingest")
    world.press("tracker-a")
    wait_until(lambda: world.stages("tracker-a") == ["received"], "*received* without a store")
    (item,) = world.api("incidents")["items"]
    world.api(f"incidents/{item['id']}/acknowledge", {})
    wait_until(lambda: world.stages("tracker-a") == ["acknowledged"], "*acknowledged*")
