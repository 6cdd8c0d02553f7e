"""Every number that ingest shows to Prometheus: one list."""

from typing import Final, get_args

from prometheus_client import CollectorRegistry

from contract.topics import HISTORY, LOCATION, STATUS
from ingest.reading import DeadReason
from runtime.metric_list import MetricList, begin
from telemetry_store.rows import LOCATION_MARKS

_ROWS: Final = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
_SECONDS: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
_LAG: Final = (0.3, 1, 3, 10, 60, 600, 3_600, 86_400)
_LOOPS: Final = ("prune",)
_RETRIES: Final = ("unavailable", "denied")
"""As `ingest.writing` calls them."""


class IngestMetrics:
    """Counters and gauges of one process; labels never hold a device or a position.

    Those that count faults begin with 0 for every label, so that the first fault is a rise.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.list = MetricList(registry, prefix="guardian_ingest_")
        self.registry = self.list.registry
        self._of_messages()
        self._of_writing()
        self._of_the_process()

    def _of_messages(self) -> None:
        self.received = self.list.counter(
            "messages_received", "messages that arrived", "topic",
            worry="it stands still while trackers are out",
        )  # fmt: skip
        begin(self.received, (each.name for each in (LOCATION, HISTORY, STATUS)))
        self.marked = self.list.counter("rows_marked", "rows with a mark", "mark")
        begin(self.marked, LOCATION_MARKS)
        self.dead = self.list.counter(
            "dead_letters", "reports that cannot be stored", "reason",
            worry="it rises: a tracker sends what nobody understands, the file has it",
        )  # fmt: skip
        begin(self.dead, get_args(DeadReason))
        self.dead_lost = self.list.counter(
            "dead_letters_lost", "dead letters that no disk took", worry="it rises at all"
        )
        self.bad_share = self.list.gauge(
            "bad_share", "share of the reports of the last 5 minutes that could not be stored"
        )
        self.bad_share_exceeded = self.list.gauge(
            "bad_share_exceeded", "1 while that share is too large (GUARDIAN_BAD_SHARE)",
            worry="it is 1: many trackers send what nobody understands, or the store refuses it",
        )  # fmt: skip
        self.named = self.list.counter("stored_messages", "Stored messages sent to trackers")
        self.unacknowledged = self.list.gauge(
            "unacknowledged_messages", "messages that are received and not yet stored",
            worry="it stays at the window's size (GUARDIAN_RECEIVE_MAXIMUM): the store is slow",
        )  # fmt: skip

    def _of_writing(self) -> None:
        self.written = self.list.counter("rows_written", "rows that the store has")
        self.retries = self.list.counter(
            "store_retries", "writes tried again", "reason",
            worry="it goes on rising; `denied`: the token is wrong",
        )  # fmt: skip
        begin(self.retries, _RETRIES)
        self.batch_rows = self.list.histogram("batch_rows", "rows written together", buckets=_ROWS)
        self.write_seconds = self.list.histogram(
            "write_seconds", "time of one batch, retries among it",
            buckets=_SECONDS, worry="the 99th percentile is over 3 s",
        )  # fmt: skip
        self.lag_seconds = self.list.histogram(
            "lag_seconds",
            "from the fix to the store, of the last live report of each batch; no history",
            buckets=_LAG, worry="the median is over 30 s for 5 minutes",
        )  # fmt: skip

    def _of_the_process(self) -> None:
        self.link_up = self.list.gauge(
            "link_up", "1 while connected to every broker", worry="it is 0 for longer than a minute"
        )
        self.stale = self.list.counter(
            "stale_acknowledgements", "acknowledgements whose connection was gone: they come again"
        )
        self.overflows = self.list.counter(
            "inbox_overflows", "connections dropped for sending more than the window",
            worry="it rises: Mosquitto older than 2.0.17, or a receive maximum that is too small",
        )  # fmt: skip
        self.errors = self.list.counter(
            "loop_errors", "errors that a loop survived", "loop",
            worry="it rises: the log has the reason",
        )  # fmt: skip
        begin(self.errors, _LOOPS)
