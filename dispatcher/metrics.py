"""What the dispatcher counts: one list. Tests and canaries never count as production."""

from typing import Final

from prometheus_client import CollectorRegistry

from runtime.metric_list import MetricList, begin

COMMIT_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
WAIT_BUCKETS: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
)  # fmt: skip
"""1 ms to 10 min: a commit takes milliseconds, a radio link seconds, a person the ladder's rungs
(15, 30, 60, 120 s)."""

LOOPS: Final = ("inbox", "timers", "codes", "trackers", "follow", "web", "events")


class Metrics:
    """All metrics of one dispatcher; a registry of its own unless one is given."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.list = MetricList(registry, prefix="guardian_")
        self.registry = self.list.registry
        self._of_incidents()
        self._of_deliveries()
        self._of_following()
        self._of_the_process()

    def _of_incidents(self) -> None:
        self.panics = self.list.counter(
            "panics", "panics taken, by what they meant and for which class of incident",
            "action", "class",
        )  # fmt: skip
        self.incidents = self.list.counter("incidents", "incidents opened by panics", "class")
        self.open = self.list.gauge("incidents_open", "open incidents, also from memory", "class")
        self.unacknowledged = self.list.gauge(
            "incidents_unacknowledged",
            "open production incidents that nobody has acknowledged, also those that are only in"
            " memory while the database is down",
            worry="it stays above 0: somebody waits for an operator",
        )
        self.oldest_unacknowledged_s = self.list.gauge(
            "oldest_unacknowledged_seconds",
            "age of the oldest of them, 0 without one; right at every scrape, also while the"
            " database is down",
            worry="over 15 s; over 60 s the alert rule fires",
        )
        self.codes = self.list.counter(
            "codes", "codes that holders typed to cancel, by what they were", "outcome",
            worry="`duress` rises: somebody makes a holder cancel",
        )  # fmt: skip
        begin(self.codes, ("verified", "wrong", "duress"))
        self.press_received_s = self.list.histogram(
            "press_received_seconds",
            "from the press on the tracker to the commit, of production presses that are not late"
            " and whose tracker's clock agrees with ours",
            buckets=WAIT_BUCKETS, worry="the 99th percentile is over 5 s: the way to us is slow",
        )  # fmt: skip
        self.intake_s = self.list.histogram(
            "intake_seconds", "from the arrival of a production panic to its commit",
            buckets=WAIT_BUCKETS, worry="the 99th percentile is over 0.1 s: the database is slow",
        )  # fmt: skip
        self.press_acknowledged_s = self.list.histogram(
            "press_acknowledged_seconds",
            "how long a production press, or its incident's reopening, waited for an operator",
            buckets=WAIT_BUCKETS, worry="the median is over 15 s: too few operators",
        )  # fmt: skip

    def _of_deliveries(self) -> None:
        self.pending = self.list.gauge(
            "deliveries_pending", "what is still to be sent, when the database was last asked",
            "channel", worry="it grows: the channel is broken, the log says how",
        )  # fmt: skip
        self.deliveries = self.list.counter(
            "deliveries", "attempts to deliver, of every class", "channel", "result",
            worry="`failed` rises",
        )  # fmt: skip
        self.delivery_s = self.list.histogram(
            "delivery_seconds",
            "from when something of a production incident was due to its delivery; after a failed"
            " attempt from when it was made",
            "channel",
            buckets=WAIT_BUCKETS, worry="the 99th percentile is over 5 s",
        )  # fmt: skip
        self.memory_alerts = self.list.counter(
            "memory_alerts", "alerts given while the database was down", worry="it rises"
        )
        self.receipts = self.list.counter(
            "receipts", "receipts published", "result",
            worry="`unsent` and `owed` rise: trackers are not told that they were heard",
        )  # fmt: skip
        begin(self.receipts, ("sent", "unsent", "owed"))

    def _of_following(self) -> None:
        self.commands = self.list.counter(
            "commands", "commands made for followed trackers, by why", "why"
        )
        begin(self.commands, ("begin", "renew", "end"))
        self.commands_confirmed = self.list.counter(
            "commands_confirmed", "commands that a tracker's status named as carried out"
        )
        self.followed = self.list.counter(
            "followed_positions", "positions of followed trackers", "result",
            worry="`unreadable` rises: a tracker sends what is no Location",
        )  # fmt: skip
        begin(self.followed, ("kept", "unreadable"))

    def _of_the_process(self) -> None:
        self.broker_up = self.list.gauge(
            "dispatcher_broker_up", "1 while a session is connected to a broker",
            "session", "broker",
            worry="it is 0: trackers at that broker are not heard",
        )  # fmt: skip
        self.heartbeat = self.list.gauge(
            "heartbeat_timestamp_seconds",
            "when the loop of the timers last went round with a database that answered, s since"
            " 1970; 0: never yet",
            worry="it is over 30 s ago: nothing escalates",
        )
        self.audited = self.list.gauge(
            "audited_timestamp_seconds",
            "when every open incident was last seen to have a valid next step, s since 1970; 0:"
            " never yet",
            worry="it is over 60 s ago: an incident may stay quiet",
        )
        self.next_steps_invalid = self.list.counter(
            "next_steps_invalid", "open incidents without a valid next step, mended", "fault",
            worry="it rises: a bug of ours, or somebody has changed the database by hand",
        )  # fmt: skip
        begin(self.next_steps_invalid, ("missing", "unknown", "too_far", "overdue"))
        self.heartbeats = self.list.counter(
            "heartbeats", "fetches of GUARDIAN_HEARTBEAT_URL; withheld: all was not well", "result",
            worry="`failed` or `withheld` rises",
        )  # fmt: skip
        self.store_up = self.list.gauge(
            "store_up", "1 while the incident database commits",
            worry="it is 0: alerts are given from memory",
        )  # fmt: skip
        self.commit_s = self.list.histogram(
            "commit_seconds", "time of a transaction of the desk",
            buckets=COMMIT_BUCKETS, worry="the 99th percentile is over 0.1 s",
        )  # fmt: skip
        self.conflicts = self.list.counter(
            "store_conflicts", "transactions decided again, because another was first"
        )
        self.timers = self.list.counter("timers", "timers that fired", "kind")
        self.refused_connections = self.list.counter(
            "api_refused_connections", "connections to the API beyond what is let in at once",
            worry="it rises: somebody opens connections and leaves them open",
        )  # fmt: skip
        self.loop_errors = self.list.counter(
            "loop_errors", "exceptions that a loop survived", "loop",
            worry="it rises: a bug of ours, the log has its trace",
        )  # fmt: skip
        begin(self.loop_errors, LOOPS)
