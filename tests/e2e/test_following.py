"""A tracker is followed from the press, or the call, to the close."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runtime.settings import load
from telemetry_store.port import open_store
from telemetry_store.rows import ReleasedPosition
from telemetry_store.settings import StoreSettings
from tests.e2e.receiver import TestReceiver
from tests.e2e.world import World
from tests.services.choice import wait_until

DEVICE = "tracker-a"
LAT, LON = 25.0339, 121.5645
USUAL = {"GUARDIAN_INTERVAL_S": "600", "GUARDIAN_REST_INTERVAL_S": "600"}


@contextmanager
def fixes(world: World, gps: TestReceiver) -> Iterator[None]:
    """Let the receiver give a fix each second, as receivers do: the holder goes north."""
    ended = threading.Event()

    def give() -> None:
        steps = 0
        while not ended.is_set():
            steps += 1
            gps.send(world.now_ms() // 1000 * 1000, LAT + steps * 1e-4, LON)
            ended.wait(1)

    thread = threading.Thread(target=give)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def released(world: World, incident: str) -> list[ReleasedPosition]:
    """Return what Grafana may see of an incident's positions."""
    environ = world.store | {"INFLUXDB_V2_TOKEN": world.influxdb.token}
    store = open_store(load(StoreSettings, environ=environ))
    try:
        return store.released_positions(incident, 1000)
    finally:
        store.close()


def track(world: World, incident: str) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = world.api(f"incidents/{incident}")["track"]
    return points


def goes_on(world: World, incident: str, more: int) -> None:
    """Wait until so many further positions are on the incident."""
    before = len(track(world, incident))
    wait_until(lambda: len(track(world, incident)) >= before + more, f"{more} further positions")


def interval_s(world: World) -> float:
    said: float = world.agent(DEVICE)["interval_s"]
    return said


def begin(world: World) -> TestReceiver:
    world.start_servers()
    gps = world.start_tracker(DEVICE, **USUAL)
    gps.send(world.now_ms() // 1000 * 1000, LAT, LON)
    wait_until(lambda: world.agent(DEVICE)["gps"] == "fix", "a fix")
    return gps


def follow_to_the_end(world: World, incident: str) -> None:
    """See an incident followed, closed, sealed, and the tracker back at its own pace."""
    wait_until(lambda: interval_s(world) == 1, "the tracker's fast interval")
    goes_on(world, incident, 3)
    detail = world.api(f"incidents/{incident}")
    assert detail["jurisdiction"] == "Taipei City"
    assert detail["nearest"][0]["name"] == "Taipei City Police Department"
    assert detail["circle"]["radius"] >= detail["circle"]["accuracy"]
    wait_until(lambda: len(released(world, incident)) >= 3, "released positions")

    world.api(f"incidents/{incident}/acknowledge", {})
    world.api(f"incidents/{incident}/close", {"disposition": "helped"})
    wait_until(lambda: released(world, incident) == [], "the end of released positions")
    wait_until(lambda: interval_s(world) > 1, "the tracker's own interval")
    sealed = world.api(f"incidents/{incident}")
    assert (sealed["place"], sealed["circle"], sealed["track"]) == (None, None, [])


def only_incident(world: World) -> str:
    wait_until(lambda: world.api("incidents")["items"], "an incident")
    found: str = world.api("incidents")["items"][0]["id"]
    return found


@pytest.mark.timeout(240)
def test_a_press_is_followed_also_by_a_dispatcher_that_was_killed(world: World) -> None:
    gps = begin(world)
    with fixes(world, gps):
        world.press(DEVICE)
        incident = only_incident(world)
        wait_until(lambda: interval_s(world) == 1, "the tracker's fast interval")
        goes_on(world, incident, 2)
        world.kill("dispatcher")
        world.start_dispatcher()
        goes_on(world, incident, 2)
        follow_to_the_end(world, incident)


@pytest.mark.timeout(240)
def test_a_call_is_followed_as_a_press_is(world: World) -> None:
    gps = begin(world)
    with fixes(world, gps):
        opened = world.api("incidents", {"origin": "call", "device": DEVICE, "phone": "0912345678"})
        follow_to_the_end(world, opened["id"])
