"""Press to arrival, and how long presses have waited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.limits import BAD_CLOCK_MS, LATE_MS
from contract.salvage import PanicReading, read_panic
from dispatcher.answers import HistoryEntry
from dispatcher.incident.latency import press_to_arrival_s, waits_s
from dispatcher.records import PressRecord

NOW = 1_700_000_000_000


def reading(**fields: int | None) -> PanicReading:
    known: dict[str, int | None] = {"pressed_at": NOW - 200, "sent_at": NOW - 50, "age_ms": 150}
    return PanicReading(**{**known, **fields})  # type: ignore[arg-type]


def test_clocks_that_agree_say_how_long_it_took() -> None:
    assert press_to_arrival_s(reading(), NOW) == 0.2


def test_the_age_counts_and_not_the_time_of_the_press() -> None:
    """A tracker's clock may have been set between the press and the sending."""
    assert press_to_arrival_s(reading(pressed_at=NOW - 3000), NOW) == 0.2


def test_after_a_reboot_the_time_of_the_press_is_all_there_is() -> None:
    assert press_to_arrival_s(reading(pressed_at=NOW - 4000, age_ms=None), NOW) == 4.0


def test_a_clock_that_is_a_little_ahead_never_hides_the_age() -> None:
    """The age is measured by one clock, and the holder has waited for so long at least."""
    ahead = reading(sent_at=NOW + 2000, pressed_at=NOW + 2000 - 150)
    assert press_to_arrival_s(ahead, NOW) == 0.15


@pytest.mark.parametrize(
    "fields",
    [
        {"sent_at": NOW - BAD_CLOCK_MS - 1, "age_ms": 0, "pressed_at": NOW - BAD_CLOCK_MS - 1},
        {"sent_at": NOW, "age_ms": LATE_MS + 1, "pressed_at": NOW - LATE_MS - 1},
        {"pressed_at": None, "sent_at": NOW, "age_ms": None},
        {"pressed_at": None, "sent_at": None, "age_ms": 100},
        {"pressed_at": NOW + BAD_CLOCK_MS + 1, "sent_at": None, "age_ms": None},
    ],
)
def test_clocks_that_disagree_and_late_presses_say_nothing(fields: dict[str, int | None]) -> None:
    assert press_to_arrival_s(reading(**fields), NOW) is None


@given(st.binary() | st.builds(lambda *a: b'{"pressed_at":%d,"sent_at":%d,"age_ms":%d}' % a,
       st.integers(), st.integers(), st.integers(min_value=0)))  # fmt: skip
def test_whatever_arrives_the_time_is_plausible_or_unknown(payload: bytes) -> None:
    found = press_to_arrival_s(read_panic(payload), NOW)
    assert found is None or 0 <= found <= (LATE_MS + BAD_CLOCK_MS) / 1000


def press(**fields: object) -> PressRecord:
    known: dict[str, object] = {
        "incident": "i", "number": 1, "origin": "panic", "device": "tracker-a", "kind": "button",
        "silent": False, "update": 0, "stage": "acknowledged", "marks": [],
        "received_at": NOW - 20_000, "alerted_at": NOW - 20_000, "acknowledged_at": NOW,
    }  # fmt: skip
    return PressRecord(**{**known, **fields})  # type: ignore[arg-type]


def line(event: str, at: int) -> HistoryEntry:
    return HistoryEntry(at=at, event=event, state="raised")


def test_each_press_that_is_acknowledged_now_has_waited() -> None:
    presses = [
        press(),
        press(alerted_at=NOW - 5000),
        press(acknowledged_at=NOW - 1000),
        press(acknowledged_at=None),
        press(origin="call"),
    ]
    assert waits_s(presses, [line("raised", NOW - 20_000)], NOW) == [20.0, 5.0]


def test_after_a_reopening_the_wait_begins_anew() -> None:
    history = [line("raised", NOW - 86_400_000), line("reopened", NOW - 3000)]
    assert waits_s([press(alerted_at=NOW - 86_400_000)], history, NOW) == [3.0]


def test_a_clock_that_was_set_back_makes_no_negative_wait() -> None:
    assert waits_s([press(alerted_at=NOW + 9000)], [], NOW) == [0.0]
