"""Prometheus' rules file, made of the alerts."""

from typing import Any

from grafana.alerts import ALERTS, Alert
from grafana.words import both


def rules() -> dict[str, Any]:
    """Return the file `prometheus/rules.yml`."""
    return {"groups": [{"name": "guardian", "interval": "5s", "rules": [_rule(a) for a in ALERTS]}]}


def expression(alert: Alert) -> str:
    """Return PromQL that has a value while the alert's condition holds."""
    operator, limit = alert.comparison
    return f"({alert.expr}) {operator} {limit:g}"


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": expression(alert),
        "for": alert.lasting,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": both(*alert.title),
            "description": alert.what,
            "what_to_do": f"docs/dashboards.md#{alert.name.lower()}",
        },
    }
