"""What followed trackers are told, and when."""

import pytest

from dispatcher.following import orders
from dispatcher.following.orders import Order, is_due, pace_s, pause_ms
from dispatcher.store.commands import CommandRecord

NOW = 1_800_000_000_000


def interval(created_at: int = NOW, for_s: int = orders.ORDER_FOR_S) -> CommandRecord:
    return CommandRecord(
        id="a", device="tracker-a", action="interval", interval_s=1, for_s=for_s,
        expires_at=created_at + 600_000, created_at=created_at, due_at=created_at,
    )  # fmt: skip


def told(known: CommandRecord | None, now: int = NOW, opened_at: int | None = NOW) -> list[str]:
    given = orders.orders(known, now, opened_at=opened_at, battery=None)
    return [f"{each.action} {each.why}" for each in given]


def test_at_the_beginning_a_tracker_reports_at_once_and_then_every_second() -> None:
    assert orders.orders(None, NOW, opened_at=NOW, battery=None) == [
        Order("report", "begin", 120),
        Order("interval", "begin", 600, interval_s=1, for_s=600),
    ]


def test_an_order_is_renewed_before_it_ends() -> None:
    assert told(interval(), NOW + 299_999) == []
    assert told(interval(), NOW + 300_000) == ["interval renew"]
    assert told(interval(), NOW + 1_300_000) == ["report begin", "interval begin"]


def test_at_the_end_a_tracker_is_told_to_go_back_once() -> None:
    (back,) = orders.orders(interval(), NOW + 1000, opened_at=None, battery=None)
    assert (back.action, back.why, back.for_s) == ("interval", "end", 0)
    assert told(interval(for_s=0), opened_at=None) == []
    assert told(None, opened_at=None) == []


def test_what_has_ended_by_itself_needs_no_end() -> None:
    assert told(interval(), NOW + orders.IN_FORCE_MS, opened_at=None) == []


def test_a_tracker_that_was_sent_back_begins_anew() -> None:
    assert told(interval(for_s=0)) == ["report begin", "interval begin"]


def test_a_clock_that_was_set_back_renews() -> None:
    assert told(interval(NOW + 5000)) == ["interval renew"]
    assert is_due(interval(NOW + 5000), NOW, followed=True)


@pytest.mark.parametrize(
    ("age_s", "battery", "expected"),
    [(0, None, 1), (599, 21, 1), (600, 90, 5), (0, 20, 10), (9999, 3, 10)],
)
def test_the_pace_spares_the_battery(age_s: int, battery: int | None, expected: int) -> None:
    assert pace_s(NOW, battery, NOW + age_s * 1000) == expected


def test_repeats_become_rarer() -> None:
    assert [pause_ms(each) for each in (1, 2, 3, 4, 5, 99)] == [
        5000, 10_000, 20_000, 40_000, 60_000, 60_000,
    ]  # fmt: skip
