"""What is counted when the desk commits, with a desk on SQLite."""

from typing import Any

import pytest

from contract.salvage import read_panic
from dispatcher.panic import Panic
from tests.unit.dispatcher.world import World

RECEIVED = "guardian_press_received_seconds"
INTAKE = "guardian_intake_seconds"
ACKNOWLEDGED = "guardian_press_acknowledged_seconds"


def arrive(world: World, device: str = "tracker-a", took_s: float = 0.0, **fields: object) -> Panic:
    """Let a panic arrive that was pressed `took_s` ago, and take it 2 ms later."""
    now = world.clock.now_ms()
    sent = {"pressed_at": now - int(took_s * 1000), "sent_at": now, "age_ms": int(took_s * 1000)}
    payload = world.payload(**{**sent, **fields})  # type: ignore[arg-type]
    panic = Panic(device, payload, read_panic(payload), now, world.clock.monotonic())
    world.clock.advance(0.002)
    world.desk.take(panic)
    return panic


def value(world: World, name: str, **labels: str) -> float | None:
    return world.metrics.registry.get_sample_value(name, labels)


def seen(world: World, name: str) -> tuple[Any, Any]:
    return value(world, f"{name}_count"), value(world, f"{name}_sum")


def test_a_press_is_measured_from_the_thumb_to_the_commit(world: World) -> None:
    arrive(world, took_s=0.25)
    assert seen(world, RECEIVED) == (1, pytest.approx(0.252))
    assert seen(world, INTAKE) == (1, pytest.approx(0.002))


def test_a_further_press_counts_and_a_repetition_only_as_work(world: World) -> None:
    first = arrive(world)
    arrive(world)
    world.desk.take(first)
    assert seen(world, RECEIVED)[0] == 2
    assert seen(world, INTAKE)[0] == 3


def test_a_clock_that_disagrees_measures_nothing(world: World) -> None:
    far = world.clock.now_ms() - 6000
    arrive(world, pressed_at=far, sent_at=far)
    assert seen(world, RECEIVED)[0] == 0
    assert seen(world, INTAKE)[0] == 1


def test_a_late_press_measures_nothing(world: World) -> None:
    arrive(world, took_s=61)
    assert seen(world, RECEIVED)[0] == 0


@pytest.mark.parametrize(
    ("device", "kind"), [("tracker-a", "test"), ("canary-1", "button"), ("canary-1", "test")]
)
def test_tests_and_canaries_are_never_production(world: World, device: str, kind: str) -> None:
    panic = arrive(world, device, kind=kind)
    world.desk.act(panic.incident_id, "acknowledge", "kim")
    world.timers.turn()
    world.pump()
    page = world.metrics.registry
    for name in (RECEIVED, INTAKE, ACKNOWLEDGED):
        assert seen(world, name)[0] == 0
    assert value(world, "guardian_delivery_seconds_count", channel="log") == 0
    assert value(world, "guardian_incidents_unacknowledged") == 0
    assert (
        page.get_sample_value("guardian_incidents_total", {"class": panic.class_})
        == page.get_sample_value("guardian_panics_total", {"action": "open", "class": panic.class_})
        == 1
    )


def test_a_wait_ends_with_the_operator(world: World) -> None:
    panic = arrive(world)
    world.clock.advance(12)
    world.desk.act(panic.incident_id, "presented", "kim")
    assert seen(world, ACKNOWLEDGED)[0] == 0
    world.desk.act(panic.incident_id, "acknowledge", "kim")
    assert seen(world, ACKNOWLEDGED) == (1, pytest.approx(12))


def test_after_a_reopening_the_wait_begins_anew(world: World) -> None:
    incident = arrive(world).incident_id
    world.desk.act(incident, "acknowledge", "kim")
    world.desk.act(incident, "close", "kim", disposition="helped")
    world.clock.advance(86_400)
    world.desk.act(incident, "reopen", "lee")
    world.clock.advance(4)
    world.desk.act(incident, "acknowledge", "kim")
    assert seen(world, ACKNOWLEDGED) == (2, pytest.approx(4))


def test_who_waits_is_right_at_each_moment_without_any_loop(world: World) -> None:
    incident = arrive(world).incident_id
    world.clock.advance(3)
    assert value(world, "guardian_incidents_unacknowledged") == 1
    assert value(world, "guardian_incidents_open", **{"class": "production"}) == 1
    assert value(world, "guardian_oldest_unacknowledged_seconds") == pytest.approx(3.0)
    world.desk.act(incident, "acknowledge", "kim")
    assert value(world, "guardian_oldest_unacknowledged_seconds") == 0
    assert value(world, "guardian_incidents_unacknowledged") == 0


def test_the_tracker_is_told_before_anything_is_counted(world: World) -> None:
    payload = world.payload()
    panic = Panic("tracker-a", payload, read_panic(payload), world.clock.now_ms(), 0.0)
    counted: list[float | None] = []
    world.desk.take(panic, lambda _receipt: counted.append(seen(world, INTAKE)[0]))
    assert counted == [0]
    assert seen(world, INTAKE)[0] == 1
