"""What the ladder asks PostgreSQL: the auditor's round, and who has consoles connected."""

import pytest

from dispatcher.escalation.attendance import GRACE_MS, TELL_S, Attendance
from tests.unit.dispatcher.escalation.test_climbing import TestAuditor
from tests.unit.dispatcher.world import World

__all__ = ["TestAuditor"]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


def test_a_console_at_another_dispatcher_counts(world: World) -> None:
    here, there = Attendance(world.clock, "1"), Attendance(world.clock, "2")
    there.come()
    for _ in range(5):
        world.clock.advance(TELL_S)
        there.exchange(world.database)
        here.exchange(world.database)
    assert here.attended()
    world.clock.advance(GRACE_MS / 1000 + 1)
    here.exchange(world.database)
    assert not here.attended()


def test_without_a_console_the_next_step_is_due_at_once(world: World) -> None:
    world.desk.attendance.go()
    world.clock.advance(GRACE_MS / 1000)
    world.press()
    world.timers.turn()
    world.timers.turn()
    assert world.sent("log").count("escalated") == 1
