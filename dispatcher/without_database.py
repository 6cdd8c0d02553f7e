"""Alerts while the database cannot commit: through every channel, once a press."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final, Protocol

from contract.limits import LADDER_REPEAT_S, REALERT_S, UNREADABLE_REALERT_S
from dispatcher import views
from dispatcher.announcements import Announcements
from dispatcher.answers import DeskEvent, Place
from dispatcher.message import Message, message_id, public
from dispatcher.metrics import Metrics
from dispatcher.panic import Panic, new_incident
from dispatcher.routing import ALERTS, Route
from runtime import logs
from runtime.clock import Clock

REMEMBERED: Final = 10_000
"""Presses and trackers whose last alert is remembered; the oldest are alerted anew."""

_log = logs.get(__name__)


class Sender(Protocol):
    """A worker of a channel, as far as this module needs it."""

    def push(self, message: Message) -> None:
        """Send without a database."""


class MemoryAlerts:
    """Thread-safe, and never blocks: it may be called on a network thread."""

    def __init__(
        self,
        senders: Sequence[tuple[Route, Sender]],
        announcements: Announcements,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._senders = [each for each in senders if each[0].reasons >= ALERTS]
        self._announcements = announcements
        self._clock = clock
        self._metrics = metrics
        self._lock = Lock()
        self._alerted: OrderedDict[str, float] = OrderedDict()

    def alert(self, panic: Panic) -> bool:
        """Alert for a panic; False when it was, a short time ago.

        The same press: again after two minutes. Another press of the tracker: after ten seconds;
        until then it is not counted as alerted, and its next repeat is. Unreadable: five minutes.
        """
        if not self._is_time(panic):
            return False
        message = _message(panic, self._clock.now_ms())
        for route, sender in self._senders:
            if message.incident.class_ in route.classes:
                sender.push(message)
        self._tell_consoles(panic, message.at)
        self._metrics.memory_alerts.inc()
        _log.error("alerted_from_memory", incident=message.incident.incident, device=panic.device)
        return True

    def _is_time(self, panic: Panic) -> bool:
        now = self._clock.monotonic()
        tracker = f"{panic.device}/"
        press = f"{panic.device}/{panic.reading.panic_id or 'unreadable'}"
        readable = panic.reading.panic_id is not None
        pause = LADDER_REPEAT_S if readable else UNREADABLE_REALERT_S
        with self._lock:
            if now - self._alerted.get(press, -pause) < pause:
                return False
            if now - self._alerted.get(tracker, -REALERT_S) < REALERT_S:
                return False
            for key in (press, tracker):
                self._alerted[key] = now
                self._alerted.move_to_end(key)
            while len(self._alerted) > REMEMBERED:
                self._alerted.popitem(last=False)
        return True

    def _tell_consoles(self, panic: Panic, now: int) -> None:
        record = new_incident(panic, panic.class_, now)
        event = DeskEvent(
            id=0,
            at=now,
            type="raised",
            incident=record.id,
            version=record.version,
            summary=views.summary(record),
            text="from memory: the incident database does not commit",
        )
        self._announcements.from_memory(event)


def _message(panic: Panic, now: int) -> Message:
    record = new_incident(panic, panic.class_, now)
    found = panic.reading.place
    place = None
    if found is not None:
        place = Place(
            lat=found.lat,
            lon=found.lon,
            received_at=panic.arrived_at,
            time=found.time,
            accuracy=found.accuracy,
        )
    return Message(
        id=message_id(record.id, 0),
        reason="raised",
        at=now,
        incident=public(record),
        presses=1,
        changed_at=now,
        silent=record.silent,
        step=0,
        place=place,
        note=panic.reading.note,
    )
