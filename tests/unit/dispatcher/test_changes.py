"""The list of changes, and the filters of the list of incidents, on SQLite."""

import pytest

from dispatcher.answers import IncidentFilter
from dispatcher.errors import UnknownCursorError
from tests.unit.dispatcher.world import World


def test_pages_go_on_where_the_last_ended(world: World) -> None:
    opened = [world.press(f"tracker-{number}").incident for number in range(5)]
    seen, cursor, more = [], None, True
    while more:
        page = world.desk.changes(cursor, 2)
        seen += [item.incident for item in page.items]
        cursor, more = page.next, page.more
    assert seen == opened
    assert world.desk.changes(cursor, 2).items == []
    world.press("tracker-9")
    assert len(world.desk.changes(cursor, 2).items) == 1


def test_a_cursor_of_what_is_still_to_come_begins_anew(world: World) -> None:
    """A backup was restored."""
    world.press()
    assert len(world.desk.changes("0.99", 10).items) == 1


@pytest.mark.parametrize("cursor", ["", "1", "a.b", "1.2; drop table", f"{10**30}.1"])
def test_a_cursor_of_nobodys_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(UnknownCursorError):
        world.desk.changes(cursor, 2)


def test_filters_narrow_a_list(world: World) -> None:
    real = world.press("tracker-a").incident
    world.clock.advance(60)
    test = world.press("tracker-b", kind="test").incident

    def found(only: IncidentFilter) -> list[str]:
        return [item.id for item in world.desk.incidents(None, None, 9, only).items]

    assert found(IncidentFilter(class_="production")) == [real]
    assert found(IncidentFilter(device="tracker-b")) == [test]
    assert found(IncidentFilter(since=world.clock.now_ms())) == [test]
    assert found(IncidentFilter(device="tracker-b", class_="production")) == []
    assert found(IncidentFilter(jurisdiction="nowhere")) == []
