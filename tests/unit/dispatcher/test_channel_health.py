"""When a channel that fails is said aloud."""

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.channel_health import FAILING_S, REPEAT_S, ChannelHealth


def test_what_somebody_must_mend_is_said_at_once_and_again_every_hour() -> None:
    health = ChannelHealth()
    assert health.failed(0, permanent=True)
    assert not health.failed(REPEAT_S - 1, permanent=True)
    assert health.failed(REPEAT_S, permanent=True)


def test_a_restart_of_the_receiver_is_not_worth_an_alarm() -> None:
    health = ChannelHealth()
    assert not health.failed(0, permanent=False)
    assert health.is_failing
    assert not health.failed(FAILING_S - 1, permanent=False)
    assert not health.succeeded()
    assert not health.is_failing
    assert not health.failed(FAILING_S, permanent=False)
    assert health.failed(2 * FAILING_S, permanent=False)
    assert health.succeeded()
    assert not health.succeeded()


@given(st.lists(st.tuples(st.floats(0, 600), st.booleans()), max_size=40))
def test_every_alarm_of_a_failure_is_followed_by_at_most_one_all_clear(
    results: list[tuple[float, bool]],
) -> None:
    health, now, alarms, clears = ChannelHealth(), 0.0, 0, 0
    for pause, good in results:
        now += pause
        if good:
            clears += health.succeeded()
        else:
            alarms += health.failed(now, permanent=False)
        assert clears <= alarms
