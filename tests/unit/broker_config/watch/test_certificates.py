from datetime import UTC, datetime
from typing import cast

from broker_config.watch.certificates import AGAIN_S, EVERY_S, Certificates
from broker_config.watch.expiry import Expiries
from broker_config.watch.sources import Sources
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping


class FakeSources:
    def __init__(self) -> None:
        self.complete = True
        self.readings: list[datetime] = []

    def read(self, now: datetime) -> tuple[Expiries, bool]:
        self.readings.append(now)
        return Expiries({"own": float(len(self.readings))}), self.complete


class World:
    def __init__(self) -> None:
        self.clock = ManualClock(now_ms=1_000_000)
        self.sources = FakeSources()
        self.certificates = Certificates(cast("Sources", self.sources), self.clock)

    def after(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        return self.certificates.turn()


def test_they_are_read_at_the_start_and_every_hour() -> None:
    world = World()
    assert world.certificates.latest == Expiries()
    assert [world.after(0), world.after(EVERY_S - 1), world.after(1)] == [True, False, True]
    assert world.certificates.latest.at == {"own": 2.0}
    assert world.sources.readings[0] == datetime.fromtimestamp(1000, UTC)


def test_a_clock_that_is_set_changes_nothing() -> None:
    world = World()
    world.after(0)
    world.clock.set_wall(10**12)
    assert not world.after(EVERY_S - 1)


def test_what_could_not_be_read_is_tried_again_soon() -> None:
    world = World()
    world.sources.complete = False
    assert [world.after(0), world.after(AGAIN_S - 1), world.after(1)] == [True, False, True]


def test_somebody_who_knows_of_a_change_has_them_read_at_once() -> None:
    world = World()
    world.after(0)
    world.certificates.read_soon()
    assert [world.after(0), world.after(1)] == [True, False]


def test_the_loop_ends_when_it_is_told_to() -> None:
    world, stopping = World(), Stopping()
    beats: list[None] = []

    def beat() -> None:
        beats.append(None)
        stopping.stop("enough")

    world.certificates.run(stopping, beat)
    assert len(beats) == len(world.sources.readings) == 1
