"""A dispatcher's API on a real desk with SQLite, without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from contract.codec import encode
from contract.ids import uuid7
from contract.messages import Panic
from dispatcher.accounts import SCOPES, Accounts, Scope
from dispatcher.api.app import create_app
from dispatcher.desk import Desk
from dispatcher.routing import Routing
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from runtime.clock import ManualClock

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Real argon2, a thousand times faster: a test logs in often."""


class Office:
    """What a test of the API has in hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.desk = Desk(database, self.clock, Routing())
        self.accounts = Accounts(database, self.clock, hasher=CHEAP)
        self.app = create_app(self.desk, self.accounts, self.clock)

    def client(self) -> TestClient:
        """Return a client that nobody has logged in; it talks HTTPS, as the cookie wants."""
        return TestClient(
            self.app, base_url="https://console.example", raise_server_exceptions=False
        )

    def logged_in(self, name: str = "chen") -> TestClient:
        """Return a browser of this user, which sends its CSRF token with every request."""
        client = self.client()
        answer = client.post("/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        client.headers["X-CSRF-Token"] = client.get("/api/v1/session").json()["csrf"]
        return client

    def bearer(self, *scopes: Scope) -> TestClient:
        """Return a program's client with a token of these scopes (default: all)."""
        token = self.accounts.add_token("cad", scopes=scopes or SCOPES)
        client = self.client()
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def press(self, device: str = "tracker-a", number: int = 1) -> str:
        """Let a tracker press, and return the incident's id."""
        now = self.clock.now_ms()
        panic = Panic(
            panic_id=uuid7(now, number.to_bytes(10, "big")),
            update=0, pressed_at=now, sent_at=now, age_ms=0, kind="button", silent=False,
        )  # fmt: skip
        receipt = self.desk.take_panic(device, encode(panic), now)
        assert receipt.incident is not None
        return receipt.incident


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two users, made once: migrating and hashing take their time."""
    path = tmp_path_factory.mktemp("office") / "incidents.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    accounts = Accounts(database, ManualClock(), hasher=CHEAP)
    accounts.add_user("chen", PASSWORD)
    accounts.add_user("lin", PASSWORD, "observer")
    database.close()
    return path


@pytest.fixture
def office(tmp_path: Path, template: Path) -> Iterator[Office]:
    """An office with two users and no incident."""
    database = Database(f"sqlite:///{shutil.copy(template, tmp_path)}")
    yield Office(database)
    database.close()
