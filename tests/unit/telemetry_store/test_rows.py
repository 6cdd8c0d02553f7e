"""When rows are stored: the identity of a row is its tags and its time."""

import pytest

from contract.messages import Status
from telemetry_store.rows import OLDEST_STATUS_MS, StatusRow, status_time_ns

NOW = 1_700_000_000_000


def time_of(at: int, arrived_at: int, state: str = "online", connect: int = 0) -> int:
    status = Status(at=at, state=state, boot="0a1b2c3d", connect=connect)  # type: ignore[arg-type]
    return status_time_ns(StatusRow("t", status, arrived_at))


def test_a_repeated_status_is_the_same_row() -> None:
    """A retained copy comes again at every new subscription."""
    assert time_of(NOW, NOW + 10) == time_of(NOW, NOW + 3_600_000) == NOW * 1_000_000


@pytest.mark.parametrize(
    ("at", "dated"),
    [
        (NOW + 5_000, NOW + 5_000),
        (NOW + 5_001, NOW),
        (NOW - OLDEST_STATUS_MS, NOW - OLDEST_STATUS_MS),
        (NOW - OLDEST_STATUS_MS - 1, NOW),
        (0, NOW),
        (2**53, NOW),
    ],
)
def test_an_implausible_clock_gives_way_to_the_arrival(at: int, dated: int) -> None:
    """Else one of 2036 would be the newest for ten years."""
    assert time_of(at, NOW) // 1_000_000 == dated


def test_a_lost_tracker_is_dated_by_the_arrival() -> None:
    """And comes after an `online` of the same instant and connection."""
    assert time_of(NOW - 9_000, NOW, "lost", 4) // 1_000_000 == NOW
    assert time_of(NOW, NOW, "online", 4) < time_of(NOW, NOW, "lost", 4)
    assert time_of(NOW, NOW, "lost", 4) < time_of(NOW, NOW, "online", 5)
