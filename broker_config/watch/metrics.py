"""What the watch shows to Prometheus: what is not known at a scrape is not shown."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broker_config.watch.board import BrokerView
from broker_config.watch.expiry import SOON_DAYS, Expiries
from broker_config.watch.statistics import STATISTICS
from runtime.metric_list import MetricList

UP = "guardian_broker_up"
EXPIRY = "guardian_certificate_expiry_timestamp_seconds"
EXPIRING = "guardian_tracker_certificates_expiring"
EXPIRED = "guardian_tracker_certificates_expired"
_NAMES = (
    "Names: own, authority, broker:HOST:PORT, and of the PKI authority:trackers, "
    "authority:services, https, service:NAME, crl:trackers, crl:services"
)
_GAUGES = (
    (UP, "1 while connected to the broker", ("broker",), "it is 0: nobody can call for help"),
    (
        EXPIRY,
        f"when a certificate ends, or a revocation list (crl:...), s since 1970. {_NAMES}",
        ("certificate",),
        "fewer than 60 days are left; after a list's end the broker refuses everybody",
    ),
    (
        EXPIRING,
        "trackers with access whose newest certificate ends within so many days",
        ("within_days",),
        "it is not 0: guardian enroll list names them, guardian enroll renew helps",
    ),
    (
        EXPIRED,
        "trackers with access whose newest certificate has ended",
        (),
        "it is not 0: these cannot call for help",
    ),
)  # fmt: skip


class WatchMetrics:
    """The metrics of one watch."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.list = MetricList(registry)
        for statistic in STATISTICS:
            self.list.describe(
                statistic.metric, statistic.type, statistic.meaning, ("broker",), statistic.worry
            )
        for name, meaning, labels, worry in _GAUGES:
            self.list.describe(name, "gauge", meaning, labels, worry)
        self.unreadable = self.list.counter(
            "guardian_watch_unreadable_statistics",
            "statistics that were no number",
            worry="it rises: this broker is no Mosquitto",
        )
        self.failures = self.list.counter(
            "guardian_watch_reading_failures",
            "certificates that could not be read, by kind of source; the log names them",
            "source",
            worry="it goes on rising",
        )

    def show(
        self,
        brokers: Callable[[], dict[str, BrokerView]],
        certificates: Callable[[], Expiries],
    ) -> None:
        """Show at each scrape what these return."""
        self.list.registry.register(_AtScrape(brokers, certificates))


class _AtScrape(Collector):
    """Numbers that are someone else's, asked for when Prometheus asks."""

    def __init__(
        self,
        brokers: Callable[[], dict[str, BrokerView]],
        certificates: Callable[[], Expiries],
    ) -> None:
        self._brokers = brokers
        self._certificates = certificates

    def describe(self) -> list[Metric]:
        """Name no metric beforehand."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return what is known now."""
        views = self._brokers()
        up = GaugeMetricFamily(UP, "1 while connected to the broker", labels=["broker"])
        for broker, view in views.items():
            up.add_metric([broker], view.up)
        yield up
        for statistic in STATISTICS:
            family = _FAMILIES[statistic.type](
                statistic.metric, statistic.meaning, labels=["broker"]
            )
            for broker, view in views.items():
                if statistic.metric in view.values:
                    family.add_metric([broker], view.values[statistic.metric])
            yield family
        yield from _of_certificates(self._certificates())


_FAMILIES: dict[str, type[CounterMetricFamily] | type[GaugeMetricFamily]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
}


def _of_certificates(found: Expiries) -> Iterator[Metric]:
    ends = GaugeMetricFamily(EXPIRY, "when a certificate ends", labels=["certificate"])
    for name, end in sorted(found.at.items()):
        ends.add_metric([name], end)
    yield ends
    if found.trackers is not None:
        soon = GaugeMetricFamily(EXPIRING, "trackers' certificates", labels=["within_days"])
        soon.add_metric([str(SOON_DAYS)], found.trackers.expiring)
        yield soon
        yield GaugeMetricFamily(EXPIRED, "ended ones", value=found.trackers.expired)
