"""The list of changes on PostgreSQL, where numbers are committed out of order."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatcher.store import events
from tests.unit.dispatcher.world import World

pytestmark = pytest.mark.integration

PRESSES = 25
WRITERS = 4


def test_a_change_that_is_committed_late_is_not_skipped(world: World) -> None:
    incident = world.press().incident or ""
    cursor = world.desk.changes(None, 100).next
    with world.database.writing() as late:
        first = events.add(late, 1, "updated", incident, 1)
        world.press("tracker-b")
        assert world.desk.changes(cursor, 100).items == [], "it waits for what began before it"
    page = world.desk.changes(cursor, 100)
    assert page.items[0].id == first
    assert len(page.items) == 2
    assert not page.more


def test_a_reader_beside_writers_sees_every_change_once(world: World) -> None:
    seen: list[int] = []
    cursor: str | None = None

    def write(writer: int) -> None:
        for number in range(PRESSES):
            world.press(f"tracker-{writer}-{number}")

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, number) for number in range(WRITERS)]
        more = True
        while more or not all(each.done() for each in writing):
            page = world.desk.changes(cursor, 7)
            seen += [item.id for item in page.items]
            cursor, more = page.next, page.more
    page = world.desk.changes(cursor, 100)
    seen += [item.id for item in page.items]
    with world.database.reading() as connection:
        known = [event.id for event in events.after(connection, 0, 1000)]
    assert sorted(seen) == known
    assert len(known) == WRITERS * PRESSES


def test_a_cursor_from_before_a_restore_begins_anew(world: World) -> None:
    """The restored server's transactions count from an earlier number."""
    world.press()
    page = world.desk.changes(f"{10**17}.5", 100)
    assert len(page.items) == 1
