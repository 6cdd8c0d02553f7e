"""One simulated tracker: the real tracker's mind and link, a walk instead of a receiver."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from random import SystemRandom

from contract import codec
from contract.errors import DecodeError
from contract.messages import PanicKind, Receipt, Stored
from contract.topics import COMMAND, RECEIPT, STATUS, STORED
from device_agent.agent import link_settings
from device_agent.events import Event, Heard, LinkDown, PressSaved, Puback
from device_agent.fix import Fix
from device_agent.moment import TrackerClock
from device_agent.nmea.dates import FLOOR_MS
from device_agent.nmea.reader import Epoch
from device_agent.outbox import Changes
from device_agent.pace import Intervals
from device_agent.settings import AgentSettings
from device_agent.tracker import Tracker
from guardian.simulator.motion import Walker
from runtime.clock import Clock
from runtime.mqtt.interface import Incoming, Up, Will
from runtime.mqtt.link import Link

MAX_REPORTS = 10_000
MAX_AGE_S = 86_400.0
ACCURACY_M = 8.0
"""What a good receiver reaches in the open."""
STOP_S = 2.0
EVERY_FIX = Intervals(moving_s=0.0, rest_s=0.0, panic_s=5.0, panic_fast_for_s=60.0)

Post = Callable[["SimulatedTracker", Event], None]


class SimulatedTracker:
    """Walks, reports and presses; `received` and `stored` say what came back."""

    def __init__(self, settings: AgentSettings, walker: Walker, clock: Clock, post: Post) -> None:
        """Take `post`, which hands the network thread's events to the working loop."""
        self.device = settings.device
        self.connected = False
        self.pressed: dict[str, float] = {}
        self.received: dict[str, float] = {}
        self.made = self.stored = 0
        self._walker = walker
        self._clock = clock
        self._post = post
        self._silent = settings.buttons == "signal-silent"
        self._walked = clock.monotonic()
        self._link = Link(
            link_settings(settings),
            self,
            subscriptions=[topic.of(self.device) for topic in (STORED, RECEIPT, COMMAND)],
            will=self._will,
            clock=clock,
        )
        self._tracker = Tracker(
            device=self.device,
            boot=secrets.token_hex(4),
            version=version("guardian-safety"),
            intervals=EVERY_FIX,
            max_reports=MAX_REPORTS,
            max_age_s=MAX_AGE_S,
            clock=TrackerClock(clock, build_ms=FLOOR_MS),
            link=self._link,
            disk=_MemoryDisk(lambda event: post(self, event)),
            randomness=secrets.token_bytes,
            jitter=SystemRandom().random,
        )

    def start(self) -> None:
        """Connect."""
        self._link.start()

    def stop(self) -> None:
        """Say goodbye and disconnect."""
        self._tracker.say_offline()
        self._link.stop(STOP_S)

    # --- The working loop's ---------------------------------------------------------------------

    def move(self) -> None:
        """Walk on until now, and hear of it as from a receiver."""
        now = self._clock.monotonic()
        place = self._walker.walk(now - self._walked)
        self._walked = now
        self.made += 1
        wall_ms = self._clock.now_ms()
        tod = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%H%M%S")
        fix = Fix(
            time=wall_ms,
            tod=tod,
            lat=place.lat,
            lon=place.lon,
            speed=place.speed,
            course=place.course,
            accuracy=ACCURACY_M,
            fix="simulated",
            clock="gps",
        )
        self.handle(Heard(Epoch(state="fix", fix=fix, tod=tod), now))

    def press(self, kind: PanicKind) -> None:
        """Press the button."""
        now = self._clock.monotonic()
        press = self._tracker.press(kind, silent=self._silent, at=now, source="simulator")
        self.pressed[press.row.panic_id] = now
        self._tracker.step()

    def handle(self, event: Event) -> None:
        """Take one event and do what is due."""
        self._tracker.handle(event)
        self._tracker.step()

    def step(self) -> None:
        """Do what is due by time alone."""
        self._tracker.step()

    # --- The network thread's -------------------------------------------------------------------

    def on_up(self, up: Up) -> None:
        """Take a new connection."""
        self.connected = True
        self._post(self, up)

    def on_down(self, connection: int, reason: str) -> None:
        """Take a connection's end."""
        self.connected = False
        self._post(self, LinkDown(connection, reason))

    def on_message(self, message: Incoming) -> None:
        """Note when a receipt came, before anything else is done with it."""
        at = self._clock.monotonic()
        try:
            if message.topic == RECEIPT.of(self.device):
                receipt = codec.decode(Receipt, message.payload)
                if receipt.panic_id in self.pressed:
                    self.received.setdefault(receipt.panic_id, at)
            elif message.topic == STORED.of(self.device):
                stored = codec.decode(Stored, message.payload)
                self.stored += sum(
                    last - first + 1 for each in stored.reports for first, last in each.seqs
                )
        except DecodeError:
            pass  # the tracker's mind counts it
        self._post(self, message)

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Take the broker's answer."""
        self._post(self, Puback(packet, connection, failure))

    def _will(self, connection: int) -> Will:
        payload = codec.encode(self._tracker.will(connection))
        return Will(STATUS.of(self.device), payload, STATUS.retained)


class _MemoryDisk:
    """A disk that has everything at once; a simulated tracker needs to outlive nothing."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post

    def save_press(self, change: Changes) -> None:
        """Say that the press is safe."""
        for panic_id, row in change.presses.items():
            if row is not None:
                self._post(PressSaved(panic_id, row.update))

    def save(self, change: Changes) -> None:
        """Keep nothing."""
