"""One, two and four ingest workers in one shared subscription: positions a second end to end.

    python -m bench.ingest.workers --messages 60000

Mosquitto, workers and a sink in place of InfluxDB share the machine, so more workers than its
cores can gain nothing; what is shown is what sharing costs, and that each position is written.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from load import packets, publish  # noqa: E402 - the path comes first
from process import Consumer  # noqa: E402
from receive import Setting, _broker, _influx  # noqa: E402
from sink import Sink  # noqa: E402

WORKERS = (1, 2, 4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--trackers", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    start_ms = time.time_ns() // 1_000_000 - 10**7
    chunks = list(packets(options.messages, options.trackers, start_ms))
    print(f"# {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.messages} messages")
    print("| workers | messages/s | CPU of all workers, µs a message | each one's share | lines |")
    print("|---|---|---|---|---|")
    for _ in range(options.runs):
        for count in WORKERS:
            _measure(count, chunks, options.messages)


def _measure(count: int, chunks: list[bytes], messages: int) -> None:
    with tempfile.TemporaryDirectory() as name, _broker(Path(name)) as (port, _):
        sink = Sink()
        workers = [_worker(number, port, sink, Path(name)) for number in range(1, count + 1)]
        try:
            for each in workers:
                each.wait_until_still()
            before, started = [each.cpu_s() for each in workers], time.monotonic()
            publish(port, chunks, messages, None)
            rate = messages / (sink.wait_for(messages) - started)
            for each in workers:
                each.wait_until_still()
            used = [each.cpu_s() - was for each, was in zip(workers, before, strict=True)]
            shares = " ".join(f"{each / sum(used):.0%}" for each in used)
            cost = sum(used) / messages * 1e6
            print(f"| {count} | {rate:,.0f} | {cost:.1f} | {shares} | {sink.lines} |", flush=True)
        finally:
            for each in workers:
                each.stop()
            sink.close()


def _worker(number: int, port: int, sink: Sink, folder: Path) -> Consumer:
    state = folder / f"worker-{number}"
    state.mkdir()
    setting = Setting(port, sink.url, state, 2_000)
    environ = {
        "PYTHONPATH": str(ROOT),
        "GUARDIAN_BROKERS": f"mqtt://127.0.0.1:{port}",
        "GUARDIAN_INSTANCE": str(number),
        "GUARDIAN_SHARE_NAME": "bench",
        "GUARDIAN_STATE_DIR": str(state),
        "GUARDIAN_TELEMETRY_STORE": "influxdb",
        "GUARDIAN_RECEIVE_MAXIMUM": str(setting.window),
        "GUARDIAN_LOG_LEVEL": "warning",
        **_influx(setting),
    }
    quiet = str(ROOT / "bench/ingest/without_stored.py")
    return Consumer([sys.executable, quiet], ROOT, environ, state / "log")


if __name__ == "__main__":
    main()
