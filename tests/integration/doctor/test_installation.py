"""The command from outside, on a whole installation: broker, ingest, dispatcher and a tracker."""

import json
import os
import pty
import sqlite3
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from guardian.demo.playback import RECORDINGS, epoch_at, recorded
from guardian.demo.scene import Scene
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from tests.services.choice import wait_until

pytestmark = pytest.mark.integration

HERE_ONLY = frozenset({"clock.synchronised", "disk.space"})
"""What depends on the machine of the test."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A server, set up as docs/enrolment.md says, with its settings in files."""
    made = Scene(tmp_path / "g", SystemClock(), Stopping())
    made.folder.mkdir()
    try:
        made.prepare()
        made.start_broker()
        made.start_ingest()
        made.start_dispatcher()
        write_settings(made)
        yield made
    finally:
        made.children.stop()


def write_settings(scene: Scene) -> None:
    for part in ("ingest", "dispatcher"):
        service = scene.service(part)
        own = (
            {"GUARDIAN_METRICS_BIND": f"127.0.0.1:{scene.ingest_port}"}
            if part == "ingest"
            else {
                "GUARDIAN_DATABASE_URL": scene.database_url,
                "GUARDIAN_HTTP_BIND": f"127.0.0.1:{scene.http_port}",
            }
        )
        lines = [toml(name, value) for name, value in (service | own).items()]
        path = scene.folder / f"{part}.toml"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o640)


def toml(variable: str, value: str) -> str:
    key = variable.removeprefix("GUARDIAN_").lower()
    return f"{key} = {json.dumps([value] if key == 'brokers' else value)}"


def doctor(*options: str | Path, **environ: str) -> tuple[int, dict[str, Any]]:
    """Run the command as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "guardian", "doctor", "--json", *map(str, options)],
        capture_output=True, text=True, check=False, env={**os.environ, **environ}, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def bad(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (each["name"], each["about"])
        for each in told["findings"]
        if each["level"] != "ok" and each["name"] not in HERE_ONLY
    ]


def server(scene: Scene) -> list[str | Path]:
    folder = scene.folder
    return ["--config", folder / "ingest.toml", "--config", folder / "dispatcher.toml",
            "--pki", scene.pki]  # fmt: skip


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_healthy_server_is_well_and_nothing_comes_of_the_looking(scene: Scene) -> None:
    for _ in range(3):
        code, told = doctor(*server(scene))
        assert bad(told) == []
        assert (code, told["well"]) == (0, True)
    areas = {each["name"].partition(".")[0] for each in told["findings"]}
    assert areas == {
        "settings", "version", "clock", "disk", "certificate", "pki", "broker", "store", "database",
        "service",
    }  # fmt: skip
    incidents = scene.folder / "incidents.db"
    assert [count(incidents, each) for each in ("incidents", "presses", "deliveries")] == [0, 0, 0]
    telemetry = scene.folder / "telemetry.db"
    assert [count(telemetry, each) for each in ("position", "status", "incident")] == [0, 0, 0]
    letters = scene.state("ingest") / "dead-letters-1.db"
    assert count(letters, "letter") == 0


def test_the_same_from_an_administrators_environment(scene: Scene) -> None:
    """No file of settings at all, as in the admin container."""
    code, told = doctor(
        GUARDIAN_PKI_DIR=str(scene.pki),
        GUARDIAN_STATE_DIR=str(scene.folder),
        GUARDIAN_TELEMETRY_STORE=f"sqlite:///{scene.folder}/telemetry.db",
    )
    assert bad(told) == []
    assert code == 0
    names = [each["name"] for each in told["findings"]]
    assert names.count("broker.login") == 3
    assert {"broker.access", "database.tables", "store.file", "pki.rights"} <= set(names)


def test_a_service_that_is_down_is_named(scene: Scene) -> None:
    scene.children.stop()
    code, told = doctor(*server(scene))
    assert code == 1
    found = bad(told)
    assert ("service.health", "console") in found
    assert ("service.health", "svc.ingest.1") in found
    assert [name for name, _ in found].count("broker.login") == 3


@pytest.fixture
def receiver() -> Iterator[str]:
    """A GPS receiver whose port nobody else holds; it says where and when it is each second."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    port, ended, clock = os.ttyname(slave), Event(), SystemClock()
    os.close(slave)
    os.set_blocking(master, False)

    def speak() -> None:
        while not ended.wait(1 - clock.now_ms() % 1000 / 1000):
            with suppress(BlockingIOError):
                os.write(master, epoch_at(recorded(RECORDINGS[0]), clock.now_ms()))

    thread = Thread(target=speak)
    thread.start()
    yield port
    ended.set()
    thread.join()
    os.close(master)


def test_a_tracker_is_well_before_its_agent_runs_and_while_it_does(
    scene: Scene, receiver: str
) -> None:
    bundle = scene.enrol("tracker-1")
    agent = {
        "GUARDIAN_SERIAL_PORT": receiver,
        "GUARDIAN_STATE_DIR": str(scene.state("tracker-1")),
    }
    config = ["--config", str(bundle / "agent.toml")]
    _, told = doctor(*config, **agent)
    assert bad(told) == [("agent.running", "tracker-1")]
    child = scene.start_agent(bundle, receiver, agent)
    wait_until(
        lambda: not bad(doctor(*config, "--only", "agent", **agent)[1]), "the agent to be well"
    )
    for _ in range(3):
        _, told = doctor(*config, **agent)
        assert bad(told) == []
    log = child.log.read_text()
    assert log.count("mqtt_up") == 1
    assert "mqtt_down" not in log


def test_a_host_that_swallows_everything_hangs_nothing(scene: Scene, tmp_path: Path) -> None:
    """192.0.2.0/24 is nobody's (RFC 5737)."""
    config = tmp_path / "ingest.toml"
    text = (scene.folder / "ingest.toml").read_text()
    config.write_text(text.replace("127.0.0.1", "192.0.2.1"))
    began = SystemClock().monotonic()
    code, told = doctor("--config", config, "--timeout", "2")
    assert SystemClock().monotonic() - began < 8
    assert code == 1
    assert {name for name, _ in bad(told)} <= {
        "broker.unfinished", "broker.login", "service.health", "service.unfinished"
    }  # fmt: skip
