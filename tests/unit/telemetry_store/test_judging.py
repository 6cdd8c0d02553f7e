"""What reports show about each other."""

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.distance import distance_m
from contract.limits import FAST_MPS
from contract.messages import Location
from telemetry_store.judging import Judged, is_impossible, judge, judged_track
from telemetry_store.memory import MemoryStore
from telemetry_store.rows import LocationRow

BOOT, OTHER = "0a1b2c3d", "ffffffff"
NOW = 1_700_000_000_000
DEGREE_M = 111_195.0


def at(seq: int, metres: float = 0.0, *, boot: str = BOOT, time: int | None = None) -> LocationRow:
    """Return a report so many metres north of a place; one is made each second."""
    place = Location(
        boot=boot,
        seq=seq,
        time=NOW + seq * 1000 if time is None else time,
        lat=25.0 + metres / DEGREE_M,
        lon=121.5,
        accuracy=5.0,
    )
    return LocationRow("t", place)


def remarks(rows: list[LocationRow]) -> dict[int, tuple[str, ...]]:
    return {each.row.location.seq: each.remarks for each in judge(rows) if each.remarks}


def test_a_whole_walk_has_no_remarks() -> None:
    assert remarks([at(seq, seq * 1.5) for seq in range(100)]) == {}


def test_missing_reports_are_counted_where_the_track_goes_on() -> None:
    """Of each boot for itself; before its first report nothing is known to be missing."""
    rows = [at(seq) for seq in (5, 6, 19, 21)] + [at(40, boot=OTHER), at(42, boot=OTHER)]
    assert remarks(rows) == {
        19: ("12 reports missing",), 21: ("1 report missing",), 42: ("1 report missing",),
    }  # fmt: skip


def test_a_clock_set_back_is_seen() -> None:
    """By the numbers; a new boot begins with a clock of its own."""
    rows = [at(0), at(1), at(2, time=NOW - 60_000), at(3), at(0, boot=OTHER, time=NOW - 90_000)]
    assert remarks(rows) == {2: ("out of order",)}


def test_one_position_far_away_is_a_jump_and_a_flight_is_none() -> None:
    """In and out must be impossible: where somebody stays is where they are."""
    walk = [at(seq, seq) for seq in range(6)]
    assert remarks([*walk[:3], at(3, 5_000), *walk[4:]]) == {3: ("jump",)}
    assert remarks([*walk[:3], *(at(seq, 5_000 + seq) for seq in range(3, 6))]) == {}


def test_the_same_number_twice_is_a_duplicate() -> None:
    """Two trackers with one identity, or a message that was changed; the later one is named."""
    rows = [at(0), at(1), at(1, time=NOW + 1500), at(2)]
    assert [each.duplicate for each in judge(rows)] == [False, False, True, False]


def test_a_copy_is_no_duplicate_and_its_marks_count() -> None:
    """The store keeps one; two workers may hand both to a reader that joins them."""
    marked = LocationRow("t", at(1).location, frozenset({"bad_clock"}))
    assert judge([at(1), marked, at(1)]) == [Judged(marked)]


def test_the_speed_that_is_believed() -> None:
    """A train's, and an airliner's where the receiver says so."""
    a, b = at(0).location, at(1, FAST_MPS + 11).location
    assert is_impossible(a, b)
    assert not is_impossible(a, at(1, FAST_MPS + 9).location)
    fast = Location(boot=BOOT, seq=1, time=b.time, lat=b.lat, lon=b.lon, accuracy=5.0, speed=250.0)
    assert not is_impossible(a, fast)


def test_distances_are_those_of_the_earth() -> None:
    """London to Paris, and across the date line."""

    def place(lat: float, lon: float) -> Location:
        return Location(boot=BOOT, seq=0, time=NOW, lat=lat, lon=lon)

    assert 342_000 < distance_m(place(51.5074, -0.1278), place(48.8566, 2.3522)) < 346_000
    assert distance_m(place(0, 179.999), place(0, -179.999)) < 230


def test_a_track_is_judged_as_it_is_read() -> None:
    """By any reader of the port."""
    store = MemoryStore()
    store.write([at(0), at(3)])
    found = judged_track(store, "t", NOW, NOW + 10_000, 10)
    assert [each.missing for each in found] == [0, 2]
    assert judged_track(store, "u", NOW, NOW + 10_000, 10) == []


_ROWS = st.lists(
    st.builds(
        at,
        st.integers(0, 30),
        st.sampled_from([0.0, 1.0, 50.0, 4_000.0, 2_000_000.0]),
        boot=st.sampled_from([BOOT, OTHER]),
        time=st.none() | st.integers(NOW, NOW + 5_000),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(_ROWS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_neither_order_nor_replays_nor_workers_change_the_judgement(
    rows: list[LocationRow], dice: random.Random, copies: int
) -> None:
    """Whatever arrived how often and in whatever order, judged once or in parts that are joined."""
    whole = judge(rows)
    arrived = [row for row in rows for _ in range(dice.randint(1, copies))]
    dice.shuffle(arrived)
    assert judge(arrived) == whole
    assert judge([each.row for each in whole]) == whole
    workers: list[list[LocationRow]] = [[], []]
    for row in arrived:
        workers[dice.randint(0, 1)].append(row)
    parts = [[each.row for each in judge(part)] for part in workers]
    assert judge([*parts[1], *parts[0]]) == whole


@settings(max_examples=40)
@given(_ROWS)
def test_missing_and_present_numbers_are_all_numbers(rows: list[LocationRow]) -> None:
    """Of each boot, from its lowest to its highest; each row is there once, in order of time."""
    judged = judge(rows)
    assert [each.row.location.time for each in judged] == sorted(
        each.row.location.time for each in judged
    )
    assert {each.row.location for each in judged} == {row.location for row in rows}
    for boot in (BOOT, OTHER):
        seqs = {row.location.seq for row in rows if row.location.boot == boot}
        missing = sum(each.missing for each in judged if each.row.location.boot == boot)
        assert len(seqs) + missing == (max(seqs) - min(seqs) + 1 if seqs else 0)
        unique = [each for each in judged if each.row.location.boot == boot and not each.duplicate]
        assert {each.row.location.seq for each in unique} == seqs
        assert len(unique) == len(seqs)


@settings(max_examples=40)
@given(st.sets(st.integers(0, 60), min_size=3), st.data())
def test_only_what_is_wrong_is_marked(seqs: set[int], data: st.DataObject) -> None:
    """A walk with gaps and one position far off has its gaps and that one jump, nothing else."""
    numbers = sorted(seqs)
    odd = data.draw(st.sampled_from(numbers[1:-1]))
    rows = [at(seq, 50_000.0 if seq == odd else seq) for seq in numbers]
    judged = judge(rows)
    assert [each.row.location.seq for each in judged if each.jump] == [odd]
    assert not any(each.out_of_order or each.duplicate for each in judged)
    gaps = [b - a - 1 for a, b in itertools.pairwise(numbers)]
    assert [each.missing for each in judged] == [0, *gaps]
