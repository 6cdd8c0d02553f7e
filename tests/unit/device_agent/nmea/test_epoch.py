"""Each instant of the receiver ends exactly once, in whatever order its sentences come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.cycle import LEARNT_AFTER
from device_agent.nmea.draft import Draft
from device_agent.nmea.epoch import OPEN_MAX_S, QUIET_S, STILL_S, EpochAssembler
from device_agent.nmea.fields import Tod
from device_agent.nmea.sentences import POSITION_KINDS, Reading

UNTIMED = ("VTG", "GSA")


def said(key: str, second: int | None, *, valid: bool = True, lat: float = 25.0) -> Reading:
    kind = key[2:]
    tod = None if second is None or kind in UNTIMED else Tod(f"{second}", second * 1000)
    if kind not in POSITION_KINDS:
        return Reading(talker=key[:2], kind=kind, tod=tod, speed=float(second or 0))
    if not valid:
        return Reading(talker=key[:2], kind=kind, tod=tod, valid=False)
    return Reading(talker=key[:2], kind=kind, tod=tod, valid=True, fix="gps", lat=lat, lon=121.0)


class Stream:
    """An assembler, and what came out of it: the second, and whether there is a fix."""

    def __init__(self) -> None:
        self.assembler = EpochAssembler()
        self.drafts: list[Draft] = []
        self.out: list[tuple[int | None, bool]] = []

    def say(self, *keys: str, second: int | None, at: float = 0.0, valid: bool = True) -> None:
        self.tick(at)
        self.assembler.hear(at)
        for key in keys:
            self._note(self.assembler.add(said(key, second, valid=valid), at))

    def tick(self, at: float) -> None:
        self._note(self.assembler.tick(at))

    def end(self) -> None:
        self._note(self.assembler.end())

    def _note(self, drafts: list[Draft]) -> None:
        """Note it now: a straggler may complete a draft that said no fix."""
        self.drafts += drafts
        for draft in drafts:
            if draft.positional and not draft.still:
                second = draft.tod_ms // 1000 if draft.tod_ms is not None else None
                self.out.append((second, draft.has_fix))


def test_the_next_time_of_day_ends_an_epoch() -> None:
    stream = Stream()
    stream.say("GPRMC", "GPGGA", second=1)
    assert stream.out == []
    stream.say("GPRMC", second=2)
    assert stream.out == [(1, True)]
    stream.end()
    assert stream.out == [(1, True), (2, True)]
    assert stream.assembler.end() == []


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("GPRMC", "GPGGA", "GPGSA", "GPZDA")))
)
def test_any_order_makes_one_epoch_each_second(order: tuple[str, ...]) -> None:
    stream = Stream()
    for second in range(1, 9):
        stream.say(*order, second=second)
    stream.end()
    assert stream.out == [(second, True) for second in range(1, 9)]


def test_once_the_last_sentence_is_learnt_the_epoch_ends_with_it() -> None:
    stream = Stream()
    for second in range(LEARNT_AFTER + 1):
        stream.say("GPGGA", "GPRMC", "GPVTG", second=second)
    stream.say("GPGGA", "GPRMC", second=9)
    assert stream.out[-1] == (LEARNT_AFTER, True)
    stream.say("GPVTG", second=9)
    assert stream.out[-1] == (9, True)
    assert stream.assembler.end() == []


def test_a_straggler_after_its_fix_is_out_makes_no_second_one() -> None:
    stream = Stream()
    for second in range(8):
        stream.say("GPGGA", "GPRMC", second=second)
    stream.say("GPGLL", second=7)
    stream.say("GPGGA", "GPRMC", second=8)
    stream.say("GPGGA", second=9)
    assert stream.out == [(second, True) for second in range(9)]
    assert stream.assembler.late == 1


def test_a_quiet_gap_ends_an_epoch_and_bytes_of_any_kind_are_no_gap() -> None:
    stream = Stream()
    stream.say("GPRMC", second=1, at=10.0)
    stream.tick(10.0 + QUIET_S - 0.01)
    stream.assembler.hear(10.0 + QUIET_S)
    stream.tick(10.0 + 1.9 * QUIET_S)
    assert stream.out == []
    stream.tick(10.0 + 2 * QUIET_S)
    assert stream.out == [(1, True)]


def test_without_a_gap_age_ends_an_epoch() -> None:
    stream = Stream()
    stream.say("GPRMC", second=1, at=10.0)
    for step in range(1, 16):
        at = 10.0 + step * OPEN_MAX_S / 15
        stream.tick(at)
        stream.assembler.hear(at)
    assert stream.out == [(1, True)]


def test_in_a_gap_the_first_sentences_of_the_next_cycle_wait_for_its_time() -> None:
    """GSA before RMC, in two bursts: it belongs to the second that follows."""
    stream = Stream()
    stream.say("GPGSA", second=1, at=10.0)
    stream.say("GPRMC", second=1, at=10.4)
    stream.tick(10.4 + QUIET_S)
    assert stream.out == [(1, True)]
    (draft,) = stream.drafts
    assert draft.has("GPGSA")


def test_where_a_cycle_begins_without_a_time_gaps_teach_its_end() -> None:
    stream = Stream()
    for second in range(LEARNT_AFTER):
        stream.say("GPGSA", "GPRMC", "GPGGA", second=second, at=float(second))
        stream.tick(second + 0.5)
    stream.say("GPGSA", "GPRMC", "GPGGA", second=9, at=9.0)
    assert stream.out[-1] == (9, True)


def test_untimed_sentences_alone_are_dropped_and_not_kept_for_ever() -> None:
    stream = Stream()
    stream.say("GPGSA", second=1, at=10.0)
    stream.tick(10.0 + OPEN_MAX_S)
    stream.say("GPRMC", second=5, at=15.0)
    stream.tick(16.0)
    assert stream.out == [(5, True)]
    assert not stream.drafts[-1].has("GPGSA")


def test_a_late_objection_cannot_be_undone_by_a_gap_and_a_late_fix_is_not_lost() -> None:
    split = Stream()
    split.say("GPGST", "GPZDA", second=1, at=10.0)
    split.tick(10.0 + QUIET_S)
    split.say("GPGGA", second=1, at=10.5)
    split.tick(10.5 + QUIET_S)
    assert split.out == [(1, True)]
    assert split.drafts[-1].has("GPGST")

    refused = Stream()
    refused.say("GPRMC", second=1, at=10.0, valid=False)
    refused.tick(10.0 + QUIET_S)
    refused.say("GPGGA", second=1, at=10.5)
    refused.tick(10.5 + QUIET_S)
    assert refused.out == [(1, False)]


def test_time_that_stands_still_is_no_fix() -> None:
    stream = Stream()
    for at in range(10, 20):
        stream.say("GPRMC", "GPGGA", second=1, at=float(at))
        stream.tick(at + QUIET_S)
    assert stream.out == [(1, True)]
    still = [draft for draft in stream.drafts if draft.still]
    assert [draft.opened for draft in still] == [float(at) for at in range(12, 20)]
    stream.say("GPRMC", "GPGGA", second=2, at=20.0)
    stream.tick(20.0 + QUIET_S)
    assert stream.out == [(1, True), (2, True)]


def test_a_coarse_clock_at_5_hz_is_not_called_standing_still() -> None:
    stream = Stream()
    for step in range(20):
        stream.say("GPRMC", second=step // 5, at=10 + step / 5)
    assert stream.out == [(0, True), (1, True), (2, True), (3, True)]
    assert not any(draft.still for draft in stream.drafts)
    assert STILL_S > 1.0


def test_time_that_stands_still_in_a_recording_is_one_epoch() -> None:
    stream = Stream()
    for _ in range(10):
        stream.say("GPRMC", "GPGGA", second=1)
    stream.say("GPRMC", "GPGGA", second=2)
    stream.end()
    assert stream.out == [(1, True), (2, True)]


def test_a_step_back_in_time_is_a_new_epoch() -> None:
    stream = Stream()
    for second in (100, 101, 100, 101, 102, 50, 51):
        stream.say("GPRMC", "GPGGA", second=second)
    stream.end()
    assert stream.out == [(second, True) for second in (100, 101, 100, 101, 102, 50, 51)]


def test_midnight_is_no_step_back() -> None:
    stream = Stream()
    stream.say("GPGST", "GPRMC", second=86_399)
    stream.say("GPGST", "GPRMC", second=0)
    stream.end()
    assert stream.out == [(86_399, True), (0, True)]


def test_a_lagging_zda_does_not_split_an_epoch() -> None:
    stream = Stream()
    for second in range(1, 6):
        stream.say("GPRMC", second=second)
        stream.say("GPZDA", second=second - 1)
        stream.say("GPGGA", second=second)
    stream.end()
    assert stream.out == [(second, True) for second in range(1, 6)]


def test_a_lagging_gga_makes_no_second_epoch() -> None:
    stream = Stream()
    for second in range(1, 6):
        stream.say("GPRMC", second=second)
        stream.say("GPGGA", second=second - 1)
    stream.end()
    assert sorted(stream.out) == [(second, True) for second in range(6)]


def test_the_date_of_a_late_zda_is_passed_on() -> None:
    stream = Stream()
    for second in range(8):
        stream.say("GPGGA", second=second)
    zda = Reading(talker="GP", kind="ZDA", tod=Tod("7", 7000), date=object())  # type: ignore[arg-type]
    passed = stream.assembler.add(zda, 0.0)
    assert [draft.dated for draft in passed] == [zda]
    assert not passed[0].positional


def test_a_receiver_without_time_ends_an_epoch_with_each_repetition() -> None:
    stream = Stream()
    for _ in range(4):
        stream.say("GPRMC", "GPVTG", "GPGGA", "GPGSA", "GPGLL", second=None, valid=False)
    assert stream.out == [(None, False)] * 3


def test_the_first_time_after_none_begins_an_epoch() -> None:
    stream = Stream()
    stream.say("GPRMC", "GPGGA", second=None, valid=False)
    stream.say("GPRMC", "GPGGA", second=7)
    stream.end()
    assert stream.out == [(None, False), (7, True)]


def test_a_fix_lost_within_an_epoch_is_no_fix() -> None:
    stream = Stream()
    stream.say("GPRMC", second=1)
    stream.say("GPGGA", second=None, valid=False)
    stream.say("GPRMC", second=2)
    assert stream.out == [(1, False)]


KEYS = st.sampled_from(
    ["GPRMC", "GPGGA", "GLGGA", "GPGLL", "GNGNS", "GPZDA", "GPGST", "GPVTG", "GNGSA"]
)


@given(st.lists(KEYS, min_size=1, max_size=8, unique=True), st.integers(2, 20))
def test_any_cycle_gives_every_second_once(keys: list[str], seconds: int) -> None:
    stream = Stream()
    for second in range(seconds):
        stream.say(*keys, second=second)
    stream.end()
    positional = any(key[2:] in POSITION_KINDS for key in keys)
    assert stream.out == ([(second, True) for second in range(seconds)] if positional else [])


@given(
    st.lists(
        st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 4)), st.booleans(), st.integers(0, 3)),
        max_size=60,
    )
)
def test_whatever_comes_no_time_of_day_is_told_twice_in_a_row(
    steps: list[tuple[str, int | None, bool, int]],
) -> None:
    stream, at = Stream(), 0.0
    for key, second, valid, pause in steps:
        at += pause * 0.2
        stream.say(key, second=second, at=at, valid=valid)
    stream.end()
    assert all(a != b or not a[1] for a, b in itertools.pairwise(stream.out))
