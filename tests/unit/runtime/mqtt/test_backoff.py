"""The pauses between attempts to connect."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt.backoff import (
    FIRST_S,
    LONGEST_S,
    SERVICE_LONGEST_S,
    SPREAD,
    STABLE_S,
    Backoff,
)

SEEDS = st.integers(0, 2**32)


class _Longest(Random):
    """Chance that shortens nothing."""

    def random(self) -> float:
        return 0.0


def test_half_a_second_doubles_to_thirty() -> None:
    backoff = Backoff(_Longest())
    assert [backoff.next_s(0.0) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_service_is_back_within_two_seconds() -> None:
    backoff = Backoff(_Longest(), SERVICE_LONGEST_S)
    assert [backoff.next_s(0.0) for _ in range(5)] == [0.5, 1, 2, 2, 2]


@given(seed=SEEDS, failures=st.integers(1, 200))
def test_a_pause_is_between_half_and_all_of_its_limit(seed: int, failures: int) -> None:
    backoff = Backoff(Random(seed))
    for count in range(failures):
        limit = min(LONGEST_S, FIRST_S * 2.0**count) if count < 100 else LONGEST_S
        assert limit * (1 - SPREAD) <= backoff.next_s(0.0) <= limit


@given(seed=SEEDS, lived_s=st.floats(STABLE_S, 1e9))
def test_a_connection_that_held_begins_anew(seed: int, lived_s: float) -> None:
    backoff = Backoff(Random(seed))
    for _ in range(10):
        backoff.next_s(0.0)
    assert backoff.next_s(lived_s) <= FIRST_S


@given(lived_s=st.floats(0, STABLE_S, exclude_max=True))
def test_a_connection_that_is_taken_over_at_once_does_not(lived_s: float) -> None:
    backoff = Backoff(_Longest())
    pauses = [backoff.next_s(lived_s) for _ in range(7)]
    assert pauses[-1] == LONGEST_S


def test_many_trackers_do_not_come_in_step() -> None:
    """A thousand that lose their broker together spread over the second half of the pause."""
    pauses = sorted(Backoff(Random(each)).next_s(0.0) for each in range(1000))
    gaps = [late - early for early, late in pairwise(pauses)]
    assert max(gaps) < 0.01
    assert pauses[-1] - pauses[0] > 0.9 * FIRST_S * SPREAD
