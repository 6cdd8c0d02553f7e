import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.limits import HISTORY_RETRY_S, REPORT_MAX_SENDINGS, UNSTORED_RESEND_S
from contract.messages import Reports
from device_agent.backlog import MIN_LIMIT, Backlog

A, B = "0000000a", "0000000b"


def filled(count: int, *, limit: int = 1000, boot: str = A) -> Backlog:
    backlog = Backlog(limit)
    for seq in range(count):
        backlog.add(boot, seq, b"%d" % seq)
    return backlog


def seqs(backlog: Backlog) -> list[int]:
    return [report.seq for report in backlog.all()]


def test_the_latest_report_goes_alone_and_the_others_as_a_batch_oldest_first() -> None:
    backlog = filled(4)
    latest = backlog.latest()
    assert latest is not None
    assert latest.seq == 3
    assert [report.seq for report in backlog.batch(1000)] == [0, 1, 2]


def test_a_report_that_was_sent_is_not_the_latest_any_more() -> None:
    backlog = filled(2)
    latest = backlog.latest()
    assert latest is not None
    backlog.sent([latest], 0.0)
    assert backlog.latest() is None
    assert [report.seq for report in backlog.batch(1000)] == [0]


def test_what_an_earlier_run_left_is_history() -> None:
    backlog = Backlog(100)
    backlog.restore([(A, 0, b"0"), (A, 1, b"1")])
    assert backlog.latest() is None
    assert [report.seq for report in backlog.batch(1000)] == [0, 1]


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(60, 400))
def test_a_batch_holds_the_newest_that_fit(sizes: list[int], room: int) -> None:
    backlog = Backlog(1000)
    backlog.restore((A, seq, b"1" * size) for seq, size in enumerate(sizes))
    batch = backlog.batch(room)
    assert [report.seq for report in batch] == list(range(len(sizes) - len(batch), len(sizes)))
    payload = b"[" + b",".join(report.body for report in batch) + b"]"
    assert len(payload) <= room
    assert len(json.loads(payload)) == len(batch)
    if len(batch) < len(sizes):
        left_out = sizes[len(sizes) - len(batch) - 1]
        assert len(payload) + left_out + 1 > room


def test_a_report_larger_than_a_batch_goes_alone() -> None:
    backlog = Backlog(100)
    backlog.restore([(A, 0, b"1" * 99)])
    assert len(backlog.batch(10)) == 1


def test_an_unnamed_report_comes_again_after_growing_pauses() -> None:
    backlog = filled(1)
    now, pauses = 0.0, []
    for _ in range(8):
        report = backlog.latest() or backlog.batch(1000)[0]
        backlog.sent([report], now)
        backlog.arrived([report.key])
        wake = backlog.next_wake()
        assert wake is not None
        backlog.wake(wake - 0.1)
        assert backlog.batch(1000) == []
        backlog.wake(wake)
        pauses.append(wake - now)
        now = wake
    assert pauses == [UNSTORED_RESEND_S, *HISTORY_RETRY_S, HISTORY_RETRY_S[-1], HISTORY_RETRY_S[-1]]


def test_a_sending_that_the_connection_lost_does_not_count() -> None:
    backlog = filled(1)
    report = backlog.latest()
    assert report is not None
    backlog.sent([report], 0.0)
    backlog.lost([report.key], 5.0)
    assert backlog.wake(4.9) == []
    assert backlog.latest() is None
    backlog.wake(5.0)
    assert backlog.latest() is report
    assert report.sendings == 0


def test_a_sending_that_was_taken_back_does_not_shorten_the_next_wait() -> None:
    backlog = filled(1)
    (report,) = backlog.all()
    backlog.sent([report], 0.0)
    backlog.lost([report.key], 100.0)
    backlog.wake(100.0)
    backlog.sent([report], 100.0)
    backlog.arrived([report.key])
    backlog.wake(UNSTORED_RESEND_S + 1)
    assert backlog.batch(1000) == []
    backlog.wake(100.0 + UNSTORED_RESEND_S)
    assert backlog.batch(1000) == [report]


def test_a_report_without_puback_is_not_sent_twice_at_a_time() -> None:
    backlog = filled(1)
    report = backlog.latest()
    assert report is not None
    backlog.sent([report], 0.0)
    backlog.wake(UNSTORED_RESEND_S + 1)
    assert backlog.batch(1000) == []
    backlog.arrived([report.key])
    backlog.wake(2 * UNSTORED_RESEND_S + 1)
    assert backlog.batch(1000) == [report]


def test_stored_forgets_exactly_what_it_names() -> None:
    backlog = filled(10)
    named = backlog.stored([Reports(boot=A, seqs=[(0, 2), (5, 5), (8, 10**9)])])
    assert seqs(backlog) == [3, 4, 6, 7]
    assert named == [(A, 0), (A, 1), (A, 2), (A, 5), (A, 8), (A, 9)]


def test_stored_of_another_boot_names_nothing() -> None:
    backlog = filled(3)
    assert backlog.stored([Reports(boot=B, seqs=[(0, 99)])]) == []
    assert len(backlog) == 3


def test_a_number_named_twice_is_forgotten_once() -> None:
    backlog = filled(3)
    named = backlog.stored([Reports(boot=A, seqs=[(0, 1), (1, 2)]), Reports(boot=A, seqs=[(0, 2)])])
    assert sorted(named) == [(A, 0), (A, 1), (A, 2)]


def hopeless(*, later_named: bool) -> Backlog:
    """Return a backlog whose first report was sent five times and never named."""
    backlog = filled(2)
    poison, later = backlog.all()
    now = 0.0
    for _ in range(REPORT_MAX_SENDINGS):
        backlog.sent([poison], now)
        backlog.arrived([poison.key])
        now = poison.due
        if poison.sendings < REPORT_MAX_SENDINGS:
            assert backlog.wake(now) == []
    if later_named:
        backlog.stored([Reports(boot=A, seqs=[(later.seq, later.seq)])])
    return backlog


def test_a_report_unnamed_after_five_sendings_while_later_ones_were_is_given_up() -> None:
    backlog = hopeless(later_named=True)
    assert backlog.wake(1e9) == [(A, 0)]
    assert len(backlog) == 0


def test_with_a_silent_store_nothing_is_given_up() -> None:
    backlog = hopeless(later_named=False)
    assert backlog.wake(1e9) == []
    assert len(backlog) == 2


def test_a_full_backlog_gives_up_every_other_one_of_the_older_half() -> None:
    backlog = filled(20, limit=20)
    assert backlog.add(A, 20, b"20") == [(A, seq) for seq in (1, 3, 5, 7, 9)]
    assert seqs(backlog) == [0, 2, 4, 6, 8, *range(10, 21)]


def test_a_backlog_that_is_too_small_to_thin_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        Backlog(MIN_LIMIT - 1)


@given(st.integers(MIN_LIMIT, 60), st.integers(0, 300))
def test_thinning_keeps_the_bounds_the_newest_and_the_count(limit: int, count: int) -> None:
    """Nothing goes uncounted, and the newest and the oldest stay."""
    backlog = Backlog(limit)
    dropped = [key for seq in range(count) for key in backlog.add(A, seq, b"x")]
    assert len(backlog) <= limit
    assert len(backlog) + len(dropped) == count
    assert set(seqs(backlog)).isdisjoint(seq for _, seq in dropped)
    if count:
        assert seqs(backlog)[0] == 0
        assert seqs(backlog)[-(limit // 2) :] == list(range(count))[-(limit // 2) :]


@given(st.lists(st.tuples(st.sampled_from("asnlw"), st.integers(0, 40)), max_size=60))
def test_no_report_is_ever_out_of_reach(steps: list[tuple[str, int]]) -> None:
    """After any history each report is ready, in flight, or will wake; none is forgotten."""
    backlog, now, made = Backlog(16), 0.0, 0
    for step, number in steps:
        now += number
        if step == "a":
            backlog.add(A, made, b"x")
            made += 1
        elif step == "s":
            latest = backlog.latest()
            backlog.sent([latest] if latest else backlog.batch(10), now)
        elif step == "n":
            backlog.stored([Reports(boot=A, seqs=[(number, number + 1)])])
        elif step == "l":
            backlog.lost([each.key for each in backlog.all() if each.in_flight], now)
        else:
            backlog.arrived([each.key for each in backlog.all() if each.in_flight])
            backlog.wake(now * 2)
    backlog.arrived([each.key for each in backlog.all() if each.in_flight])
    backlog.wake(1e9)
    latest = backlog.latest()
    reachable = [*backlog.batch(10**6), *([latest] if latest else [])]
    assert {report.key for report in reachable} == {report.key for report in backlog.all()}


def test_reports_that_no_store_would_take_are_given_up() -> None:
    backlog = Backlog(100)
    for seq in range(5):
        backlog.add(A, seq, b'{"seq":%d,"time":%d}' % (seq, 1000 * seq))
    assert backlog.expire(0) == []
    assert backlog.expire(2500) == [(A, 0), (A, 1), (A, 2)]
    assert seqs(backlog) == [3, 4]
    assert [report.seq for report in backlog.batch(1000)] == [3]
