from hypothesis import given
from hypothesis import strategies as st

from contract.limits import LADDER_REPEAT_S, LADDER_S
from dispatcher.escalation.ladder import default_ladder

DEFAULT = default_ladder()
due_at, following = DEFAULT.due_at, DEFAULT.following
ARMED = 1_700_000_000_000
HOUR = 3_600_000


def test_the_rungs_stand_at_0_15_30_60_120_and_then_every_120_seconds() -> None:
    times = [due_at(ARMED, number) - ARMED for number in range(8)]
    assert times == [0, 15_000, 30_000, 60_000, 120_000, 240_000, 360_000, 480_000]


def test_a_ladder_climbed_in_time_takes_every_rung() -> None:
    fired, now, times = 0, ARMED, []
    for _ in range(7):
        step = following(ARMED, fired, now)
        fired, now = step.number, step.due_at
        times.append(now - ARMED)
    assert times == [15_000, 30_000, 60_000, 120_000, 240_000, 360_000, 480_000]


def test_missed_rungs_fire_at_once_and_missed_repetitions_only_once() -> None:
    """Each of the first rungs may have channels of its own; the repetitions are all alike."""
    now = ARMED + HOUR
    fired, fired_late = 0, []
    step = following(ARMED, fired, now)
    while step.due_at <= now:
        fired_late.append(step.number)
        step = following(ARMED, step.number, now)
    assert fired_late == [1, 2, 3, 4]
    assert step.due_at == ARMED + HOUR + 120_000


@given(
    fired=st.integers(0, 100),
    late=st.integers(0, 10 * HOUR),
)
def test_the_next_rung_is_never_further_away_than_a_repetition(fired: int, late: int) -> None:
    """However late one fires, an unacknowledged incident is never quiet for longer."""
    now = due_at(ARMED, fired) + late
    step = following(ARMED, fired, now)
    assert step.number > fired
    assert step.due_at - now <= LADDER_REPEAT_S * 1000
    if step.number >= len(LADDER_S):
        assert step.due_at > now


@given(fired=st.integers(0, 20), back=st.integers(LADDER_REPEAT_S * 1000 + 1, 1000 * HOUR))
def test_after_a_clock_was_set_back_the_ladder_goes_on_from_now(fired: int, back: int) -> None:
    planned = following(ARMED, fired, due_at(ARMED, fired))
    now = planned.due_at - back
    after = following(planned.armed_at, planned.number, now)
    assert 0 < after.due_at - now <= LADDER_REPEAT_S * 1000
