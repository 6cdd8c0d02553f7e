"""What Grafana and Prometheus are given, against the agreements with the rest."""

from pathlib import Path
from typing import Any

import yaml

from grafana.alerts import ALERTS
from grafana.prometheus_rules import rules
from grafana.provisioning_files import alerting, dashboards, data_sources
from tests.unit.grafana.boards import ROOT

COMPOSE = ROOT / "docker-compose.yml"


def test_the_token_is_read_from_a_file_and_stands_nowhere() -> None:
    influxdb, _ = data_sources()["datasources"]
    assert influxdb["secureJsonData"] == {"httpHeaderValue1": "Token $__file{/run/tokens/grafana}"}
    assert influxdb["jsonData"]["httpHeaderName1"] == "Authorization"


def test_influxdb_is_asked_in_influxql_for_released_rows_alone() -> None:
    influxdb, _ = data_sources()["datasources"]
    assert influxdb["jsonData"]["version"] == "InfluxQL"
    assert influxdb["jsonData"]["dbName"] == "released"


def test_the_addresses_are_those_of_the_containers() -> None:
    """Services, ports and mounts as in docker-compose.yml."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    urls = [source["url"] for source in data_sources()["datasources"]]
    assert urls == ["http://influxdb:8086", "http://prometheus:9090"]
    assert {"influxdb", "prometheus"} <= set(services)
    mounted = [str(each).split(":")[:2] for each in services["grafana"]["volumes"]]
    assert ["./grafana/provisioning", "/etc/grafana/provisioning"] in mounted
    (provider,) = dashboards()["providers"]
    assert ["./grafana/dashboards", provider["options"]["path"]] in mounted


def test_prometheus_asks_the_services_that_there_are() -> None:
    """And natively the same ports on loopback."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    asked = _targets(ROOT / "prometheus" / "prometheus.yml")
    native = _targets(ROOT / "prometheus" / "prometheus.native.yml")
    assert list(asked) == ["dispatcher", "ingest", "broker"] == list(native)
    for job, target in asked.items():
        host, port = target.split(":")
        assert services[host]["environment"]["GUARDIAN_METRICS_BIND"].endswith(f":{port}")
        assert native[job] == f"127.0.0.1:{port}"


def test_both_sides_have_every_alert_with_the_same_condition() -> None:
    (group,) = alerting()["groups"]
    (prometheus,) = rules()["groups"]
    for alert, ours, theirs in zip(ALERTS, group["rules"], prometheus["rules"], strict=True):
        query, condition = ours["data"]
        assert query["model"]["expr"] == alert.expr
        evaluator = condition["model"]["conditions"][0]["evaluator"]
        sign = {"gt": ">", "lt": "<"}[evaluator["type"]]
        assert theirs["expr"] == f"({alert.expr}) {sign} {evaluator['params'][0]:g}"
        assert ours["for"] == theirs["for"]
        assert ours["labels"]["severity"] == theirs["labels"]["severity"]
        assert ours["condition"] == condition["refId"]
        assert condition["model"]["expression"] == query["refId"]


def test_no_rule_has_a_dollar() -> None:
    """Grafana takes it for a variable of its environment, in annotations of some versions."""
    (group,) = alerting()["groups"]
    for rule in group["rules"]:
        texts = [*rule["annotations"].values(), rule["data"][0]["model"]["expr"]]
        assert not any("$" in text for text in texts)
    assert (
        "{{ .Values.A.Value | humanizeDuration }}"
        in group["rules"][0]["annotations"]["description"]
    )


def test_names_of_rules_are_as_short_as_grafana_wants() -> None:
    (group,) = alerting()["groups"]
    assert all(len(rule["uid"]) <= 40 for rule in group["rules"])


def _targets(path: Path) -> dict[str, str]:
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert config["rule_files"] == ["rules.yml"]
    return {
        job["job_name"]: job["static_configs"][0]["targets"][0] for job in config["scrape_configs"]
    }
