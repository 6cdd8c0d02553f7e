"""From pending deliveries to a channel: one worker, and one thread, for each."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final

from contract.errors import GuardianError, PermanentError
from dispatcher.channel_health import ChannelHealth
from dispatcher.channels.port import Channel, NotYetError
from dispatcher.delivery_queue import BATCH, Outbox, Result, pause_s
from dispatcher.errors import StoreUnavailableError
from dispatcher.message import Message
from dispatcher.metrics import Metrics
from dispatcher.records import DeliveryRecord
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping

POLL_S: Final = 1.0
"""How long what another dispatcher has left behind may lie: it does not wake our workers."""
MEMORY_LIMIT: Final = 1000
"""Alerts that wait without a database: as many trackers as press in a catastrophe."""

SLOW_S: Final = 0.28
"""Of what takes longer a batch would outlast its lease, and another dispatcher send it too;
before it is recorded a press may go first."""

_log = logs.get(__name__)


def _nothing(_words: str) -> None:
    pass


def _at_once() -> bool:
    return True


@dataclass
class _Waiting:
    """An alert from memory, since when it is there and when it is due (monotonic seconds)."""

    message: Message
    pushed: float
    due: float
    attempts: int = 0


class Worker:
    """Sends what is due through one channel, and records it after it succeeded."""

    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        clock: Clock,
        metrics: Metrics,
        alarm: Callable[[str], None] = _nothing,
        *,
        give_way: Callable[[], bool] = _at_once,
    ) -> None:
        """Take the channel, what says a system alarm's words, and what lets presses go first."""
        self.channel = channel
        self.name = channel.route.channel
        self._outbox = outbox
        self._clock = clock
        self._metrics = metrics
        self._wake = Event()
        self._lock = Lock()
        self._memory: deque[_Waiting] = deque(maxlen=MEMORY_LIMIT)
        self._alarm = alarm
        self._give_way = give_way
        self._health = ChannelHealth()
        self._took_s = 0.0
        metrics.loop_errors.labels(f"deliver-{self.name}")
        metrics.delivery_s.labels(self.name)
        for result in ("sent", "failed"):
            metrics.deliveries.labels(self.name, result)

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._wake.set()

    def push(self, message: Message) -> None:
        """Send a message that the database does not know; tried again as long as we run."""
        with self._lock:
            now = self._clock.monotonic()
            self._memory.append(_Waiting(message, pushed=now, due=now))
        self._wake.set()

    def run(self, stopping: Stopping) -> None:
        """Send until `stopping`; the target of a Loop."""
        while not stopping.is_set():
            self._wake.clear()
            try:
                wait_s = self.turn()
            except StoreUnavailableError:
                wait_s = POLL_S  # the desk says loudly that the database is down
            except Exception:  # noqa: BLE001 - the top of the loop: one channel must not end
                _log.exception("delivery_loop_failed", channel=self.name)
                self._metrics.loop_errors.labels(f"deliver-{self.name}").inc()
                wait_s = POLL_S
            self._wake.wait(min(wait_s, POLL_S))

    def turn(self) -> float:
        """Send all that is due; return the seconds until something is.

        Raises:
            StoreUnavailableError: the database cannot be asked; what is in memory was sent.
        """
        wait_s = self._send_from_memory()
        self._give_way()
        next_s = self._outbox.wait_s(self.name)
        while next_s == 0:
            results: list[Result] = []
            while batch := self._outbox.exchange(self.name, results, self._limit()):
                results = [self._attempt(delivery) for delivery in batch]
                self._give_way()
            next_s = self._outbox.wait_s(self.name)
        return wait_s if next_s is None else min(wait_s, next_s)

    def _limit(self) -> int:
        return 1 if self._took_s > SLOW_S else BATCH

    def _attempt(self, delivery: DeliveryRecord) -> Result:
        message = self._outbox.load(delivery)
        if message.incident.class_ not in self.channel.route.classes:
            # It was a test when this was planned; now it is somebody else's to hear.
            _log.info("delivery_dropped", channel=self.name, delivery=message.id)
            return Result(delivery=delivery)
        error = self._send(message)
        if error is None:
            since = delivery.created_at if delivery.attempts else delivery.due_at
            self._measure(message, (self._clock.now_ms() - since) / 1000)
            return Result(delivery=delivery)
        if isinstance(error, NotYetError):
            return Result(delivery=delivery, later_s=error.wait_s)
        permanent = isinstance(error, PermanentError)
        return Result(delivery=delivery, error=type(error).__name__, permanent=permanent)

    def _send_from_memory(self) -> float:
        """Send what is due from memory; return the seconds until more is."""
        now = self._clock.monotonic()
        with self._lock:
            due = [each for each in self._memory if each.due <= now]
        for each in due:
            error = self._send(each.message)
            each.attempts += 1
            pause = error.wait_s if isinstance(error, NotYetError) else pause_s(each.attempts)
            each.due = self._clock.monotonic() + pause
            if error is None:
                self._measure(each.message, self._clock.monotonic() - each.pushed)
                with self._lock:
                    self._memory.remove(each)
        with self._lock:
            return min((each.due - now for each in self._memory), default=POLL_S)

    def _send(self, message: Message) -> Exception | None:
        """Send; what goes wrong is logged once for each change of condition."""
        began = self._clock.monotonic()
        try:
            self.channel.send(message)
        except NotYetError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever a channel's library raises
            self._failed(error, message)
            return error
        finally:
            self._took_s = self._clock.monotonic() - began
        self._metrics.deliveries.labels(self.name, "sent").inc()
        if self._health.is_failing:
            _log.info("channel_works_again", channel=self.name)
        if self._health.succeeded():
            self._alarm("alerts are delivered again")
        return None

    def _measure(self, message: Message, took_s: float) -> None:
        if message.incident.class_ == "production":
            self._metrics.delivery_s.labels(self.name).observe(max(0.0, took_s))

    def _failed(self, error: Exception, message: Message) -> None:
        self._metrics.deliveries.labels(self.name, "failed").inc()
        if not isinstance(error, GuardianError):
            _log.exception("channel_broken", channel=self.name, delivery=message.id)
        elif not self._health.is_failing:
            _log.error("channel_fails", channel=self.name, error=str(error), delivery=message.id)
        permanent = isinstance(error, PermanentError)
        if self._health.failed(self._clock.monotonic(), permanent=permanent):
            self._alarm(f"alerts are not delivered: {type(error).__name__}: {error}")
