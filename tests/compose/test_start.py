"""docker-compose.yml, from the outside: what an operator and a tracker see."""

import json
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from tests.compose.installation import SERVICES, Installation, Stopwatch, docker
from tests.compose.tracker import Tracker
from tests.services.choice import wait_until

Say = Callable[[str], None]
_CONNECT = bytes.fromhex("10 15 0004 4d515454 04 02 003c 0009") + b"tracker-x"
"""MQTT 3.1.1 CONNECT, clean session, keepalive 60 s."""


def test_a_press_and_a_position_arrive_and_an_operator_answers(
    installation: Installation, tracker: Tracker
) -> None:
    tracker.go_to(25.0339, 121.5645)
    time = tracker.go_to(25.0340, 121.5646)
    wait_until(
        lambda: (time, 25.0340, 121.5646) in rounded(installation, tracker), "the position, stored"
    )

    tracker.press()
    tracker.await_newest("received")
    console = installation.console(tracker.ca_file)
    (incident,) = console.api("incidents?state=raised")["items"]
    assert incident["device"] == tracker.device
    console.api(f"incidents/{incident['id']}/acknowledge", {})
    tracker.await_newest("acknowledged")


def test_what_is_killed_comes_back_by_itself(
    installation: Installation, tracker: Tracker, say: Say
) -> None:
    """Each in turn, as the kernel kills; presses and positions of the time between arrive."""
    sent: list[int] = []
    for service in ("influxdb", "ingest", "dispatcher", "broker"):
        started = installation.inspect(service)["State"]["StartedAt"]
        watch = Stopwatch()
        installation.kill(service)
        tracker.press()
        sent.append(tracker.go_to(25.01 + len(sent) / 100, 121.5))
        wait_until(
            lambda: installation.inspect(service)["State"]["StartedAt"] != started,  # noqa: B023
            f"{service}, started again",
        )
        tracker.await_newest("received")
        say(f"{service} killed and a button pressed: *received* after {watch():.1f} s")
        installation.await_health(service)
    wait_until(
        lambda: set(sent) <= {row[0] for row in installation.track(tracker.device)},
        "all positions, stored",
    )


def test_down_and_an_upgrade_lose_nothing(
    installation: Installation, tracker: Tracker, second_tag: str, say: Say
) -> None:
    """Down and up with a broken InfluxDB first, then with another image: all is found again."""
    time = tracker.go_to(25.05, 121.55)
    wait_until(lambda: time in {row[0] for row in installation.track(tracker.device)}, "stored")
    tracker.press()
    tracker.await_newest("received")
    (before,) = installation.console(tracker.ca_file).api("incidents?state=raised")["items"]
    tokens = installation.execute("ingest", "cat", "/run/tokens/ingest")

    installation.down()
    tracker.press()
    watch = Stopwatch()
    installation.up(extra=("broken-influxdb.yml",))
    tracker.await_newest("received")
    say(f"down, a press, `docker compose up` without a working InfluxDB: {watch():.1f} s")

    installation.set(GUARDIAN_TAG=second_tag)
    installation.up()
    installation.await_health()
    assert installation.inspect("dispatcher")["Config"]["Image"] == f"guardian:{second_tag}"
    (after,) = installation.console(tracker.ca_file).api("incidents?state=raised")["items"]
    assert after["id"] == before["id"]
    assert installation.execute("ingest", "cat", "/run/tokens/ingest") == tokens
    assert time in {row[0] for row in installation.track(tracker.device)}


def test_a_revoked_tracker_is_out_at_once(installation: Installation) -> None:
    """The admin container tells the broker: nobody has to think of it."""
    bundle = installation.enrol("tracker-x")
    assert answer(installation, bundle)[:1] == b"\x20", "CONNACK"
    said = installation.admin("enroll", "revoke", "tracker-x").decode()
    assert "The broker has been told (SIGHUP)" in said
    assert answer(installation, bundle) == b""


def test_simulated_trackers_run_under_their_profile(installation: Installation) -> None:
    words = ("--devices", "3", "--rate", "1", "--duration", "3", "--panics", "2", "--kind", "test")
    said = installation.compose("run", "--rm", "-T", "simulate", *words).decode()
    assert "2 pressed, 2 received, 0 unanswered" in said


def test_prometheus_reaches_every_service(installation: Installation) -> None:
    """Asked in its own container, with its own tool."""
    query = ("promtool", "query", "instant", "http://127.0.0.1:9090", "up")
    wait_until(
        lambda: len(re.findall(r"=> 1 @", installation.execute("prometheus", *query))) == 3,
        "three targets, up",
        60,
    )


def test_the_console_page_needs_nobody_else(installation: Installation, tracker: Tracker) -> None:
    """Over HTTPS that the bundle's authority vouches for; no other address in page or scripts."""
    console = installation.console(tracker.ca_file)
    page = console.page("/")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert parts
    assert [part for part in parts if "//" in part] == []


def test_with_no_way_out_everything_works(image: str, folder: Path) -> None:
    """Another installation, of which no network leads anywhere."""
    alone = Installation(folder, image, "offline.yml")
    try:
        alone.up()
        words = ("--devices", "2", "--rate", "1", "--duration", "3", "--panics", "2")
        said = alone.compose("run", "--rm", "-T", "simulate", *words).decode()
        assert "2 pressed, 2 received, 0 unanswered" in said
        wait_until(lambda: alone.track("sim-1"), "a position, stored")
        alone.await_health()
        for service in sorted(SERVICES):
            for network in alone.inspect(service)["NetworkSettings"]["Networks"]:
                (found,) = json.loads(docker("network", "inspect", network))
                assert found["Internal"] is True, (service, network)
    finally:
        alone.remove()


def rounded(installation: Installation, tracker: Tracker) -> list[tuple[int, float, float]]:
    return [(t, round(lat, 6), round(lon, 6)) for t, lat, lon in installation.track(tracker.device)]


def answer(installation: Installation, bundle: Path) -> bytes:
    """Return what the broker's published port says to this certificate's CONNECT."""
    context = ssl.create_default_context(cafile=str(bundle / "ca.crt"))
    context.load_cert_chain(bundle / "tracker.crt", bundle / "tracker.key")
    with (
        socket.create_connection(("localhost", installation.tracker_port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        try:
            secured.sendall(_CONNECT)
            return secured.recv(16)
        except (ssl.SSLError, ConnectionResetError):
            return b""


def test_the_image_has_no_compiler_and_no_installer(image: str) -> None:
    """And says what it can without any argument."""
    words = "for each in cc gcc g++ make pip; do command -v $each; done; id -u; pwd"
    name = f"guardian:{image}"
    found = docker("run", "--rm", "--network", "none", "--entrypoint", "sh", name, "-c", words)
    assert found.decode().split() == ["10001", "/var/lib/guardian"]
    assert b"simulate" in docker("run", "--rm", "--network", "none", "--read-only", name)
