"""What one position costs each consumer: processor time, rate and memory, in alternating runs.

    python bench/ingest/receive.py --runs 5 --trackers 1000 --before ../guardian-before
    python bench/ingest/receive.py --messages 1000000 --stored --telegraf PATH --influxd PATH

Without `--influxd` they write to what keeps nothing, so that only their own cost is seen. Every
consumer gets the same prepared messages through a Mosquitto of its own, at QoS 1 with a persistent
session, and a fresh store. What is compared is processor time, which other work on the machine
disturbs little; judge by the ratios of one call.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from influx import BUCKET, ORG, TOKEN, Influx  # noqa: E402 - the path comes first
from load import packets, publish  # noqa: E402
from process import Consumer  # noqa: E402
from sink import Sink  # noqa: E402

from guardian.demo.probes import free_ports, listening  # noqa: E402

BROKER = """
listener {port} 127.0.0.1
user root
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 20000
max_queued_messages 2000000
log_dest none
"""


LINES = "Telegraf, line protocol"
TELEGRAF = {
    "Telegraf": "same-guarantee", "Telegraf, QoS 0": "qos0", LINES: "line-protocol",
}  # fmt: skip
"""What it is called, and its configuration."""


@dataclass(frozen=True)
class Setting:
    """What a consumer is told."""

    port: int
    url: str
    state: Path
    window: int


@dataclass(frozen=True)
class Result:
    """One run of one consumer."""

    cpu_us: float
    broker_us: float
    rate: float
    peak_mb: float
    store_us: float
    """Of the store's own; 0 where nothing is kept."""
    stored: int
    """Points or lines that the store has."""


Start = Callable[[Setting], Consumer]


def main() -> None:
    """Measure and print."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started ends, too
    options = _options()
    consumers = _consumers(options)
    start_ms = time.time_ns() // 1_000_000 - 10**7
    chunks = list(packets(options.messages, options.trackers, start_ms))
    as_lines = list(packets(options.messages, options.trackers, start_ms, as_lines=True))
    print(f"# {_versions(options)}")
    results: dict[str, list[Result]] = {name: [] for name in consumers}
    print(f"# {platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"# {options.messages} messages, {options.trackers} trackers, rate {options.rate}")
    for run in range(options.runs):
        for name, start in consumers.items():
            load = as_lines if name == LINES else chunks
            found = _measure(start, load, options, writes=name != "mosquitto_sub")
            results[name].append(found)
            print(f"run {run + 1} {name:26} {found.cpu_us:6.1f} us, {found.stored:,} stored")
    _print_table(results)
    if options.json:
        options.json.write_text(json.dumps({k: [vars(e) for e in v] for k, v in results.items()}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--trackers", type=int, default=1_000)
    parser.add_argument("--rate", type=int, help="messages a second; as fast as it goes if absent")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--window", type=int, default=2_000, help="Receive Maximum")
    parser.add_argument("--only", action="append", help="of the consumers, those of this name")
    parser.add_argument("--before", type=Path, help="an older checkout to compare with")
    parser.add_argument("--telegraf", type=Path, help="its program")
    parser.add_argument("--influxd", type=Path, help="its program: they write to a real one")
    parser.add_argument("--stored", action="store_true", help="also with Stored messages on")
    parser.add_argument("--json", type=Path, help="where all results are written")
    return parser.parse_args()


def _consumers(options: argparse.Namespace) -> dict[str, Start]:
    found: dict[str, Start] = {"ours": lambda each: _ours(each, ROOT, stored=False)}
    if options.stored:
        found["ours, Stored on"] = lambda each: _ours(each, ROOT, stored=True)
    if options.before:
        found["before"] = lambda each: _ours(each, options.before.resolve(), stored=False)
    if options.telegraf:
        for name, config in TELEGRAF.items():
            found[name] = partial(_telegraf, program=options.telegraf.resolve(), config=config)
    found["mosquitto_sub"] = _mosquitto_sub
    return {name: start for name, start in found.items() if name in (options.only or found)}


def _measure(
    start: Start, chunks: list[bytes], options: argparse.Namespace, *, writes: bool
) -> Result:
    with (
        tempfile.TemporaryDirectory() as folder,
        _broker(Path(folder)) as (port, broker),
        _store(options.influxd, Path(folder)) as store,
    ):
        consumer = start(Setting(port, store.url, Path(folder), options.window))
        used = [consumer, broker, *([store.server] if isinstance(store, Influx) else [])]
        try:
            for each in used:
                each.wait_until_still()
            before, started = [each.cpu_s() for each in used], time.monotonic()
            publish(port, chunks, options.messages, options.rate)
            if writes and isinstance(store, Sink):
                store.wait_for(options.messages)
            still = consumer.wait_until_still()  # the acknowledgements are its work, too
            spent = [
                (each.cpu_s() - was) / options.messages * 1e6
                for each, was in zip(used, before, strict=True)
            ]
            rate = options.messages / (still - started)
            peak, points = consumer.peak_mb(), store.points() if writes else 0
            return Result(spent[0], spent[1], rate, peak, sum(spent[2:]), points)
        finally:
            consumer.stop()


@contextmanager
def _store(influxd: Path | None, folder: Path) -> Iterator[Influx | Sink]:
    store = Influx(influxd.resolve(), folder) if influxd else Sink()
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _broker(folder: Path) -> Iterator[tuple[int, Consumer]]:
    (port,) = free_ports(1)
    config = folder / "mosquitto.conf"
    config.write_text(BROKER.format(port=port))
    path = {"PATH": f"/usr/sbin:{os.environ.get('PATH', '')}"}
    broker = Consumer(["/usr/sbin/mosquitto", "-c", str(config)], folder, path, folder / "log")
    try:
        while not listening(port):
            time.sleep(0.02)
        yield port, broker
    finally:
        broker.stop()


def _ours(setting: Setting, root: Path, *, stored: bool) -> Consumer:
    environ = {
        "PYTHONPATH": str(root),
        "GUARDIAN_BROKERS": f"mqtt://127.0.0.1:{setting.port}",
        "GUARDIAN_STATE_DIR": str(setting.state),
        "GUARDIAN_TELEMETRY_STORE": "influxdb",
        "GUARDIAN_RECEIVE_MAXIMUM": str(setting.window),
        "GUARDIAN_LOG_LEVEL": "warning",
        **_influx(setting),
    }
    quiet = [str(ROOT / "bench/ingest/without_stored.py")]
    command = ["-m", "guardian", "ingest", "run"] if stored else quiet
    return Consumer([sys.executable, *command], root, environ, setting.state / "log")


def _telegraf(setting: Setting, program: Path, config: str) -> Consumer:
    environ = {"BROKER_PORT": str(setting.port), "BUCKET": BUCKET, **_influx(setting)}
    path = ROOT / f"bench/ingest/telegraf/{config}.conf"
    command = [str(program), "--config", str(path), "--quiet"]
    return Consumer(command, setting.state, environ, setting.state / "log")


def _mosquitto_sub(setting: Setting) -> Consumer:
    command = [
        "mosquitto_sub", "-p", str(setting.port), "-V", "mqttv5", "-q", "1", "-c", "-i", "bench",
        "-x", "600", "-D", "connect", "receive-maximum", str(setting.window),
        "-t", "guardian/v1/+/location",
    ]  # fmt: skip
    return Consumer(command, setting.state, {}, setting.state / "log")


def _influx(setting: Setting) -> dict[str, str]:
    return {
        "INFLUXDB_V2_URL": setting.url, "INFLUXDB_V2_ORG": ORG, "INFLUXDB_V2_TOKEN": TOKEN,
    }  # fmt: skip


def _versions(options: argparse.Namespace) -> str:
    asked = [["mosquitto_sub", "--version"]]
    asked += [[str(options.telegraf), "--version"]] if options.telegraf else []
    asked += [[str(options.influxd), "version"]] if options.influxd else []
    said = [
        subprocess.run(each, capture_output=True, text=True, check=False).stdout for each in asked
    ]
    return "; ".join(each.split("\n")[0] for each in said)


def _print_table(results: dict[str, list[Result]]) -> None:
    print(
        "\n| consumer | CPU, µs a message | messages/s | peak memory, MB | broker, µs | store, µs"
        " | stored |\n|---|---|---|---|---|---|---|"
    )
    for name, runs in results.items():
        cpu = [each.cpu_us for each in runs]
        middle = {
            field: statistics.median(getattr(each, field) for each in runs)
            for field in ("rate", "peak_mb", "broker_us", "store_us")
        }
        print(
            f"| {name} | {statistics.median(cpu):.1f} ({min(cpu):.1f}-{max(cpu):.1f})"
            f" | {middle['rate']:,.0f} | {middle['peak_mb']:.0f} | {middle['broker_us']:.1f}"
            f" | {middle['store_us']:.1f} | {min(each.stored for each in runs):,} |"
        )


if __name__ == "__main__":
    main()
