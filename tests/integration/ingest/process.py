"""`guardian ingest run` as a process of its own, that can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.services.choice import wait_until


class IngestProcess:
    """The process, its log, and what it says of itself on loopback."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environ = {**path, "GUARDIAN_LOG_FORMAT": "json", **environ}
        self._log = log
        self._url = f"http://{environ['GUARDIAN_METRICS_BIND']}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is connected to the broker."""
        self.launch()
        wait_until(self._is_connected, f"ingest to connect; it said:\n{self.log()}")

    def launch(self) -> None:
        """Start it, whether or not it can connect."""
        command = [sys.executable, "-m", "guardian", "ingest", "run"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in order and return its exit code."""
        return self._end(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for its own end."""
        assert self._process is not None
        return self._process.wait(30)

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Return status and body of its health."""
        try:
            with urllib.request.urlopen(f"{self._url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except (urllib.error.URLError, ConnectionError):
            return 0, {"problems": ["nobody answers"]}

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found = [each for each in lines if each.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(each.rpartition(" ")[2]) for each in found)

    def log(self) -> str:
        """Return everything that it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    def _is_connected(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"ingest ended:\n{self.log()}"
        status, body = self.healthz()
        return status != 0 and "not connected to a broker" not in body["problems"]

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process = None
        return code
