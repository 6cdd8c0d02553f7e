"""A real InfluxDB 2 of the bench's own, and what it has used of processor and memory."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from process import Consumer

from guardian.demo.probes import free_ports

TOKEN, ORG, BUCKET = "bench", "guardian", "telemetry"
START_S = 60.0


class Influx:
    """A server with one bucket for positions; a fresh one for each run."""

    def __init__(self, program: Path, folder: Path) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        home = folder / "influxdb"
        home.mkdir()
        command = [
            str(program), "--ui-disabled", "--reporting-disabled", "--log-level", "error",
            "--http-bind-address", f"127.0.0.1:{port}", "--bolt-path", str(home / "bolt"),
            "--sqlite-path", str(home / "sqlite"), "--engine-path", str(home / "engine"),
        ]  # fmt: skip
        self.server = Consumer(command, home, {"HOME": str(home)}, folder / "influxd.log")
        self._wait_until_it_answers()
        self._set_up()

    def points(self) -> int:
        """Return how many positions it has."""
        question = urlencode({"db": BUCKET, "q": 'SELECT count("lat") FROM "location"'})
        answer = self._ask(f"/query?{question}")["results"][0]
        return int(answer["series"][0]["values"][0][1]) if "series" in answer else 0

    def close(self) -> None:
        """End it."""
        self.server.stop()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._ask("/health")
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _set_up(self) -> None:
        wanted = {
            "username": "bench", "password": "only-for-the-bench", "org": ORG, "bucket": BUCKET,
            "token": TOKEN,
        }  # fmt: skip
        self._ask("/api/v2/setup", json.dumps(wanted).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Token {TOKEN}"}
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
