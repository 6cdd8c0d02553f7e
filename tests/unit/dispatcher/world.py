"""A desk with its channels and a clock that stands still; nothing runs by itself."""

import uuid
from typing import Any

import msgspec

from contract.errors import TransientError
from contract.messages import Receipt
from dispatcher.delivery import Worker
from dispatcher.delivery_queue import Outbox
from dispatcher.desk import Desk
from dispatcher.escalation.ladder import Ladder, default_ladder
from dispatcher.message import Message
from dispatcher.metrics import Metrics
from dispatcher.routing import ALL_CLASSES, NEWS, Route, Routing
from dispatcher.store.engine import Database
from dispatcher.timers import Timers
from dispatcher.without_database import MemoryAlerts
from runtime.clock import ManualClock

LOG = Route("log", classes=ALL_CLASSES)
WEBHOOK = Route("webhook")
RELEASE = Route("release", reasons=(NEWS - {"escalated"}) | {"position"})
HERE = {"boot": "0a0b0c0d", "seq": 7, "lat": 25.03, "lon": 121.56}


PATIENT = default_ladder(progress_s=86_400)
"""Tests that acknowledge and let hours pass need not think of the reminders."""


class BrokenChannelError(TransientError):
    """The test has broken this channel."""


class RecordingChannel:
    """Keeps what it is given; can be broken."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.broken = False
        self.attempts: list[Message] = []
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        self.attempts.append(message)
        if self.broken:
            raise BrokenChannelError("broken by the test")
        self.sent.append(message)

    def reasons(self, incident: str | None = None) -> list[str]:
        """Return why it was given something, in order."""
        wanted = (m for m in self.sent if incident in (None, m.incident.incident))
        return [message.reason for message in wanted]


class World:
    """One dispatcher."""

    def __init__(
        self, url: str, clock: ManualClock | None = None, *, ladder: Ladder = PATIENT
    ) -> None:
        self.url = url
        self.ladder = ladder
        self.clock = clock or ManualClock()
        self.channels = {
            route.channel: RecordingChannel(route) for route in (LOG, WEBHOOK, RELEASE)
        }
        self.receipts: list[tuple[str, Receipt]] = []
        self.start()

    def start(self) -> None:
        """Begin as a new process on the database as it is; channels remember what they sent."""
        self.database = Database(self.url)
        self.metrics = Metrics()
        self.desk = Desk(
            self.database,
            self.clock,
            Routing([LOG, WEBHOOK, RELEASE], self.ladder),
            metrics=self.metrics,
        )
        self.desk.on_receipts = self.receipts.extend
        self.desk.attendance.come()
        self.outbox = Outbox(self.database, self.clock)
        self.workers = [
            Worker(channel, self.outbox, self.clock, self.metrics)
            for channel in self.channels.values()
        ]
        senders = [(worker.channel.route, worker) for worker in self.workers]
        self.memory = MemoryAlerts(senders, self.desk.announcements, self.clock, self.metrics)
        self.timers = Timers(self.desk, self.clock)

    def crash(self) -> None:
        """End without a word, and start anew."""
        self.database.close()
        self.start()

    def close(self) -> None:
        self.database.close()

    def payload(self, panic_id: str | None = None, update: int = 0, **fields: Any) -> bytes:
        """Return a panic pressed and sent now; a `None` field is left out."""
        now = self.clock.now_ms()
        panic = {
            "panic_id": panic_id or str(uuid.uuid4()),
            "update": update,
            "pressed_at": now,
            "sent_at": now,
            "age_ms": 0,
            "kind": "button",
            "silent": False,
            **fields,
        }
        return msgspec.json.encode({key: each for key, each in panic.items() if each is not None})

    def press(
        self, device: str = "tracker-a", panic_id: str | None = None, update: int = 0, **fields: Any
    ) -> Receipt:
        """Let a panic arrive, and return what its tracker is told."""
        payload = self.payload(panic_id, update, **fields)
        return self.desk.take_panic(device, payload, self.clock.now_ms())

    def here(self, **fields: Any) -> dict[str, Any]:
        """Return a location fixed now."""
        return {**HERE, "time": self.clock.now_ms(), **fields}

    def pump(self) -> None:
        """Send all that is due."""
        for worker in self.workers:
            worker.turn()

    def sent(self, channel: str = "webhook", incident: str | None = None) -> list[str]:
        """Send all that is due, and return why the channel was given things so far."""
        self.pump()
        return self.channels[channel].reasons(incident)

    def after(self, seconds: float) -> None:
        """Let time pass, then let fall due what is due."""
        self.clock.advance(seconds)
        self.timers.turn()


def new_id() -> str:
    return str(uuid.uuid4())
