"""The application as a whole."""

import json
from importlib.resources import files

import pytest

from dispatcher.api.app import InsecureBindingError, check_binding, document
from dispatcher.errors import StoreUnavailableError
from tests.unit.dispatcher.api.conftest import Office


def test_the_checked_in_openapi_is_current() -> None:
    """`guardian schema write` makes it anew."""
    generated = files("dispatcher").joinpath("api", "generated", "openapi.json").read_text()
    assert generated == document()


def test_every_reference_of_the_openapi_leads_somewhere() -> None:
    text = document()
    whole = json.loads(text)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(whole["components"]["schemas"])
    assert {"IncidentPage", "IncidentDetail", "Problem", "DeskEvent"} <= names | set(
        whole["components"]["schemas"]
    )


def test_health_is_open_and_says_whether_the_database_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})

    def away() -> int:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(office.desk, "last_event", away)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_plain_http_is_fine_on_loopback(host: str) -> None:
    check_binding(host, tls=False, behind_proxy=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "console.example", ""])
def test_plain_http_elsewhere_is_refused_unless_something_else_encrypts(host: str) -> None:
    check_binding(host, tls=True, behind_proxy=False)
    check_binding(host, tls=False, behind_proxy=True)
    with pytest.raises(InsecureBindingError, match="GUARDIAN_HTTP_CERT_FILE"):
        check_binding(host, tls=False, behind_proxy=False)
