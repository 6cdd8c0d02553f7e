"""What InfluxDB says, as our errors."""

import json
from dataclasses import dataclass, field

import pytest
from influxdb_client.rest import ApiException
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    QueryError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)
from telemetry_store.influx.client import _rows, faults


@dataclass
class Answer:
    status: int
    data: str
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = "a reason"

    def getheaders(self) -> dict[str, str]:
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self.headers.get(name, default)


def raised(status: int, body: str = "", **headers: str) -> Exception:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(Exception) as caught, faults():  # noqa: PT011 - the type is the question
        raise ApiException(http_resp=Answer(status, body, named))
    return caught.value


def said(message: str) -> str:
    return json.dumps({"code": "invalid", "message": message})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, RejectedError), (401, DeniedError), (403, DeniedError), (404, DeniedError),
        (413, TooLargeError), (422, PartlyStoredError), (429, UnavailableError),
        (500, UnavailableError), (503, UnavailableError),
    ],
)  # fmt: skip
def test_each_status_says_what_can_help(status: int, expected: type[Exception]) -> None:
    """Bisect, send halves, see an administrator, or try again."""
    assert type(raised(status, said("so"))) is expected


@pytest.mark.parametrize("status", [400, 404, 422, 302, 502])
@pytest.mark.parametrize("body", ["", "<html>Bad Request</html>", "[]", "null", '"x"', "{}"])
def test_a_proxy_s_page_condemns_no_row(status: int, body: str) -> None:
    """Only InfluxDB itself can say that a row is bad; anybody else is tried again."""
    assert type(raised(status, body)) is UnavailableError


def test_the_pause_that_the_server_asks_for_is_kept() -> None:
    """In seconds; a date or nonsense is left to our own backoff."""
    pauses = [
        getattr(raised(503, said("busy"), Retry_After=value), "retry_after_s", "absent")
        for value in ("7", "0.5", "-3", "Wed, 21 Oct 2026 07:28:00 GMT")
    ]
    assert pauses == [7.0, 0.5, 0.0, None]


def test_the_number_of_dropped_rows_is_read() -> None:
    """So that a batch that was dropped whole need not be parted."""
    error = raised(422, said("partial write: dropped 3 points outside retention policy dropped=3"))
    assert isinstance(error, PartlyStoredError)
    assert error.dropped == 3


@pytest.mark.parametrize("status", [400, 401, 413, 422, 500])
def test_no_coordinate_gets_into_an_error(status: int) -> None:
    """InfluxDB quotes the line that it cannot read."""
    error = raised(status, said("unable to parse 'location,device=a lat=25.0330,lon=x'"))
    assert "25.0330" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize(
    "error",
    [
        ProtocolError("gone"),
        NewConnectionError(None, "refused"),  # type: ignore[arg-type]
        ReadTimeoutError(None, "/", "slow"),  # type: ignore[arg-type]
    ],
)
def test_network_trouble_can_be_retried(error: Exception) -> None:
    """Whatever urllib3 calls it."""
    with pytest.raises(UnavailableError), faults():
        raise error


def test_a_bug_of_ours_is_not_hidden() -> None:
    """Other exceptions pass."""
    with pytest.raises(KeyError), faults():
        raise KeyError("x")


def test_answers_become_rows_without_unknown_values() -> None:
    """Tags of a grouped series belong to each of its rows."""
    series = {"columns": ["time", "lat"], "values": [[1, 2.5], [2, None]], "tags": {"device": "t"}}
    answer = {"results": [{"statement_id": 0, "series": [series]}]}
    assert list(_rows(answer)) == [
        {"time": 1, "lat": 2.5, "device": "t"},
        {"time": 2, "device": "t"},
    ]
    assert list(_rows({"results": [{"statement_id": 0}]})) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("database not found: telemetry", DeniedError),
        ("query timeout reached", UnavailableError),
        ("undefined function foo()", QueryError),
    ],
)
def test_an_error_inside_an_answer_is_raised(message: str, expected: type[Exception]) -> None:
    """It comes with HTTP 200."""
    with pytest.raises(expected):
        list(_rows({"results": [{"statement_id": 0, "error": message}]}))
