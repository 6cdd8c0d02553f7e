"""`guardian dispatcher run` as a process of its own, that can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.demo.probes import free_ports
from runtime.clock import SystemClock
from tests.services.choice import wait_until


class DispatcherProcess:
    """The process, its log, its API, and what it says of itself on loopback."""

    def __init__(self, folder: Path, broker: str, database_url: str, **environ: str) -> None:
        self.database_url = database_url
        self._log = folder / "dispatcher.log"
        self._api_port, metrics_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self._api_port}"
        self._metrics = f"http://127.0.0.1:{metrics_port}"
        path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environ = {
            **path,
            "GUARDIAN_BROKERS": broker,
            "GUARDIAN_DATABASE_URL": database_url,
            "GUARDIAN_STATE_DIR": str(folder),
            "GUARDIAN_TELEMETRY_STORE": f"sqlite:///{folder / 'telemetry.db'}",
            "GUARDIAN_HTTP_BIND": f"127.0.0.1:{self._api_port}",
            "GUARDIAN_METRICS_BIND": f"127.0.0.1:{metrics_port}",
            "GUARDIAN_LOG_FORMAT": "json",
            **environ,
        }
        self.config: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.token = self._make_token()

    def start(self) -> None:
        """Start it and wait until it is connected to the broker and its database commits."""
        self.launch()
        wait_until(lambda: self.healthz()[0] == 200, f"the dispatcher; it said:\n{self.log()}")

    def launch(self) -> None:
        """Start it, whether or not it can work."""
        command = [sys.executable, "-m", "guardian", "dispatcher", "run"]
        if self.config is not None:
            command += ["--config", str(self.config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it as a hung machine does: its connections stay, and it does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """End it in order and return its exit code."""
        return self._end(signal.SIGTERM)

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Return status and body of its health."""
        try:
            with urllib.request.urlopen(f"{self._metrics}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except (urllib.error.URLError, ConnectionError):
            return 0, {"problems": ["nobody answers"]}

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the API as a program with a token; a body makes it a POST."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def incidents(self) -> list[dict[str, Any]]:
        """Return all incidents."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.api(f"incidents?limit=100{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    def log(self) -> str:
        """Return everything that it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    def _make_token(self) -> str:
        database = Database(self.database_url)
        upgrade(database)
        token = Accounts(database, SystemClock()).add_token(
            "test", scopes=("incidents:read", "incidents:write")
        )
        database.close()
        return token

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process = None
        return code
