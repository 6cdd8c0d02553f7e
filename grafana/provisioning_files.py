"""Grafana's provisioning: data sources, where the dashboards are, and the alert rules.

Formats: https://grafana.com/docs/grafana/latest/administration/provisioning/ and
https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/
"""

from typing import Any, Final

from grafana.alerts import ALERTS, Alert
from grafana.sources import INFLUXDB, PROMETHEUS, PromQuery
from grafana.words import both

FOLDER: Final = "Guardian"
TOKEN_FILE: Final = "/run/tokens/grafana"  # noqa: S105 - a file's name
"""What `guardian store init` left for Grafana; it may read the bucket of released rows alone."""
_EXPRESSION: Final = "__expr__"
_LOOK_BACK_S: Final = 600
_EVALUATORS: Final = {">": "gt", "<": "lt"}


def data_sources(
    *,
    influxdb_url: str = "http://influxdb:8086",
    bucket: str = "released",
    prometheus_url: str = "http://prometheus:9090",
) -> dict[str, Any]:
    """Return both, by default under the names of the services in docker-compose.yml.

    Asked in InfluxQL, InfluxDB 2 takes a bucket's name for a database: it maps it by itself.
    """
    influxdb = {
        "name": "Guardian InfluxDB",
        "uid": INFLUXDB.uid,
        "type": INFLUXDB.type_val,
        "access": "proxy",
        "url": influxdb_url,
        "isDefault": True,
        "editable": False,
        "jsonData": {
            "version": "InfluxQL",
            "dbName": bucket,
            "httpMode": "GET",
            "httpHeaderName1": "Authorization",
        },
        "secureJsonData": {"httpHeaderValue1": f"Token $__file{{{TOKEN_FILE}}}"},
    }
    prometheus = {
        "name": "Guardian Prometheus",
        "uid": PROMETHEUS.uid,
        "type": PROMETHEUS.type_val,
        "access": "proxy",
        "url": prometheus_url,
        "editable": False,
        "jsonData": {"httpMode": "POST", "timeInterval": "5s"},
    }
    return {"apiVersion": 1, "datasources": [influxdb, prometheus]}


def dashboards() -> dict[str, Any]:
    """Return where Grafana finds the dashboards."""
    provider = {
        "name": "guardian",
        "type": "file",
        "folder": FOLDER,
        "allowUiUpdates": False,
        "options": {"path": "/etc/grafana/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}


def alerting() -> dict[str, Any]:
    """Return the alert rules."""
    rules = [_rule(alert) for alert in ALERTS]
    group = {"orgId": 1, "name": "guardian", "folder": FOLDER, "interval": "10s", "rules": rules}
    return {"apiVersion": 1, "groups": [group]}


def _rule(alert: Alert) -> dict[str, Any]:
    """Return a rule: query A, condition B on it. No data is no alert where absence is normal."""
    return {
        "uid": f"guardian-{alert.name.lower()}",
        "title": both(*alert.title),
        "condition": "B",
        "for": alert.lasting,
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": {"severity": alert.severity, "alert": alert.name},
        "annotations": {
            "summary": both(*alert.title),
            "description": _for_grafana(alert.what),
            "what_to_do": f"docs/dashboards.md#{alert.name.lower()}",
        },
        "data": [_query(alert), _condition(alert)],
    }


def _query(alert: Alert) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": _LOOK_BACK_S, "to": 0},
        "datasourceUid": PROMETHEUS.uid,
        "model": PromQuery(ref_id="A", expr=alert.expr, instant=True).to_json(),
    }


def _condition(alert: Alert) -> dict[str, Any]:
    operator, limit = alert.comparison
    evaluator = {"type": _EVALUATORS[operator], "params": [limit]}
    return {
        "refId": "B",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": _EXPRESSION,
        "model": {
            "refId": "B",
            "datasource": {"type": _EXPRESSION, "uid": _EXPRESSION},
            "type": "threshold",
            "expression": "A",
            "conditions": [{"evaluator": evaluator}],
        },
    }


def _for_grafana(template: str) -> str:
    """Return the template with its names: `.Value` is all values as a text there."""
    return template.replace(".Value", ".Values.A.Value")
