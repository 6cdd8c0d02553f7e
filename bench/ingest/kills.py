"""Random kills and cuts for as long as wanted: every position that was sent is stored once.

    python -m bench.ingest.kills --minutes 30 --seed 1

Mosquitto, InfluxDB and ingest are real processes that are killed as a power cut does; the
trackers' link, ingest's link to the broker and its link to the store are reset in the middle of a
message or fall silent. Each of the six fails by itself, so several are often down at once. The
trackers have the real agent's mind, whose pauses run `--speed` times faster. Exits with 1 when the
(device, time) pairs sent are not the pairs stored, each once.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from runtime import logs  # noqa: E402 - the path comes first
from tests.integration.kills.faults import plan  # noqa: E402
from tests.integration.kills.site import Outcome, Size, site  # noqa: E402
from tests.services.influxdb import influxdb  # noqa: E402


def main() -> None:
    """Run and print; exit with 1 when anything was lost or doubled."""
    options = _options()
    logs.configure("kills", level="error", form="auto")
    size = Size(trackers=options.trackers, rate=options.rate, speed=options.speed)
    faults = plan(options.seed, options.minutes * 60, options.every, options.longest)
    print(f"# {len(faults)} faults in {options.minutes} minutes, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="guardian-kills-") as name:
        folder = Path(name)
        (folder / "influxdb").mkdir()
        server = influxdb(folder / "influxdb")
        try:
            with site(folder, server, size) as running:
                outcome = running.run(faults, _say if options.verbose else lambda _: None)
        finally:
            server.stop()
    _print(outcome)
    sys.exit(0 if outcome.exact else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trackers", type=int, default=20)
    parser.add_argument("--rate", type=float, default=100.0, help="positions a second, of all")
    parser.add_argument("--speed", type=float, default=60.0, help="of the trackers' clocks")
    parser.add_argument("--every", type=float, default=15.0, help="mean seconds between failures")
    parser.add_argument("--longest", type=float, default=6.0, help="seconds that one lasts at most")
    parser.add_argument("--verbose", action="store_true", help="print each fault as it happens")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


def _print(outcome: Outcome) -> None:
    for name, count in sorted(outcome.faults.items()):
        print(f"{count:6}  {name}")
    doubled = len(outcome.stored) - len(set(outcome.stored))
    print(
        f"sent {len(outcome.sent)}, stored {len(outcome.stored)}: {len(outcome.lost)} lost,"
        f" {doubled} doubled, {len(set(outcome.stored) - outcome.sent)} never sent;"
        f" given up by a tracker {outcome.dropped}, unnamed {outcome.unnamed};"
        f" all was named {outcome.settled_s:.0f} s after the last fault"
    )
    print("the pairs sent are the pairs stored" if outcome.exact else "NOT EQUAL")


if __name__ == "__main__":
    main()
