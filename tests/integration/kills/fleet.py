"""Trackers with the real agent's mind: they repeat in `history` what `Stored` has not named.

Their monotonic clock runs fast, so that the contract's pauses of 2 to 60 minutes are seconds here;
the order and the number of the sendings are the agent's own.
"""

import secrets
from collections.abc import Callable
from queue import Empty, SimpleQueue
from random import Random
from threading import Event as Flag
from threading import Thread

from contract import codec
from contract.topics import RECEIPT, STATUS, STORED
from device_agent.events import Event, Heard, LinkDown, Puback
from device_agent.fix import Fix
from device_agent.moment import TrackerClock
from device_agent.nmea.dates import FLOOR_MS
from device_agent.nmea.reader import Epoch
from device_agent.outbox import Changes
from device_agent.pace import Intervals
from device_agent.tracker import Tracker
from runtime.clock import Clock, SystemClock
from runtime.mqtt.interface import Incoming, Up, Will
from runtime.mqtt.link import Link, LinkSettings

EVERY_FIX = Intervals(moving_s=0.0, rest_s=0.0, panic_s=5.0, panic_fast_for_s=60.0)
MAX_REPORTS = 1_000_000
"""Nothing is thinned out: what is missing at the end was lost on the way."""
STEP_S = 0.05
"""How often every tracker looks what is due by time."""


Post = Callable[["FleetTracker", Event], None]


class FastClock:
    """Wall time as it is; monotonic time that runs so many times faster."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def monotonic(self) -> float:
        return self._clock.monotonic() * self._speed


class FleetTracker:
    """LinkHandler of one device; `times` are those of the positions that it made."""

    def __init__(self, device: str, url: str, clock: Clock, post: Post) -> None:
        self.device = device
        self.times: list[int] = []
        self._post = post
        self._clock = clock
        self._link = Link(
            _link_settings(device, url),
            self,
            subscriptions=[topic.of(device) for topic in (STORED, RECEIPT)],
            will=self._will,
        )
        self._mind = Tracker(
            device=device,
            boot=secrets.token_hex(4),
            version="test",
            intervals=EVERY_FIX,
            max_reports=MAX_REPORTS,
            max_age_s=86_400.0,
            clock=TrackerClock(clock, build_ms=FLOOR_MS),
            link=self._link,
            disk=_MemoryDisk(),
            randomness=secrets.token_bytes,
            jitter=Random(device).random,
        )

    @property
    def waiting(self) -> int:
        """How many reports no `Stored` has named."""
        return len(self._mind.backlog)

    @property
    def dropped(self) -> int:
        """How many it gave up: unnamed after five sendings while later ones were named."""
        return self._mind.status.dropped

    def start(self) -> None:
        self._link.start()

    def stop(self) -> None:
        self._link.stop(1.0)

    def move(self) -> None:
        """Make one position of this moment."""
        time = max(self._clock.now_ms(), self.times[-1] + 1 if self.times else 0)
        count = len(self.times)
        fix = Fix(
            time=time, tod="000000", lat=25 + count / 1e6, lon=121.5, speed=1.0, course=0.0,
            accuracy=8.0, fix="simulated", clock="host",
        )  # fmt: skip
        self.times.append(time)
        self.handle(Heard(Epoch(state="fix", fix=fix, tod="000000"), self._clock.monotonic()))

    def handle(self, event: Event) -> None:
        self._mind.handle(event)
        self._mind.step()

    def step(self) -> None:
        self._mind.step()

    def on_up(self, up: Up) -> None:
        self._post(self, up)

    def on_down(self, connection: int, reason: str) -> None:
        self._post(self, LinkDown(connection, reason))

    def on_message(self, message: Incoming) -> None:
        self._post(self, message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        self._post(self, Puback(packet, connection, failure))

    def _will(self, connection: int) -> Will:
        payload = codec.encode(self._mind.will(connection))
        return Will(STATUS.of(self.device), payload, STATUS.retained)


class Fleet:
    """All trackers, worked by one thread; they make positions until `rest`."""

    def __init__(self, url: str, count: int, rate: float, speed: float) -> None:
        """Take positions a second of all together, and how fast the trackers' clocks run."""
        clock = FastClock(SystemClock(), speed)
        self._events: SimpleQueue[tuple[FleetTracker, Event]] = SimpleQueue()
        self.trackers = [
            FleetTracker(f"tracker-{n:03d}", url, clock, self._post) for n in range(count)
        ]
        self._pause_s = 1 / rate
        self._resting, self._ending = Flag(), Flag()
        self._clock = SystemClock()
        self._thread = Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        """Let them connect and move."""
        for each in self.trackers:
            each.start()
        self._thread.start()

    def rest(self) -> None:
        """Make no more positions; go on until every one was named."""
        self._resting.set()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()
        for each in self.trackers:
            each.stop()

    @property
    def alive(self) -> bool:
        """Say whether its thread works: an error in it is the test's to show."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.trackers)

    @property
    def dropped(self) -> int:
        return sum(each.dropped for each in self.trackers)

    def _post(self, tracker: FleetTracker, event: Event) -> None:
        self._events.put((tracker, event))

    def _run(self) -> None:
        move_at = step_at = self._clock.monotonic()
        number = 0
        while not self._ending.is_set():
            now = self._clock.monotonic()
            if now >= step_at:
                step_at = now + STEP_S
                for each in self.trackers:
                    each.step()
            if now >= move_at and not self._resting.is_set():
                move_at = max(move_at + self._pause_s, now - 1.0)
                self.trackers[number % len(self.trackers)].move()
                number += 1
            self._handle(0.0 if now >= move_at and not self._resting.is_set() else self._pause_s)

    def _handle(self, timeout_s: float) -> None:
        try:
            tracker, event = self._events.get(timeout=max(timeout_s, 0.001))
        except Empty:
            return
        tracker.handle(event)


class _MemoryDisk:
    """A disk that has everything at once: it is the way to the store that is tried here."""

    def save_press(self, change: Changes) -> None:
        raise AssertionError("nobody presses here")

    def save(self, change: Changes) -> None:
        """Keep nothing."""


def _link_settings(device: str, url: str) -> LinkSettings:
    return LinkSettings(
        brokers=(url,), client_id=device, ca_file=None, cert_file=None, key_file=None,
        username=None, password=None, keepalive_s=3, session_expiry_s=600, receive_maximum=20,
        send_buffer=None, longest_pause_s=1.0,
    )  # fmt: skip
