"""Every route, by everybody who may or may not use it."""

import json

import pytest
from fastapi.testclient import TestClient

from dispatcher.api.app import create_app, document
from dispatcher.api.security import COOKIE, LOOPBACK_COOKIE
from tests.unit.dispatcher.api.conftest import PASSWORD, Office

OPEN = {("GET", "/healthz"), ("POST", "/login")}
"""Open without login; the pages, which OpenAPI does not list, have tests below."""
NOBODY = "0191d2c4-0000-7000-8000-000000000000"
ROUTES = sorted(
    (method.upper(), path)
    for path, methods in json.loads(document())["paths"].items()
    for method in methods
)
CLOSED = [route for route in ROUTES if route not in OPEN]


def call(client: TestClient, method: str, path: str) -> int:
    path = path.replace("{incident}", NOBODY)
    status: int = client.request(method, path, json={}).status_code
    return status


def test_nothing_answers_who_is_not_known(office: Office) -> None:
    assert len(CLOSED) >= 13
    for method, path in CLOSED:
        assert call(office.client(), method, path) == 401, (method, path)


def test_a_token_that_nobody_made_opens_nothing(office: Office) -> None:
    client = office.client()
    client.headers["Authorization"] = "Bearer gdn_nonsense"
    for method, path in CLOSED:
        assert call(client, method, path) == 401, (method, path)


def test_who_may_only_read_changes_nothing(office: Office) -> None:
    changing = [(m, p) for m, p in CLOSED if m == "POST" and p != "/logout"]
    assert len(changing) >= 7
    for client in (office.bearer("incidents:read"), office.logged_in("lin")):
        for method, path in changing:
            assert call(client, method, path) == 403, (method, path)
        assert client.get("/api/v1/incidents").status_code == 200


def test_a_token_needs_no_csrf_but_a_login_does(office: Office) -> None:
    incident = office.press()
    path = f"/api/v1/incidents/{incident}/acknowledge"
    browser = office.logged_in()
    good = browser.headers.pop("X-CSRF-Token")
    assert browser.post(path, json={}).status_code == 403
    assert browser.post(path, json={}, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert browser.post(path, json={}, headers={"X-CSRF-Token": good}).status_code == 200
    other = office.press("tracker-b", 2)
    assert office.bearer().post(f"/api/v1/incidents/{other}/acknowledge").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://["},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://console.example"},
    ],
)
def test_another_sites_page_is_refused_even_with_the_csrf_token(
    office: Office, headers: dict[str, str]
) -> None:
    incident = office.press()
    browser = office.logged_in()
    answer = browser.post(f"/api/v1/incidents/{incident}/acknowledge", json={}, headers=headers)
    assert answer.status_code == 403
    answer = office.client().post("/login", json={}, headers=headers)
    assert answer.status_code == 403


def test_our_own_page_is_not_refused(office: Office) -> None:
    incident = office.press()
    browser = office.logged_in()
    browser.headers["Origin"] = "https://console.example"
    assert browser.post(f"/api/v1/incidents/{incident}/acknowledge", json={}).status_code == 200


def test_the_pages_files_need_a_login_but_for_those_of_the_login_page(office: Office) -> None:
    visitor, operator = office.client(), office.logged_in()
    for name in ("console.css", "icon.svg", "loading.js", "login.js"):
        assert visitor.get(f"/{name}").status_code == 200
    for name in ("console.js", "card.js", "server.js"):
        assert visitor.get(f"/{name}").status_code == 401
        answer = operator.get(f"/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
    for name in ("index.html", "nothing.js", "..%2Faccounts.py", "%2e%2e/app.py"):
        assert operator.get(f"/{name}").status_code == 404


def test_the_console_leads_strangers_to_the_login(office: Office) -> None:
    answer = office.client().get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "console.js" in office.logged_in().get("/").text


def test_browsers_are_told_to_be_strict(office: Office) -> None:
    for path in ("/login", "/api/v1/incidents", "/healthz", "/nothing/here"):
        headers = office.client().get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("scheme", "address", "behind_proxy", "plain"),
    [
        ("http", "127.0.0.1", False, True),
        ("http", "::1", False, True),
        ("https", "127.0.0.1", False, False),
        ("http", "192.0.2.1", False, False),
        ("http", "127.0.0.1", True, False),
    ],
)
def test_only_plain_http_on_loopback_gets_a_cookie_without_secure(
    office: Office, scheme: str, address: str, *, behind_proxy: bool, plain: bool
) -> None:
    """Safari keeps no other there; the network never sees it."""
    app = create_app(office.desk, office.accounts, office.clock, behind_proxy=behind_proxy)
    client = TestClient(app, base_url=f"{scheme}://console.example", client=(address, 5))
    login = {"name": "chen", "password": PASSWORD, "loopback": True}
    cookie = client.post("/login", json=login).headers["set-cookie"]
    assert cookie.startswith(f"{LOOPBACK_COOKIE if plain else COOKIE}=")
    assert ("Secure" in cookie) is not plain
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    client.cookies = {LOOPBACK_COOKIE: cookie.partition("=")[2].partition(";")[0]}
    status = client.get("/api/v1/session").status_code
    assert status == (200 if plain else 401), "such a cookie counts nowhere else"


def test_the_cookie_is_for_this_host_and_https_alone(office: Office) -> None:
    answer = office.client().post("/login", json={"name": "chen", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
