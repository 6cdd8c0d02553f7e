"""The session that follows: of each followed tracker the newest position, and no more."""

from collections import Counter
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from contract import topics
from contract.errors import DecodeError
from runtime import logs

if TYPE_CHECKING:
    from collections.abc import Collection

    from runtime.clock import Clock
    from runtime.mqtt.interface import Incoming, Up

EACH_S: Final = 1.0
"""A tracker's positions are taken at most so often: an operator sees no more."""
FLOOD_WINDOW_S: Final = 5.0
FLOOD: Final = 100
"""Positions of one tracker in a window: twenty times what it is told to send."""
MUTED_S: Final = 30.0
"""A tracker that floods is not listened to for so long; its presses come by another session."""

_log = logs.get(__name__)


class Subscriber(Protocol):
    """What is needed of a session."""

    def subscribe(self, topic_filter: str) -> None:
        """Want a topic from now on, on all connections."""

    def unsubscribe(self, topic_filter: str) -> None:
        """Want it no longer."""

    def acknowledge(self, message: "Incoming") -> bool:
        """Send a message's PUBACK."""


class Heard(Struct, frozen=True):
    """A position as it arrived; `arrived_at` is ms since 1970 UTC."""

    device: str
    payload: bytes
    arrived_at: int


class Newest:
    """A LinkHandler: `follow` and `take` are called by one thread, the callbacks by others.

    A position costs a dictionary entry and is not even decoded unless it is taken; memory holds
    one for each followed tracker.
    """

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._link: Subscriber | None = None
        self._lock = Lock()
        self._followed: frozenset[str] = frozenset()
        self._subscribed: set[str] = set()
        self._waiting: dict[str, Heard] = {}
        self._taken_at: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._counted_at = clock.monotonic()
        self._muted: dict[str, float] = {}
        self.arrived = Event()
        """Set when something waits to be taken."""

    def attach(self, link: Subscriber) -> None:
        """Take the session that this object is the handler of."""
        self._link = link

    # --- LinkHandler, on network threads -------------------------------------------------------

    def on_up(self, up: "Up") -> None:
        """Do nothing: the session subscribes anew by itself."""

    def on_down(self, connection: int, reason: str) -> None:
        """Do nothing: positions that were missed are in the telemetry store."""

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Do nothing: nothing is published here."""

    def on_message(self, message: "Incoming") -> None:
        """Keep a followed tracker's position in place of the one before."""
        if self._link is not None:
            self._link.acknowledge(message)
        try:
            device, topic = topics.parse_tracker_topic(message.topic)
        except DecodeError:
            return
        if topic is not topics.LOCATION:
            return
        with self._lock:
            if device not in self._followed:
                return
            self._counts[device] += 1
            self._waiting[device] = Heard(device, message.payload, self._clock.now_ms())
        self.arrived.set()

    # --- The loop's side -----------------------------------------------------------------------

    def follow(self, devices: "Collection[str]") -> None:
        """Follow these trackers and no others."""
        now = self._clock.monotonic()
        self._muted = {each: until for each, until in self._muted.items() if until > now}
        followed = frozenset(devices)
        with self._lock:
            self._followed = followed
            for each in self._waiting.keys() - followed:
                del self._waiting[each]
        self._taken_at = {each: at for each, at in self._taken_at.items() if each in followed}
        self._subscribe(set(followed - self._muted.keys()))

    def take(self, limit: int) -> list[Heard]:
        """Return what waits, the longest waiting first, of each tracker at most one a second."""
        now = self._clock.monotonic()
        self._look_for_floods(now)
        taken: list[Heard] = []
        with self._lock:
            for device in list(self._waiting):
                if len(taken) == limit:
                    break
                if now - self._taken_at.get(device, -EACH_S) >= EACH_S:
                    self._taken_at[device] = now
                    taken.append(self._waiting.pop(device))
            if not self._waiting:
                self.arrived.clear()
        return taken

    def put_back(self, heard: "Collection[Heard]") -> None:
        """Let positions that could not be kept wait again, unless newer ones do."""
        with self._lock:
            for each in heard:
                self._taken_at.pop(each.device, None)
                if each.device in self._followed:
                    self._waiting.setdefault(each.device, each)
        self.arrived.set()

    def _subscribe(self, wanted: set[str]) -> None:
        if self._link is None:
            return
        for device in wanted - self._subscribed:
            self._link.subscribe(topics.LOCATION.filter(device))
        for device in self._subscribed - wanted:
            self._link.unsubscribe(topics.LOCATION.filter(device))
        self._subscribed = wanted

    def _look_for_floods(self, now: float) -> None:
        if now - self._counted_at < FLOOD_WINDOW_S:
            return
        with self._lock:
            counts, self._counts = self._counts, Counter()
        self._counted_at = now
        flooding = {device for device, count in counts.items() if count > FLOOD}
        for device in flooding - self._muted.keys():
            _log.warning("tracker_floods", device=device, positions=counts[device])
            self._muted[device] = now + MUTED_S
        self._subscribe(self._subscribed - flooding)
