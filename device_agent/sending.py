"""What goes out now: presses before all else, then status, journeys and texts, positions.

At most 4 routine messages are unacknowledged, so that a press waits for little. The backlog goes
in `history`, one batch at a time: the next follows when `Stored` has named some of the last, or
after 120 s, then 4, 8 ... 60 min while the store is silent.
"""

from dataclasses import dataclass

from contract import codec
from contract.limits import MAX_PAYLOAD_BYTES, ROUTINE_IN_FLIGHT
from contract.messages import Stored
from contract.topics import HISTORY, JOURNEY, LOCATION, PANIC, STATUS, TEXT, Topic
from device_agent.backlog import RETRY_S, Backlog, Key, Report
from device_agent.letters import Letter, Letters
from device_agent.moment import Moment
from device_agent.panic import Panics
from device_agent.press import Press
from device_agent.status import StatusBoard

FIRST_BATCH_BYTES = 1024
"""A batch holds up a press behind it: 1 KiB is 0.9 s at 9.6 kbit/s."""
QUICK_PUBACK_S = 0.5
"""A batch answered in this time may be twice as large next time; a slower one halves it."""
FOLLOWING_IN_FLIGHT = 1
"""Routine messages while a press is followed: its updates come every second."""
REFUSED_RETRY_S = 10.0
"""After a broker's restart its trackers are there before ingest: so long it may take to come."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish, and what it carries."""

    topic: Topic
    payload: bytes
    press: Press | None = None
    letter: Letter | None = None
    reports: tuple[Report, ...] = ()

    @property
    def retained(self) -> bool:
        """Say whether the broker is to keep it."""
        return self.topic.retained


@dataclass(slots=True)
class _Flight:
    """A message without PUBACK."""

    out: Outgoing
    sent: float


@dataclass(slots=True)
class _History:
    """The one batch of the backlog that may be on its way."""

    keys: frozenset[Key] = frozenset()
    sent: float = 0.0
    silent: int = 0
    """How many batches in a row got no answer."""
    refused_until: float = 0.0
    max_bytes: int = FIRST_BATCH_BYTES

    def opens_at(self) -> float:
        """Return when the next batch may go though this one was not answered."""
        if not self.keys:
            return self.refused_until
        return self.sent + RETRY_S[min(self.silent, len(RETRY_S) - 1)]


class Sender:
    """The order of sending on the live connection, and what it has not acknowledged yet."""

    def __init__(
        self, panics: Panics, backlog: Backlog, status: StatusBoard, letters: Letters
    ) -> None:
        self._panics = panics
        self._letters = letters
        self._backlog = backlog
        self._status = status
        self._history = _History()
        self._flights: dict[int, _Flight] = {}
        self._blocked = False
        self.connection: int | None = None
        self.failures = 0
        """PUBACKs that said no: no matching subscriber, not authorised."""

    def up(self, connection: int, now: float) -> None:
        """Begin with a connection on which nothing is in flight."""
        self.down(now)
        self.connection = connection
        self._panics.up(now)
        self._letters.up(now)
        self._status.up(connection)

    def down(self, now: float) -> None:
        """Take back what the connection took with it: no PUBACK means not sent."""
        for flight in self._flights.values():
            self._backlog.lost((report.key for report in flight.out.reports), now)
            if flight.out.topic is HISTORY:
                self._history.keys = frozenset()
        self._flights.clear()
        self._blocked = False
        self.connection = None
        self._panics.down()

    def next(self, moment: Moment) -> Outgoing | None:
        """Return the message that goes out now, or None."""
        if self.connection is None or self._blocked:
            return None
        press = self._panics.due(moment.now)
        if press is not None:
            payload = codec.encode(self._panics.message(press, moment))
            return Outgoing(PANIC, payload, press=press)
        if self._routine() >= self._routine_limit() or self._panics.imminent():
            return None
        now = moment.now
        return (
            self._next_status(moment)
            or self._next_letter(now)
            or self._next_location()
            or self._next_history(now)
        )

    def sent(self, out: Outgoing, packet: int, now: float) -> None:
        """Note that the link took it under this packet id."""
        self._flights[packet] = _Flight(out, now)
        if out.press is not None:
            self._panics.sent(out.press, now)
        if out.letter is not None:
            self._letters.sent(out.letter, now)
        if out.topic is STATUS:
            self._status.sent(now)
        self._backlog.sent(out.reports, now)
        if out.topic is HISTORY:
            self._history.keys = frozenset(report.key for report in out.reports)
            self._history.sent = now

    def block(self) -> None:
        """The broker takes no more before it has answered some."""
        self._blocked = True

    def too_large(self, out: Outgoing, now: float) -> None:
        """The broker takes nothing of this size: smaller batches, and what is in it much later."""
        if out.press is not None:
            self._panics.sent(out.press, now)
        if out.topic is STATUS:
            self._status.sent(now)
        self._backlog.sent(out.reports, now)
        self._backlog.arrived(report.key for report in out.reports)
        self._resize(0.5)

    def puback(
        self, packet: int, connection: int, failure: str | None, now: float
    ) -> Outgoing | None:
        """Take a PUBACK; returns what it was for, None when it is of an earlier connection."""
        if connection != self.connection or packet not in self._flights:
            return None
        return self._answered(self._flights.pop(packet), failure, now)

    def stored(self, stored: Stored) -> list[Key]:
        """Forget what the store has; returns the keys that were still kept."""
        named = self._backlog.stored(stored.reports)
        if named:
            self._history.silent = 0
        if self._history.keys.intersection(named):
            self._history.keys = frozenset()
        return named

    def deadline(self, now: float) -> float | None:
        """Return when `next` may give another answer though nothing happens until then."""
        if self.connection is None or self._blocked:
            return None
        times = [self._panics.deadline()]
        if self._routine() < self._routine_limit():
            times += [self._status.deadline(), self._letters.deadline(), self._backlog.next_wake()]
            opens_at = self._history.opens_at()
            times.append(opens_at if opens_at > now else None)
        return min((at for at in times if at is not None), default=None)

    def _answered(self, flight: _Flight, failure: str | None, now: float) -> Outgoing:
        self._blocked = False
        out = flight.out
        if failure is not None:
            self._refused(out, now)
            return out
        self._backlog.arrived(report.key for report in out.reports)
        if out.press is not None:
            self._panics.puback(out.press.row.panic_id)
        if out.topic is HISTORY:
            self._resize(2.0 if now - flight.sent <= QUICK_PUBACK_S else 0.5)
        return out

    def _refused(self, out: Outgoing, now: float) -> None:
        """Nobody there to take it: positions come again soon; a press has its own time-outs."""
        self.failures += 1
        if out.letter is not None:
            self._letters.refused(out.letter, now)
        self._backlog.lost((report.key for report in out.reports), now + REFUSED_RETRY_S)
        if out.topic is HISTORY:
            self._history.keys = frozenset()
            self._history.refused_until = now + REFUSED_RETRY_S

    def _routine_limit(self) -> int:
        """Return how much may lie on the link ahead of a press: little while one is followed."""
        return FOLLOWING_IN_FLIGHT if self._panics.following() else ROUTINE_IN_FLIGHT

    def _routine(self) -> int:
        return sum(flight.out.press is None for flight in self._flights.values())

    def _next_status(self, moment: Moment) -> Outgoing | None:
        if not self._status.due(moment.now):
            return None
        status = self._status.message(self._status.state, moment.wall_ms, pending=self._pending())
        return Outgoing(STATUS, codec.encode(status))

    def _next_letter(self, now: float) -> Outgoing | None:
        letter = self._letters.due(now)
        if letter is None:
            return None
        topic = JOURNEY if letter.row.topic == "journey" else TEXT
        return Outgoing(topic, letter.row.body.encode(), letter=letter)

    def _next_location(self) -> Outgoing | None:
        report = self._backlog.latest()
        return None if report is None else Outgoing(LOCATION, report.body, reports=(report,))

    def _next_history(self, now: float) -> Outgoing | None:
        """Hold the backlog back while a press has not got through this connection."""
        if self._panics.unproven() or now < self._history.opens_at():
            return None
        reports = self._backlog.batch(self._history.max_bytes)
        if not reports:
            return None
        if self._history.keys:
            self._history.silent += 1
        payload = b"[" + b",".join(report.body for report in reports) + b"]"
        return Outgoing(HISTORY, payload, reports=tuple(reports))

    def _pending(self) -> int:
        return (
            len(self._backlog)
            + len(self._letters)
            + sum(press.open for press in self._panics.all())
        )

    def _resize(self, factor: float) -> None:
        size = round(self._history.max_bytes * factor)
        self._history.max_bytes = max(FIRST_BATCH_BYTES, min(size, MAX_PAYLOAD_BYTES))
