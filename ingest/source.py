"""One broker that reports come from: its link, and what its trackers are still to be told.

A report is acknowledged and named through the broker that it came by, and no other: a tracker
hears at its own broker alone, and packet ids mean something on their own connection alone.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from contract import codec
from contract.topics import STORED
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.reading import Reading
from ingest.stored import StoredReports
from runtime import logs
from runtime.clock import Clock
from runtime.mqtt.link import (
    Incoming,
    Link,
    NotConnectedError,
    TooLargeError,
    TooManyInFlightError,
    Up,
)

STORED_EXPIRY_S = 3600
"""A tracker away for longer sends its reports again anyway."""
STORED_A_TURN = 100
"""Messages to trackers before the inbox is looked at again."""
KNOWN_CONNECTIONS = 8
"""What came by older ones and is not yet written is not named: it comes again."""

_log = logs.get(__name__)


class Source:
    """BulkHandler of one broker's link."""

    def __init__(
        self, broker: str, inbox: Inbox, stored: StoredReports, clock: Clock, metrics: IngestMetrics
    ) -> None:
        """Take its address, for people, and where its messages go."""
        self.broker = broker
        self._inbox = inbox
        self._stored = stored
        self._clock = clock
        self._metrics = metrics
        self._link: Link | None = None
        self._connections: deque[int] = deque(maxlen=KNOWN_CONNECTIONS)
        self._earlier: frozenset[int] = frozenset()
        self._unsent: tuple[str, bytes] | None = None

    def attach(self, link: Link) -> None:
        """Take the link that this is the handler of, before it is started."""
        self._link = link

    @property
    def is_connected(self) -> bool:
        """Say whether trackers can be told something now."""
        return self._link is not None and self._link.connection is not None

    def brought(self, connection: int) -> bool:
        """Say whether a connection is or was of this broker's."""
        return connection in self._connections

    def on_up(self, up: Up) -> None:
        """Note the connection; unacknowledged messages come again by themselves."""
        self._earlier = frozenset(self._connections)
        self._connections.append(up.connection)
        _log.info("broker_connected", broker=up.broker, session_present=up.session_present)
        self._inbox.wake()

    def on_down(self, connection: int, reason: str) -> None:
        """Note the loss."""
        del connection
        _log.warning("broker_lost", broker=self.broker, reason=reason)

    def on_messages(self, messages: Sequence[Incoming]) -> None:
        """Pass messages on; a broker that floods us with unacknowledgeable ones is left."""
        if self._inbox.put(messages, self._earlier):
            return
        self._metrics.overflows.inc()
        if self._link is not None:
            self._link.drop("the broker sends more than there is room for")

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Go on telling trackers; a *stored* that is lost is asked for again by its tracker."""
        del packet, connection, failure
        if self._unsent is not None:
            self._inbox.wake()

    def acknowledge(self, messages: Sequence[Incoming]) -> int:
        """Acknowledge those of the live connection, in this order; return how many."""
        return 0 if self._link is None else self._link.acknowledge_all(messages)

    def note(self, readings: Iterable[Reading]) -> None:
        """Remember that the reports of these messages are safe."""
        self._stored.note(readings, self._clock.monotonic())

    def due_in(self, now: float) -> float | None:
        """Return the seconds until a tracker may be told something, None when nothing waits."""
        if self._unsent is not None or not self.is_connected:
            return None
        return self._stored.due_in(now)

    def tell_trackers(self) -> None:
        """Send what is due, as far as the broker takes it."""
        for _ in range(STORED_A_TURN):
            if self._link is None or not self.is_connected:
                return
            if self._unsent is None:
                due = self._stored.take(self._clock.monotonic())
                if due is None:
                    return
                self._unsent = STORED.of(due[0]), codec.encode(due[1])
            try:
                self._link.publish(*self._unsent, expiry_s=STORED_EXPIRY_S)
                self._metrics.named.inc()
            except (NotConnectedError, TooManyInFlightError):
                return
            except TooLargeError as error:
                _log.error("stored_too_large", reason=str(error))
            self._unsent = None
