"""The canary's rounds, with presses that come back or do not as a test says."""

from contract.ids import is_canary
from contract.messages import Panic
from guardian.canary.press import Outcome, Result
from guardian.canary.service import PRESS_WITHIN_S, ROUNDS, Canary
from guardian.canary.settings import CanarySettings
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping
from runtime.mqtt.interface import LinkSettings

BROKERS = ("mqtt://a.example:1", "mqtt://b.example:2")
SETTINGS = CanarySettings(brokers=BROKERS, canary_secret="whsec_c2VjcmV0")
LATEST_S = ROUNDS * 60 * len(BROKERS) + PRESS_WITHIN_S


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.canary = Canary(SETTINGS, self.clock, Stopping())
        self.result: Result = "ok"
        self.visited: list[str] = []

    def turn(self) -> Outcome:
        self.clock.advance(60)
        return self.canary.turn(self._press)

    def sample(self, name: str, **labels: str) -> float | None:
        return self.canary.metrics.registry.get_sample_value(f"guardian_canary_{name}", labels)

    def _press(self, link: LinkSettings, panic: Panic) -> Outcome:
        assert is_canary(link.client_id)
        assert link.clean_start
        assert panic.pressed_at == self.clock.now_ms()
        self.visited += link.brokers
        if self.result != "ok":
            return Outcome(broker=link.brokers[0], result=self.result)
        return Outcome(broker=link.brokers[0], result="ok", received_s=0.01, alerted_s=0.02)


def test_the_brokers_take_turns() -> None:
    world = World()
    for _ in range(4):
        world.turn()
    assert world.visited == [*BROKERS, *BROKERS]


def test_what_comes_back_is_measured() -> None:
    world = World()
    world.turn()
    assert world.sample("presses_total", broker=BROKERS[0], result="ok") == 1
    assert world.sample("received_seconds_sum", broker=BROKERS[0]) == 0.01
    assert world.sample("alerted_seconds_sum", broker=BROKERS[0]) == 0.02
    assert world.sample("presses_total", broker=BROKERS[1], result="ok") == 0


def test_a_press_that_does_not_come_back_is_overdue_in_time_and_one_that_does_ends_it() -> None:
    world = World()
    world.result = "not_received"
    while world.clock.now_ms() / 1000 <= (
        world.sample("due_timestamp_seconds", broker=BROKERS[0]) or 0
    ):
        assert world.canary.problems() == []
        world.turn()
    assert world.canary.problems() == [f"no press came back through {each}" for each in BROKERS]
    assert world.sample("presses_total", broker=BROKERS[0], result="not_received")
    world.result = "ok"
    world.turn()
    world.turn()
    assert world.canary.problems() == []


def test_one_lost_press_is_no_alarm() -> None:
    assert 2 * 60 * len(BROKERS) < LATEST_S
