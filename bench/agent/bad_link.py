"""How long a press takes over a bad link, with the real agent, broker, TLS and dispatcher.

    sudo unshare --net .venv/bin/python -m bench.agent.bad_link [--presses 10]

Two network namespaces are joined by a link of 9.6 kbit/s that loses 20 % of the packets each way.
The tracker reports a position each second and has a backlog. Printed is the time from the press
to *received* at the tracker.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_agent.local_socket import AgentNotRunningError, ask
from guardian.demo.scene import Scene
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from tests.e2e.receiver import TestReceiver
from tests.services.radio_link import SERVER, RadioLink, available, radio_link

DEVICE = "tracker-a"
SLOW = 9600
LOSS = 0.2
BACKLOG = 300
"""Reports that wait: five minutes without a network at one a second."""
CUT_S = 30.0
PATIENCE_S = 300.0
_POLL_S = 0.02


@dataclass
class Tracker:
    """The agent behind the link."""

    scene: Scene
    receiver: TestReceiver
    process: subprocess.Popen[bytes]

    def status(self) -> dict[str, Any]:
        """Return what the agent says of itself."""
        return ask(self.scene.state(DEVICE), {"do": "status"})

    def move(self, count: int = 1) -> None:
        """Let the receiver give fixes, one a second of its own time."""
        for number in range(count):
            self.receiver.send(round(time.time() * 1000) - 1000 * (count - 1 - number), 25.0, 121.5)

    def press(self) -> float:
        """Press and return after how many seconds the tracker knew that it was received."""
        before = len(self.status()["panics"])
        begun = time.monotonic()
        self.process.send_signal(signal.SIGUSR1)
        self.wait("the receipt", lambda: _received(self.status()["panics"], before))
        return time.monotonic() - begun

    def wait(self, what: str, condition: Callable[[], object]) -> float:
        """Wait, with a fix every second, until it is so; returns the seconds."""
        begun = next_fix = time.monotonic()
        while not condition():
            if time.monotonic() - begun > PATIENCE_S:
                raise SystemExit(f"waited in vain for {what}")
            if time.monotonic() >= next_fix:
                next_fix += 1
                self.move()
            time.sleep(_POLL_S)
        return time.monotonic() - begun


@contextmanager
def tracker(folder: Path, link: RadioLink) -> Iterator[Tracker]:
    """Start broker, ingest and dispatcher here and the agent behind the link."""
    scene = Scene(folder, SystemClock(), Stopping(), temporary=True)
    receiver = TestReceiver()
    agent: subprocess.Popen[bytes] | None = None
    try:
        agent = _start(scene, receiver, link)
        yield Tracker(scene, receiver, agent)
    finally:
        if agent is not None:
            agent.kill()
            agent.wait()
        scene.children.stop()
        receiver.unplug()


def _start(scene: Scene, receiver: TestReceiver, link: RadioLink) -> subprocess.Popen[bytes]:
    scene.enrolment.init(
        ["127.0.0.1", SERVER],
        scene._now(),  # noqa: SLF001 - the scene on another address
        tracker_port=scene.tracker_port,
        service_port=scene.service_port,
        tracker_address="0.0.0.0",
        service_address="127.0.0.1",
    )
    scene.start_broker()
    scene.start_ingest()
    scene.start_dispatcher()
    bundle = scene.enrol(DEVICE)
    environ = os.environ | {
        "GUARDIAN_BROKERS": f"mqtts://{SERVER}:{scene.tracker_port}",
        "GUARDIAN_SERIAL_PORT": receiver.port,
        "GUARDIAN_STATE_DIR": str(scene.state(DEVICE)),
        "GUARDIAN_INTERVAL_S": "0",
        "GUARDIAN_LOG_FORMAT": "json",
    }
    run = [sys.executable, "-m", "guardian", "agent", "run", "--config", str(bundle / "agent.toml")]
    log = (scene.folder / "agent.log").open("wb")
    with log:
        return subprocess.Popen(link.behind(run), env=environ, stdout=log, stderr=log)


def _answers(one: Tracker) -> bool:
    try:
        one.status()
    except AgentNotRunningError:
        return False
    return True


def _received(panics: list[dict[str, Any]], before: int) -> bool:
    return len(panics) > before and panics[-1]["stage"] is not None


def measure(presses: int, only: str | None = None) -> None:
    """Print a table: the link, and the presses over it; `only` names one line of it."""
    print(f"{'link':42}{'median s':>10}{'worst s':>10}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="guardian-bench-") as name,
        radio_link() as link,
        tracker(Path(name), link) as one,
    ):
        one.wait("the agent", lambda: _answers(one) and one.status()["link"]["up"])
        for what, scenario in SCENARIOS.items():
            if only in (None, what):
                _report(what, [scenario(one, link) for _ in range(presses)])


def _fast(one: Tracker, link: RadioLink) -> float:
    del link
    return one.press()


def _slow(one: Tracker, link: RadioLink) -> float:
    link.make_slow(SLOW)
    return one.press()


def _lossy(one: Tracker, link: RadioLink) -> float:
    link.lose(LOSS)
    return _slow(one, link)


def _behind_a_backlog(one: Tracker, link: RadioLink) -> float:
    link.lose(1)
    one.move(BACKLOG)
    one.wait("the backlog", lambda: one.status()["outbox"]["reports"] >= BACKLOG)
    return _lossy(one, link)


def _cut(one: Tracker, link: RadioLink) -> float:
    """The press happens on a connection that is dead; counted from the link's return."""
    _lossy(one, link)
    link.lose(1)
    before = len(one.status()["panics"])
    one.process.send_signal(signal.SIGUSR1)
    back = time.monotonic() + CUT_S
    one.wait("the link's return", lambda: time.monotonic() >= back)
    link.lose(LOSS)
    return one.wait("the receipt", lambda: _received(one.status()["panics"], before))


SCENARIOS: dict[str, Callable[[Tracker, RadioLink], float]] = {
    "as fast as the machine": _fast,
    "9.6 kbit/s": _slow,
    "9.6 kbit/s, 20 % lost": _lossy,
    "the same, with a backlog of 300 reports": _behind_a_backlog,
    "cut without a word, back after 30 s": _cut,
}


def _report(what: str, seconds: list[float]) -> None:
    print(f"{what:42}{statistics.median(seconds):>10.2f}{max(seconds):>10.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=10)
    parser.add_argument("--only", choices=SCENARIOS)
    if not available():
        raise SystemExit("needs root, and: unshare nsenter ip tc iptables")
    chosen = parser.parse_args()
    measure(chosen.presses, chosen.only)
