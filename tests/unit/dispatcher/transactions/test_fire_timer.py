"""Timers that no longer apply; those that do are tested with the desk."""

from dispatcher.records import TimerKind, TimerRecord
from dispatcher.store import timers
from tests.unit.dispatcher.world import World


def left_over(world: World, incident: str, kind: TimerKind) -> TimerRecord:
    """Set a timer that the incident should not have, due now."""
    now = world.clock.now_ms()
    timer = TimerRecord(incident=incident, kind=kind, due_at=now, armed_at=now, step=1)
    with world.database.writing() as connection:
        timers.arm(connection, timer)
    return timer


def test_an_acknowledged_incident_does_not_escalate(world: World) -> None:
    incident = world.press().incident or ""
    before = world.desk.act(incident, "acknowledge", "ann")
    left_over(world, incident, "escalate")
    world.timers.turn()
    assert world.desk.incident(incident) == before
    with world.database.reading() as connection:
        assert timers.find(connection, incident, "escalate") is None


def test_a_production_incident_never_ends_by_itself(world: World) -> None:
    incident = world.press().incident or ""
    left_over(world, incident, "expire")
    world.timers.turn()
    assert world.desk.incident(incident).state == "raised"


def test_a_test_that_was_closed_ends_once(world: World) -> None:
    incident = world.press(kind="test").incident or ""
    world.desk.act(incident, "acknowledge", "ann")
    before = world.desk.act(incident, "close", "ann", disposition="helped")
    left_over(world, incident, "expire")
    world.timers.turn()
    assert world.desk.incident(incident) == before


def test_a_timer_that_another_has_fired_is_left_alone(world: World) -> None:
    world.press()
    world.clock.advance(15)
    with world.database.reading() as connection:
        (timer,) = timers.due(connection, world.clock.now_ms(), 10, {"escalate": 120_000})
    world.timers.turn()
    events = world.desk.last_event()
    assert world.desk._fire(timer, world.clock.now_ms())
    assert world.desk.last_event() == events
