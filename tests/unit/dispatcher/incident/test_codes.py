import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.answers import Cancel
from dispatcher.incident.codes import WRONG_MAX, graver, outcome


@given(is_pin=st.booleans(), wrong_before=st.integers(0, 100))
def test_duress_is_always_believed(is_pin: bool, wrong_before: int) -> None:  # noqa: FBT001
    assert outcome(is_pin=is_pin, is_duress=True, wrong_before=wrong_before) == "duress"


@pytest.mark.parametrize(
    ("is_pin", "wrong_before", "found"),
    [
        (True, 0, "verified"),
        (True, WRONG_MAX - 1, "verified"),
        (True, WRONG_MAX, "wrong"),
        (False, 0, "wrong"),
    ],
)
def test_a_pin_is_believed_until_somebody_has_tried_numbers(
    is_pin: bool,  # noqa: FBT001
    wrong_before: int,
    found: str,
) -> None:
    assert outcome(is_pin=is_pin, is_duress=False, wrong_before=wrong_before) == found


@given(st.sampled_from([None, "requested", "wrong", "verified", "duress"]))
def test_nothing_outweighs_duress(other: Cancel | None) -> None:
    assert graver("duress", other) == graver(other, "duress") == "duress"
    assert graver(None, other) == other
