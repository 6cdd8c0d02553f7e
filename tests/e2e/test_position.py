"""Bytes on a serial port become the same positions in InfluxDB."""

from tests.e2e.world import World
from tests.services.choice import wait_until

EPOCHS = 60


def test_bytes_on_the_serial_port_are_read_back_from_influxdb(world: World) -> None:
    world.start_servers()
    receiver = world.start_tracker("tracker-a", GUARDIAN_LOG_LEVEL="debug")
    begin = world.now_ms() // 1000 * 1000 - EPOCHS * 1000
    sent = [(begin + n * 1000, 25.03 + n / 7000, 121.56 - n / 9000) for n in range(EPOCHS)]
    for time_ms, lat, lon in sent:
        receiver.send(time_ms, lat, lon)
    wait_until(lambda: len(world.track("tracker-a")) >= EPOCHS, "all positions in the store")
    stored = world.track("tracker-a")
    assert [time for time, _, _ in stored] == [time for time, _, _ in sent]
    for (_, lat, lon), (_, true_lat, true_lon) in zip(stored, sent, strict=True):
        assert abs(lat - true_lat) < 1e-7
        assert abs(lon - true_lon) < 1e-7


def test_the_tracker_forgets_a_position_only_when_it_is_stored(world: World) -> None:
    """*Stored* comes back to the tracker, whose outbox is then empty."""
    world.start_servers()
    receiver = world.start_tracker("tracker-a")
    world.kill("ingest")
    for n in range(5):
        receiver.send(world.now_ms() // 1000 * 1000 - 10_000 + n * 1000, 25.0, 121.5)
    wait_until(lambda: world.agent("tracker-a")["outbox"]["reports"] == 5, "five in the outbox")
    assert world.track("tracker-a") == []
    world.start_ingest()
    wait_until(lambda: world.agent("tracker-a")["outbox"]["reports"] == 0, "an empty outbox", 60)
    assert len(world.track("tracker-a")) == 5
