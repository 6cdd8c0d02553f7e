import pytest

from contract.messages import Status, TrackerState
from dispatcher.errors import StoreUnavailableError
from dispatcher.last_statuses import Roster
from dispatcher.store import trackers
from tests.unit.dispatcher.world import World


def status(state: TrackerState, connect: int = 1) -> Status:
    return Status(at=1, state=state, boot="0a0b0c0d", connect=connect)


def state_of(world: World, device: str) -> str | None:
    with world.database.reading() as connection:
        record = trackers.find(connection, device)
    return None if record is None else record.status.state


def test_many_are_stored_in_one_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = Roster(world.database)
    for number in range(50):
        roster.note(f"tracker-{number}", status("online"), number, retained=False)
    opened = 0
    writing = world.database.writing

    def counting() -> object:
        nonlocal opened
        opened += 1
        return writing()

    monkeypatch.setattr(world.database, "writing", counting)
    roster.flush()
    roster.flush()
    assert opened == 1
    assert state_of(world, "tracker-49") == "online"


def test_those_of_one_tracker_are_judged_in_order(world: World) -> None:
    roster = Roster(world.database)
    for each in (status("online", 1), status("online", 2), status("lost", 1)):
        roster.note("tracker-a", each, 5, retained=False)
    roster.flush()
    assert state_of(world, "tracker-a") == "online"
    roster.note("tracker-a", status("lost", 2), 6, retained=False)
    roster.flush()
    assert state_of(world, "tracker-a") == "lost"


def test_what_cannot_be_stored_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = Roster(world.database)
    roster.note("tracker-a", status("online"), 5, retained=False)

    def down() -> None:
        raise StoreUnavailableError("down")

    with monkeypatch.context() as patched:
        patched.setattr(world.database, "writing", down)
        with pytest.raises(StoreUnavailableError):
            roster.flush()
    roster.flush()
    assert state_of(world, "tracker-a") == "online"


def test_a_new_connection_is_told_once(world: World) -> None:
    roster = Roster(world.database)

    def told(*statuses: Status) -> set[str]:
        for each in statuses:
            roster.note("tracker-a", each, 5, retained=False)
        return roster.flush()

    assert told(status("online", 1), status("online", 1)) == {"tracker-a"}
    assert told() == set()
    assert told(status("online", 1)) == set()
    assert told(status("lost", 1)) == set()
    assert told(status("online", 2), status("sleeping", 2)) == {"tracker-a"}
    assert told(status("online", 1)) == set()
