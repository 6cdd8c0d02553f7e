from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from contract.messages import PanicKind
from dispatcher.incident.priority import KIND_PRIORITY, more_urgent, priority

KINDS = st.sampled_from(get_args(PanicKind))


def test_every_kind_has_a_priority() -> None:
    assert set(KIND_PRIORITY) == set(get_args(PanicKind))


def test_a_press_is_3_a_silent_one_2_and_each_further_one_raises() -> None:
    assert priority("production", "button", silent=False, presses=1) == 3
    assert priority("production", "button", silent=True, presses=1) == 2
    assert priority("production", "button", silent=False, presses=2) == 2
    assert priority("production", "button", silent=True, presses=9) == 1


@given(kind=KINDS, silent=st.booleans(), presses=st.integers(1, 1000))
def test_a_further_press_never_makes_it_less_urgent(
    kind: PanicKind,
    silent: bool,  # noqa: FBT001 - drawn by name
    presses: int,
) -> None:
    steps = [priority("production", kind, silent=silent, presses=presses + n) for n in range(3)]
    assert all(1 <= later <= earlier <= 5 for earlier, later in pairwise(steps))


def test_tests_and_canaries_are_the_least_urgent() -> None:
    assert priority("test", "button", silent=True, presses=9) == 5
    assert priority("canary", "button", silent=True, presses=9) == 5


@given(st.lists(KINDS, min_size=1))
def test_an_incident_has_the_most_urgent_kind(kinds: list[PanicKind]) -> None:
    chosen = more_urgent(kinds)
    assert all(KIND_PRIORITY[chosen] <= KIND_PRIORITY[kind] for kind in kinds)


def test_of_equally_urgent_kinds_the_last_counts() -> None:
    assert more_urgent(["button", "test", "fall"]) == "fall"
