"""A few positions of each tracker, for longer than all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry_store import thinning
from telemetry_store.memory import MemoryStore
from telemetry_store.rows import LocationRow, position_time_ns
from telemetry_store.thinning import Thinned, thin, thinned
from tests.unit.telemetry_store.store_suite import place

EVERY = 60_000
NOW = 1_700_000_040_000
assert NOW % EVERY == 0


def row(seq: int, time: int, device: str = "t", *, wrong: bool = False) -> LocationRow:
    return LocationRow(device, place(seq, time), frozenset({"bad_clock"} if wrong else set()))


def test_the_first_plausible_position_of_each_interval_is_kept() -> None:
    """Where none is plausible, one that is not; an interval without any has none."""
    rows = [
        row(0, NOW, wrong=True), row(1, NOW + 1), row(2, NOW + 2),
        row(3, NOW + EVERY, wrong=True), row(4, NOW + EVERY + 1, wrong=True),
        row(5, NOW + 5 * EVERY - 1), row(6, NOW + 5 * EVERY),
    ]  # fmt: skip
    assert [each.location.seq for each in thinned(rows, EVERY)] == [1, 3, 5, 6]


def test_each_tracker_is_thinned_and_again_changes_nothing() -> None:
    """Only whole intervals: half of one is left for the next run."""
    source, target = MemoryStore(), MemoryStore()
    for device in ("a", "b"):
        source.write([row(seq, NOW + seq * 1000, device) for seq in range(300)])
    for _ in range(2):
        assert thin(source, target, NOW - 7, NOW + 299_000, EVERY) == Thinned(2, 8)
    assert [each.location.seq for each in target.track("b", 0, 2**53, 99)] == [0, 60, 120, 180]
    assert len(target.locations) == 8


def test_pages_and_batches_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval on two pages is one interval."""
    monkeypatch.setattr(thinning, "PAGE", 7)
    monkeypatch.setattr(thinning, "BATCH", 2)
    source, target = MemoryStore(), MemoryStore()
    source.write([row(seq, NOW + seq * 1000) for seq in range(300)])
    assert thin(source, target, NOW, NOW + 300_000, EVERY) == Thinned(1, 5)
    assert [each.location.seq for each in target.track("t", 0, 2**53, 9)] == [0, 60, 120, 180, 240]


@given(st.lists(st.tuples(st.integers(0, 20 * EVERY), st.booleans()), max_size=40))
def test_every_interval_with_positions_has_one(reports: list[tuple[int, bool]]) -> None:
    """Never two, never a bad clock's where there is another, and none that was not there."""
    rows = sorted(
        (row(seq, NOW + time, wrong=wrong) for seq, (time, wrong) in enumerate(reports)),
        key=lambda each: position_time_ns(each.location),
    )
    chosen = list(thinned(rows, EVERY))
    intervals = [each.location.time // EVERY for each in chosen]
    assert intervals == sorted({each.location.time // EVERY for each in rows})
    assert all(each in rows for each in chosen)
    for each in chosen:
        others = [o for o in rows if o.location.time // EVERY == each.location.time // EVERY]
        assert not each.marks or all(other.marks for other in others)
    assert list(thinned(chosen, EVERY)) == chosen
