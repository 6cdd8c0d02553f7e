"""System alarms: Guardian itself needs help. From memory: the database may be the reason."""

import secrets
from threading import Lock
from typing import TYPE_CHECKING, Final

from contract import topics
from contract.cloudevents import notice_event
from contract.codec import encode
from contract.ids import uuid7
from dispatcher.announcements import Announcements
from dispatcher.answers import DeskEvent
from dispatcher.metrics import Metrics
from runtime import logs
from runtime.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

REPEAT_S: Final = 120.0
"""As the ladder's last rung: what nobody has mended is said again."""

_PART: Final = "incident database"

_log = logs.get(__name__)


class StoreAlarm:
    """Says that the incident database is down, at once and again until it is up; thread-safe."""

    def __init__(
        self, announcements: Announcements, clock: Clock, metrics: Metrics, source: str
    ) -> None:
        self._announcements = announcements
        self._clock = clock
        self._metrics = metrics
        self._source = source
        self._lock = Lock()
        self._said_at: float | None = None
        self.notify: Callable[[str, bytes], None] = lambda _topic, _payload: None
        """Publishes a notice without waiting."""
        metrics.store_up.set(1)

    @property
    def is_down(self) -> bool:
        """Say whether the database did not commit when it was last tried."""
        return self._said_at is not None

    def down(self, error: Exception) -> None:
        """Say that the database did not commit."""
        now = self._clock.monotonic()
        with self._lock:
            if self._said_at is not None and now - self._said_at < REPEAT_S:
                return
            self._said_at = now
        self._metrics.store_up.set(0)
        _log.error("store_down", error=str(error))
        self.say(_PART, "the incident database does not commit: alerts are given from memory")

    def up(self) -> None:
        """Say that the database commits."""
        if self._said_at is None:
            return
        with self._lock:
            self._said_at = None
        self._metrics.store_up.set(1)
        _log.info("store_up")
        self.say(_PART, "the incident database commits again")

    def say(self, part: str, words: str) -> None:
        """Say something about a part of Guardian, to consoles and on MQTT; never who or where."""
        now = self._clock.now_ms()
        self._announcements.from_memory(DeskEvent(id=0, at=now, type="alarm", text=words))
        notice = notice_event(
            "system_alarm",
            {"part": part, "words": words},
            event_id=uuid7(now, secrets.token_bytes(10)),
            source=self._source,
            at=now,
        )
        self.notify(topics.NOTICE.pattern, encode(notice))
