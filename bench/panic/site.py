"""Broker with TLS and ACL, dispatcher and what is measured against them, on a folder of its own."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.panic.trackers import certificate
from bench.panic.webhook import Webhook
from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from guardian.demo.scene import Scene
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from tests.services.postgres import postgres

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """What runs."""

    scene: Scene
    webhook: Webhook
    token: str
    metrics_port: int

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the dispatcher's API; a body makes it a POST."""
        request = urllib.request.Request(
            f"{self.scene.console_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def mean_ms(self, name: str) -> tuple[float, int]:
        """Return the sum (ms) and the count of a histogram of the dispatcher's."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        samples = (each.rpartition(" ") for each in lines if not each.startswith("#"))
        values = {key: float(value) for key, _, value in samples}
        return values.get(f"{name}_sum", 0.0) * 1000, int(values.get(f"{name}_count", 0))


@contextmanager
def site(store: str) -> Iterator[Site]:
    """Start everything; `store` is sqlite or postgresql."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="guardian-panic-"))
        scene = Scene(Path(name), SystemClock(), Stopping())
        stack.callback(scene.children.stop)
        if store == "postgresql":
            server = postgres()
            stack.callback(server.remove)
            scene.database_url = server.database("incidents")
        scene.prepare()
        scene.enrolment.add_service("svc.ingest.2", datetime.now(UTC))
        webhook = Webhook()
        stack.callback(webhook.close)
        scene.start_broker()
        scene.start_dispatcher(
            {**webhook.settings, "GUARDIAN_METRICS_BIND": f"127.0.0.1:{scene.ingest_port}"}
        )
        database = Database(scene.database_url)
        scopes = ("incidents:read", "incidents:write")
        token = Accounts(database, SystemClock()).add_token("bench", scopes=scopes)
        database.close()
        yield Site(scene, webhook, token, scene.ingest_port)


def python(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program of this folder that prints lines."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/bench/ingest"},
    )  # fmt: skip


def ended(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a program that was started."""
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def echoing(scene: Scene, device: str) -> Iterator[None]:
    """Let somebody answer the tracker's history with itself."""
    bundle = scene.pki / "services" / "svc.ingest.2"
    files = [str(bundle / each) for each in ("ca.crt", "service.crt", "service.key")]
    echo = python("bench.panic.echo", str(scene.service_port), *files, device)
    try:
        assert echo.stdout is not None
        echo.stdout.readline()
        yield
    finally:
        ended(echo)


@contextmanager
def telemetry(scene: Scene, rate: int) -> Iterator[subprocess.Popen[str]]:
    """Publish positions at this rate (0: as fast as it goes) to a subscriber that only counts."""
    bundle = scene.pki / "services" / "svc.ingest.1"
    taker = subprocess.Popen(
        ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(scene.service_port), "-V", "mqttv5",
         "-q", "1", "-i", "svc.ingest.1", "-t", "guardian/v1/+/location",
         "--cafile", str(bundle / "ca.crt"), "--cert", str(bundle / "service.crt"),
         "--key", str(bundle / "service.key"), "-D", "connect", "receive-maximum", "2000"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    cert, key = certificate(scene, "load-1")
    load = python(
        "bench.panic.load", str(scene.tracker_port), str(scene.ca), str(cert), str(key),
        "load-1", str(rate),
    )  # fmt: skip
    try:
        yield load
    finally:
        ended(load)
        ended(taker)
