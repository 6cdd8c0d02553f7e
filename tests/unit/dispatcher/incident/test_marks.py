from typing import Any

import pytest

from contract.limits import BAD_CLOCK_MS, LATE_MS, STALE_FIX_MS
from contract.messages import IncidentMark
from contract.salvage import CancelReading, PanicReading, Place
from dispatcher.incident.marks import merged, of_arrival, of_incident, of_update
from dispatcher.records import PressRecord

NOW = 1_700_000_000_000


def reading(**fields: Any) -> PanicReading:
    """Return a faultless panic, pressed and sent now, with a fix of now."""
    place = Place(lat=25.0, lon=121.5, time=fields.get("pressed_at") or NOW)
    good = {
        "panic_id": "0191d2c4-0000-7000-8000-000000000001",
        "pressed_at": NOW, "sent_at": NOW, "age_ms": 0, "place": place,
    }  # fmt: skip
    return PanicReading(**{**good, **fields})


def test_a_faultless_panic_has_no_marks() -> None:
    assert of_arrival(reading(), NOW) == []


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        ({"age_ms": LATE_MS, "pressed_at": NOW - LATE_MS}, []),
        ({"age_ms": LATE_MS + 1, "pressed_at": NOW - LATE_MS}, ["late"]),
        ({"age_ms": None, "pressed_at": NOW - LATE_MS}, []),
        ({"age_ms": None, "pressed_at": NOW - LATE_MS - 1}, ["late"]),
        ({"age_ms": 10 * LATE_MS, "pressed_at": NOW - 10 * LATE_MS}, ["late"]),
        ({"age_ms": None, "pressed_at": None}, []),
        ({"place": None}, ["no_fix"]),
        ({"place": Place(lat=1, lon=1, time=NOW - STALE_FIX_MS)}, []),
        ({"place": Place(lat=1, lon=1, time=NOW - STALE_FIX_MS - 1)}, ["stale_fix"]),
        ({"place": Place(lat=1, lon=1)}, ["unreadable", "stale_fix"]),
        ({"place": Place(lat=1, lon=1, time=NOW + BAD_CLOCK_MS)}, []),
        ({"place": Place(lat=1, lon=1, time=NOW + BAD_CLOCK_MS + 1)}, ["bad_clock"]),
        ({"sent_at": NOW - BAD_CLOCK_MS}, []),
        ({"sent_at": NOW - BAD_CLOCK_MS - 1}, ["bad_clock"]),
        ({"sent_at": NOW + BAD_CLOCK_MS + 1}, ["bad_clock"]),
        ({"sent_at": None}, []),
        ({"pressed_at": NOW - BAD_CLOCK_MS}, []),
        ({"pressed_at": NOW - BAD_CLOCK_MS - 1}, ["bad_clock"]),
        ({"pressed_at": NOW + BAD_CLOCK_MS}, []),
        ({"pressed_at": NOW + BAD_CLOCK_MS + 1, "age_ms": None}, ["bad_clock"]),
        ({"unreadable": ("note",)}, ["unreadable"]),
        ({"cancel": (CancelReading(code="1234"),)}, ["cancel_requested"]),
    ],
)
def test_each_mark_begins_just_beyond_its_threshold(
    fields: dict[str, Any], marks: list[IncidentMark]
) -> None:
    assert of_arrival(reading(**fields), NOW) == marks


def test_the_monotonic_age_wins_over_the_clocks() -> None:
    """A tracker whose clock stands in 1970 pressed just now."""
    assert of_arrival(reading(age_ms=10, pressed_at=1000, sent_at=1010), NOW) == ["bad_clock"]


FRESH, OLD = Place(lat=1, lon=1, time=NOW), Place(lat=1, lon=1, time=NOW - 3_600_000)
IN_2036 = NOW + 10 * 365 * 86_400_000


@pytest.mark.parametrize("pressed_at", [0, IN_2036])
@pytest.mark.parametrize(("place", "about_the_fix"), [(FRESH, []), (OLD, ["stale_fix"])])
def test_an_impossible_time_of_the_press_hides_nothing_and_ages_no_fix(
    pressed_at: int, place: Place, about_the_fix: list[IncidentMark]
) -> None:
    marks = of_arrival(reading(pressed_at=pressed_at, age_ms=5, place=place), NOW)
    assert marks == [*about_the_fix, "bad_clock"]


def test_an_old_press_retried_after_a_reboot_has_no_bad_clock() -> None:
    an_hour_ago = NOW - 3_600_000
    place = Place(lat=1, lon=1, time=an_hour_ago)
    assert of_arrival(reading(pressed_at=an_hour_ago, age_ms=None, place=place), NOW) == ["late"]


def test_only_the_first_arrival_can_be_late() -> None:
    old = reading(age_ms=10 * LATE_MS, pressed_at=NOW - 10 * LATE_MS)
    assert of_update(old, NOW) == []


def test_a_fix_that_comes_later_takes_no_fix_away_and_leaves_the_rest() -> None:
    known: list[IncidentMark] = ["late", "no_fix", "cancel_requested"]
    assert merged(known, [], has_new_fix=True) == ["cancel_requested", "late"]
    assert merged(known, ["no_fix"], has_new_fix=False) == ["cancel_requested", "late", "no_fix"]


def test_a_repeat_without_its_fix_does_not_take_the_known_one_away() -> None:
    assert merged([], ["no_fix", "unreadable"], has_new_fix=False) == ["unreadable"]


def press(number: int, **fields: Any) -> PressRecord:
    shared: dict[str, Any] = {
        "incident": "i", "origin": "panic", "device": "tracker-a", "kind": "button",
        "silent": False, "update": 0, "stage": "received", "marks": [],
        "received_at": NOW, "pressed_at": NOW,
    }  # fmt: skip
    if "fixed_at" in fields:
        fields["place"] = Place(lat=1, lon=1, time=fields["fixed_at"])
    return PressRecord(number=number, **{**shared, **fields})


def test_an_incident_has_the_marks_of_all_its_presses() -> None:
    marks = of_incident(
        [press(1, marks=["late"], fixed_at=NOW), press(2, marks=["bad_clock", "no_fix"])]
    )
    assert marks == ["late", "bad_clock"]


def test_an_incidents_fix_is_judged_by_its_newest_press() -> None:
    old = press(1, fixed_at=NOW - STALE_FIX_MS - 1)
    assert of_incident([old]) == ["stale_fix"]
    assert of_incident([old, press(2, fixed_at=NOW)]) == []
    assert of_incident([press(1)]) == ["no_fix"]


def test_an_incident_believes_no_press_of_the_future_and_no_fix_without_a_time() -> None:
    assert of_incident([press(1, fixed_at=NOW, pressed_at=IN_2036)]) == []
    assert of_incident([press(1, fixed_at=NOW, marks=["stale_fix"])]) == ["stale_fix"]


def test_a_call_lacks_no_fix() -> None:
    assert of_incident([press(1, origin="call", pressed_at=None)]) == []
