"""The checked-in dashboards and alert rules, and what they ask, as Grafana would ask it.

Formats of a variable in a query: https://grafana.com/docs/grafana/latest/dashboards/variables/
variable-syntax/; the macros of InfluxQL and PromQL as their plug-ins replace them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
BOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
}
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LEFT = re.compile(r"\$[\w{(]")


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    board: str
    panel: dict[str, Any]
    query: dict[str, Any]

    @property
    def kind(self) -> str:
        """Return the data source's plug-in."""
        return str(self.query["datasource"]["type"])

    def span_ms(self) -> int:
        """Return how much time the panel looks at."""
        since = self.panel.get("timeFrom") or BOARDS[self.board]["time"]["from"]
        return milliseconds(since.removeprefix("now-"))

    def __str__(self) -> str:
        title = self.panel["title"].partition(" · ")[0].replace(" ", "-").lower()
        return f"{self.board}-{title}-{self.query['refId']}"


def targets(kind: str | None = None) -> list[Target]:
    """Return every query of every panel (of this data source)."""
    found = [
        Target(name, panel, query)
        for name, board in BOARDS.items()
        for panel in board["panels"]
        for query in panel["targets"]
    ]
    return [each for each in found if kind in (None, each.kind)]


def target(board: str, title: str, ref_id: str = "A") -> Target:
    """Return one query by the beginning of its panel's title."""
    (found,) = [
        each
        for each in targets()
        if each.board == board
        and each.panel["title"].startswith(title)
        and each.query["refId"] == ref_id
    ]
    return found


def variables(board: str) -> Iterator[dict[str, Any]]:
    """Return the dashboard's variables."""
    yield from BOARDS[board]["templating"]["list"]


def alert_queries() -> dict[str, str]:
    """Return each alert's PromQL from Grafana's provisioning, by the name of the alert."""
    text = (ROOT / "grafana/provisioning/alerting/guardian.yaml").read_text(encoding="utf-8")
    (group,) = yaml.safe_load(text)["groups"]
    return {rule["labels"]["alert"]: rule["data"][0]["model"]["expr"] for rule in group["rules"]}


def influxql(text: str, from_ms: int, to_ms: int, chosen: Mapping[str, str]) -> str:
    """Return the query as it reaches InfluxDB.

    Raises:
        AssertionError: something in it is no variable that we know.
    """
    expanded = _with_variables(text, from_ms, to_ms, chosen)
    expanded = expanded.replace("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms")
    expanded = expanded.replace("$__interval", "1m")
    assert not _LEFT.search(expanded), f"what is this variable: {expanded}"
    return expanded


def promql(text: str, from_ms: int, to_ms: int) -> str:
    """Return the query as it reaches Prometheus."""
    expanded = _with_variables(text, from_ms, to_ms, {})
    expanded = expanded.replace("$__range", f"{(to_ms - from_ms) // 1000}s")
    expanded = expanded.replace("$__rate_interval", "1m").replace("$__interval", "15s")
    assert not _LEFT.search(expanded), f"what is this variable: {expanded}"
    return expanded


def milliseconds(length: str) -> int:
    """Return a length of time such as 24h."""
    return int(length[:-1]) * _UNITS_MS[length[-1]]


def _with_variables(text: str, from_ms: int, to_ms: int, chosen: Mapping[str, str]) -> str:
    for name, value in {"__from": str(from_ms), "__to": str(to_ms), **chosen}.items():
        text = text.replace(f"${{{name}}}", value)
    return text
