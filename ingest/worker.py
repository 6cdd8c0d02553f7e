"""The straight line of a position: link -> read -> batch -> store -> acknowledge -> stored.

The network thread fills the inbox, one loop reads and batches, the other writes; while one batch
is written the next is received. Everything between them is bounded: when the store takes nothing,
nothing is acknowledged, the broker's window closes, and the broker queues.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from random import Random
from threading import Event

from contract import codec
from contract.topics import HISTORY, LOCATION, STATUS, STORED
from ingest.bad_share import BadShare
from ingest.batch import Arrival, Batch, BatchLimits
from ingest.dead_letters import DeadLetters
from ingest.errors import StoppedError
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.reading import DeadLetter, Reader, rejected
from ingest.settings import IngestSettings
from ingest.stored import StoredReports
from ingest.writing import Writing
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping
from runtime.mqtt.link import (
    OVERSTEP,
    Incoming,
    Link,
    NotConnectedError,
    TooLargeError,
    TooManyInFlightError,
    Up,
)
from telemetry_store.port import TelemetryWriter
from telemetry_store.rows import LocationRow, TelemetryRow
from telemetry_store.settings import DAY_MS

POSITIONS = (LOCATION.filter(), HISTORY.filter())

BATCH_BYTES = 4 * 1024 * 1024
"""Payload of one batch; InfluxDB takes 25 MB of line protocol, which is about as long."""
INBOX_BYTES = 4 * BATCH_BYTES
"""Payload that waits to be read: a window of 2,000 messages, all as large as can be."""
STORED_EXPIRY_S = 3600
"""A tracker away for longer sends its reports again anyway."""
TURN_S = 0.5
"""How long a loop waits at most before it looks round."""
PAUSE_SLICE_S = 5.0
"""A long pause is waited in slices, so that the watchdog sees that the loop lives."""
STORED_A_TURN = 100
"""Messages to trackers before the inbox is looked at again."""

_log = logs.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a worker works with; each can be a double."""

    store: TelemetryWriter
    letters: DeadLetters
    clock: Clock
    stopping: Stopping
    metrics: IngestMetrics = field(default_factory=IngestMetrics)
    random: Random = field(default_factory=Random)
    beat: Callable[[str], None] = lambda _: None


def subscriptions(share_name: str | None) -> tuple[str, ...]:
    """Return the filters: positions are shared among workers, and a dead worker's wait for it.

    A status is not shared: only so does the retained one come when the session was lost, and its
    rows are the same from every worker.
    """
    shared = f"$share/{share_name}/" if share_name else ""
    return (*(shared + each for each in POSITIONS), STATUS.filter())


class Worker:
    """BulkHandler and the two loops of one ingest process."""

    def __init__(self, settings: IngestSettings, parts: Parts) -> None:
        self.metrics = parts.metrics
        self._parts = parts
        self._clock = parts.clock
        self._stopping = parts.stopping
        self._link: Link | None = None
        self._inbox = Inbox(messages=settings.receive_maximum + OVERSTEP, size=INBOX_BYTES)
        self._reader = Reader(settings.telemetry_retention_days * DAY_MS)
        self._batch = Batch(_limits(settings))
        self._handover: SimpleQueue[list[Arrival]] = SimpleQueue()
        self._writer_is_free = Event()
        self._writing = Writing(
            parts.store,
            parts.clock,
            parts.random,
            pause=self._pause,
            on_retry=lambda kind: self.metrics.retries.labels(kind).inc(),
            beat=lambda: parts.beat("write"),
        )
        self._stored = StoredReports(settings.stored_every_s)
        self._unsent: tuple[str, bytes] | None = None
        self._in_writing = 0
        share = self._bad_share = BadShare(settings.bad_share)
        clock = parts.clock.monotonic
        self.metrics.bad_share.set_function(lambda: share.share(clock()))
        self.metrics.bad_share_exceeded.set_function(lambda: share.exceeded(clock()))
        self.metrics.unacknowledged.set_function(
            lambda: len(self._inbox) + len(self._batch) + self._in_writing
        )

    def attach(self, link: Link) -> None:
        """Take the link that this worker is the handler of, before it is started."""
        self._link = link

    @property
    def problems(self) -> list[str]:
        """Say in plain words what keeps positions from being stored."""
        found = [] if self._connected() else ["not connected to a broker"]
        if self._writing.problem is not None:
            found.append(f"the store takes nothing: {self._writing.problem}")
        return found

    def on_up(self, up: Up) -> None:
        """Note the connection; unacknowledged messages come again by themselves."""
        self.metrics.link_up.set(1)
        _log.info("broker_connected", broker=up.broker, session_present=up.session_present)
        self._inbox.wake()

    def on_down(self, connection: int, reason: str) -> None:
        """Note the loss."""
        del connection
        self.metrics.link_up.set(0)
        _log.warning("broker_lost", reason=reason)

    def on_messages(self, messages: Sequence[Incoming]) -> None:
        """Pass messages on; a broker that floods us with unacknowledgeable ones is left."""
        if self._inbox.put(messages):
            return
        self.metrics.overflows.inc()
        if self._link is not None:
            self._link.drop("the broker sends more than there is room for")

    def on_puback(self, packet: int, connection: int, failure: str | None) -> None:
        """Go on telling trackers; a *stored* that is lost is asked for again by its tracker."""
        del packet, connection, failure
        if self._unsent is not None:
            self._inbox.wake()

    def receive(self) -> None:
        """Read, batch and hand over, and tell trackers what is safe, until stopping."""
        while not self._stopping.is_set():
            self._parts.beat("receive")
            self.turn(TURN_S)

    def turn(self, timeout_s: float) -> None:
        """Go once round the receiving loop, waiting at most `timeout_s` for messages."""
        self._hand_over()
        self._tell_trackers()
        wait_s = min(timeout_s, self._idle_s())
        messages = self._inbox.take(self._batch.room(), wait_s)
        if messages:
            self._read(messages)

    def write(self) -> None:
        """Write what is handed over, until stopping."""
        self._writer_is_free.set()
        while not self._stopping.is_set():
            self._parts.beat("write")
            try:
                self.write_one(self._handover.get(timeout=TURN_S))
            except Empty:
                continue
            except StoppedError:
                break
            self._writer_is_free.set()
            self._inbox.wake()

    def write_one(self, arrivals: Sequence[Arrival]) -> None:
        """Store a batch, keep its dead letters, acknowledge it in order, note what is safe.

        Raises:
            StoppedError: nothing of it was acknowledged.
        """
        started = self._clock.monotonic()
        self._in_writing = len(arrivals)
        rows: list[TelemetryRow] = []
        dead: list[DeadLetter] = []
        for arrival in arrivals:
            rows += arrival.reading.rows
            dead += arrival.reading.dead
        refused = self._writing.write(rows)
        self._bury([*dead, *(rejected(each.row, each.reason) for each in refused)])
        self._judge_share(len(rows) + len(dead), len(dead) + len(refused))
        self._acknowledge(arrivals)
        self._note(arrivals)
        self._in_writing = 0
        self._measure(rows, len(refused), self._clock.monotonic() - started)

    def _read(self, messages: Sequence[Incoming]) -> None:
        now_ms, read = self._clock.now_ms(), self._reader.read
        arrivals = [Arrival(each, read(each.topic, each.payload, now_ms)) for each in messages]
        self._batch.add(arrivals, self._clock.monotonic())
        names = Counter([each.topic.rpartition("/")[2] for each in messages])
        for name, count in names.items():
            self.metrics.received.labels(name).inc(count)

    def _hand_over(self) -> None:
        due = self._batch.due_in(self._clock.monotonic()) == 0.0
        if due and self._writer_is_free.is_set():
            self._writer_is_free.clear()
            self._handover.put(self._batch.take())

    def _idle_s(self) -> float:
        """Return how long there is nothing to do but to receive."""
        now = self._clock.monotonic()
        waits = []
        if self._writer_is_free.is_set():
            waits.append(self._batch.due_in(now))
        if self._unsent is None and self._connected():
            waits.append(self._stored.due_in(now))
        return min((each for each in waits if each is not None), default=TURN_S)

    def _bury(self, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        for reason, count in Counter(letter.reason for letter in letters).items():
            self.metrics.dead.labels(reason).inc(count)
            _log.warning("dead_letters", reason=reason, count=count)
        if not self._parts.letters.add(letters, self._clock.now_ms()):
            self.metrics.dead_lost.inc(len(letters))

    def _judge_share(self, reports: int, bad: int) -> None:
        """Shout when too many reports are bad, once, and say when that is over."""
        change = self._bad_share.note(reports, bad, self._clock.monotonic())
        if change is not None and change.exceeded:
            _log.error("many_bad_reports", reports=change.reports, bad=change.bad)
        elif change is not None:
            _log.info("bad_reports_are_few_again", reports=change.reports, bad=change.bad)

    def _acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        if self._link is None:
            return
        waiting = [each.message for each in arrivals if each.message.packet]  # QoS 0 wants none
        self.metrics.stale.inc(len(waiting) - self._link.acknowledge_all(waiting))

    def _note(self, arrivals: Sequence[Arrival]) -> None:
        readings = [arrival.reading for arrival in arrivals]
        self._stored.note(readings, self._clock.monotonic())

    def _tell_trackers(self) -> None:
        """Send what is due, as far as the broker takes it."""
        for _ in range(STORED_A_TURN):
            if self._link is None or not self._connected():
                return
            if self._unsent is None:
                due = self._stored.take(self._clock.monotonic())
                if due is None:
                    return
                self._unsent = STORED.of(due[0]), codec.encode(due[1])
            try:
                self._link.publish(*self._unsent, expiry_s=STORED_EXPIRY_S)
                self.metrics.named.inc()
            except (NotConnectedError, TooManyInFlightError):
                return
            except TooLargeError as error:
                _log.error("stored_too_large", reason=str(error))
            self._unsent = None

    def _measure(self, rows: Sequence[TelemetryRow], refused: int, took_s: float) -> None:
        self.metrics.batch_rows.observe(len(rows))
        self.metrics.write_seconds.observe(took_s)
        self.metrics.written.inc(len(rows) - refused)
        places = [row for row in rows if isinstance(row, LocationRow)]
        for mark, count in Counter([mark for row in places for mark in row.marks]).items():
            self.metrics.marked.labels(mark).inc(count)
        if places:
            lag_ms = self._clock.now_ms() - places[-1].location.time
            self.metrics.lag_seconds.observe(lag_ms / 1000)

    def _connected(self) -> bool:
        return self._link is not None and self._link.connection is not None

    def _pause(self, seconds: float) -> bool:
        """Wait; True when the process is to end."""
        while seconds > 0:
            self._parts.beat("write")
            if self._stopping.wait(min(seconds, PAUSE_SLICE_S)):
                return True
            seconds -= PAUSE_SLICE_S
        return self._stopping.is_set()


def _limits(settings: IngestSettings) -> BatchLimits:
    """Let a batch be half the window at most, so that one is received while one is written."""
    return BatchLimits(
        rows=settings.batch_rows,
        messages=max(1, settings.receive_maximum // 2),
        size=BATCH_BYTES,
        age_s=settings.batch_age_s,
    )
