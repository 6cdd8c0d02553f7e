"""HTTP through influxdb-client: one place where its faults become ours.

InfluxDB's own words quote the line that it refused, coordinates and all, so they go no further.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    QueryError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)

CONNECT_TIMEOUT_MS = 3_000
"""A server that takes longer to accept is as good as down; the caller retries anyway."""
ANSWER_TIMEOUT_MS = 30_000
"""A full batch is written in 0.1 s; a compaction or a slow disk stalls a server for several."""

_DROPPED = re.compile(r"dropped=(\d+)")
_DENIED = frozenset({401, 403, 404})
_NO_DATABASE = "database not found"


class InfluxClient:
    """Write, query and delete, in bytes and plain values."""

    def __init__(self, url: str, token: str, org: str) -> None:
        timeout = (CONNECT_TIMEOUT_MS, ANSWER_TIMEOUT_MS)
        self.api: Any = InfluxDBClient(url, token=token, org=org, timeout=timeout)
        self._org = org
        self._writing: Any = self.api.write_api(write_options=SYNCHRONOUS)
        self._deleting: Any = self.api.delete_api()

    def write(self, bucket: str, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds."""
        with faults():
            self._writing.write(bucket, self._org, lines, WritePrecision.NS)

    def query(self, bucket: str, influxql: str) -> list[dict[str, Any]]:
        """Return the rows of one SELECT, `time` in nanoseconds; unknown values are left out."""
        try:
            with faults():
                answer = self.api.api_client.call_api(
                    "/query",
                    "GET",
                    query_params=[("db", bucket), ("q", influxql), ("epoch", "ns")],
                    header_params={"Accept": "application/json"},
                    response_type="object",
                    _return_http_data_only=True,
                )
        except RejectedError as error:
            raise QueryError("InfluxDB cannot read the question") from error
        return list(_rows(answer))

    def delete(self, bucket: str, predicate: str) -> None:
        """Delete what the predicate says, of all times."""
        with faults():
            self._deleting.delete(
                "1970-01-01T00:00:00Z", "2262-04-11T00:00:00Z", predicate, bucket, self._org
            )

    def close(self) -> None:
        """Close the connections."""
        self.api.close()


@contextmanager
def faults() -> Iterator[None]:
    """Turn influxdb-client's and urllib3's exceptions into the store's."""
    try:
        yield
    except ApiException as error:
        raise _fault(error) from None
    except HTTPError as error:
        raise UnavailableError(f"InfluxDB cannot be reached: {type(error).__name__}") from None


def _fault(error: ApiException) -> Exception:
    """Return our error; 400, 404 and 422 mean something only when InfluxDB itself says them."""
    said = _said(error)
    if error.status in _DENIED and (said or error.status != 404):  # noqa: PLR2004 - HTTP
        return DeniedError(f"InfluxDB refuses the token, or has no such bucket ({error.status})")
    if error.status == 413:  # noqa: PLR2004 - HTTP
        return TooLargeError("InfluxDB takes fewer rows at a time")
    if error.status == 400 and said:  # noqa: PLR2004 - HTTP
        return RejectedError("InfluxDB cannot read a line")
    if error.status == 422 and said:  # noqa: PLR2004 - HTTP
        dropped = _DROPPED.search(said)
        return PartlyStoredError(_cause(said), dropped=int(dropped[1]) if dropped else None)
    return UnavailableError(f"InfluxDB answered {error.status}", retry_after_s=_pause(error))


def _said(error: ApiException) -> str:
    """Return InfluxDB's message; a proxy's page gives an empty one."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return ""
    return str(body.get("message") or body.get("code") or "") if isinstance(body, dict) else ""


def _cause(said: str) -> str:
    """Name the known causes, because the message itself may hold a position."""
    if "field type conflict" in said:
        return "a field has another type in the bucket"
    if "retention policy" in said:
        return "the time is outside the bucket's retention"
    return "InfluxDB dropped a row"


def _pause(error: ApiException) -> float | None:
    """Return Retry-After in seconds; as a date it is left to our own backoff."""
    try:
        return max(0.0, float(error.retry_after))
    except (TypeError, ValueError):
        return None


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
