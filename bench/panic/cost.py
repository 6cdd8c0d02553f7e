"""What a press costs the dispatcher in processor time, all its threads: independent of other load.

    python -m bench.panic.cost

A press that opens an incident brings its alerts, a command to the tracker and what Grafana sees;
one that joins it brings less.
"""

import argparse
import os
from pathlib import Path

from bench.panic.press import level
from bench.panic.site import Site, site
from bench.panic.trackers import Tracker

RATE = 3.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trackers", type=int, default=60)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with site(options.store) as running:
        trackers = [Tracker(running.scene, f"press-{n:04d}") for n in range(options.trackers)]
        echo = Tracker(running.scene, "echo-1")
        print(f"## {options.store}, load {os.getloadavg()[0]:.1f}")
        seconds = options.trackers / RATE
        idle = _cpu_s(running)
        level(trackers, echo, 0.0, RATE)
        idle = (_cpu_s(running) - idle) / 2.2
        for name in ("opens an incident", "joins an open one"):
            before = _cpu_s(running)
            level(trackers, echo, seconds, RATE)
            used = _cpu_s(running) - before - idle * (seconds + 2.2)
            print(f"a press that {name}: {used / options.trackers * 1000:.1f} ms", flush=True)


def _cpu_s(running: Site) -> float:
    """Return the processor time of all the dispatcher's threads, seconds."""
    tasks = Path(f"/proc/{running.scene.children.find('dispatcher').process.pid}/task")
    return sum(int((each / "schedstat").read_text().split()[0]) for each in tasks.iterdir()) / 1e9


if __name__ == "__main__":
    main()
