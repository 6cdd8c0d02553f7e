"""Every error is a problem in the form of RFC 9457, and says nothing that it should not."""

import json
from urllib.parse import unquote

import pytest

from dispatcher.api.app import document
from dispatcher.api.problems import METHODS
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


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/incidents", "GET, POST"),
        ("GET", "/api/v1/incidents/1/close", "POST"),
        ("HEAD", "/api/v1/board", "GET"),
        ("PUT", "/login", "GET, HEAD, POST"),
        ("POST", "/", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_405_lists_all_methods_of_the_path(
    office: Office, method: str, path: str, allowed: str
) -> None:
    answer = office.bearer().request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_the_methods_that_a_405_can_list_are_those_of_our_routes() -> None:
    listed = json.loads(document())["paths"].values()
    assert {method.upper() for path in listed for method in path} | {"HEAD"} == set(METHODS)


@pytest.mark.parametrize("path", ["/healthz", "/login", "/", "/console.css", "/console.js", "/no"])
def test_head_answers_like_get_without_a_body(office: Office, path: str) -> None:
    client = office.logged_in()
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.headers) == (got.status_code, got.headers)
    assert (got.content != b"", head.content) == (True, b"")
