"""The real Grafana with our provisioning: what it says of its data sources, panels and rules.

One test, because it skips where the image cannot be had, whatever is required.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from grafana.alerts import ALERTS
from runtime.clock import SystemClock
from tests.integration.dashboards import boards
from tests.integration.dashboards.asking import Asker
from tests.integration.dashboards.grafana_server import GrafanaServer, require_image
from tests.services.choice import wait_until


def test_grafana_answers_every_question(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All that is wrong with it, in one list: starting it takes longer than asking."""
    require_image()
    asker: Asker = request.getfixturevalue("asker")
    grafana = GrafanaServer(tmp_path_factory.mktemp("grafana"), asker)
    try:
        grafana.await_ready()
        problems = [
            *_of_the_data_sources(grafana),
            *_of_the_dashboards(grafana),
            *_of_the_panels(grafana, asker),
            *_of_the_rules(grafana),
        ]
    finally:
        grafana.stop()
    assert not problems, "\n".join(problems)


def _of_the_data_sources(grafana: GrafanaServer) -> Iterator[str]:
    for uid in ("guardian-influxdb", "guardian-prometheus"):
        health = grafana.get(f"/api/datasources/uid/{uid}/health")
        if health["status"] != "OK":
            yield f"{uid}: {health}"


def _of_the_dashboards(grafana: GrafanaServer) -> Iterator[str]:
    for name, ours in boards.BOARDS.items():
        theirs = grafana.get(f"/api/dashboards/uid/{ours['uid']}")
        if not theirs["meta"]["provisioned"]:
            yield f"{name}: is not provisioned"
        if _titles(theirs["dashboard"]) != _titles(ours):
            yield f"{name}: has the panels {_titles(theirs['dashboard'])}"


def _titles(board: dict[str, Any]) -> list[str]:
    return [panel["title"] for panel in board["panels"]]


def _of_the_panels(grafana: GrafanaServer, asker: Asker) -> Iterator[str]:
    for name, board in boards.BOARDS.items():
        chosen = asker.values_of(name)
        for panel in board["panels"]:
            to_ms = SystemClock().now_ms()
            since = to_ms - boards.Target(name, panel, {}).span_ms()
            queries = [_filled(each, chosen, since, to_ms) for each in panel["targets"]]
            results = grafana.query(queries, since, to_ms)
            for query in queries:
                problem = _of_the_result(results[query["refId"]])
                if problem:
                    yield f"{name}, {panel['title']}, {query['refId']}: {problem}"


def _of_the_result(result: dict[str, Any]) -> str | None:
    if result.get("error"):
        return str(result["error"])
    columns = [column for frame in result["frames"] for column in frame["data"]["values"]]
    found = any(value is not None for column in columns for value in column)
    return None if found else "nothing"


def _of_the_rules(grafana: GrafanaServer) -> Iterator[str]:
    """Each is there, and was evaluated without an error."""

    def healths() -> dict[str, str]:
        groups = grafana.get("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}

    wait_until(
        lambda: healths() and "unknown" not in healths().values(), "the first evaluation", 60
    )
    found = healths()
    for alert in ALERTS:
        health = found.get(" · ".join(alert.title), "missing")
        if health not in {"ok", "nodata"}:
            yield f"{alert.name}: {health}"


def _filled(
    query: dict[str, Any], chosen: dict[str, str], from_ms: int, to_ms: int
) -> dict[str, Any]:
    """Return the query as Grafana's front end sends it: only macros are left to the back end."""
    sent = {**query, "intervalMs": 60_000, "maxDataPoints": 500}
    key = "query" if "query" in query else "expr"
    for name, value in {"__from": str(from_ms), "__to": str(to_ms), **chosen}.items():
        sent[key] = sent[key].replace(f"${{{name}}}", value)
    return sent
