"""The real Grafana with our provisioning: what it says of its data sources, panels and rules.

Skips where its image cannot be had, whatever is required.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from grafana.alerts import ALERTS
from runtime.clock import SystemClock
from tests.integration.dashboards import boards
from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.grafana_server import GrafanaServer
from tests.services.choice import wait_until

PANELS = [
    pytest.param(name, panel, id=f"{name}-{panel['title'].partition(' · ')[0]}")
    for name, board in boards.BOARDS.items()
    for panel in board["panels"]
]


@pytest.fixture(scope="module")
def grafana(asker: Asker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrafanaServer]:
    server = GrafanaServer(tmp_path_factory.mktemp("grafana"), asker)
    try:
        server.await_ready()
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("uid", ["guardian-influxdb", "guardian-prometheus"])
def test_a_data_source_is_well(grafana: GrafanaServer, uid: str) -> None:
    health = grafana.get(f"/api/datasources/uid/{uid}/health")
    assert health["status"] == "OK", health


@pytest.mark.parametrize("name", boards.BOARDS)
def test_a_dashboard_is_there_with_all_its_panels(grafana: GrafanaServer, name: str) -> None:
    ours = boards.BOARDS[name]
    theirs = grafana.get(f"/api/dashboards/uid/{ours['uid']}")
    assert theirs["meta"]["provisioned"]
    assert [each["title"] for each in theirs["dashboard"]["panels"]] == [
        each["title"] for each in ours["panels"]
    ]


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_every_panel_has_values(
    grafana: GrafanaServer, asker: Asker, name: str, panel: dict[str, Any]
) -> None:
    """Each of its queries, as its data source answers through Grafana."""
    to_ms = SystemClock().now_ms()
    since = to_ms - boards.Target(name, panel, {}).span_ms()
    queries = [_filled(query, asker.values_of(name), since, to_ms) for query in panel["targets"]]
    results = grafana.query(queries, since, to_ms)
    for query in queries:
        result = results[query["refId"]]
        assert not result.get("error"), result["error"]
        values = [
            value
            for frame in result["frames"]
            for column in frame["data"]["values"]
            for value in column
        ]
        assert any(value is not None for value in values), f"{query['refId']} found nothing"


def test_every_alert_rule_is_there_and_evaluated(grafana: GrafanaServer) -> None:
    """Without an error, and not by the look of its query alone."""
    titles = {each["title"] for each in grafana.get("/api/v1/provisioning/alert-rules")}
    assert titles == {" · ".join(alert.title) for alert in ALERTS}

    def healths() -> list[str]:
        groups = grafana.get("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
        return [rule["health"] for group in groups for rule in group["rules"]]

    wait_until(lambda: healths() and "unknown" not in healths(), "the first evaluation", 60)
    assert set(healths()) <= {"ok", "nodata"}


def _filled(
    query: dict[str, Any], chosen: dict[str, str], from_ms: int, to_ms: int
) -> dict[str, Any]:
    """Return the query as Grafana's front end sends it: only macros are left to the back end."""
    sent = {**query, "intervalMs": 60_000, "maxDataPoints": 500}
    key = "query" if "query" in query else "expr"
    for name, value in {"__from": str(from_ms), "__to": str(to_ms), **chosen}.items():
        sent[key] = sent[key].replace(f"${{{name}}}", value)
    return sent
