"""Users, logins and tokens; more of them in tests/unit/dispatcher/api/test_login.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.accounts import Accounts
from dispatcher.errors import (
    AccountExistsError,
    InvalidNameError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnknownAccountError,
    WeakPasswordError,
    WrongCredentialsError,
)
from dispatcher.remembered import REMEMBERED_MS
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from runtime.clock import ManualClock
from tests.unit.dispatcher.api.conftest import CHEAP, PASSWORD


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/incidents.db")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def accounts(database: Database, clock: ManualClock) -> Accounts:
    return Accounts(database, clock, hasher=CHEAP)


def test_no_secret_is_kept_as_it_is(accounts: Accounts, tmp_path: Path) -> None:
    accounts.add_user("chen", PASSWORD)
    session = accounts.log_in("chen", PASSWORD, "10.0.0.1")
    token = accounts.add_token("cad")
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"chen" in kept
    for secret in (PASSWORD, session, token):
        assert secret.encode() not in kept


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_password_that_protects_nothing_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        accounts.add_user("chen", password)


def test_a_name_is_given_once(accounts: Accounts) -> None:
    accounts.add_user("chen", PASSWORD)
    with pytest.raises(AccountExistsError):
        accounts.add_user("chen", PASSWORD)


@pytest.mark.parametrize("name", ["", " chen", "two\nlines", "x" * 65])
def test_a_name_is_something_that_can_be_shown(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidNameError):
        accounts.add_user(name, PASSWORD)
    with pytest.raises(InvalidNameError):
        accounts.add_token(name)


def test_a_new_password_ends_the_logins_of_the_old_one(accounts: Accounts) -> None:
    accounts.add_user("chen", PASSWORD)
    session = accounts.log_in("chen", PASSWORD, "10.0.0.1")
    accounts.set_password("chen", "another long one")
    assert accounts.by_session(session) is None
    with pytest.raises(WrongCredentialsError):
        accounts.log_in("chen", PASSWORD, "10.0.0.1")
    assert accounts.by_session(accounts.log_in("chen", "another long one", "10.0.0.1"))


def test_guessing_from_one_place_does_not_lock_an_operator_out_elsewhere(
    accounts: Accounts,
) -> None:
    """Otherwise anybody could keep operators from their console on the night it matters."""
    accounts.add_user("chen", PASSWORD)
    for _ in range(5):
        with pytest.raises(WrongCredentialsError):
            accounts.log_in("chen", "wrong", "203.0.113.9")
    with pytest.raises(TooManyAttemptsError):
        accounts.log_in("chen", PASSWORD, "203.0.113.9")
    assert accounts.log_in("chen", PASSWORD, "10.0.0.1")


def test_guessing_many_names_from_one_place_is_stopped_too(accounts: Accounts) -> None:
    for number in range(20):
        with pytest.raises(WrongCredentialsError):
            accounts.log_in(f"user-{number}", "wrong", "203.0.113.9")
    with pytest.raises(TooManyAttemptsError):
        accounts.log_in("user-99", "wrong", "203.0.113.9")


def test_one_who_owns_an_ipv6_network_counts_as_one(accounts: Accounts) -> None:
    accounts.add_user("chen", PASSWORD)
    for number in range(5):
        with pytest.raises(WrongCredentialsError):
            accounts.log_in("chen", "wrong", f"2001:db8:0:7::{number}")
    with pytest.raises(TooManyAttemptsError):
        accounts.log_in("chen", PASSWORD, "2001:db8:0:7:ffff::1")
    assert accounts.log_in("chen", PASSWORD, "2001:db8:0:8::1")


def test_guessing_from_everywhere_stops_but_not_where_the_operator_works(
    accounts: Accounts, clock: ManualClock
) -> None:
    accounts.add_user("chen", PASSWORD)
    accounts.log_in("chen", PASSWORD, "10.0.0.1")
    clock.advance(86_400)
    for number in range(100):
        with pytest.raises(WrongCredentialsError):
            accounts.log_in("chen", "wrong", f"203.0.113.{number}")
    with pytest.raises(TooManyAttemptsError):
        accounts.log_in("chen", PASSWORD, "198.51.100.1")
    assert accounts.log_in("chen", PASSWORD, "10.0.0.1")


def test_who_was_known_lately_still_is_while_the_database_is_down(
    accounts: Accounts, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their console must come back and show the alerts from memory."""
    accounts.add_user("chen", PASSWORD)
    session = accounts.log_in("chen", PASSWORD, "10.0.0.1")
    token, revoked = accounts.add_token("cad"), accounts.add_token("old")
    for known in (
        accounts.by_session(session),
        accounts.by_token(token),
        accounts.by_token(revoked),
    ):
        assert known is not None
    (old,) = [each for each in accounts.tokens() if each.name == "old"]
    accounts.revoke_token(old.id)
    assert accounts.by_token(revoked) is None

    def gone(**_: object) -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(database, "reading", gone)
    clock.advance(REMEMBERED_MS / 1000 - 1)
    assert accounts.by_session(session)
    assert accounts.by_token(token)
    for unknown in (revoked, "gdn_nonsense"):
        with pytest.raises(StoreUnavailableError):
            accounts.by_token(unknown)
    clock.advance(1)
    with pytest.raises(StoreUnavailableError):
        accounts.by_session(session)


def test_what_is_typed_as_a_name_is_not_kept(accounts: Accounts, tmp_path: Path) -> None:
    """It may be the password, typed into the wrong field."""
    with pytest.raises(WrongCredentialsError):
        accounts.log_in(PASSWORD, "", "10.0.0.1")
    assert all(PASSWORD.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_token_does_not_pass_for_a_user(accounts: Accounts) -> None:
    accounts.add_user("chen", PASSWORD)
    with pytest.raises(AccountExistsError):
        accounts.add_token("chen")
    assert accounts.add_token("chen", user="chen")


def test_a_token_has_its_scopes_and_never_more_than_its_user(accounts: Accounts) -> None:
    accounts.add_user("lin", PASSWORD, "observer")
    of_lin = accounts.by_token(accounts.add_token("screen", user="lin"))
    assert of_lin is not None
    assert of_lin.name == "lin"
    assert set(of_lin.scopes) == {"incidents:read"}
    alone = accounts.by_token(accounts.add_token("cad", scopes=("incidents:write",)))
    assert alone is not None
    assert alone.name == "cad"
    assert set(alone.scopes) == {"incidents:write"}
    with pytest.raises(UnknownAccountError):
        accounts.add_token("x", user="nobody")


def test_a_token_ends_when_it_is_revoked_or_runs_out(
    accounts: Accounts, clock: ManualClock
) -> None:
    revoked = accounts.add_token("one")
    short = accounts.add_token("two", expires_at=clock.now_ms() + 1000)
    assert accounts.by_token(revoked)
    assert accounts.by_token(short)
    (stored,) = [each for each in accounts.tokens() if each.name == "one"]
    accounts.revoke_token(stored.id)
    clock.advance(1)
    assert accounts.by_token(revoked) is None
    assert accounts.by_token(short) is None
    with pytest.raises(UnknownAccountError):
        accounts.revoke_token(stored.id)
