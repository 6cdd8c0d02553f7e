"""Questions and answers, without a server."""

import json
from typing import Any

import pytest

from telemetry_store.errors import DeniedError, QueryError, RejectedError, UnavailableError
from telemetry_store.influx.client import InfluxClient, _rows


class Answering:
    """Http that answers as it is told."""

    def __init__(self, status: int, said: bytes, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self._answer = status, said
        self._error = error

    def ask(
        self, method: str, path: str, query: dict[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        self.asked.append((method, path, query, body))
        if self._error is not None:
            raise self._error
        return self._answer


def client(status: int, said: bytes = b"", error: Exception | None = None) -> Any:
    made: Any = InfluxClient("http://localhost:1", "token", "org")
    made._http = Answering(status, said, error)
    return made


def test_lines_are_written_with_times_in_nanoseconds() -> None:
    """Into the bucket of the organisation."""
    writing = client(204)
    writing.write("telemetry", b"a b=1 2")
    query = {"org": "org", "bucket": "telemetry", "precision": "ns"}
    assert writing._http.asked == [("POST", "/api/v2/write", query, b"a b=1 2")]


@pytest.mark.parametrize("status", [200, 201, 202])
def test_only_influxdb_s_own_word_confirms_a_write(status: int) -> None:
    """A captive portal says 200 to everything; a position so confirmed would be lost."""
    with pytest.raises(UnavailableError):
        client(status, b"<html>Welcome</html>").write("telemetry", b"a b=1 2")


def test_all_times_are_deleted() -> None:
    """The predicate alone says what."""
    deleting = client(204)
    deleting.delete("released", 'incident="i"')
    ((method, path, _, body),) = deleting._http.asked
    assert (method, path) == ("POST", "/api/v2/delete")
    assert json.loads(body)["predicate"] == 'incident="i"'


def test_a_question_that_influxdb_cannot_read_is_a_bug_of_ours() -> None:
    """No row was refused."""
    with pytest.raises(QueryError):
        client(400, error=RejectedError("cannot read")).query("telemetry", "SELECT")


def test_an_answer_that_is_not_influxdb_s_can_be_asked_again() -> None:
    """A proxy's page."""
    with pytest.raises(UnavailableError):
        client(200, b"<html>").query("telemetry", "SELECT")


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
