"""`guardian agent run` as a process of its own, that can be killed and started again."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from device_agent.local_socket import AgentNotRunningError, ask
from tests.integration.device_agent.services import DEVICE
from tests.services.choice import wait_until

_MAIN = "from guardian.cli import main; main({arguments})"


class AgentProcess:
    """The process, its log, and what it says of itself on its socket."""

    def __init__(self, folder: Path, serial_port: str, *brokers: str) -> None:
        self.state_dir = folder / "state"
        self._log = folder / "agent.log"
        path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ = {
            **path,
            "GUARDIAN_LOG_FORMAT": "json",
            "GUARDIAN_DEVICE": DEVICE,
            "GUARDIAN_BROKERS": ",".join(brokers),
            "GUARDIAN_SERIAL_PORT": serial_port,
            "GUARDIAN_STATE_DIR": str(self.state_dir),
            "GUARDIAN_INTERVAL_S": "0",
        }
        self.config: Path | None = None
        """A settings file, for what no variable can say."""
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, prelude: str = "") -> None:
        """Start it; `prelude` is Python that runs first, to shorten a time or to break a part."""
        arguments = ["agent", "run", *(["--config", str(self.config)] if self.config else [])]
        command = [sys.executable, "-c", f"{prelude}\n{_MAIN.format(arguments=arguments)}"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)

    def start(self, prelude: str = "") -> None:
        """Start it and wait until it answers and its port is open."""
        opened = len(self.events("port_open"))
        self.launch(prelude)
        wait_until(lambda: len(self.events("port_open")) > opened, "the port to be opened")
        wait_until(self._answers, f"the agent to answer; it said:\n{self._log.read_text()}")

    def press(self) -> None:
        """Press the button."""
        self._signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in order and return its exit code."""
        return self._end(signal.SIGTERM)

    def ask(self, question: str = "status", **more: str) -> dict[str, Any]:
        """Ask the agent how it is, or something else."""
        return ask(self.state_dir, {"do": question, **more})

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the log lines of this event."""
        if not self._log.exists():
            return []
        lines = [line for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == name]

    def wait_for_reports(self, count: int) -> None:
        """Wait until the outbox holds so many reports."""
        wait_until(lambda: self.ask()["outbox"]["reports"] == count, f"{count} reports")

    def reports_on_disk(self) -> int:
        """Return how many reports the outbox file holds."""
        with closing(sqlite3.connect(self.state_dir / "outbox.db")) as outbox:
            (count,) = outbox.execute("SELECT count(*) FROM reports").fetchone()
        return int(count)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the agent ended:\n{self._log.read_text()}"
        try:
            self.ask()
        except AgentNotRunningError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(how)
        return process.wait(20)
