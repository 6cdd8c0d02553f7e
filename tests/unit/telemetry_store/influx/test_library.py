"""influxdb-client's exceptions, as our errors."""

from dataclasses import dataclass, field

import pytest
from influxdb_client.rest import ApiException
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from telemetry_store.errors import UnavailableError
from telemetry_store.influx.library import faults


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


def test_an_answer_is_read_as_our_own_http_reads_it() -> None:
    """And influxdb-client's exception, which quotes the line, is not shown beside it."""
    answer = Answer(503, "lat=25.0330", {"Retry-After": "7"})
    with pytest.raises(UnavailableError) as caught, faults():
        raise ApiException(http_resp=answer)
    assert caught.value.retry_after_s == 7.0
    assert "25.0330" not in str(caught.value)
    assert caught.value.__suppress_context__


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
