"""The bell that wakes all event streams."""

import asyncio

from dispatcher.api.bell import Bell
from tests.unit.dispatcher.api.conftest import Office


def test_it_wakes_who_waits_and_who_came_a_moment_late(office: Office) -> None:
    async def scene() -> None:
        bell = Bell(office.desk)
        before = bell.rung
        bell.start()
        waiting = asyncio.create_task(bell.wait(before, 30))
        await asyncio.to_thread(office.press)
        await waiting
        assert bell.rung > before
        await bell.wait(before, 30)  # rung since: returns at once
        bell.stop()

    asyncio.run(scene())


def test_stopping_wakes_all_and_may_be_said_twice(office: Office) -> None:
    async def scene() -> None:
        bell = Bell(office.desk)
        bell.start()
        waiting = [asyncio.create_task(bell.wait(bell.rung, 30)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.to_thread(bell.stop)
        await asyncio.gather(*waiting)
        assert bell.stopped
        bell.stop()

    asyncio.run(scene())


def test_a_commit_is_not_disturbed_by_a_server_that_has_ended(office: Office) -> None:
    """The bell is called between the commit of a press and its receipt."""

    async def scene() -> None:
        Bell(office.desk).start()

    asyncio.run(scene())
    assert office.press()
