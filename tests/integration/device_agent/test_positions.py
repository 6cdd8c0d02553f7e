"""Bytes on a serial port become positions behind the broker, until they are stored."""

import pytest

from contract.messages import Location
from runtime.clock import SystemClock
from tests.e2e.receiver import TestReceiver
from tests.integration.device_agent.conftest import Broker
from tests.integration.device_agent.process import AgentProcess
from tests.integration.device_agent.services import Services
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

IMPATIENT = "import device_agent.backlog as b; b.RETRY_S = (0.5,) * 6"
"""What is not stored comes again after half a second instead of two minutes."""


class Walk:
    """A receiver that walks: one epoch a second of its own time, each 11 m further north."""

    def __init__(self, gps: TestReceiver) -> None:
        self._gps = gps
        self._start_ms = SystemClock().now_ms() // 1000 * 1000
        self._steps = 0
        self.places: list[tuple[int, float]] = []

    def step(self) -> None:
        """Send an epoch; it ends when the next one begins or after a quarter of a second."""
        place = self._start_ms + self._steps * 1000, 25.0 + self._steps / 10_000
        self._steps += 1
        self.places.append(place)
        self._gps.send(*place, lon=121.5)


def places(locations: list[Location]) -> set[tuple[int, float]]:
    return {(each.time, round(each.lat, 6)) for each in locations}


def test_what_the_receiver_says_arrives(
    agent: AgentProcess, services: Services, gps: TestReceiver
) -> None:
    agent.start()
    walk = Walk(gps)
    for count in range(1, 4):
        walk.step()
        services.wait_for_count(count, "a location", services.locations)
    assert places(services.locations()) == set(walk.places)
    assert [each.seq for each in services.locations()] == [0, 1, 2]
    assert services.statuses()[0].state == "online"


def test_a_position_comes_again_until_it_is_stored(
    agent: AgentProcess, services: Services, gps: TestReceiver
) -> None:
    agent.start(IMPATIENT)
    Walk(gps).step()
    services.wait_for("two repetitions", lambda: len(services.history()) >= 2)
    assert services.history()[0] == services.locations()[0]
    services.store(services.locations()[0])
    wait_until(lambda: agent.ask()["outbox"]["reports"] == 0, "the report to be forgotten")
    count = len(services.messages)
    Walk(gps).step()
    services.wait_for("the next", lambda: len(services.locations()) == 2)
    assert [name for name, _ in services.messages[count:] if name == "history"] == []


def test_positions_survive_a_kill_and_an_outage_of_the_broker(
    agent: AgentProcess, services: Services, gps: TestReceiver, broker: Broker
) -> None:
    agent.start()
    walk = Walk(gps)
    walk.step()
    services.wait_for("the first", lambda: len(services.locations()) == 1)
    broker.server.kill()
    for count in range(2, 6):
        walk.step()
        agent.wait_for_reports(count)
    wait_until(lambda: agent.reports_on_disk() == 5, "the batch to be on disk")
    agent.kill()
    agent.start()
    broker.server.start()
    services.wait_for("the backlog", lambda: places(services.history()) == set(walk.places))


def test_after_an_outage_the_newest_position_comes_first(
    agent: AgentProcess, services: Services, gps: TestReceiver, broker: Broker
) -> None:
    agent.start()
    services.wait_for("the agent", lambda: services.statuses() != [])
    broker.server.kill()
    walk = Walk(gps)
    for count in range(1, 5):
        walk.step()
        agent.wait_for_reports(count)
    broker.server.start()
    services.wait_for(
        "all", lambda: places(services.locations() + services.history()) == set(walk.places)
    )
    kinds = [name for name, _ in services.messages if name in ("location", "history")]
    assert kinds[0] == "location"
    assert services.locations()[0].time == walk.places[-1][0]


def test_the_end_is_said_and_a_kill_is_noticed(agent: AgentProcess, services: Services) -> None:
    agent.start()
    services.wait_for("online", lambda: services.statuses() != [])
    assert agent.stop() == 0
    services.wait_for("offline", lambda: services.statuses()[-1].state == "offline")
    agent.start()
    services.wait_for("online", lambda: services.statuses()[-1].state == "online")
    online = services.statuses()[-1]
    agent.kill()
    services.wait_for("lost", lambda: services.statuses()[-1].state == "lost")
    lost = services.statuses()[-1]
    assert (lost.boot, lost.connect) == (online.boot, online.connect)
