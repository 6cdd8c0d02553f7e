"""What InfluxDB says, as our errors."""

import json

import pytest

from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)
from telemetry_store.influx.faults import fault


def raised(status: int, body: str = "", retry_after: str | None = None) -> Exception:
    return fault(status, body.encode(), retry_after)


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
        getattr(raised(503, said("busy"), value), "retry_after_s", "absent")
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
