"""The complete agent: what a fix costs it, thread by thread, and its memory.

    .venv/bin/python -m bench.agent.complete [--seconds 30]

The real agent with TLS to a real Mosquitto, its outbox on disk and an ingest that answers *stored*.
A pseudo-terminal brings 10 epochs a second of 23 sentences. Once every fix is reported, once as a
tracker usually reports.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.agent.epochs import epochs
from bench.agent.terminal import Terminal, cpu_s, memory_mb
from device_agent.local_socket import AgentNotRunningError, ask
from guardian.demo.scene import Scene
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping

DEVICE = "tracker-a"
HZ = 10
WARM_S = 5
_PATIENCE_S = 30.0
_POLL_S = 0.05
_NAMED = """
import threading
start = threading.Thread.run
def run(self):
    with open("/proc/thread-self/comm", "w") as comm:
        comm.write(self.name[:15])
    start(self)
threading.Thread.run = run
from guardian.__main__ import start as guardian
guardian()
"""
"""The agent's threads, named for the kernel too: before Python 3.14 they are all `python`."""
_IMPORT = """
import time
began = time.process_time()
import device_agent.agent
print(time.process_time() - began)
"""


def main(seconds: int) -> None:
    """Print a table for each way of reporting."""
    took = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, check=True).stdout
    print(f"importing the agent: {float(took) * 1000:.0f} ms of processor time")
    for name, interval_s in (("every fix reported", "0"), ("every 10 s", "10")):
        with tempfile.TemporaryDirectory(prefix="guardian-bench-", dir="/var/tmp") as folder:
            _measure(name, interval_s, seconds, Path(folder))


def _measure(name: str, interval_s: str, seconds: int, folder: Path) -> None:
    scene = Scene(folder, SystemClock(), Stopping(), temporary=True)
    terminal = Terminal()
    try:
        agent = _started(scene, terminal, interval_s)
        feed = epochs((WARM_S + seconds) * HZ, round(time.time() * 1000))
        terminal.play(feed[: WARM_S * HZ], HZ, 460_800)
        before = cpu_s(agent.pid)
        terminal.play(feed[WARM_S * HZ :], HZ, 460_800)
        after = cpu_s(agent.pid)
        status = ask(scene.state(DEVICE), {"do": "status"})
        _report(name, {each: after[each] - before.get(each, 0.0) for each in after}, seconds)
        print(
            f"  resident {memory_mb(agent.pid, 'VmRSS'):.1f} MB, "
            f"at most {memory_mb(agent.pid, 'VmHWM'):.1f} MB; outbox {status['outbox']}",
            flush=True,
        )
        agent.terminate()
        agent.wait(20)
    finally:
        scene.children.stop()
        terminal.close()


def _started(scene: Scene, terminal: Terminal, interval_s: str) -> subprocess.Popen[bytes]:
    scene.prepare()
    scene.start_broker()
    scene.start_ingest()
    bundle = scene.enrol(DEVICE)
    environ = os.environ | {
        "GUARDIAN_SERIAL_PORT": terminal.path,
        "GUARDIAN_STATE_DIR": str(scene.state(DEVICE)),
        "GUARDIAN_BUTTONS": "signal",
        "GUARDIAN_INTERVAL_S": interval_s,
        "GUARDIAN_LOG_FORMAT": "json",
    }
    config = str(bundle / "agent.toml")
    command = [sys.executable, "-c", _NAMED, "agent", "run", "--config", config]
    with (scene.folder / "agent.log").open("wb") as log:
        agent = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    _until(lambda: _status(scene).get("link", {}).get("up"))
    return agent


def _status(scene: Scene) -> dict[str, Any]:
    try:
        return ask(scene.state(DEVICE), {"do": "status"})
    except AgentNotRunningError:
        return {}


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the agent does not connect")
        time.sleep(_POLL_S)


def _report(name: str, used: dict[str, float], seconds: int) -> None:
    total = sum(used.values())
    print(f"{name}: {total / seconds / HZ * 1e6:.0f} us an epoch, {total / seconds:.1%} of a core")
    for thread, cpu in sorted(used.items(), key=lambda each: -each[1]):
        if cpu > total / 100:
            print(f"  {thread:16}{cpu / seconds / HZ * 1e6:>8.0f} us an epoch")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    main(parser.parse_args().seconds)
