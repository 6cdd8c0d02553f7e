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

from contract.topics import HISTORY, LOCATION, STATUS
from ingest.bad_share import BadShare
from ingest.batch import Arrival, Batch, BatchLimits
from ingest.dead_letters import DeadLetters
from ingest.errors import StoppedError
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.reading import DeadLetter, Reader, rejected
from ingest.settings import IngestSettings
from ingest.source import Source
from ingest.stored import StoredReports
from ingest.writing import Writing
from runtime import logs
from runtime.clock import Clock
from runtime.lifecycle import Stopping
from runtime.mqtt.link import OVERSTEP, Incoming
from telemetry_store.port import TelemetryWriter
from telemetry_store.rows import LocationRow, TelemetryRow
from telemetry_store.settings import DAY_MS

POSITIONS = (LOCATION.filter(), HISTORY.filter())

BATCH_BYTES = 4 * 1024 * 1024
"""Payload of one batch; InfluxDB takes 25 MB of line protocol, which is about as long."""
INBOX_BYTES = 4 * BATCH_BYTES
"""Payload that waits to be read, for each broker: twice what its connection holds at most."""
TURN_S = 0.5
"""How long a loop waits at most before it looks round."""
PAUSE_SLICE_S = 5.0
"""A long pause is waited in slices, so that the watchdog sees that the loop lives."""

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
    """The two loops of one ingest process, and the brokers that they serve."""

    def __init__(self, settings: IngestSettings, parts: Parts) -> None:
        self.metrics = parts.metrics
        self._parts = parts
        self._clock = parts.clock
        self._stopping = parts.stopping
        brokers = len(settings.brokers)
        self._inbox = Inbox(
            messages=brokers * (settings.receive_maximum + OVERSTEP), size=brokers * INBOX_BYTES
        )
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
        self.sources = [self._source(each, settings) for each in settings.brokers]
        """One for each configured broker, in their order."""
        self._in_writing = 0
        share = self._bad_share = BadShare(settings.bad_share)
        clock = parts.clock.monotonic
        self.metrics.bad_share.set_function(lambda: share.share(clock()))
        self.metrics.bad_share_exceeded.set_function(lambda: share.exceeded(clock()))
        self.metrics.link_up.set_function(
            lambda: float(all(each.is_connected for each in self.sources))
        )
        self.metrics.unacknowledged.set_function(
            lambda: len(self._inbox) + len(self._batch) + self._in_writing
        )

    @property
    def problems(self) -> list[str]:
        """Say in plain words what keeps positions from being stored."""
        away = [each.broker for each in self.sources if not each.is_connected]
        if len(away) == len(self.sources):
            found = ["not connected to a broker"]
        else:
            found = [f"not connected to {broker}" for broker in away]
        if self._writing.problem is not None:
            found.append(f"the store takes nothing: {self._writing.problem}")
        return found

    def receive(self) -> None:
        """Read, batch and hand over, and tell trackers what is safe, until stopping."""
        while not self._stopping.is_set():
            self._parts.beat("receive")
            self.turn(TURN_S)

    def turn(self, timeout_s: float) -> None:
        """Go once round the receiving loop, waiting at most `timeout_s` for messages."""
        self._hand_over()
        for source in self.sources:
            source.tell_trackers()
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
        self._confirm(arrivals)
        self._in_writing = 0
        self._measure(rows, len(refused), self._clock.monotonic() - started)
        self._measure_lag(arrivals)

    def _source(self, broker: str, settings: IngestSettings) -> Source:
        stored = StoredReports(settings.stored_every_s)
        return Source(broker, self._inbox, stored, self._clock, self.metrics)

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
        waits = [source.due_in(now) for source in self.sources]
        if self._writer_is_free.is_set():
            waits.append(self._batch.due_in(now))
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

    def _confirm(self, arrivals: Sequence[Arrival]) -> None:
        """Acknowledge in order of arrival, and have trackers told, each by its own broker."""
        by_connection: dict[int, list[Arrival]] = {}
        for arrival in arrivals:
            by_connection.setdefault(arrival.message.connection, []).append(arrival)
        for connection, each in by_connection.items():
            waiting = [one.message for one in each if one.message.packet]  # QoS 0 wants none
            taken = 0
            for source in self.sources:
                if source.brought(connection):
                    taken = source.acknowledge(waiting)
                    source.note([one.reading for one in each])
            self.metrics.stale.inc(len(waiting) - taken)

    def _measure(self, rows: Sequence[TelemetryRow], refused: int, took_s: float) -> None:
        self.metrics.batch_rows.observe(len(rows))
        self.metrics.write_seconds.observe(took_s)
        self.metrics.written.inc(len(rows) - refused)
        places = [row for row in rows if isinstance(row, LocationRow)]
        for mark, count in Counter([mark for row in places for mark in row.marks]).items():
            self.metrics.marked.labels(mark).inc(count)

    def _measure_lag(self, arrivals: Sequence[Arrival]) -> None:
        """Note how old the last live position was; a history is old by nature.

        A tracker whose clock is ahead has a lag of 0, and its row a mark.
        """
        for arrival in reversed(arrivals):
            rows = arrival.reading.rows
            if rows and not arrival.reading.at_once and isinstance(rows[0], LocationRow):
                lag_ms = self._clock.now_ms() - rows[0].location.time
                self.metrics.lag_seconds.observe(max(0, lag_ms) / 1000)
                return

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
