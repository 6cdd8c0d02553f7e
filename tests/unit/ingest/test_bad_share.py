"""When ingest shouts that too many reports are bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bad_share import CALM, FEWEST_BAD, WINDOW_S, BadShare, Change


def test_the_condition_begins_and_ends_once() -> None:
    """Said at each change and at no report between."""
    share = BadShare(0.1)
    assert share.note(100, 10, 0.0) is None
    assert share.note(100, 20, 1.0) == Change(True, 200, 30)
    assert share.note(100, 100, 2.0) is None
    assert share.exceeded(3.0)
    assert share.note(5000, 0, 4.0) == Change(False, 5300, 130)
    assert not share.exceeded(5.0)


def test_near_the_limit_it_does_not_flicker() -> None:
    """It is over when the share has halved."""
    share = BadShare(0.1)
    assert share.note(100, 11, 0.0) is not None
    assert share.note(20, 0, 1.0) is None
    assert share.note(99, 0, 2.0) is None
    assert share.note(2, 0, 3.0) == Change(False, 221, 11)


def test_a_report_or_two_is_no_share() -> None:
    """Of three trackers one that restarts does not call anybody."""
    share = BadShare(0.05)
    for second in range(FEWEST_BAD - 1):
        assert share.note(1, 1, float(second)) is None
    assert share.note(1, 1, 9.0) == Change(True, FEWEST_BAD, FEWEST_BAD)


def test_what_is_old_does_not_count() -> None:
    """Neither for the beginning nor for the end."""
    share = BadShare(0.1)
    assert share.note(4, 4, 0.0) is None
    assert share.note(4, 4, WINDOW_S) is None
    assert share.note(4, 4, WINDOW_S + 1) is not None
    assert share.note(1, 0, 3 * WINDOW_S) == Change(False, 1, 0)


def test_silence_ends_it_for_who_looks() -> None:
    """A broken tracker that is switched off leaves no alarm behind."""
    share = BadShare(0.1)
    share.note(10, 10, 0.0)
    assert share.exceeded(WINDOW_S / 2)
    assert share.share(WINDOW_S / 2) == pytest.approx(1.0)
    assert not share.exceeded(2 * WINDOW_S)
    assert share.share(2 * WINDOW_S) == pytest.approx(0.0)


_BATCHES = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.floats(0, 200)).map(
        lambda each: (each[0] + each[1], each[1], each[2])
    ),
    max_size=30,
)


@given(st.floats(0, 1), _BATCHES)
def test_changes_alternate_and_are_right_when_said(
    limit: float, batches: list[tuple[int, int, float]]
) -> None:
    """Begins, ends, begins: each with the share that made it so; with a limit of 1 never."""
    share, now, said = BadShare(limit), 0.0, []
    for reports, bad, pause in batches:
        now += pause
        change = share.note(reports, bad, now)
        if change is not None:
            said.append(change)
            part = change.bad / change.reports if change.reports else 0.0
            assert part > limit if change.exceeded else part < limit * CALM or part == 0
    assert [each.exceeded for each in said] == [index % 2 == 0 for index in range(len(said))]
    assert limit < 1 or not said
