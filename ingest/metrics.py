"""Every number that ingest shows to Prometheus, one line each."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_PREFIX = "guardian_ingest_"
_ROWS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
_SECONDS = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
_LAG = (0.3, 1, 3, 10, 60, 600, 3_600, 86_400)


class IngestMetrics:
    """Counters and gauges of one process; labels never hold a device or a position."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter("messages_received", "messages that arrived", "topic")
        self.written = self._counter("rows_written", "rows that the store has")
        self.marked = self._counter("rows_marked", "rows with a mark", "mark")
        self.dead = self._counter("dead_letters", "reports that cannot be stored", "reason")
        self.dead_lost = self._counter("dead_letters_lost", "dead letters that no disk took")
        self.retries = self._counter("store_retries", "writes tried again", "reason")
        self.stale = self._counter("stale_acknowledgements", "whose connection was gone")
        self.overflows = self._counter("inbox_overflows", "connections dropped for flooding us")
        self.named = self._counter("stored_messages", "Stored messages sent")
        self.errors = self._counter("loop_errors", "errors that a loop survived", "loop")
        self.batch_rows = self._histogram("batch_rows", "rows written together", _ROWS)
        self.write_seconds = self._histogram("write_seconds", "time of one batch", _SECONDS)
        self.lag_seconds = self._histogram("lag_seconds", "from the fix to the store", _LAG)
        self.link_up = self._gauge("link_up", "1 while connected to a broker")
        self.unacknowledged = self._gauge("unacknowledged_messages", "that we still hold")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(_PREFIX + name, meaning, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(_PREFIX + name, meaning, buckets=buckets, registry=self.registry)
