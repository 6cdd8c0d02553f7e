"""Does the way back after an outage delay a press? The way of a message while a backlog drains.

    python bench/ingest/way_back.py --messages 200000

Positions wait in the broker for ingest, which is away. A message then goes from a tracker to a
service and its answer back, first while all rests, then while ingest drains the backlog into a
store. Broker, ingest, store and both ends share the machine.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from load import packets, publish  # noqa: E402 - the path comes first
from receive import Setting, _broker, _ours  # noqa: E402
from sink import Sink  # noqa: E402

from runtime.mqtt.link import Incoming, Link, LinkSettings, Up  # noqa: E402

EVERY_S = 0.02
PANIC, RECEIPT = "guardian/v1/t/panic", "guardian/v1/t/receipt"


class End:
    """A LinkHandler on one end of the way; `answers` turns it into the service."""

    def __init__(self, port: int, name: str, topic: str, *, answers: bool) -> None:
        self.came: SimpleQueue[bytes] = SimpleQueue()
        self.ups: SimpleQueue[Up] = SimpleQueue()
        self._answers = answers
        self.link = Link(
            LinkSettings(
                brokers=(f"mqtt://127.0.0.1:{port}",), client_id=name, ca_file=None,
                cert_file=None, key_file=None, username=None, password=None, keepalive_s=30,
                session_expiry_s=0, receive_maximum=20, send_buffer=None,
            ),
            self,
            subscriptions=(topic,),
        )  # fmt: skip
        self.link.start()
        self.ups.get(timeout=10)

    def on_up(self, up: Up) -> None:
        """Begin."""
        self.ups.put(up)

    def on_down(self, connection: int, reason: str) -> None:
        """Nothing is repeated here."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """What counts is the answer."""

    def on_message(self, message: Incoming) -> None:
        """Answer it, or note the answer."""
        self.link.acknowledge(message)
        if self._answers:
            self.link.publish(RECEIPT, message.payload)
        else:
            self.came.put(message.payload)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--window", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _broker(Path(folder)) as (port, _):
        _measure(port, Path(folder), options)


def _measure(port: int, folder: Path, options: argparse.Namespace) -> None:
    sink = Sink()
    setting = Setting(port, sink.url, folder, options.window)
    service = End(port, "svc.echo.1", PANIC, answers=True)
    tracker = End(port, "t", RECEIPT, answers=False)
    session = _ours(setting, ROOT, stored=True)  # its session is what the backlog waits in
    session.wait_until_still()
    session.stop()
    start_ms = time.time_ns() // 1_000_000 - 10**7
    publish(port, list(packets(options.messages, 10_000, start_ms)), options.messages, None)
    _print("at rest", [_round_trip(tracker) for _ in range(200)])
    consumer = _ours(setting, ROOT, stored=True)
    started, took = time.monotonic(), []
    while sink.lines < options.messages:
        took.append(_round_trip(tracker))
    _print("while the backlog drains", took)
    print(f"{options.messages / (time.monotonic() - started):,.0f} positions/s")
    consumer.stop()
    for end in (tracker, service):
        end.link.stop()
    sink.close()


def _round_trip(tracker: End) -> float:
    started = time.monotonic()
    tracker.link.publish(PANIC, b"%d" % time.monotonic_ns())
    tracker.came.get(timeout=60)
    took = time.monotonic() - started
    time.sleep(EVERY_S)
    return took * 1000


def _print(what: str, took: list[float]) -> None:
    ranked = sorted(took)
    p99 = ranked[int(len(ranked) * 0.99)]
    print(f"{what}: {len(took)} of them, ms: median {statistics.median(took):.1f}, 99 % {p99:.1f},"
          f" longest {ranked[-1]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
