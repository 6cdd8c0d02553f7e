"""The loop that lets fall due; what falls due is tested with the desk."""

from threading import Event, Thread

import pytest

from dispatcher.errors import StoreUnavailableError
from dispatcher.message import Message
from dispatcher.timers import EVENTS_KEPT_MS, POLL_S, TURN_S, Timers
from dispatcher.transactions.fire_timer import fire
from runtime.lifecycle import Stopping
from tests.unit.dispatcher.world import World


def test_it_waits_until_the_next_timer_and_never_longer_than_a_second(world: World) -> None:
    assert world.timers.turn() == POLL_S
    world.press()
    world.clock.advance(14.7)
    assert world.timers.turn() == pytest.approx(0.3)


def test_a_database_that_is_down_at_the_start_is_migrated_when_it_is_up(world: World) -> None:
    calls: list[str] = []
    down = True

    def prepare() -> None:
        calls.append("prepare")
        if down:
            raise StoreUnavailableError("not yet")

    timers = Timers(world.desk, world.clock, prepare=prepare)
    timers.prepare()
    assert world.desk.alarm.is_down
    with pytest.raises(StoreUnavailableError):
        timers.turn()
    down = False
    timers.turn()
    timers.turn()
    assert len(calls) == 3
    assert not world.desk.alarm.is_down


def test_the_alarm_ends_when_the_database_commits_again(world: World) -> None:
    """Also when nobody presses: reading alone proves nothing."""
    world.desk.alarm.down(OSError("disk full"))
    world.timers.turn()
    assert not world.desk.alarm.is_down


def test_it_measures_what_is_open(world: World) -> None:
    world.press()
    world.press("tracker-b", kind="test")
    world.clock.advance(20)
    world.timers.turn()
    sample = world.metrics.registry.get_sample_value
    assert sample("guardian_incidents_open", {"class": "production"}) == 1
    assert sample("guardian_incidents_open", {"class": "test"}) == 1
    assert sample("guardian_oldest_unacknowledged_seconds") == 20


def test_its_heart_beats_only_while_the_database_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beat() -> float | None:
        return world.metrics.registry.get_sample_value("guardian_heartbeat_timestamp_seconds")

    assert beat() == 0
    world.timers.turn()
    assert beat() == world.clock.now_ms() / 1000
    last = beat()

    def down(*_: object, **__: object) -> None:
        raise StoreUnavailableError("down")

    monkeypatch.setattr(world.database, "reading", down)
    world.clock.advance(10)
    with pytest.raises(StoreUnavailableError):
        world.timers.turn()
    assert beat() == last


def test_another_dispatchers_incidents_are_counted_too(world: World) -> None:
    other = World(world.url, world.clock)
    other.press()
    other.close()
    world.clock.advance(5)
    world.timers.turn()
    sample = world.metrics.registry.get_sample_value
    assert sample("guardian_incidents_unacknowledged") == 1


def test_it_hears_of_another_dispatchers_events_and_forgets_old_ones(world: World) -> None:
    other = World(world.url, world.clock)
    world.timers.turn()
    other.press()
    other.close()
    assert not world.desk.wait_for_events(0, 0)
    world.timers.turn()
    assert world.desk.wait_for_events(0, 0)
    world.clock.advance(EVENTS_KEPT_MS / 1000 + 3601)
    world.timers.turn()
    assert len(world.desk.events_after(0, 100)) == 1


def test_one_broken_incident_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = world.press("tracker-a").incident
    world.press("tracker-b")

    def firing(connection: object, timer: object, *rest: object, alone: bool) -> object:
        if timer.incident == broken:  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return fire(connection, timer, *rest, alone=alone)  # type: ignore[arg-type]

    monkeypatch.setattr("dispatcher.desk.fire", firing)
    world.clock.advance(15)
    assert world.timers.turn() == POLL_S
    assert [m.incident.device for m in escalated(world)] == ["tracker-b"]


def test_the_loop_ends_and_beats(world: World) -> None:
    stopping = Stopping()
    beat = Event()
    thread = Thread(target=world.timers.run, args=(stopping, beat.set))
    thread.start()
    assert beat.wait(4)
    stopping.stop("test")
    world.timers.wake()
    thread.join(4)
    assert not thread.is_alive()


def test_presses_in_a_burst_share_a_turn_and_what_is_due_sooner_is_not_put_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float | None] = []
    stopping = Stopping()
    waits = iter([POLL_S, TURN_S / 4, 0.0])

    def turn() -> float:
        world.timers.wake()  # as a press does that comes meanwhile
        return next(waits)

    def rest(timeout_s: float | None = None) -> bool:
        rests.append(timeout_s)
        if len(rests) == 3:
            stopping.stop("test")
        return stopping.is_set()

    monkeypatch.setattr(world.timers, "turn", turn)
    monkeypatch.setattr(stopping, "wait", rest)
    world.timers.run(stopping, lambda: None)
    assert rests == [TURN_S, TURN_S / 4, 0.0]


def escalated(world: World) -> list[Message]:
    world.pump()
    return [m for m in world.channels["log"].sent if m.reason == "escalated"]
