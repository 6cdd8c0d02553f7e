"""Every error is a problem in the form of RFC 9457, and says nothing that it should not."""

from urllib.parse import unquote

import pytest

from dispatcher.errors import StoreUnavailableError
from tests.unit.dispatcher.api.conftest import Office


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/incidents", 405),
        ("GET", "/api/v1/incidents/nobody", 404),
        ("GET", "/api/v1/incidents/%00", 404),
        ("POST", "/api/v1/incidents/%00/acknowledge", 404),
        ("GET", "/api/v1/incidents/", 404),
        ("GET", "/api/v1/board/", 404),
        ("GET", "/api/v1/incidents?limit=many", 422),
        ("POST", "/api/v1/incidents", 422),
    ],
)
def test_every_error_is_a_problem(office: Office, method: str, path: str, status: int) -> None:
    answer = office.bearer().request(method, path)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == unquote(path.partition("?")[0])


def test_a_database_that_is_away_is_a_503_without_its_own_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.bearer()

    def away(*_: object) -> None:
        raise StoreUnavailableError("connection to secret-host refused")

    monkeypatch.setattr(office.desk, "incidents", away)
    answer = client.get("/api/v1/incidents")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "secret-host" not in answer.text


def test_a_fault_of_ours_is_a_500_without_its_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.bearer()

    def broken(*_: object) -> None:
        raise RuntimeError("lat 25.03")

    monkeypatch.setattr(office.desk, "incidents", broken)
    answer = client.get("/api/v1/incidents")
    assert answer.status_code == 500
    assert answer.json()["title"] == "Internal Server Error"
    assert "25.03" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
