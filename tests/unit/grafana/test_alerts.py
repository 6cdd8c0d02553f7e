"""The one list of alerts, and the names that it and the dashboards ask Prometheus for."""

import re

import pytest

from broker_config.watch.metrics import WatchMetrics
from dispatcher.metrics import Metrics
from grafana.alerts import ALERTS, Alert
from guardian.canary.metrics import CanaryMetrics
from ingest.metrics import IngestMetrics
from tests.unit.grafana.boards import ROOT, targets

PAGE = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
NAME = re.compile(r"\bguardian_\w+")
SUFFIXES = ("_bucket", "_count", "_sum")
SHOWN = {
    each.name: each
    for metrics in (Metrics(), IngestMetrics(), WatchMetrics(), CanaryMetrics())
    for each in metrics.list.described
}
EXPRESSIONS = [alert.expr for alert in ALERTS] + [
    each["expr"] for each in targets() if "expr" in each
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_asked_for_is_shown_by_a_process(expression: str) -> None:
    """A name that nobody shows is an alert that never fires, and a panel that stays empty."""
    for name in NAME.findall(expression):
        whole = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
        assert whole in SHOWN
        assert (SHOWN[whole].type == "histogram") == (whole != name)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_label_that_is_grouped_by_is_there(expression: str) -> None:
    """`job` and `instance` are Prometheus' own, `le` a histogram's."""
    known = {"job", "instance", "le"}
    for name in NAME.findall(expression):
        whole = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
        known |= set(SHOWN[whole].labels)
    for group in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in group.split(",")} <= known


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_it_is_and_what_to_do(alert: Alert) -> None:
    """In both languages, and on the page that it names."""
    english, chinese = alert.title
    assert re.search(r"[A-Za-z]", english)
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert f'<a id="{alert.name.lower()}"></a>' in PAGE


def test_names_are_unique() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


def test_a_comparison_needs_exactly_one_limit() -> None:
    def alert(above: float | None, below: float | None) -> Alert:
        return Alert(
            name="A", title=("a", "b"), expr="x", above=above, below=below, severity="warning",
            what="",
        )  # fmt: skip

    assert alert(1, None).comparison == (">", 1)
    assert alert(None, 0).comparison == ("<", 0)
    for above, below in ((None, None), (1, 1)):
        with pytest.raises(ValueError, match="one limit"):
            _ = alert(above, below).comparison
