"""Every route, by everybody who may or may not use it."""

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from dispatcher.api.incidents import router as incidents
from dispatcher.api.security import COOKIE
from tests.unit.dispatcher.api.conftest import Office

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/"),
    ("GET", "/{name}"),
}
"""Open without login: health and the login page (`/` leads there, `/{name}` has tests below)."""


NOBODY = "0191d2c4-0000-7000-8000-000000000000"


def routes(office: Office) -> list[tuple[str, str]]:
    found = [
        (method, route.path)
        for route in [*office.app.routes, *incidents.routes]
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    return sorted(set(found) - OPEN)


def call(client: TestClient, method: str, path: str) -> int:
    path = path.replace("{incident}", NOBODY)
    status: int = client.request(method, path, json={}).status_code
    return status


def test_nothing_answers_who_is_not_known(office: Office) -> None:
    closed = routes(office)
    assert ("POST", "/api/v1/incidents/{incident}/close") in closed
    for method, path in closed:
        assert call(office.client(), method, path) == 401, (method, path)


def test_a_token_that_nobody_made_opens_nothing(office: Office) -> None:
    client = office.client()
    client.headers["Authorization"] = "Bearer gdn_nonsense"
    for method, path in routes(office):
        assert call(client, method, path) == 401, (method, path)


def test_who_may_only_read_changes_nothing(office: Office) -> None:
    changing = [(m, p) for m, p in routes(office) if m == "POST" and p.startswith("/api")]
    assert changing
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
    for name in ("console.css", "icon.svg", "login.js"):
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
    assert "Incidents" in office.logged_in().get("/").text


def test_browsers_are_told_to_be_strict(office: Office) -> None:
    for path in ("/login", "/api/v1/incidents", "/healthz", "/nothing/here"):
        headers = office.client().get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"]


def test_the_cookie_is_for_this_host_and_https_alone(office: Office) -> None:
    answer = office.client().post(
        "/login", json={"name": "chen", "password": "correct horse battery"}
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
