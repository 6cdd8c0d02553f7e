from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from broker_config.watch.board import BrokerView
from broker_config.watch.expiry import Expiries, Trackers
from broker_config.watch.metrics import WatchMetrics
from broker_config.watch.statistics import STATISTICS

FULL = BrokerView(
    up=True, silent=False, values={each.metric: n for n, each in enumerate(STATISTICS)}
)
AWAY = BrokerView(up=False, silent=False, values={})
ENDS = Expiries({"own": 2e9, "service:svc.tool.1": 3e9}, Trackers(expiring=4, expired=1))


def shown(brokers: dict[str, BrokerView], ends: Expiries) -> dict[tuple[str, ...], float]:
    """Return the samples of a page, by name and label values."""
    metrics = WatchMetrics(CollectorRegistry())
    metrics.show(lambda: brokers, lambda: ends)
    page = generate_latest(metrics.list.registry).decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_each_number_stands_under_its_name_and_broker() -> None:
    page = shown({"a:1": FULL, "b:1": AWAY}, ENDS)
    for number, each in enumerate(STATISTICS):
        assert page[each.metric, "a:1"] == number
    assert page["guardian_broker_up", "a:1"] == 1
    assert page["guardian_certificate_expiry_timestamp_seconds", "own"] == 2e9
    assert page["guardian_tracker_certificates_expiring", "60"] == 4
    assert page["guardian_tracker_certificates_expired",] == 1


def test_of_a_broker_that_is_away_only_that_is_shown() -> None:
    page = shown({"b:1": AWAY}, ENDS)
    assert [key for key in page if "b:1" in key] == [("guardian_broker_up", "b:1")]
    assert page["guardian_broker_up", "b:1"] == 0


def test_what_nobody_has_read_is_not_shown_as_nought() -> None:
    names = {key[0] for key in shown({}, Expiries())}
    assert not [name for name in names if "certificate" in name]


def test_all_that_is_shown_is_described() -> None:
    described = {each.name: each for each in WatchMetrics(CollectorRegistry()).list.described}
    page = shown({"a:1": FULL}, ENDS)
    assert {key[0] for key in page} <= set(described)
    for key in page:
        assert len(described[key[0]].labels) == len(key) - 1
