"""What we ask of InfluxDB: write, query and delete, in bytes and plain values."""

import json
from collections.abc import Iterator
from typing import Any

from telemetry_store.errors import DeniedError, QueryError, RejectedError, UnavailableError
from telemetry_store.influx.http import Http

_NO_CONTENT = 204
_NO_DATABASE = "database not found"
_EVER = {"start": "1970-01-01T00:00:00Z", "stop": "2262-04-11T00:00:00Z"}


class InfluxClient:
    """One server as one organisation's token sees it."""

    def __init__(self, url: str, token: str, org: str) -> None:
        self._http = Http(url, token)
        self._org = org

    def write(self, bucket: str, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds."""
        query = {"org": self._org, "bucket": bucket, "precision": "ns"}
        self._change("/api/v2/write", query, lines)

    def query(self, bucket: str, influxql: str) -> list[dict[str, Any]]:
        """Return the rows of one SELECT, `time` in nanoseconds; unknown values are left out."""
        question = {"db": bucket, "q": influxql, "epoch": "ns"}
        try:
            _, said = self._http.ask("GET", "/query", question)
            return list(_rows(json.loads(said)))
        except RejectedError as error:
            raise QueryError("InfluxDB cannot read the question") from error
        except ValueError:
            raise UnavailableError("something answers there, but it is no InfluxDB") from None

    def delete(self, bucket: str, predicate: str) -> None:
        """Delete what the predicate says, of all times."""
        body = json.dumps({**_EVER, "predicate": predicate}).encode()
        self._change("/api/v2/delete", {"org": self._org, "bucket": bucket}, body)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _change(self, path: str, query: dict[str, str], body: bytes) -> None:
        """Change something; a proxy's friendly page is no confirmation."""
        status, _ = self._http.ask("POST", path, query, body)
        if status != _NO_CONTENT:
            raise UnavailableError(f"something answered {status}, which InfluxDB does not")


def _rows(answer: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows; an error comes as HTTP 200 with `error` in the statement."""
    for statement in answer.get("results", []):
        if "error" in statement:
            raise _query_fault(str(statement["error"]))
        for series in statement.get("series", []):
            columns = [*series["columns"], *series.get("tags", {})]
            common = list(series.get("tags", {}).values())
            for values in series["values"]:
                named = zip(columns, [*values, *common], strict=True)
                yield {name: value for name, value in named if value is not None}


def _query_fault(said: str) -> Exception:
    """Return our error; without permission to read a bucket it is as if it did not exist."""
    if said.startswith(_NO_DATABASE):
        return DeniedError("no such bucket, or the token may not read it")
    if "timeout" in said or "limit" in said:
        return UnavailableError("InfluxDB gave the query up")
    return QueryError(said)
