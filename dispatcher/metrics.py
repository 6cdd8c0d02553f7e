"""What the dispatcher counts: one list."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_COMMIT_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """All metrics of one dispatcher; a registry of its own unless one is given."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        r = self.registry = registry or CollectorRegistry()
        self.panics = Counter(
            "guardian_panics", "panics taken, by what they meant", ["action"], registry=r
        )
        self.incidents = Counter(
            "guardian_incidents", "incidents opened by panics", ["class"], registry=r
        )
        self.commit_s = Histogram(
            "guardian_commit_seconds", "time of a transaction of the desk",
            buckets=_COMMIT_BUCKETS, registry=r,
        )  # fmt: skip
        self.conflicts = Counter(
            "guardian_store_conflicts", "transactions decided again", registry=r
        )
        self.store_up = Gauge(
            "guardian_store_up", "1 while the incident database commits", registry=r
        )
        self.timers = Counter("guardian_timers", "timers that fired", ["kind"], registry=r)
        self.pending = Gauge(
            "guardian_deliveries_pending", "what is still to be sent", ["channel"], registry=r
        )
        self.deliveries = Counter(
            "guardian_deliveries", "attempts to deliver", ["channel", "result"], registry=r
        )
        self.memory_alerts = Counter(
            "guardian_memory_alerts", "alerts given while the database was down", registry=r
        )
        self.open = Gauge("guardian_incidents_open", "open incidents", ["class"], registry=r)
        self.oldest_unacknowledged_s = Gauge(
            "guardian_oldest_unacknowledged_seconds",
            "age of the oldest production incident that nobody has acknowledged, 0 without one",
            registry=r,
        )
        self.receipts = Counter("guardian_receipts", "receipts published", ["result"], registry=r)
        self.loop_errors = Counter(
            "guardian_loop_errors", "exceptions that a loop survived", ["loop"], registry=r
        )
