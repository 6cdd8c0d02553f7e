"""`guardian demo` from the outside, as somebody who has just cloned the repository."""

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract.codec import encode
from contract.ids import uuid7
from contract.messages import Panic
from runtime.clock import SystemClock
from tests.services.choice import CONTAINERS_ONLY, wait_until

pytestmark = [
    pytest.mark.skipif(CONTAINERS_ONLY, reason="the demo starts a Mosquitto of its own"),
    pytest.mark.skipif(sys.platform != "linux", reason="it looks for the processes in /proc"),
    pytest.mark.usefixtures("native_mosquitto"),
]

START_S = 60.0
FRESH_MS = 10_000


class Demo:
    """A running demo and what it says to who wants to use it."""

    def __init__(
        self, folder: Path, name: str, terminal: int | None = None, **environment: str
    ) -> None:
        self._ready = folder / f"{name}.json"
        command = [sys.executable, "-m", "guardian", "demo", "--ready", str(self._ready)]
        self.process = subprocess.Popen(
            command if terminal is None else ["setsid", "--ctty", "--wait", *command],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )
        self.ready: dict[str, Any] = {}

    def await_ready(self) -> None:
        wait_until(
            lambda: self._ready.exists() or self.process.poll() is not None, "the demo", START_S
        )
        assert self._ready.exists(), self.process.communicate()[0]
        assert self._ready.stat().st_mode & 0o777 == 0o600
        self.ready = json.loads(self._ready.read_text())

    @property
    def folder(self) -> Path:
        return Path(self.ready["pki"]).parent

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = Request(
            f"{self.ready['console']}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.ready['token']}"},
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def raised(self, device: str) -> list[dict[str, Any]]:
        items = self.api("incidents?state=raised")["items"]
        return [item for item in items if item["device"] == device]

    def processes(self) -> list[str]:
        """Return the command lines of all processes that know the demo's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(self.folder).encode() in known:
                found.append(known.replace(b"\0", b" ")[:200].decode(errors="replace"))
        return found

    def end(self, how: signal.Signals = signal.SIGINT) -> str:
        """End it as Ctrl-C does, and return what it printed."""
        self.process.send_signal(how)
        printed, _ = self.process.communicate(timeout=30)
        return printed


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(name: str, terminal: int | None = None, **environment: str) -> Demo:
        started.append(Demo(tmp_path, name, terminal, **environment))
        started[-1].await_ready()
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


@pytest.fixture
def odd_folder() -> Iterator[Path]:
    """Not in `tmp_path`, which is too long for sockets."""
    with tempfile.TemporaryDirectory(prefix="a b#é") as name:
        yield Path(name)


def test_the_demo_shows_a_panic_with_a_fresh_place_and_leaves_nothing(
    demos: Callable[..., Demo],
) -> None:
    demo = demos("first")
    assert set(demo.ready["trackers"]) >= {"demo-spare"}
    assert len(demo.ready["trackers"]) == 4
    assert demo.ready["broker"].startswith("mqtts://127.0.0.1:")
    wait_until(lambda: demo.raised("demo-walk"), "the demo's own panic", 40)
    (item,) = demo.raised("demo-walk")
    detail = demo.api(f"incidents/{item['id']}")
    assert abs(detail["press_list"][0]["pressed_at"] - detail["place"]["time"]) < FRESH_MS
    assert detail["marks"] == []
    assert len(demo.processes()) >= 6

    printed = demo.end()
    assert demo.process.returncode == 0
    assert demo.ready["console"] in printed
    assert demo.ready["password"] in printed
    assert demo.processes() == []
    assert not demo.folder.exists()


def test_a_client_of_ones_own_can_press_as_the_spare_tracker(demos: Callable[..., Demo]) -> None:
    demo = demos("spare")
    bundle = Path(demo.ready["trackers"]["demo-spare"])
    now = SystemClock().now_ms()
    panic = Panic(
        panic_id=uuid7(now, secrets.token_bytes(10)), update=0, pressed_at=now, sent_at=now,
        kind="button", silent=True,
    )  # fmt: skip
    client = paho.Client(CallbackAPIVersion.VERSION2, "demo-spare", protocol=paho.MQTTv5)
    client.tls_set(
        demo.ready["ca"], str(bundle / "tracker.crt"), str(bundle / "tracker.key"),
        tls_version=ssl.PROTOCOL_TLS_CLIENT,
    )  # fmt: skip
    host, _, port = demo.ready["broker"].removeprefix("mqtts://").partition(":")
    client.connect(host, int(port))
    client.loop_start()
    client.publish("guardian/v1/demo-spare/panic", encode(panic), qos=1).wait_for_publish(10)
    wait_until(lambda: demo.raised("demo-spare"), "the spare tracker's panic", 20)
    client.disconnect()
    client.loop_stop()
    (item,) = demo.raised("demo-spare")
    assert (item["silent"], item["marks"]) == (True, ["no_fix"])


def test_two_demos_run_at_once(demos: Callable[..., Demo]) -> None:
    first, second = demos("first"), demos("second")
    assert first.ready["console"] != second.ready["console"]
    assert first.ready["password"] != second.ready["password"]
    first.end(signal.SIGTERM)
    assert second.api("incidents") is not None
    assert second.process.poll() is None


def test_the_end_of_one_of_its_processes_ends_the_demo_with_its_last_words(
    demos: Callable[..., Demo],
) -> None:
    demo = demos("broken")
    (broker,) = [p for p in Path("/proc").glob("[0-9]*") if _is_broker(p, demo.folder)]
    os.kill(int(broker.name), signal.SIGKILL)
    printed, _ = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 1
    assert "broker ended" in printed
    assert demo.processes() == []


def test_a_killed_demo_takes_its_processes_and_its_folder_along(
    demos: Callable[..., Demo],
) -> None:
    demo = demos("killed")
    demo.process.kill()
    demo.process.communicate()
    wait_until(lambda: not demo.processes(), "the end of all processes", 10)
    wait_until(lambda: not demo.folder.exists(), "the end of the folder", 10)


@pytest.mark.parametrize("how", ["Ctrl-C", "closed"])
def test_a_terminal_ends_the_demo(demos: Callable[..., Demo], how: str) -> None:
    """The terminal signals the whole foreground process group."""
    ours, theirs = os.openpty()
    demo = demos("terminal", theirs)
    os.close(theirs)
    with os.fdopen(ours, "wb", buffering=0) as keyboard:
        if how == "Ctrl-C":
            keyboard.write(b"\x03")
            demo.process.communicate(timeout=30)
    demo.process.communicate(timeout=30)
    assert demo.process.returncode == 0
    assert demo.processes() == []
    assert not demo.folder.exists()


def test_neither_a_proxy_nor_an_odd_path_matters_and_a_reader_of_the_pipe_sees_each_line(
    demos: Callable[..., Demo], odd_folder: Path
) -> None:
    demo = demos("odd", TMPDIR=str(odd_folder), http_proxy="http://127.0.0.1:9")
    assert demo.folder.parent == odd_folder
    output = demo.process.stdout
    assert output is not None
    assert any(demo.ready["password"] in line for line in output)
    assert not demo.raised("demo-walk"), "the line came only with the demo's end"
    demo.end()
    assert list(odd_folder.iterdir()) == []


def test_a_folder_that_is_too_deep_for_sockets_is_named(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    told = _why_not(TMPDIR=str(deep))
    assert f"{deep} is " in told
    assert "set TMPDIR to a shorter folder" in told
    assert list(deep.iterdir()) == []


def test_a_ready_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    ready = tmp_path / "absent" / "ready.json"
    assert f"No such file or directory: '{ready.parent}" in _why_not("--ready", str(ready))


def _why_not(*arguments: str, **environment: str) -> str:
    """Return what a demo says that cannot go on."""
    run = subprocess.run(
        [sys.executable, "-m", "guardian", "demo", *arguments],
        capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (1, "")
    _, cannot, why = run.stdout.partition("The demo cannot go on: ")
    assert cannot
    return why


def _is_broker(process: Path, folder: Path) -> bool:
    try:
        command = (process / "cmdline").read_bytes()
    except OSError:
        return False
    return b"mosquitto" in command.split(b"\0")[0] and str(folder).encode() in command
