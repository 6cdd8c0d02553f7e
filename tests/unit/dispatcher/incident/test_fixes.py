from hypothesis import given
from hypothesis import strategies as st

from contract.limits import BAD_CLOCK_MS
from contract.salvage import Place
from dispatcher.incident.fixes import best, fixed_at, is_better, is_plausible
from dispatcher.records import PressRecord

NOW = 1_700_000_000_000


def fix(time: int | None) -> Place:
    return Place(lat=1, lon=1, time=time)


def press(number: int, place: Place | None, arrived_at: int) -> PressRecord:
    return PressRecord(
        incident="i", number=number, origin="panic", device="tracker-a", kind="button",
        silent=False, update=0, stage="received", marks=[], received_at=arrived_at,
        place=place, placed_at=None if place is None else arrived_at,
    )  # fmt: skip


def test_a_fix_is_plausible_up_to_five_seconds_after_its_arrival() -> None:
    assert is_plausible(fix(0), NOW)
    assert is_plausible(fix(NOW + BAD_CLOCK_MS), NOW)
    assert not is_plausible(fix(NOW + BAD_CLOCK_MS + 1), NOW)
    assert not is_plausible(fix(None), NOW)


def test_no_fix_is_newer_than_its_arrival() -> None:
    assert [fixed_at(fix(time), NOW) for time in (5, NOW + 5, None)] == [5, NOW, NOW]


def test_the_newest_plausible_fix_is_the_best() -> None:
    old, new, later = fix(NOW - 60_000), fix(NOW), fix(NOW + 60_000)
    assert not is_better(old, NOW + 1, press(1, new, NOW))
    assert not is_better(fix(NOW + 10**10), NOW + 1, press(1, old, NOW))
    assert not is_better(fix(None), NOW + 1, press(1, old, NOW))
    assert is_better(old, NOW + 1, press(1, later, NOW))
    assert is_better(new, NOW + 1, press(1, new, NOW))
    assert is_better(old, NOW, press(1, None, NOW))


def test_nothing_is_best_of_nothing() -> None:
    assert best([press(1, None, NOW)]) is None


@given(st.lists(st.tuples(st.none() | st.integers(0, 30_000), st.integers(0, 20_000)), min_size=1))
def test_an_implausible_fix_is_best_only_alone(pairs: list[tuple[int | None, int]]) -> None:
    presses = [press(number, fix(time), at) for number, (time, at) in enumerate(pairs, 1)]
    found = best(presses)
    assert found is not None
    assert found.place is not None
    times = [time for time, at in pairs if time is not None and time <= at + BAD_CLOCK_MS]
    if times:
        assert is_plausible(found.place, found.received_at)
        assert found.place.time is not None
        assert found.place.time + BAD_CLOCK_MS >= max(times)
    else:
        assert found.received_at == max(at for _, at in pairs)
