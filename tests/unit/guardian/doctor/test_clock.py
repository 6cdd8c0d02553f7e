"""The clock: synchronised, plausible, and in step with the servers'."""

import pytest

from device_agent.nmea.dates import FLOOR_MS
from guardian.doctor.clock import disagreement, examine, synchronised
from guardian.doctor.finding import Finding
from runtime.clock import ManualClock

YEAR_MS = 365 * 86_400_000


def levels(findings: list[Finding]) -> dict[str, str]:
    return {each.name: each.level for each in findings}


def test_a_clock_that_is_kept_right_is_well() -> None:
    found = list(examine(ManualClock(now_ms=FLOOR_MS + YEAR_MS), lambda: True))
    assert levels(found) == {"clock.plausible": "ok", "clock.synchronised": "ok"}


def test_a_clock_that_nothing_keeps_right_is_a_warning() -> None:
    found = list(examine(ManualClock(now_ms=FLOOR_MS + YEAR_MS), lambda: False))
    assert levels(found) == {"clock.plausible": "ok", "clock.synchronised": "warning"}
    assert "timedatectl" in str(found[1].remedy)


def test_where_the_system_does_not_tell_nothing_is_said() -> None:
    found = list(examine(ManualClock(now_ms=FLOOR_MS + YEAR_MS), lambda: None))
    assert levels(found) == {"clock.plausible": "ok"}


@pytest.mark.parametrize(
    ("now_ms", "words"),
    [(0, "before"), (FLOOR_MS - 1, "before"), (FLOOR_MS + 31 * YEAR_MS, "long after"),
     (10**17, "long after")],
)  # fmt: skip
def test_a_clock_of_another_age_is_a_fault(now_ms: int, words: str) -> None:
    found = next(iter(examine(ManualClock(now_ms=now_ms), lambda: True)))
    assert found.level == "fault"
    assert words in found.says


@pytest.mark.parametrize(
    ("theirs", "level"),
    [(995, "ok"), (1_000, "ok"), (1_300, "ok"), (6_300, "ok"), (6_301, "fault"),
     (-4_000, "ok"), (-4_001, "fault")],
)  # fmt: skip
def test_clocks_may_be_five_seconds_apart_beyond_the_time_of_asking(
    theirs: int, level: str
) -> None:
    found = disagreement("InfluxDB", theirs, 1_000, 1_300, 5_000)
    assert found.level == level


def test_the_kernel_answers_or_says_nothing() -> None:
    assert synchronised() in (True, False, None)
