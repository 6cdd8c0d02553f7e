"""A tracker's agent, as it runs on a board, against the published port."""

import json
import signal
import socket
from pathlib import Path
from typing import Any

from guardian.demo.children import Children
from runtime.clock import SystemClock
from tests.e2e.receiver import TestReceiver
from tests.services.choice import wait_until


class Tracker:
    """One agent process with a GPS receiver of the test's."""

    def __init__(self, bundle: Path) -> None:
        """Start it with the bundle that enrolment has made, as it is."""
        self.device = bundle.name
        self.ca_file = bundle / "ca.crt"
        self._last = 0
        self._state = bundle / "s"
        self._state.mkdir()
        self._receiver = TestReceiver()
        self._children = Children(bundle)
        environment = {
            "GUARDIAN_SERIAL_PORT": self._receiver.port,
            "GUARDIAN_STATE_DIR": str(self._state),
            "GUARDIAN_BUTTONS": "signal",
            "GUARDIAN_INTERVAL_S": "0",
        }
        config = str(bundle / "agent.toml")
        self._agent = self._children.guardian(
            "agent", ["agent", "run", "--config", config], environment
        )

    def go_to(self, lat: float, lon: float) -> int:
        """Be there now; return the time of the fix, ms: later than that of every other."""
        self._last = max(SystemClock().now_ms(), self._last + 1)
        self._receiver.send(self._last, lat, lon)
        return self._last

    def press(self) -> None:
        """Press the button; an agent that answers has it under its control."""
        wait_until(lambda: "panics" in self.status(), "the agent to answer")
        before = [press["panic_id"] for press in self.status()["panics"]]
        self._agent.signal(signal.SIGUSR1)
        wait_until(
            lambda: {press["panic_id"] for press in self.status()["panics"]} - set(before),
            "the press, on disk",
        )

    def stages(self) -> list[str | None]:
        """Return the stage of each press that is not closed, as the tracker knows it."""
        return [press["stage"] for press in self.status().get("panics", [])]

    def await_connection(self, seconds: float = 60) -> None:
        """Wait until it has reached the broker."""
        wait_until(lambda: self.status()["link"]["up"], f"{self.device} to connect", seconds)

    def await_rest(self) -> None:
        """Wait until it knows that every press is closed."""
        wait_until(lambda: set(self.stages()) <= {"closed"}, f"{self.device} to rest", 60)

    def await_newest(self, stage: str, seconds: float = 60) -> None:
        """Wait until the newest press is there."""
        wait_until(lambda: self.stages()[-1:] == [stage], f"{stage} at {self.device}", seconds)

    def status(self) -> dict[str, Any]:
        """Ask the agent how it is; while it is starting it knows of nothing."""
        with socket.socket(socket.AF_UNIX) as local:
            local.settimeout(5)
            try:
                local.connect(str(self._state / "agent.sock"))
            except (FileNotFoundError, ConnectionRefusedError):
                return {"link": {"up": False}}
            local.sendall(b'{"do":"status"}\n')
            with local.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        return answer

    def stop(self) -> None:
        """End it."""
        self._children.stop()
        self._receiver.unplug()
