"""What the canary measures."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry

from runtime.metric_list import MetricList

BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
RESULTS: Final = ("ok", "not_connected", "not_received", "not_alerted")


class CanaryMetrics:
    """All metrics of the canary; a registry of its own unless one is given."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.list = MetricList(registry, prefix="guardian_canary_")
        self.registry = self.list.registry
        self.received_s = self.list.histogram(
            "received_seconds", "from the canary's press to *received*", "broker",
            buckets=BUCKETS, worry="the 99th percentile is over 0.1 s",
        )  # fmt: skip
        self.alerted_s = self.list.histogram(
            "alerted_seconds", "from the canary's press to its webhook", "broker",
            buckets=BUCKETS, worry="the 99th percentile is over 1 s",
        )  # fmt: skip
        self.presses = self.list.counter(
            "presses", "presses of the canary, by what became of them", "broker", "result",
            worry="anything but `ok` rises: a press of a person would have fared the same",
        )  # fmt: skip
        self.due = self.list.gauge(
            "due_timestamp_seconds",
            "when the next press through a broker must have come back, s since 1970",
            "broker",
            worry="it has passed: the alert rule fires",
        )

    def begin(self, brokers: Sequence[str]) -> None:
        """Show all brokers and results from the start."""
        for broker in brokers:
            for result in RESULTS:
                self.presses.labels(broker, result)
