"""Logging in, staying logged in, and being thrown out."""

import pytest

from dispatcher.accounts import IDLE_MS, SESSION_MS, TOUCH_MS
from dispatcher.api import login
from dispatcher.api.security import COOKIE
from dispatcher.errors import StoreUnavailableError
from dispatcher.login_limit import FAILURES_OF_PAIR, WINDOW_MS
from tests.unit.dispatcher.api.conftest import PASSWORD, Office


def log_in(office: Office, password: str, name: str = "chen") -> int:
    status: int = (
        office.client().post("/login", json={"name": name, "password": password}).status_code
    )
    return status


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(office: Office) -> None:
    client = office.client()
    wrong = client.post("/login", json={"name": "chen", "password": "wrong"})
    unknown = client.post("/login", json={"name": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


def test_too_many_wrong_passwords_make_wait_then_the_right_one_works(office: Office) -> None:
    for _ in range(FAILURES_OF_PAIR):
        assert log_in(office, "wrong") == 401
    answer = office.client().post("/login", json={"name": "chen", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == WINDOW_MS // 1000
    assert log_in(office, PASSWORD, "lin") == 204
    office.clock.advance(WINDOW_MS / 1000)
    assert log_in(office, PASSWORD) == 204


def test_logging_out_ends_the_login_for_good(office: Office) -> None:
    browser = office.logged_in()
    stolen = dict(browser.cookies)
    assert browser.post("/logout", json={}).status_code == 204
    thief = office.client()
    thief.cookies.update(stolen)
    assert thief.get("/api/v1/session").status_code == 401


def test_every_login_has_a_token_of_its_own(office: Office) -> None:
    first, second = office.logged_in(), office.logged_in()
    assert dict(first.cookies) != dict(second.cookies)
    assert first.headers["X-CSRF-Token"] != second.headers["X-CSRF-Token"]


def test_a_login_ends_after_the_shift_however_busy_and_earlier_when_idle(office: Office) -> None:
    busy, idle = office.logged_in(), office.logged_in()
    for _ in range(SESSION_MS // IDLE_MS * 2 - 1):
        office.clock.advance(IDLE_MS / 2000)
        assert busy.get("/api/v1/session").status_code == 200
    assert idle.get("/api/v1/session").status_code == 401
    office.clock.advance(IDLE_MS / 2000)
    assert busy.get("/api/v1/session").status_code == 401


def test_a_disabled_user_is_out_at_once(office: Office) -> None:
    browser = office.logged_in()
    token = office.accounts.add_token("of-chen", user="chen")
    office.accounts.disable_user("chen")
    assert browser.get("/api/v1/session").status_code == 401
    program = office.client()
    program.headers["Authorization"] = f"Bearer {token}"
    assert program.get("/api/v1/session").status_code == 401
    assert log_in(office, PASSWORD) == 401


def test_the_session_says_who_and_gives_the_csrf_token(office: Office) -> None:
    session = office.logged_in("lin").get("/api/v1/session").json()
    assert session["user"] == "lin"
    assert session["roles"] == ["observer"]
    assert session["scopes"] == ["incidents:read"]
    assert session["ends_at"] == office.clock.now_ms() + SESSION_MS
    assert len(session["csrf"]) > 30


def test_credentials_of_the_wrong_form_are_named(office: Office) -> None:
    answer = office.client().post("/login", json={"name": "chen", "password": 5})
    assert (answer.status_code, answer.json()["field"]) == (422, "password")
    assert office.client().post("/login", content=b"{").status_code == 422
    assert office.client().post("/login", content=b"x" * 9000).status_code == 413


@pytest.mark.parametrize("name", ["chen\x00", "\n", "", "\u202echen"])
def test_a_name_that_nobody_can_have_is_a_wrong_name(office: Office, name: str) -> None:
    assert log_in(office, PASSWORD, name) == 401


def test_guessing_waits_in_a_queue_that_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "LOGINS_WAITING", 0)
    answer = office.client().post("/login", json={"name": "chen", "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "try again" in answer.json()["detail"]


def test_a_database_that_only_reads_ends_no_login(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = office.logged_in()
    office.clock.advance(TOUCH_MS / 1000)

    def full(**_: object) -> None:
        raise StoreUnavailableError("disk full")

    monkeypatch.setattr(office.database, "writing", full)
    assert browser.get("/api/v1/session").status_code == 200


def test_a_console_comes_back_while_the_database_is_down(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is alerted from memory must be seen on its screen."""
    browser, stranger = office.logged_in(), office.client()

    def gone(**_: object) -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(office.database, "reading", gone)
    assert browser.get("/").status_code == 200
    assert browser.get("/api/v1/session").status_code == 200
    assert browser.get("/api/v1/board").status_code == 503
    assert stranger.get("/api/v1/session").status_code == 401
    stranger.cookies = {COOKIE: "nonsense"}
    assert stranger.get("/api/v1/session").status_code == 503
