"""A button is pressed, an operator acknowledges, and the tracker knows both."""

import json
import secrets
from base64 import b64encode

from standardwebhooks import Webhook

from tests.e2e.webhook import WebhookReceiver
from tests.e2e.world import World
from tests.services.choice import wait_until


def test_a_press_becomes_an_alert_and_comes_back_acknowledged(world: World) -> None:
    receiver = WebhookReceiver()
    secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    world.start_servers(
        {
            "GUARDIAN_WEBHOOK_URL": receiver.url,
            "GUARDIAN_WEBHOOK_SECRET": secret,
            "GUARDIAN_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
    )
    gps = world.start_tracker("tracker-a")
    gps.send(world.now_ms() // 1000 * 1000 - 1000, 25.0339, 121.5645)
    gps.send(world.now_ms() // 1000 * 1000, 25.0339, 121.5645)
    wait_until(lambda: world.agent("tracker-a")["gps"] == "fix", "a fix")

    world.press("tracker-a")
    headers, body = receiver.deliveries.get(timeout=20)
    event = Webhook(secret).verify(body, headers)
    await_received(world, "tracker-a")

    (incident,) = world.api("incidents?state=raised")["items"]
    assert event["data"]["incident"] == incident["id"]
    assert event["data"]["class"] == "production"
    assert event["specversion"] == "1.0"
    assert "25.03" not in json.dumps(event), "an alert is thin: no position in it"

    place = world.api(f"incidents/{incident['id']}")["place"]
    assert abs(place["lat"] - 25.0339) < 1e-6
    assert abs(place["lon"] - 121.5645) < 1e-6

    world.api(f"incidents/{incident['id']}/acknowledge", {})
    wait_until(lambda: world.stages("tracker-a") == ["acknowledged"], "*acknowledged*")
    world.api(f"incidents/{incident['id']}/close", {"disposition": "helped"})
    wait_until(lambda: world.stages("tracker-a") in (["closed"], []), "*closed* at the tracker")
    assert world.api("incidents")["items"][0]["state"] == "closed"
    receiver.close()


def await_received(world: World, device: str) -> None:
    wait_until(lambda: world.stages(device) == ["received"], f"*received* at {device}")


def test_two_trackers_that_press_make_two_incidents(world: World) -> None:
    world.start_servers()
    for device in ("tracker-a", "tracker-b"):
        world.start_tracker(device)
        world.press(device)
    for device in ("tracker-a", "tracker-b"):
        await_received(world, device)
    devices = [item["device"] for item in world.api("incidents")["items"]]
    assert sorted(devices) == ["tracker-a", "tracker-b"]


def test_nothing_of_where_a_holder_is_stands_in_any_log(world: World) -> None:
    """Not in those of the agent, the broker, ingest or the dispatcher, at their most talkative."""
    world.start_servers({"GUARDIAN_LOG_LEVEL": "debug"})
    gps = world.start_tracker("tracker-a", GUARDIAN_LOG_LEVEL="debug")
    for seconds in (3, 2, 1):
        gps.send(world.now_ms() // 1000 * 1000 - seconds * 1000, 25.0339871, 121.5645432)
    wait_until(lambda: world.track("tracker-a"), "a position in the store")
    world.press("tracker-a")
    await_received(world, "tracker-a")
    logs = "".join(path.read_text(errors="replace") for path in world.folder.glob("*.log"))
    logs += world.broker.log()
    assert "pressed" in logs
    for digits in ("25.0339", "121.5645", "2502.03", "12133.87"):
        assert digits not in logs
