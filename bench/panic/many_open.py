"""Ten thousand open incidents: how long a restart takes, what memory it needs, how the API answers.

python -m bench.panic.many_open --incidents 10000
"""

import argparse
import os
import time
import urllib.request
from pathlib import Path
from random import Random

from bench.panic.press import payload_of, print_row
from bench.panic.site import Site, site
from dispatcher.desk import Desk
from dispatcher.routing import ALL_CLASSES, Route, Routing
from dispatcher.store.engine import Database
from runtime.clock import SystemClock

QUESTIONS = 200


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with site(options.store) as running:
        scene = running.scene
        print(f"## {options.store}, {options.incidents} open, load {os.getloadavg()[0]:.1f}")
        print(f"memory with none: {_memory_mb(running):.0f} MB")
        scene.children.kill(scene.children.find("dispatcher"))
        took = _fill(scene.database_url, options.incidents)
        print(f"opened in {took:.1f} s: {took / options.incidents * 1000:.1f} ms each", flush=True)
        started = time.monotonic()
        scene.start_dispatcher({"GUARDIAN_METRICS_BIND": f"127.0.0.1:{running.metrics_port}"})
        print(f"restart until healthy: {time.monotonic() - started:.1f} s", flush=True)
        _ask(running)
        print(f"memory: {_memory_mb(running):.0f} MB")


def _fill(url: str, count: int) -> float:
    """Open incidents by presses of as many trackers, past the broker."""
    database, clock, random = Database(url), SystemClock(), Random(1)
    desk = Desk(database, clock, Routing([Route("log", classes=ALL_CLASSES)]))
    started = time.monotonic()
    for number in range(count):
        device = f"many-{number:05d}"
        desk.take_panic(device, payload_of(number, random)[1], clock.now_ms())
    database.close()
    return time.monotonic() - started


def _ask(running: Site) -> None:
    print("| | | n | median | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|")
    some = running.api("incidents?limit=50")["items"][7]["id"]
    for path in (f"incidents/{some}", "incidents?limit=50", "board"):
        took = []
        for _ in range(QUESTIONS if path != "board" else 10):
            started = time.monotonic()
            running.api(path)
            took.append((time.monotonic() - started) * 1000)
        print_row("API", path.replace(some, "ID"), took)


def _memory_mb(running: Site) -> float:
    """Return the dispatcher's resident memory."""
    with urllib.request.urlopen(
        f"http://127.0.0.1:{running.metrics_port}/metrics", timeout=30
    ) as answer:
        lines = answer.read().decode().splitlines()
    found = [each for each in lines if each.startswith("process_resident_memory_bytes")]
    if found:
        return float(found[0].split()[1]) / 1e6
    pid = running.scene.children.find("dispatcher").process.pid
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(x for x in status if x.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
