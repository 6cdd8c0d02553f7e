"""What Grafana may see, through the telemetry store's own double."""

import pytest

from dispatcher.channels.release import ReleaseChannel
from dispatcher.message import Message
from telemetry_store.memory import MemoryStore
from telemetry_store.rows import ReleasedPosition
from tests.unit.dispatcher.world import World, new_id


class Grafana:
    """The release channel on the store's double."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = MemoryStore()
        self.channel = ReleaseChannel(self.store, world.outbox.is_open)

    def messages(self) -> list[Message]:
        """Return what the desk has for the channel since the last call."""
        self.world.pump()
        recorded = self.world.channels["release"].sent
        taken = list(recorded)
        recorded.clear()
        return taken

    def catch_up(self) -> None:
        for message in self.messages():
            self.channel.send(message)

    def latitudes(self, incident: str) -> list[float]:
        found = self.store.released_positions(incident, 100)
        return [each.location.lat for each in found]


@pytest.fixture
def grafana(world: World) -> Grafana:
    return Grafana(world)


def test_an_incident_and_its_positions_are_seen_until_it_ends(grafana: Grafana) -> None:
    world = grafana.world
    panic_id = new_id()
    incident = world.press(panic_id=panic_id, location=world.here(lat=25.1)).incident or ""
    world.clock.advance(5)
    world.press(panic_id=panic_id, update=1, location=world.here(lat=25.2))
    grafana.catch_up()
    assert grafana.latitudes(incident) == [25.1, 25.2]
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="helped")
    grafana.catch_up()
    row = grafana.store.incident(incident)
    assert row is not None
    assert (row.incident.state, row.incident.disposition) == ("closed", "helped")
    assert grafana.latitudes(incident) == []


def test_a_fix_from_the_future_is_released_while_there_is_no_other(grafana: Grafana) -> None:
    world = grafana.world
    panic_id, now = new_id(), world.clock.now_ms()

    def future(lat: float) -> dict[str, object]:
        return world.here(lat=lat, time=now + 10**10)

    incident = world.press(panic_id=panic_id, location=future(1)).incident or ""
    grafana.catch_up()
    (found,) = grafana.store.released_positions(incident, 100)
    assert (found.location.lat, found.location.time) == (1, now)
    world.clock.advance(5)
    world.press(panic_id=panic_id, update=1, location=world.here(lat=25.1))
    world.clock.advance(5)
    world.press(panic_id=panic_id, update=2, location=future(2))
    world.press(panic_id=panic_id, update=3, location=world.here(lat=25.0, time=now - 60_000))
    grafana.catch_up()
    assert grafana.latitudes(incident) == [25.0, 1, 25.1]


def test_a_late_position_of_a_closed_incident_is_not_released(grafana: Grafana) -> None:
    world = grafana.world
    incident = world.press(location=world.here()).incident or ""
    late = grafana.messages()
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="helped")
    grafana.catch_up()
    for message in late:  # another dispatcher has rendered these before the close
        grafana.channel.send(message)
    assert grafana.latitudes(incident) == []


def test_a_position_of_a_closed_incident_is_not_written_even_for_a_moment(
    grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = grafana.world
    incident = world.press(location=world.here()).incident or ""
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="helped")
    written: list[object] = []
    monkeypatch.setattr(grafana.store, "release", written.extend)
    grafana.catch_up()
    assert written
    assert not any(isinstance(row, ReleasedPosition) for row in written)


def test_reopening_releases_them_again(grafana: Grafana) -> None:
    world = grafana.world
    incident = world.press(location=world.here()).incident or ""
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="other", note="said why")
    grafana.catch_up()
    world.desk.act(incident, "reopen", "ann")
    grafana.catch_up()
    assert grafana.latitudes(incident) == [25.03]


def test_again_makes_no_second_point(grafana: Grafana) -> None:
    world = grafana.world
    incident = world.press(location=world.here(time=None)).incident or ""
    messages = grafana.messages()
    for message in messages + messages:
        grafana.channel.send(message)
    assert grafana.latitudes(incident) == [25.03]
