"""Every alert's query, as Grafana and as Prometheus hold it, against a real Prometheus."""

import pytest

from grafana.alerts import ALERTS
from tests.integration.dashboards import boards
from tests.integration.dashboards.asking import Asker
from tests.services.choice import wait_until

QUERIES = boards.alert_queries()
OPTIONAL = {"CanaryOverdue"}
"""Of a process that not everybody runs; tests/integration/canary shows its metric."""


@pytest.mark.parametrize("alert", [each for each in QUERIES if each not in OPTIONAL])
def test_every_alerts_query_has_a_number(asker: Asker, alert: str) -> None:
    """An alert on a name that no process shows would be silent for ever."""
    assert asker.now(QUERIES[alert])


def test_prometheus_evaluates_every_rule(asker: Asker) -> None:
    """Without an error."""
    wait_until(
        lambda: all(rule["health"] == "ok" for rule in asker.rules()), "the first evaluation"
    )
    assert [rule["name"] for rule in asker.rules()] == [alert.name for alert in ALERTS]


def test_what_is_wrong_fires_and_what_is_well_does_not(asker: Asker) -> None:
    """A dead letter was made and nobody has repaired it; everything is up."""
    wait_until(lambda: "firing" in _states(asker, "DeadLetters"), "DeadLetters to fire")
    for well in ("NoHeartbeat", "BrokerDown", "ProcessDown", "IncidentDatabaseDown"):
        assert _states(asker, well) == {"inactive"}, well


def _states(asker: Asker, name: str) -> set[str]:
    return {rule["state"] for rule in asker.rules() if rule["name"] == name}
