"""What trackers are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import codec
from contract.limits import MAX_PAYLOAD_BYTES
from contract.messages import Stored
from ingest.reading import Reading
from ingest.stored import MAX_RANGES, StoredReports, joined
from tests.unit.ingest.doubles import BOOT

OTHER = "ffffffff"


def note(
    reports: StoredReports, device: str, safe: list[tuple[str, int]], now: float, *, at_once: bool
) -> None:
    reports.note([Reading(device, reports=tuple(safe), at_once=at_once)], now)


def numbers(message: Stored) -> set[tuple[str, int]]:
    return {
        (each.boot, seq)
        for each in message.reports
        for first, last in each.seqs
        for seq in range(first, last + 1)
    }


def taken(reports: StoredReports, now: float) -> list[tuple[str, set[tuple[str, int]]]]:
    found = []
    while (due := reports.take(now)) is not None:
        found.append((due[0], numbers(due[1])))
    return found


def test_the_first_reports_are_named_without_delay() -> None:
    """A tracker that reports every ten minutes hears of each report at once."""
    reports = StoredReports(60.0)
    note(reports, "t", [(BOOT, 1)], 100.0, at_once=False)
    assert reports.due_in(100.0) == 0.0
    assert taken(reports, 100.0) == [("t", {(BOOT, 1)})]


def test_locations_are_named_once_a_minute() -> None:
    """All that came in between, in one message."""
    reports = StoredReports(60.0)
    said = []
    for second in range(181):
        note(reports, "t", [(BOOT, second)], float(second), at_once=False)
        said += [(second, seqs) for _, seqs in taken(reports, float(second))]
    assert [second for second, _ in said] == [0, 60, 120, 180]
    assert set.union(*(seqs for _, seqs in said)) == {(BOOT, seq) for seq in range(181)}


def test_a_history_is_named_at_once_with_all_that_waits() -> None:
    """And begins a new minute for the locations."""
    reports = StoredReports(60.0)
    note(reports, "t", [(BOOT, 1)], 0.0, at_once=False)
    assert len(taken(reports, 0.0)) == 1
    note(reports, "t", [(BOOT, 2)], 10.0, at_once=False)
    assert taken(reports, 10.0) == []
    note(reports, "t", [(OTHER, 7)], 20.0, at_once=True)
    assert taken(reports, 20.0) == [("t", {(BOOT, 2), (OTHER, 7)})]
    note(reports, "t", [(BOOT, 3)], 30.0, at_once=False)
    assert taken(reports, 61.0) == []
    assert taken(reports, 80.0) == [("t", {(BOOT, 3)})]


def test_each_tracker_has_its_own_minute() -> None:
    """None waits for another."""
    reports = StoredReports(60.0)
    note(reports, "a", [(BOOT, 1)], 0.0, at_once=False)
    assert [device for device, _ in taken(reports, 0.0)] == ["a"]
    note(reports, "b", [(BOOT, 1)], 30.0, at_once=False)
    assert [device for device, _ in taken(reports, 30.0)] == ["b"]


def test_a_silent_tracker_is_forgotten() -> None:
    """Memory is for those that report."""
    reports = StoredReports(60.0)
    for number in range(100):
        note(reports, f"t-{number}", [(BOOT, 1)], 0.0, at_once=number % 2 == 0)
    assert len(taken(reports, 0.0)) == 100
    assert taken(reports, 60.0) == []
    assert taken(reports, 120.0) == []
    assert reports.due_in(120.0) is None
    assert not reports._trackers


def test_one_tracker_cannot_fill_the_memory() -> None:
    """Nor make a message larger than the contract allows; what is not named comes again."""
    reports = StoredReports(60.0)
    note(reports, "t", [(BOOT, 0)], 0.0, at_once=False)
    taken(reports, 0.0)
    for number in range(10_000):
        boot = f"{number % 5000:08x}"
        note(reports, "t", [(boot, 2**53 - 2 * number)], 1.0, at_once=False)
    tracker = reports._trackers["t"]
    assert len(tracker.ranges) <= MAX_RANGES
    assert len(reports._events) == 1
    due = reports.take(60.0)
    assert due is not None
    assert len(codec.encode(due[1])) <= MAX_PAYLOAD_BYTES


def test_a_flood_of_histories_leaves_nothing_behind() -> None:
    """One event for each tracker, however often it was told at once."""
    reports = StoredReports(60.0)
    for number in range(1000):
        note(reports, "t", [(BOOT, number)], number / 1000, at_once=True)
        assert len(taken(reports, number / 1000)) == 1
    assert len(reports._events) == 1


def test_scattered_reports_are_joined_before_any_is_left_out() -> None:
    """They arrive in any order, and fill each other's gaps."""
    reports = StoredReports(60.0)
    order = [seq for seq in range(400) if seq % 2] + [seq for seq in range(400) if not seq % 2]
    note(reports, "t", [(BOOT, 0)], 0.0, at_once=False)
    taken(reports, 0.0)
    limit = StoredReports(60.0, max_ranges=1000)
    for each in (reports, limit):
        note(each, "t", [(BOOT, seq) for seq in order], 1.0, at_once=True)
    due = limit.take(1.0)
    assert due is not None
    assert [each.seqs for each in due[1].reports] == [[(0, 399)]]


@pytest.mark.parametrize("every_s", [0.0, 5.0])
def test_the_pause_can_be_shorter(every_s: float) -> None:
    """Never longer than the contract says."""
    reports = StoredReports(every_s)
    for now in (0.0, every_s, 2 * every_s):
        note(reports, "t", [(BOOT, 1)], now, at_once=False)
        assert len(taken(reports, now)) == 1


_RANGES = st.lists(
    st.tuples(st.sampled_from([BOOT, OTHER]), st.integers(0, 30), st.integers(0, 5)).map(
        lambda each: (each[0], each[1], each[1] + each[2])
    )
)


@given(_RANGES)
def test_joining_keeps_the_numbers_in_as_few_ranges_as_possible(
    ranges: list[tuple[str, int, int]],
) -> None:
    """No number more, none less, and no two ranges that touch."""
    result = joined(ranges)
    expected = {(boot, n) for boot, first, last in ranges for n in range(first, last + 1)}
    assert {(b, n) for b, first, last in result for n in range(first, last + 1)} == expected
    starts = {(boot, n) for boot, n in expected if (boot, n - 1) not in expected}
    assert {(boot, first) for boot, first, _ in result} == starts
    assert len(result) == len(starts)


@given(st.lists(st.tuples(st.sampled_from([BOOT, OTHER]), st.integers(0, 40)), max_size=80))
def test_nothing_is_named_that_was_not_noted(noted: list[tuple[str, int]]) -> None:
    """A tracker forgets what is named: one number too many would be a lost position."""
    reports = StoredReports(60.0)
    named: set[tuple[str, int]] = set()
    for number, report in enumerate(noted):
        note(reports, "t", [report], float(number), at_once=number % 7 == 0)
        named |= {each for _, seqs in taken(reports, float(number)) for each in seqs}
    named |= {each for _, seqs in taken(reports, 1e6) for each in seqs}
    assert named == set(noted)
