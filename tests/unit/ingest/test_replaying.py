"""Dead letters get a second try."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import codec
from contract.messages import Status
from contract.topics import HISTORY, LOCATION, PANIC, STATUS
from ingest.dead_letters import DeadLetters
from ingest.errors import StoreClosedError
from ingest.reading import DeadLetter, Reader
from ingest.replaying import TOGETHER, Outcome, letters_of, replay
from runtime.clock import ManualClock
from telemetry_store.errors import RejectedError, UnavailableError
from telemetry_store.memory import MemoryStore
from telemetry_store.rows import LocationRow, StatusRow, TelemetryRow
from tests.unit.ingest.doubles import BOOT, NOW, PickyStore, place

DAY_MS = 86_400_000
READER = Reader(30 * DAY_MS)
GOOD = codec.encode(place(1))
BAD = b'{"boot":"0a1b2c3d","seq":9}'


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    opened = DeadLetters(tmp_path / "dead.db")
    yield opened
    opened.close()


def dead(payload: bytes, topic: str = LOCATION.of("t"), device: str | None = "t") -> DeadLetter:
    return DeadLetter(device, topic, payload, "unreadable", "as it was then")


def replayed(
    letters: DeadLetters, store: MemoryStore, *, now_ms: int = NOW, reader: Reader = READER
) -> list[Outcome]:
    clock = ManualClock(now_ms=now_ms)
    return list(replay(letters_of(letters), letters, reader, store, clock))


def test_what_can_be_stored_now_is_a_letter_no_more(letters: DeadLetters) -> None:
    """And what cannot stays, with the reason of today."""
    letters.add([dead(GOOD), dead(BAD)], NOW)
    store = MemoryStore()
    first, second = replayed(letters, store)
    assert list(store.locations.values()) == [LocationRow("t", place(1))]
    assert (first.stored, first.remaining) == (1, ())
    (still,) = second.remaining
    assert "time" in still.detail
    assert [each.letter for each in letters.newest(9)] == [still]


def test_a_history_is_settled_point_by_point(letters: DeadLetters) -> None:
    """What is still bad of it becomes a letter of its own."""
    letters.add([dead(b"[" + GOOD + b"," + BAD + b"]", HISTORY.of("t"))], NOW)
    store = MemoryStore()
    (outcome,) = replayed(letters, store)
    assert outcome.stored == 1
    (kept,) = letters.newest(9)
    assert (kept.letter.topic, kept.letter.payload, kept.at) == (LOCATION.of("t"), BAD, NOW)


def test_a_mark_is_that_of_the_arrival(letters: DeadLetters) -> None:
    """A report from two days ahead had a bad clock, though its time has come since."""
    ahead = place(1, NOW + 2 * DAY_MS)
    letters.add([dead(codec.encode(ahead))], NOW)
    store = MemoryStore()
    (early,) = replayed(letters, store)
    assert early.remaining[0].reason == "implausible_time"
    replayed(letters, store, now_ms=NOW + 3 * DAY_MS)
    assert list(store.locations.values()) == [LocationRow("t", ahead, frozenset({"bad_clock"}))]


def test_a_status_is_dated_by_its_arrival(letters: DeadLetters) -> None:
    """A tracker lost yesterday is not lost today."""
    lost = Status(at=NOW - 9_000, state="lost", boot=BOOT, connect=1)
    letters.add([dead(codec.encode(lost), STATUS.of("t"))], NOW)
    store = MemoryStore()
    replayed(letters, store, now_ms=NOW + DAY_MS)
    assert list(store.statuses.values()) == [StatusRow("t", lost, NOW)]


def test_what_the_store_still_refuses_keeps_its_own_bytes(letters: DeadLetters) -> None:
    """Unknown fields among them; the good ones of the same write are stored."""
    odd = GOOD.replace(b'"seq":1', b'"seq":2,"colour":"red"')
    letters.add([dead(GOOD), dead(odd)], NOW)

    def refuse(row: TelemetryRow) -> bool:
        return isinstance(row, LocationRow) and row.location.seq == 2

    store = PickyStore(refuse=refuse, error=lambda _rows, _bad: RejectedError("a field's type"))
    outcomes = replayed(letters, store)
    assert [each.stored for each in outcomes] == [1, 0]
    (kept,) = letters.newest(9)
    assert (kept.letter.payload, kept.letter.reason) == (odd, "rejected")
    assert kept.letter.detail == "a field's type"


def test_a_store_that_takes_nothing_loses_nothing(letters: DeadLetters) -> None:
    """One attempt, and the reason; a person decides when to try again."""
    letters.add([dead(GOOD)], NOW)
    store = PickyStore(failures=[UnavailableError("the disk is full")])
    with pytest.raises(StoreClosedError, match="the disk is full"):
        replayed(letters, store)
    assert letters.count() == 1
    assert replayed(letters, store)[0].stored == 1
    assert letters.count() == 0


def test_a_crash_after_the_write_costs_a_repetition(
    letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are there, the letter too; the next replay ends it."""
    letters.add([dead(GOOD)], NOW)
    store = MemoryStore()
    with monkeypatch.context() as patch:
        patch.setattr(letters, "settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            replayed(letters, store)
    assert (len(store.locations), letters.count()) == (1, 1)
    replayed(letters, store)
    assert (len(store.locations), letters.count()) == (1, 0)


def _killed(_outcomes: object) -> None:
    raise KeyboardInterrupt


def test_letters_that_come_meanwhile_are_not_chased(letters: DeadLetters) -> None:
    """A tracker that goes on sending does not keep a replay from ending."""
    letters.add([dead(BAD)], NOW)
    chosen = letters_of(letters)
    found = []
    for number, each in enumerate(chosen):
        letters.add([dead(b"%d" % number)], NOW)
        found.append(each)
    assert len(found) == 1


def test_more_letters_than_one_write_takes_are_all_replayed(tmp_path: Path) -> None:
    """Each batch is in the store before its letters go."""
    letters = DeadLetters(tmp_path / "dead.db", max_of_a_tracker=10_000)
    count = TOGETHER + 7
    letters.add([dead(codec.encode(place(seq))) for seq in range(count)], NOW)
    store = MemoryStore()
    assert sum(each.stored for each in replayed(letters, store)) == count
    assert (len(store.locations), letters.count()) == (count, 0)
    letters.close()


def test_a_foreign_topic_stays(letters: DeadLetters) -> None:
    """Whatever it holds, it is nobody's position."""
    letters.add([dead(GOOD, PANIC.of("t")), dead(GOOD, "x/y", None)], NOW)
    assert [each.stored for each in replayed(letters, MemoryStore())] == [0, 0]
    assert letters.count() == 2


@settings(max_examples=15)  # each writes files
@given(st.lists(st.sampled_from([GOOD, BAD, b"", b"[]", b"\xff", codec.encode(place(2))])))
def test_every_letter_is_stored_or_still_there(payloads: Sequence[bytes]) -> None:
    """Nothing is lost, and a second replay changes nothing more."""
    with TemporaryDirectory() as folder:
        letters = DeadLetters(Path(folder) / "dead.db")
        letters.add([dead(each) for each in payloads], NOW)
        store = MemoryStore()
        replayed(letters, store)
        kept = {each.letter.payload for each in letters.newest(99)}
        stored = {codec.encode(row.location) for row in store.locations.values()}
        assert kept | stored == set(payloads)
        assert not kept & stored
        assert not any(each.stored for each in replayed(letters, store))
        assert {each.letter.payload for each in letters.newest(99)} == kept
        letters.close()
