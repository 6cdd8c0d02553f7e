"""Asks InfluxDB and Prometheus as Grafana's plug-ins do."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from runtime.clock import SystemClock
from tests.integration.dashboards.boards import Target, influxql, promql, variables

Row = dict[str, Any]
RANGE_S = 60
STEP_S = 1


class AskingError(AssertionError):
    """A data source refused a query, or answered nothing."""


@dataclass(frozen=True)
class Asker:
    """Who asks, and where."""

    influxdb: str
    bucket: str
    token: str
    prometheus: str

    def rows(self, target: Target, chosen: Mapping[str, str] | None = None) -> list[Row]:
        """Return the rows of a panel's InfluxQL.

        Raises:
            AskingError: an error, no rows, or a column in which nothing stands.
        """
        to_ms = SystemClock().now_ms()
        values = self.values_of(target.board) | dict(chosen or {})
        text = influxql(target.query["query"], to_ms - target.span_ms(), to_ms, values)
        return whole(self.influx(text), text)

    def values_of(self, board: str) -> dict[str, str]:
        """Return each variable's value: what is chosen in the file, or the first that it finds."""
        return {
            each["name"]: each["current"]["value"]
            if each["type"] != "query"
            else self.options(each)[0]
            for each in variables(board)
        }

    def options(self, variable: dict[str, Any]) -> list[str]:
        """Return a variable's options, made of the first column of text as Grafana makes them."""
        text = variable["query"]["query"]
        rows = whole(self.influx(text), text)
        return [next(value for value in row.values() if isinstance(value, str)) for row in rows]

    def influx(self, text: str) -> list[Row]:
        """Return the rows of the first statement; Grafana looks at no other.

        Raises:
            AskingError: InfluxDB cannot do it. It says so with HTTP 200.
        """
        parameters = urlencode({"db": self.bucket, "q": text, "epoch": "ms"})
        answer = _json(
            Request(
                f"{self.influxdb}/query?{parameters}",
                headers={"Authorization": f"Token {self.token}"},
            )
        )
        statement = answer["results"][0]
        if "error" in statement:
            raise AskingError(f"{statement['error']}: {text}")
        return [
            {**dict(zip(series["columns"], values, strict=True)), **series.get("tags", {})}
            for series in statement.get("series", [])
            for values in series["values"]
        ]

    def numbers(self, target: Target) -> list[float]:
        """Return the numbers of a panel's PromQL, of the last minute or of this moment.

        Raises:
            AskingError: an error, or not a single number.
        """
        to_ms = SystemClock().now_ms()
        text = promql(target.query["expr"], to_ms - target.span_ms(), to_ms)
        if target.query["instant"]:
            return self.now(text)
        end = to_ms / 1000
        parameters = {"query": text, "start": end - RANGE_S, "end": end, "step": STEP_S}
        found = self._prometheus("query_range", parameters)
        return _finite([value for series in found for _, value in series["values"]], text)

    def now(self, text: str) -> list[float]:
        """Return the numbers that PromQL has now, one for each series."""
        found = self._prometheus("query", {"query": text})
        return _finite([series["value"][1] for series in found], text)

    def labels(self, text: str) -> list[dict[str, str]]:
        """Return the labels of the series that PromQL has now."""
        return [series["metric"] for series in self._prometheus("query", {"query": text})]

    def rules(self) -> list[dict[str, Any]]:
        """Return the alert rules as Prometheus sees them."""
        (group,) = _json(Request(f"{self.prometheus}/api/v1/rules"))["data"]["groups"]
        return list(group["rules"])

    def _prometheus(self, what: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        request = Request(f"{self.prometheus}/api/v1/{what}?{urlencode(parameters)}")
        return list(_json(request)["data"]["result"])


def whole(rows: list[Row], text: str) -> list[Row]:
    """Return the rows when there are some and no column is empty: that is what a wrong name gives.

    Raises:
        AskingError: there are none, or it is.
    """
    if not rows:
        raise AskingError(f"nothing at all: {text}")
    empty = [name for name in rows[0] if all(row[name] is None for row in rows)]
    if set(empty) - UNFILLED:
        raise AskingError(f"nothing in {', '.join(empty)}: {text}")
    return rows


UNFILLED = {"jurisdiction"}
"""Columns that no part of Guardian fills yet."""


def _finite(found: list[str], text: str) -> list[float]:
    numbers = [number for number in map(float, found) if math.isfinite(number)]
    if not numbers:
        raise AskingError(f"{'only NaN' if found else 'nothing at all'}: {text}")
    return numbers


def _json(request: Request) -> dict[str, Any]:
    with urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
