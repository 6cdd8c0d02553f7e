"""What is done about each kind of error."""

import logging
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import StoppedError
from ingest.writing import (
    DENIED_RETRY_S,
    JITTER,
    RETRY_AFTER_MAX_S,
    RETRY_FIRST_S,
    RETRY_MAX_S,
    Writing,
)
from runtime.clock import ManualClock
from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)
from telemetry_store.rows import LocationRow, TelemetryRow
from tests.unit.ingest.doubles import PickyStore, row


class Pauses:
    """Remembers the pauses, and says after how many the process ends."""

    def __init__(self, end_after: int = 10**9) -> None:
        self.taken: list[float] = []
        self._end_after = end_after

    def __call__(self, seconds: float) -> bool:
        self.taken.append(seconds)
        return len(self.taken) > self._end_after


def writing(store: PickyStore, pauses: Pauses | None = None) -> Writing:
    return Writing(store, ManualClock(), Random(1), pause=pauses or Pauses())


def seqs(rows: Sequence[TelemetryRow]) -> list[int]:
    return [each.location.seq for each in rows if isinstance(each, LocationRow)]


def stored(store: PickyStore) -> list[int]:
    return seqs(list(store.locations.values()))


def test_good_rows_are_written_at_once() -> None:
    """In one call."""
    store = PickyStore()
    assert writing(store).write([row(seq) for seq in range(5)]) == []
    assert stored(store) == [0, 1, 2, 3, 4]
    assert len(store.batches) == 1


def test_nothing_is_written_for_no_rows() -> None:
    """A batch of dead letters alone does not trouble the store."""
    store = PickyStore()
    assert writing(store).write([]) == []
    assert store.batches == []


def test_an_absent_store_is_tried_for_ever() -> None:
    """With pauses that double up to ten seconds, and jitter."""
    store, pauses = PickyStore(failures=[UnavailableError("gone")] * 50), Pauses()
    assert writing(store, pauses).write([row(1)]) == []
    assert stored(store) == [1]
    assert len(pauses.taken) == 50
    expected = [min(RETRY_MAX_S, RETRY_FIRST_S * 2**attempt) for attempt in range(50)]
    for taken, own in zip(pauses.taken, expected, strict=True):
        assert own <= taken <= own * (1 + JITTER)
    assert len(set(pauses.taken)) > 40


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (7.5, 7.5, 7.5),
        (0.0, RETRY_FIRST_S, RETRY_FIRST_S * (1 + JITTER)),
        (1e9, RETRY_AFTER_MAX_S, RETRY_AFTER_MAX_S),
    ],
)
def test_a_pause_that_the_store_asks_for_is_kept(asked: float, least: float, most: float) -> None:
    """Within reason, and never shorter than our own."""
    store, pauses = PickyStore(failures=[UnavailableError("busy", retry_after_s=asked)]), Pauses()
    writing(store, pauses).write([row(1)])
    assert least <= pauses.taken[0] <= most


def test_a_denial_is_retried_slowly_and_seen(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody has to give us a token; nothing is lost until they do."""
    store, pauses = PickyStore(failures=[DeniedError("no token")] * 3), Pauses()
    writer = writing(store, pauses)
    with caplog.at_level(logging.INFO):
        writer.write([row(1)])
    assert pauses.taken == [DENIED_RETRY_S] * 3
    assert stored(store) == [1]
    assert [each.message for each in caplog.records] == ["store_denied", "store_writable_again"]


def test_the_problem_is_said_while_it_lasts() -> None:
    """For /healthz."""
    problems: list[str | None] = []
    store = PickyStore(failures=[UnavailableError("disk full")])

    def pause(seconds: float) -> bool:
        del seconds
        problems.append(writer.problem)
        return False

    writer = Writing(store, ManualClock(), Random(1), pause=pause)
    writer.write([row(1)])
    assert problems == ["disk full"]
    assert writer.problem is None


def test_each_retry_is_counted_by_its_kind() -> None:
    """For the metrics."""
    kinds: list[str] = []
    store = PickyStore(failures=[UnavailableError("x"), DeniedError("y"), UnavailableError("z")])
    Writing(store, ManualClock(), Random(1), pause=Pauses(), on_retry=kinds.append).write([row(1)])
    assert kinds == ["unavailable", "denied", "unavailable"]


def test_the_watchdog_hears_of_every_attempt() -> None:
    """A long outage and a long search for a bad row are no hanging."""
    beats: list[None] = []
    store = PickyStore(failures=[UnavailableError("gone")] * 3, refuse=lambda each: each == row(1))
    writer = Writing(
        store, ManualClock(), Random(1), pause=Pauses(), beat=lambda: beats.append(None)
    )
    writer.write([row(1), row(2)])
    assert len(beats) == len(store.batches) == 3 + 3


def test_stopping_ends_the_retries() -> None:
    """Nothing may be acknowledged then."""
    store = PickyStore(failures=[UnavailableError("gone")] * 50)
    with pytest.raises(StoppedError):
        writing(store, Pauses(end_after=3)).write([row(1)])
    assert stored(store) == []


def _rejected(rows: Sequence[TelemetryRow], bad: int) -> Exception:
    return RejectedError(f"{bad} of {len(rows)}")


def _partly(rows: Sequence[TelemetryRow], bad: int) -> Exception:
    del rows
    return PartlyStoredError("dropped some", dropped=bad)


def _partly_silent(rows: Sequence[TelemetryRow], bad: int) -> Exception:
    del rows, bad
    return PartlyStoredError("dropped some")


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.sampled_from([_rejected, _partly, _partly_silent]),
)
def test_exactly_the_bad_rows_are_refused(bad: list[bool], error: object) -> None:
    """Whatever their number and places, the others are all stored."""
    store = PickyStore(
        refuse=lambda each: isinstance(each, LocationRow) and bad[each.location.seq],
        error=error,  # type: ignore[arg-type]
    )
    rows = [row(seq) for seq in range(len(bad))]
    refused = writing(store).write(rows)
    assert sorted(seqs([each.row for each in refused])) == [s for s, b in enumerate(bad) if b]
    assert sorted(stored(store)) == [s for s, b in enumerate(bad) if not b]


def test_one_bad_row_is_found_in_few_writes() -> None:
    """By halves: twice the logarithm, not once for each row."""
    store = PickyStore(refuse=lambda each: each == row(777))
    writing(store).write([row(seq) for seq in range(1024)])
    assert len(store.batches) <= 2 * 10 + 1


def test_a_batch_that_was_dropped_whole_is_not_parted() -> None:
    """A thousand rows outside retention cost one write."""
    store = PickyStore(refuse=lambda _: True, error=_partly)
    refused = writing(store).write([row(seq) for seq in range(1000)])
    assert len(refused) == 1000
    assert len(store.batches) == 1
    assert refused[0].reason == "dropped some"


def test_a_batch_that_is_too_large_goes_in_halves() -> None:
    """Down to what the store takes."""

    class Small(PickyStore):
        def write(self, rows: Sequence[TelemetryRow]) -> None:
            if len(rows) > 10:
                raise TooLargeError("fewer")
            super().write(rows)

    store = Small()
    assert writing(store).write([row(seq) for seq in range(100)]) == []
    assert sorted(stored(store)) == list(range(100))


def test_a_row_that_is_too_large_by_itself_is_refused() -> None:
    """Else it would be tried for ever."""
    store = PickyStore(failures=[TooLargeError("fewer")])
    assert seqs([each.row for each in writing(store).write([row(5)])]) == [5]


def test_a_failure_in_the_middle_of_parting_is_retried() -> None:
    """No half is forgotten."""
    store = PickyStore(
        failures=[RejectedError("x"), UnavailableError("gone"), UnavailableError("gone")],
        refuse=lambda each: each == row(3),
    )
    refused = writing(store).write([row(seq) for seq in range(8)])
    assert seqs([each.row for each in refused]) == [3]
    assert sorted(stored(store)) == [0, 1, 2, 4, 5, 6, 7]
