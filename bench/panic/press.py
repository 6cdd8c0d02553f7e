"""Press -> *received* at the tracker, and press -> first byte at a webhook, beside a bare echo.

    python -m bench.panic.press --seconds 40

TLS and ACL as installed, TCP_NODELAY on both sides, open loop: every press has its instant, and
what comes late counts from then. Trackers press in turn; each one's first press of a level opens an
incident and so a webhook, the others join it. The echo is one more tracker and a program that sends
its messages back through the same broker, in between the presses. Levels are shares of the rate of
positions that this broker and a null subscriber take flat out, on the same machine.
"""

import argparse
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from urllib.error import HTTPError

from bench.panic.site import Site, echoing, site, telemetry
from bench.panic.trackers import Crowd, Tracker
from contract import codec
from contract.ids import uuid7
from contract.messages import Location, Panic, Receipt
from contract.topics import HISTORY, PANIC, RECEIPT
from runtime.mqtt.interface import Incoming

LEVELS = (0.0, 0.25, 0.5, 0.75)
CEILING_S = 6
SETTLE_S = 2.0
LAST_S = 30.0


@dataclass
class Press:
    """One press: when it was to be, and what became of it (monotonic seconds)."""

    due: float
    device: str
    sent: float = 0.0
    received: float = 0.0
    incident: str = ""
    first: bool = False


@dataclass
class Run:
    """The presses and echoes of one level."""

    presses: dict[str, Press] = field(default_factory=dict)
    echoes: dict[bytes, list[float]] = field(default_factory=dict)

    def take(self, tracker: Tracker, message: Incoming) -> None:
        """Note a receipt or an echo."""
        now = time.monotonic()
        if message.topic != RECEIPT.of(tracker.device):
            self.echoes[message.payload].append(now)
            return
        receipt = codec.decode(Receipt, message.payload)
        press = self.presses.get(receipt.panic_id or "")
        if press is not None and not press.received:
            press.received, press.incident = now, receipt.incident or ""

    def milliseconds(self) -> dict[str, list[float]]:
        """Return what was measured, by name."""
        done = [each for each in self.presses.values() if each.received]
        return {
            "echo": [(a[1] - a[0]) * 1000 for a in self.echoes.values() if len(a) > 1],
            "press -> received": [(each.received - each.due) * 1000 for each in done],
            "  that opens an incident": [(p.received - p.due) * 1000 for p in done if p.first],
            "  late in sending": [(each.sent - each.due) * 1000 for each in done],
        }


def payload_of(number: int, random: Random) -> tuple[str, bytes]:
    """Return a press of this moment."""
    now = time.time_ns() // 1_000_000
    panic_id = uuid7(now, random.randbytes(10))
    where = Location(
        boot="0a0b0c0d", seq=number, time=now, lat=25.03, lon=121.56, fix="gps", accuracy=8.0
    )
    panic = Panic(
        panic_id=panic_id, update=0, pressed_at=now, sent_at=now, age_ms=0, kind="button",
        silent=False, location=where,
    )  # fmt: skip
    return panic_id, codec.encode(panic)


def level(trackers: list[Tracker], echo: Tracker, seconds: float, rate: float) -> Run:
    """Press and echo in turn for so long."""
    run, random = Run(), Random(1)
    crowd = Crowd(run.take)
    for each in (*trackers, echo):
        crowd.add(each)
    begin = time.monotonic() + 0.2
    for number in range(int(seconds * rate)):
        at = begin + number / rate
        crowd.work_until(at)
        tracker = trackers[number % len(trackers)]
        panic_id, payload = payload_of(number, random)
        press = run.presses[panic_id] = Press(at, tracker.device, first=number < len(trackers))
        tracker.send(PANIC.of(tracker.device), payload)
        press.sent = time.monotonic()
        crowd.work_until(at + 0.5 / rate)
        mark = random.randbytes(8) + b" " * (len(payload) - 8)
        run.echoes[mark] = [at + 0.5 / rate]
        echo.send(HISTORY.of(echo.device), mark)
    settle(crowd, run)
    return run


def settle(crowd: Crowd, run: Run) -> None:
    """Read on until every press has its receipt, a little longer, and half a minute at most."""
    end = time.monotonic() + LAST_S
    while time.monotonic() < end and not all(each.received for each in run.presses.values()):
        crowd.work_until(time.monotonic() + 0.1)
    crowd.work_until(time.monotonic() + SETTLE_S)


def main() -> None:
    """Measure and print."""
    options = _options()
    print(f"# {platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for store in options.store or ("sqlite", "postgresql"):
        with site(store) as running, echoing(running.scene, "echo-1"):
            _measure(running, store, options)


def _measure(running: Site, store: str, options: argparse.Namespace) -> None:
    trackers = [Tracker(running.scene, f"press-{n:04d}") for n in range(options.trackers)]
    echo = Tracker(running.scene, "echo-1")
    ceiling = _ceiling(running)
    print(
        f"\n## {store}: ceiling {ceiling:,} positions/s, load {os.getloadavg()[0]:.1f}", flush=True
    )
    print("| positions/s | | n | median | p99 | p99.9 | max |\n|---|---|---|---|---|---|---|")
    level(trackers, echo, 2.0, options.rate)
    close_all(running)
    for share in options.level or LEVELS:
        if share:
            with telemetry(running.scene, int(ceiling * share)):
                time.sleep(2)
                _one(running, trackers, echo, options, f"{ceiling * share:,.0f} ({share:.0%})")
        else:
            _one(running, trackers, echo, options, "0")
        close_all(running)


def _one(
    running: Site, trackers: list[Tracker], echo: Tracker, options: argparse.Namespace, name: str
) -> None:
    """Measure one level and print its rows."""
    histograms = ("guardian_intake_seconds", "guardian_commit_seconds")
    before = {each: running.mean_ms(each) for each in histograms}
    run = level(trackers, echo, options.seconds, options.rate)
    for what, values in run.milliseconds().items():
        print_row(name, what, values)
    first = running.webhook.first
    print_row(name, "press -> webhook", [
        (first[each.incident] - each.due) * 1000
        for each in run.presses.values() if each.first and each.incident in first
    ])  # fmt: skip
    for each, (total, count) in before.items():
        now_total, now_count = running.mean_ms(each)
        mean = (now_total - total) / max(1, now_count - count)
        print(f"| {name} | {each}, mean | {now_count - count} | {mean:.2f} | | | |")
    lost = sum(not each.received for each in run.presses.values())
    print(f"| {name} | not received within {LAST_S:.0f} s | {lost} | | | | |", flush=True)


def print_row(name: str, what: str, values: list[float]) -> None:
    """Print one row of the table, in ms."""
    ordered = sorted(values) or [float("nan")]
    shares = [ordered[min(len(ordered) - 1, int(len(ordered) * s))] for s in (0.5, 0.99, 0.999)]
    cells = " | ".join(f"{each:.1f}" for each in (*shares, ordered[-1]))
    print(f"| {name} | {what} | {len(values)} | {cells} |", flush=True)


def _ceiling(running: Site) -> int:
    """Return the positions a second that the broker answers flat out."""
    with telemetry(running.scene, 0) as load:
        assert load.stdout is not None
        seconds = [int(load.stdout.readline()) for _ in range(CEILING_S)]
    return sorted(seconds)[CEILING_S // 2]


def close_all(running: Site) -> None:
    """Close every open incident, so that the next press of each tracker opens one."""
    while items := running.api("board")["items"]:
        for each in items:
            for step, body in (("acknowledge", {}), ("close", {"disposition": "test"})):
                with suppress(HTTPError):  # 409: a press came in between, so once more
                    running.api(f"incidents/{each['id']}/{step}", body)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="of each level")
    parser.add_argument("--rate", type=float, default=10.0, help="presses a second")
    parser.add_argument("--trackers", type=int, default=100)
    parser.add_argument("--store", action="append", choices=("sqlite", "postgresql"))
    parser.add_argument("--level", type=float, action="append", help="a share of the ceiling")
    return parser.parse_args()


if __name__ == "__main__":
    main()
