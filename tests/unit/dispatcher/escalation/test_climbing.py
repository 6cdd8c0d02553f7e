"""The ladder as incidents climb it, with a clock that is moved."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.errors import StoreUnavailableError
from dispatcher.escalation.attendance import GRACE_MS
from dispatcher.escalation.from_memory import MemoryLadder
from dispatcher.escalation.ladder import Ladder, Rung, default_ladder
from dispatcher.records import TimerKind, TimerRecord
from dispatcher.store import timers
from dispatcher.store.tables import timers as table
from tests.unit.dispatcher.world import WEBHOOK, World

ON_CALL = frozenset({"webhook"})
STAGED = Ladder(
    (
        Rung(0, frozenset(), frozenset({"operator"})),
        Rung(30, frozenset(), frozenset({"supervisor"})),
        Rung(60, ON_CALL),
    ),
    repeat_s=90, progress_s=300,
)  # fmt: skip


@pytest.fixture
def staged(database_url: str) -> Iterator[World]:
    made = World(database_url, ladder=STAGED)
    yield made
    made.close()


def timer(world: World, incident: str, kind: TimerKind = "escalate") -> TimerRecord | None:
    with world.database.reading() as connection:
        return timers.find(connection, incident, kind)


def count(world: World, name: str, **labels: str) -> float | None:
    return world.metrics.registry.get_sample_value(f"guardian_{name}", labels)


def firing_times(world: World, until_s: int) -> list[int]:
    """Return at which seconds, of every fifth, the log heard of an escalation."""
    seen, times = world.sent("log").count("escalated"), []
    for second in range(0, until_s + 1, 5):
        world.timers.turn()
        told = world.sent("log").count("escalated")
        times += [second] * (told - seen)
        seen = told
        world.clock.advance(5)
    return times


def test_the_default_fires_at_exactly_these_seconds(world: World) -> None:
    world.press()
    assert firing_times(world, 480) == [15, 30, 60, 120, 240, 360, 480]


def test_a_restart_in_the_middle_changes_no_time(world: World) -> None:
    world.press()
    assert firing_times(world, 20) == [15]
    world.crash()
    assert [25 + at for at in firing_times(world, 95)] == [30, 60, 120]


def test_each_step_calls_whom_it_names(staged: World) -> None:
    incident = staged.press().incident or ""
    assert staged.sent("webhook") == []
    staged.after(30)
    assert staged.desk.incident(incident).id
    assert staged.sent("webhook") == []
    staged.after(30)
    assert staged.sent("webhook") == ["escalated"]
    staged.after(89)
    assert staged.sent("webhook") == ["escalated"]
    staged.after(1)
    assert staged.sent("webhook") == ["escalated"] * 2


def test_without_a_console_the_next_step_fires_at_once_and_calls_all_later_ones(
    staged: World,
) -> None:
    staged.desk.attendance.go()
    staged.clock.advance(GRACE_MS / 1000)
    staged.press()
    assert staged.sent("webhook") == []
    staged.timers.turn()
    assert staged.sent("webhook") == ["escalated"]
    staged.after(29)
    assert staged.sent("webhook") == ["escalated"]
    staged.after(1)
    assert staged.sent("webhook") == ["escalated"] * 2


def test_a_console_that_reloads_calls_nobody(staged: World) -> None:
    staged.press()
    staged.desk.attendance.go()
    staged.after(GRACE_MS / 1000 - 1)
    with staged.desk.attendance.console():
        staged.after(5)
        assert staged.sent("webhook") == []
    staged.after(GRACE_MS / 1000)
    assert staged.sent("webhook") == ["escalated"]


def test_acknowledged_without_progress_it_escalates_again_one_step_higher_each_time(
    staged: World,
) -> None:
    incident = staged.press().incident or ""
    staged.desk.act(incident, "acknowledge", "ann")
    staged.after(299)
    assert "escalated" not in staged.sent("log")
    staged.after(1)
    assert staged.sent("log").count("escalated") == 1
    staged.after(300)
    staged.after(300)
    assert staged.sent("webhook").count("escalated") == 1
    staged.desk.act(incident, "dispatch", "ann")
    staged.after(3000)
    assert staged.sent("log").count("escalated") == 3


def test_a_reminder_over_an_hour_late_alerts_nobody_and_is_marked_for_review(
    staged: World,
) -> None:
    incident = staged.press().incident or ""
    staged.desk.act(incident, "acknowledge", "ann")
    staged.after(300 + 3601)
    assert "escalated" not in staged.sent("log")
    assert staged.desk.incident(incident).history[-1].event == "review"
    _, alarms = staged.desk.memory_events_after(0)
    assert "review the board" in (alarms[-1].text or "")
    staged.desk.auditor.turn()
    assert count(staged, "next_steps_invalid_total", fault="missing") == 0


def test_a_reminder_less_than_an_hour_late_fires_at_once(staged: World) -> None:
    incident = staged.press().incident or ""
    staged.desk.act(incident, "acknowledge", "ann")
    staged.crash()
    staged.after(300 + 3599)
    assert staged.sent("log").count("escalated") == 1


class TestAuditor:
    def damage(
        self, world: World, incident: str, *, kind: str = "escalate", due_s: int = 0
    ) -> None:
        timers_of = table.c.incident == incident
        due_at = world.clock.now_ms() + due_s * 1000
        with world.database.writing() as connection:
            connection.execute(table.update().where(timers_of).values(kind=kind, due_at=due_at))

    def test_it_says_nothing_when_all_is_well(self, world: World) -> None:
        sound: list[bool] = []
        world.desk.auditor.on_sound = lambda: sound.append(True)
        world.press()
        world.press("tracker-b", kind="test")
        world.timers.turn()
        assert sound
        assert count(world, "audited_timestamp_seconds") == world.clock.now_ms() / 1000

    @pytest.mark.parametrize("kind", ["lost", "progress"])
    def test_a_timer_that_is_lost_or_of_an_unknown_kind_is_replaced(
        self, world: World, kind: str
    ) -> None:
        incident = world.press().incident or ""
        self.damage(world, incident, kind=kind, due_s=60)
        world.timers.turn()
        world.clock.advance(1)
        world.timers.turn()
        assert world.sent("log").count("escalated") == 1
        assert timer(world, incident) is not None
        assert count(world, "next_steps_invalid_total", fault="missing") == 1
        _, alarms = world.desk.memory_events_after(0)
        assert any("no valid next step" in (each.text or "") for each in alarms)

    def test_what_stays_overdue_withholds_the_heartbeat(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sound: list[bool] = []
        world.desk.auditor.on_sound = lambda: sound.append(True)
        world.press()
        world.timers.turn()

        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("dispatcher.desk.fire", broken)
        world.after(90)
        sound.clear()
        world.after(20)
        assert sound == []
        assert count(world, "next_steps_invalid_total", fault="overdue") == 1


class TestWithoutADatabase:
    @pytest.fixture
    def climbing(self, world: World) -> MemoryLadder:
        senders = [(each.channel.route, each) for each in world.workers]
        return MemoryLadder(world.desk, world.desk._routing, senders, world.clock)

    def memory_ids(self, world: World) -> list[str]:
        for worker in world.workers:
            worker.turn()
        return [m.id for m in world.channels["webhook"].sent if ".memory-" in m.id]

    def test_what_nobody_has_acknowledged_escalates_from_memory_alone(
        self, world: World, climbing: MemoryLadder
    ) -> None:
        incident = world.press().incident or ""
        taken = world.press("tracker-b").incident or ""
        world.press("tracker-c", kind="test")
        world.desk.act(taken, "acknowledge", "ann")
        before = world.desk.incident(incident)
        world.desk.alarm.down(StoreUnavailableError("gone"))
        climbing.turn()
        assert self.memory_ids(world) == []
        times: list[int] = []
        for second in range(1, 260):
            world.clock.advance(1)
            climbing.turn()
            times += [second] * (len(self.memory_ids(world)) - len(times))
        assert times == [5, 20, 50, 110, 230]
        assert {each.partition(".")[0] for each in self.memory_ids(world)} == {incident}
        assert world.desk.incident(incident) == before
        _, events = world.desk.memory_events_after(0)
        assert [each.incident for each in events if each.type == "escalated"] == [incident] * 5

    def test_when_it_is_back_the_databases_own_steps_go_on(
        self, world: World, climbing: MemoryLadder
    ) -> None:
        incident = world.press().incident or ""
        world.desk.alarm.down(StoreUnavailableError("gone"))
        climbing.turn()
        world.clock.advance(40)
        climbing.turn()
        world.timers.turn()
        climbing.turn()
        world.timers.turn()
        assert not world.desk.alarm.is_down
        history = [each.note for each in world.desk.incident(incident).history]
        assert history[1:] == ["step 1", "step 2"]
        assert len(self.memory_ids(world)) == 1
        world.clock.advance(100)
        climbing.turn()
        assert len(self.memory_ids(world)) == 1


RUNGS = st.lists(st.integers(1, 600), max_size=6).map(
    lambda gaps: tuple(Rung(sum(gaps[:number]), frozenset()) for number in range(len(gaps) + 1))
)


@settings(max_examples=60)
@given(
    ladder=st.builds(Ladder, RUNGS, st.integers(10, 600), st.just(300)),
    sleeps=st.lists(st.integers(-3_000_000, 3_000_000), max_size=30),
)
def test_however_the_clock_jumps_the_next_step_is_never_further_than_the_longest_gap(
    ladder: Ladder, sleeps: list[int]
) -> None:
    """Whoever looks once a second finds a step due, or one due within the configured maximum."""
    armed = now = 1_700_000_000_000
    step = ladder.following(armed, 0, now)
    for jump in sleeps:
        now += jump
        fires = step.due_at <= now or step.due_at > now + ladder.longest_ms
        assert fires or step.due_at - now <= ladder.longest_ms
        if fires:
            fired = step.number
            step = ladder.following(step.armed_at, fired, now)
            assert step.number > fired
            assert step.due_at - now <= ladder.longest_ms


@given(ladder=st.builds(Ladder, RUNGS), number=st.integers(0, 50), at=st.integers(0, 4 * 10**12))
def test_a_roster_without_anybody_falls_through_to_everybody(
    ladder: Ladder, number: int, at: int
) -> None:
    assert ladder.call(number, at).channels is None


def test_an_empty_step_is_taken_by_the_next_one() -> None:
    ladder = Ladder((Rung(0, frozenset()), Rung(15, ON_CALL)))
    call = ladder.call(0, 0)
    assert (call.channels, call.reason) == (ON_CALL, "nobody is on duty for step 0: step 1 instead")


def test_without_a_ladder_every_step_calls_every_channel() -> None:
    assert all(default_ladder().call(number, 0).channels is None for number in range(8))
    assert WEBHOOK.channel == "webhook"
