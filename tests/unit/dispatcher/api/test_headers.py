"""Whom a proxy names, and whom anybody can name."""

import pytest
from fastapi.testclient import TestClient

from dispatcher.api.app import create_app
from dispatcher.login_limit import FAILURES_OF_PAIR
from tests.unit.dispatcher.api.conftest import PASSWORD, Office


def client_of(office: Office, *, behind_proxy: bool, scheme: str = "http") -> TestClient:
    app = create_app(office.desk, office.accounts, office.clock, behind_proxy=behind_proxy)
    return TestClient(app, base_url=f"{scheme}://console.example")


def guess(client: TestClient, forwarded_for: str) -> int:
    wrong = {"name": "chen", "password": "wrong"}
    headers = {"X-Forwarded-For": forwarded_for}
    status: int = client.post("/login", json=wrong, headers=headers).status_code
    return status


@pytest.mark.parametrize(
    "last", ["203.0.113.9", "203.0.113.9:4711", "[2001:db8::1]:4711", "[2001:db8::1]"]
)
def test_behind_a_proxy_only_the_address_that_it_has_added_counts(
    office: Office, last: str
) -> None:
    """Otherwise a guesser would claim another address with every guess."""
    client = client_of(office, behind_proxy=True)
    for number in range(FAILURES_OF_PAIR):
        assert guess(client, f"198.51.100.{number}, {last}") == 401
    assert guess(client, f"198.51.100.99, {last}") == 429
    assert guess(client, "192.0.2.7") == 401


def test_without_a_proxy_nobody_names_another_address(office: Office) -> None:
    client = client_of(office, behind_proxy=False)
    for number in range(FAILURES_OF_PAIR):
        assert guess(client, f"198.51.100.{number}") == 401
    assert guess(client, "198.51.100.99") == 429


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "strict"),
    [
        (True, "https", True),
        (True, "https, http", False),
        (True, "x", False),
        (False, "https", False),
    ],
)
def test_https_is_believed_of_the_proxy_alone(
    office: Office, *, behind_proxy: bool, forwarded: str, strict: bool
) -> None:
    client = client_of(office, behind_proxy=behind_proxy)
    answer = client.get("/login", headers={"X-Forwarded-Proto": forwarded})
    assert ("strict-transport-security" in answer.headers) is strict


def test_a_proxy_that_changes_the_host_does_not_lock_the_page_out(office: Office) -> None:
    """As nginx does unless it is told not to; the browser's own word about the page counts."""
    client = client_of(office, behind_proxy=True)
    browser = {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"}
    login = {"name": "chen", "password": PASSWORD}
    assert client.post("/login", json=login, headers=browser).status_code == 204
