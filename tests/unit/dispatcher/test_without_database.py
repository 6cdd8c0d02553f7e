"""Alerts while the database cannot commit."""

import pytest

from contract.salvage import read_panic
from dispatcher.panic import Panic
from tests.unit.dispatcher.world import World, new_id


def panic(world: World, device: str = "tracker-a", payload: bytes | None = None) -> Panic:
    payload = world.payload() if payload is None else payload
    return Panic(device, payload, read_panic(payload), world.clock.now_ms())


def from_memory(world: World, channel: str = "webhook") -> list[str]:
    """Return which incidents the channel was told of."""
    for worker in world.workers:
        worker.turn()
    return [message.incident.incident for message in world.channels[channel].sent]


def test_it_reaches_every_alerting_channel_and_the_consoles(world: World) -> None:
    pressed = panic(world)
    assert world.memory.alert(pressed)
    assert from_memory(world) == from_memory(world, "log") == [pressed.incident_id]
    assert from_memory(world, "release") == []
    sequence, events = world.desk.memory_events_after(0)
    assert [(event.id, event.type, event.incident) for event in events] == [
        (0, "raised", pressed.incident_id)
    ]
    assert events[0].summary is not None
    assert events[0].summary.device == "tracker-a"
    assert world.desk.memory_events_after(sequence) == (sequence, [])


def test_the_alert_after_the_commit_has_the_same_id(world: World) -> None:
    """Receivers de-duplicate on it."""
    payload = world.payload()
    world.memory.alert(panic(world, payload=payload))
    world.desk.take_panic("tracker-a", payload, world.clock.now_ms())
    world.pump()
    first, second = world.channels["webhook"].sent
    assert first.id == second.id
    assert first.incident.incident == second.incident.incident


def test_the_same_press_alerts_once_and_again_after_two_minutes(world: World) -> None:
    payload = world.payload()
    assert world.memory.alert(panic(world, payload=payload))
    for _ in range(11):
        world.clock.advance(10)
        assert not world.memory.alert(panic(world, payload=payload))
    world.clock.advance(10)
    assert world.memory.alert(panic(world, payload=payload))


def test_a_tracker_that_hammers_alerts_every_ten_seconds_and_delays_no_other(
    world: World,
) -> None:
    presses = [world.payload(new_id()) for _ in range(3)]
    assert world.memory.alert(panic(world, payload=presses[0]))
    assert not world.memory.alert(panic(world, payload=presses[1]))
    assert world.memory.alert(panic(world, "tracker-b"))
    world.clock.advance(10)
    assert world.memory.alert(panic(world, payload=presses[1]))


def test_unreadable_ones_alert_every_five_minutes(world: World) -> None:
    assert world.memory.alert(panic(world, payload=b"garbage"))
    world.clock.advance(299)
    assert not world.memory.alert(panic(world, payload=b"more"))
    world.clock.advance(1)
    assert world.memory.alert(panic(world, payload=b"more"))


@pytest.mark.parametrize(("device", "kind"), [("tracker-a", "test"), ("canary-1", "button")])
def test_tests_and_canaries_go_to_no_production_channel(
    world: World, device: str, kind: str
) -> None:
    world.memory.alert(panic(world, device, world.payload(kind=kind)))
    assert from_memory(world) == []
    assert len(from_memory(world, "log")) == 1


def test_it_carries_what_is_known_for_channels_that_may_say_it(world: World) -> None:
    world.memory.alert(panic(world, payload=world.payload(location=world.here(), note="help")))
    from_memory(world)
    (message,) = world.channels["webhook"].sent
    assert message.place is not None
    assert (message.place.lat, message.note) == (25.03, "help")
    assert message.incident.marks == []
