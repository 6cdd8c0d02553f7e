"""A story that fills every table of the incident database, through the code of a release itself.

`tools/make_released.py` tells it once for each release and checks in the database that came of it,
with all that the release answered then. Later versions open that database and must answer the same.
"""

import uuid
from typing import Any

import msgspec
from argon2 import PasswordHasher
from sqlalchemy import func, select

from contract.messages import Status
from dispatcher.accounts import Accounts
from dispatcher.answers import CallOpening
from dispatcher.errors import WrongCredentialsError
from dispatcher.last_statuses import Roster
from dispatcher.store.engine import Database
from dispatcher.store.tables import metadata
from runtime.clock import ManualClock
from tests.unit.dispatcher.world import World

PASSWORD = "a password of nobody"
START_MS = 1_790_000_000_000
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def tell(url: str) -> None:
    """Fill a database that has been migrated."""
    world = World(url, ManualClock(now_ms=START_MS))
    try:
        _people(world)
        _trackers(world)
        _incidents(world)
    finally:
        world.close()


def answers(url: str, now_ms: int = START_MS + 600_000) -> dict[str, Any]:
    """Return all that the code reads from a database: what later versions are compared by."""
    world = World(url, ManualClock(now_ms=now_ms))
    try:
        desk, accounts = world.desk, Accounts(world.database, world.clock, hasher=_CHEAP)
        ids = sorted(item.id for item in desk.incidents(None, None, 100).items)
        found = {
            "incidents": [desk.incident(each) for each in ids],
            "board": sorted(each.id for each in desk.board()),
            "events": [(each.id, each.type) for each in desk.events_after(0, 1000)],
            "receipts": desk.open_receipts(0),
            "pending": world.outbox.pending(),
            "users": [msgspec.structs.replace(each, password_hash="") for each in accounts.users()],
            "tokens": [(each.name, each.scopes, each.expires_at) for each in accounts.tokens()],
            "rows": _counted(world.database),
        }
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
        return plain
    finally:
        world.close()


def goes_on(url: str) -> None:
    """Prove that a database is worked with as before: logins, timers, presses, acts."""
    world = World(url, ManualClock(now_ms=START_MS + 600_000))
    try:
        assert Accounts(world.database, world.clock).log_in("ann", PASSWORD, "192.0.2.1")
        open_, closed = _id(1), _id(4)
        before = world.desk.take_panic("tracker-a", world.payload(open_), world.clock.now_ms())
        assert before.incident is not None
        detail = world.desk.incident(before.incident)
        assert (detail.state, detail.presses) == ("raised", 2), "the press is known, and no new one"
        world.after(121)
        assert "escalated" in world.sent(incident=before.incident)
        world.desk.act(before.incident, "acknowledge", "ann")
        done = world.desk.act(before.incident, "close", "ann", disposition="helped")
        assert done.state == "closed"
        again = world.desk.take_panic("tracker-d", world.payload(closed), world.clock.now_ms())
        assert again.stage == "closed"
        assert world.press("tracker-z").stage == "received"
    finally:
        world.close()


def _people(world: World) -> None:
    accounts = Accounts(world.database, world.clock, hasher=_CHEAP)
    accounts.add_user("ann", PASSWORD)
    accounts.add_user("bob", PASSWORD, "observer")
    accounts.add_user("gone", PASSWORD)
    accounts.disable_user("gone")
    accounts.add_token("cad", user="ann", expires_at=START_MS + 86_400_000)
    accounts.add_token("reader", scopes=("incidents:read",))
    accounts.log_in("ann", PASSWORD, "192.0.2.1")
    try:
        accounts.log_in("bob", "not the password", "192.0.2.1")
    except WrongCredentialsError:
        return


def _trackers(world: World) -> None:
    roster = Roster(world.database)
    status = Status(
        at=START_MS, state="online", boot="0a0b0c0d", connect=3, battery=41, faults=["clock"]
    )
    roster.note("tracker-a", status, START_MS, retained=False)
    roster.flush()


def _incidents(world: World) -> None:
    place = world.here(accuracy=12.5)
    world.press("tracker-a", _id(1), location=place, note="help")
    world.clock.advance(1)
    world.press("tracker-a", _id(2), silent=True)
    world.press("tracker-a", _id(2), update=1, location=world.here())
    second = world.press("tracker-b", _id(3)).incident
    assert second is not None
    for event in ("presented", "acknowledge", "dispatch", "on_scene"):
        world.desk.act(second, event, "ann")
    third = world.press("tracker-d", _id(4), cancel=[{"code": "1234", "at": START_MS}]).incident
    assert third is not None
    world.desk.act(third, "acknowledge", "ann", note="on my way")
    world.desk.act(third, "close", "ann", disposition="false_alarm", note="found asleep")
    fourth = world.press("tracker-e", _id(5)).incident
    assert fourth is not None
    world.desk.act(fourth, "acknowledge", "bob")
    world.desk.act(fourth, "close", "bob", disposition="helped")
    world.desk.act(fourth, "reopen", "ann")
    world.press("tracker-f", _id(6), kind="test")
    world.desk.take_panic("tracker-g", b"\xff not a panic", world.clock.now_ms())
    world.desk.open_from_call(CallOpening(phone="110-7", case_number="A 7", note="called"), "ann")
    world.after(16)
    world.pump()
    world.press("tracker-h", _id(7))  # its deliveries are pending


def _counted(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar() or 0
            for table in metadata.sorted_tables
        }


def _id(number: int) -> str:
    return str(uuid.UUID(int=(0x0199 << 112) | (7 << 76) | (2 << 62) | number))
