from itertools import pairwise
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace

from contract.limits import (
    PANIC_DISK_WAIT_S,
    PANIC_RESEND_FIRST_S,
    PANIC_RESEND_JITTER,
    PANIC_RESEND_MAX_S,
    UNREADABLE_RESEND_S,
)
from contract.messages import Location, PanicKind, Receipt, Stage
from device_agent.pace import FAST_UPDATES_S
from device_agent.panic import EARLY_S, ENDED_KEPT, RESTART_SKIP, Panics
from device_agent.press import STATE_OF, Press, PressRow
from tests.unit.device_agent.fakes import location, make_pace, moment, receipt


class Bench:
    """Presses with a disk that is at once, on connection 1, until a test says otherwise."""

    def __init__(self, *, jitter: float = 0.0) -> None:
        self.pace = make_pace()
        self.panics = Panics(lambda: jitter, self.pace)
        self._made = 0

    def press(
        self,
        now: float = 0.0,
        *,
        kind: PanicKind = "button",
        place: Location | None = None,
        fresh: bool = False,
        saved: bool = True,
        silent: bool = False,
    ) -> Press:
        self._made += 1
        press = self.panics.press(
            kind,
            silent=silent,
            pressed=now,
            moment=moment(now),
            location=place,
            fresh=fresh,
            randomness=self._made.to_bytes(10, "big"),
        )
        if saved:
            self.panics.saved(press.row.panic_id, press.row.update)
        return press

    def sendings(self, until: float, *, step: float = 0.25) -> list[tuple[float, str, int]]:
        """Let time pass and return what was sent: when, which press, which update."""
        sent = []
        for tick in range(int(until / step) + 1):
            now = tick * step
            while (press := self.panics.due(now)) is not None:
                self.panics.sent(press, now)
                sent.append((now, press.row.panic_id, press.row.update))
        return sent

    def answer(self, press: Press, now: float = 0.0, **fields: object) -> list[Press]:
        given: Receipt = receipt(press.row.panic_id, **{"update": press.row.update} | fields)  # type: ignore[arg-type]
        return self.panics.receipt(given, now)


def test_every_stage_of_the_contract_has_a_state() -> None:
    assert set(STATE_OF) == {None, *get_args(Stage)}


def test_a_press_goes_out_at_once_and_again_with_doubling_pauses() -> None:
    bench = Bench()
    bench.press()
    times = [at for at, _, _ in bench.sendings(60.0)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == 0.0
    assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert set(pauses[5:]) == {PANIC_RESEND_MAX_S}


def test_jitter_lengthens_each_pause_by_up_to_a_fifth() -> None:
    bench = Bench(jitter=1.0)
    press = bench.press()
    bench.panics.sent(press, 0.0)
    assert press.next_send == PANIC_RESEND_FIRST_S * (1 + PANIC_RESEND_JITTER)


def test_a_press_waits_for_the_disk_but_not_for_longer_than_a_second() -> None:
    bench = Bench()
    press = bench.press(saved=False)
    assert bench.panics.due(0.9) is None
    assert not bench.panics.disk_late(0.9)
    assert bench.panics.deadline() == PANIC_DISK_WAIT_S
    assert bench.panics.disk_late(PANIC_DISK_WAIT_S)
    assert bench.panics.due(PANIC_DISK_WAIT_S) is press


def test_a_press_goes_out_when_the_disk_has_it() -> None:
    bench = Bench()
    press = bench.press(saved=False)
    assert bench.panics.imminent()
    bench.panics.saved(press.row.panic_id, 0)
    assert not bench.panics.imminent()
    assert bench.panics.due(0.0) is press


def test_a_disk_that_is_not_trusted_is_not_waited_for() -> None:
    bench = Bench()
    before = bench.press(saved=False)
    bench.panics.trust_disk(False)
    assert bench.panics.due(0.0) is before
    bench.panics.sent(before, 0.0)
    assert bench.panics.due(0.0) is None
    after = bench.press(saved=False)
    assert bench.panics.due(0.0) is after
    bench.panics.trust_disk(True)
    assert not bench.panics.disk_late(99.0)


def test_an_earlier_update_on_disk_does_not_free_a_later_one() -> None:
    bench = Bench()
    press = bench.press(0.0)
    bench.panics.place(location(1), 0.0)
    bench.panics.saved(press.row.panic_id, 0)
    assert bench.panics.due(0.5) is None
    bench.panics.saved(press.row.panic_id, 1)
    assert bench.panics.due(0.5) is press


@pytest.mark.parametrize(
    "stage", [stage for stage in get_args(Stage) if stage not in ("reopened", "closed")]
)
def test_a_receipt_that_covers_the_update_ends_the_resending(stage: Stage) -> None:
    bench = Bench()
    press = bench.press()
    assert bench.answer(press, stage=stage) == [press]
    assert bench.sendings(30.0) == []
    assert press.state == "following"


def test_a_receipt_of_an_earlier_update_does_not_end_it() -> None:
    bench = Bench()
    press = bench.press()
    bench.panics.place(location(1), 0.0)
    bench.panics.saved(press.row.panic_id, 1)
    bench.answer(press, update=0)
    assert [update for _, _, update in bench.sendings(1.0)] == [1, 1]
    bench.answer(press, update=1)
    assert bench.panics.due(99.0) is None


def test_a_lower_version_is_ignored() -> None:
    bench = Bench()
    press = bench.press()
    bench.answer(press, version=5, stage="closed")
    assert bench.answer(press, version=4, stage="received") == []
    assert press.row.stage == "closed"


def test_a_receipt_of_a_press_that_nobody_knows_is_ignored() -> None:
    assert Bench().panics.receipt(receipt("01890000-0000-7000-8000-000000000000"), 0.0) == []


def test_a_press_without_a_fix_is_completed_by_the_next_one_under_the_same_id() -> None:
    bench = Bench()
    press = bench.press()
    before = press.row
    assert before.location is None
    assert bench.panics.wants_place(0.0)
    assert bench.panics.place(location(3), 0.2) == [press]
    assert press.row == replace(before, update=1, location=location(3))
    bench.panics.saved(press.row.panic_id, 1)
    assert bench.panics.due(0.2) is press, "at once, whatever the pause had come to"


def test_a_press_with_a_place_of_now_is_updated_after_a_second() -> None:
    bench = Bench()
    press = bench.press(place=location(1), fresh=True)
    bench.answer(press)
    too_early = FAST_UPDATES_S - EARLY_S - 0.01
    assert not bench.panics.wants_place(too_early)
    assert bench.panics.place(location(2), too_early) == []
    assert bench.panics.place(location(3), FAST_UPDATES_S - EARLY_S) == [press]


def test_a_press_with_an_old_place_is_updated_by_the_next_fix() -> None:
    bench = Bench()
    bench.press(place=location(1), fresh=False)
    assert bench.panics.wants_place(0.0)


def updated_at(bench: Bench, press: Press, times: list[float], *, answered: bool) -> list[float]:
    """Return at which of these times a place became an update."""
    found = []
    for at in times:
        if bench.panics.place(location(int(at)), at):
            found.append(at)
            if answered:
                bench.answer(press)
    return found


def test_updates_come_every_second_for_a_minute_then_every_five_until_closed() -> None:
    """A receiver's second wavers against ours; no update may be left out for that."""
    bench = Bench()
    press = bench.press(place=location(0), fresh=True)
    bench.answer(press)
    wavering = [at + 0.1 * (at % 2) for at in range(1, 121)]
    updates = updated_at(bench, press, wavering, answered=True)
    assert len([at for at in updates if at < 60]) == 59
    assert len([at for at in updates if at >= 60]) == 13
    bench.answer(press, version=2, stage="closed")
    assert not bench.panics.wants_place(999.0)
    assert bench.panics.due(999.0) is None


def test_a_link_that_lags_gets_an_update_every_five_seconds() -> None:
    bench = Bench()
    press = bench.press(place=location(0), fresh=True)
    seconds = [float(at) for at in range(1, 31)]
    assert updated_at(bench, press, seconds, answered=False) == [5, 10, 15, 20, 25, 30]


def test_the_first_place_goes_out_though_the_press_is_not_received() -> None:
    bench = Bench()
    press = bench.press()
    assert updated_at(bench, press, [0.5, 1.0, 2.0], answered=False) == [0.5]


def test_a_low_battery_makes_updates_rarer_and_never_ends_them() -> None:
    bench = Bench()
    bench.pace.battery = "empty"
    press = bench.press(place=location(0), fresh=True)
    bench.answer(press)
    updates = updated_at(bench, press, [float(at) for at in range(1, 181)], answered=True)
    assert len([at for at in updates if at < 60]) == 19
    assert len([at for at in updates if at > 60]) == 8


def test_after_a_time_without_fixes_there_is_one_update_and_then_the_pace() -> None:
    bench = Bench()
    bench.press()
    taken = [at for at in (60.0, 61.0, 62.0, 64.7, 65.0) if bench.panics.place(location(1), at)]
    assert taken == [60.0, 65.0]


def test_an_update_of_a_received_press_starts_with_a_short_pause_again() -> None:
    bench = Bench()
    press = bench.press()
    bench.sendings(40.0)
    assert press.pause == PANIC_RESEND_MAX_S
    bench.answer(press)
    bench.panics.place(location(1), 41.0)
    assert press.pause == PANIC_RESEND_FIRST_S


def test_a_press_that_was_never_received_keeps_its_long_pauses_over_updates() -> None:
    bench = Bench()
    press = bench.press()
    bench.sendings(40.0)
    bench.panics.place(location(1), 41.0)
    assert press.pause == PANIC_RESEND_MAX_S


def test_only_the_newest_press_is_updated_and_each_is_resent() -> None:
    bench = Bench()
    first, second = bench.press(), bench.press()
    assert bench.panics.place(location(1), 0.0) == [second]
    bench.panics.saved(second.row.panic_id, 1)
    sent = {(panic_id, update) for _, panic_id, update in bench.sendings(1.0)}
    assert sent == {(first.row.panic_id, 0), (second.row.panic_id, 1)}


def test_a_test_never_takes_the_updates_from_a_real_press() -> None:
    bench = Bench()
    real, test = bench.press(), bench.press(kind="test")
    assert bench.panics.place(location(1), 0.0) == [real]
    assert test.open, "it is sent all the same"


def test_a_real_press_while_testing_is_real() -> None:
    bench = Bench()
    bench.press(kind="test")
    real = bench.press()
    assert bench.panics.place(location(1), 0.0) == [real]
    assert bench.panics.due(0.0) is not None


def test_a_real_press_is_sent_before_a_test_and_the_newest_first() -> None:
    bench = Bench()
    older, newer, _ = bench.press(), bench.press(), bench.press(kind="test")
    order = [panic_id for _, panic_id, _ in bench.sendings(0.0)]
    assert order[:2] == [newer.row.panic_id, older.row.panic_id]


def test_after_a_closed_real_press_a_test_leads() -> None:
    bench = Bench()
    bench.answer(bench.press(), stage="closed")
    test = bench.press(kind="test")
    assert bench.panics.place(location(1), 0.0) == [test]


def test_a_reopened_press_answers_once_with_an_update() -> None:
    bench = Bench()
    press = bench.press()
    bench.answer(press, version=1, stage="closed")
    assert bench.answer(press, version=2, stage="reopened") == [press]
    assert (press.row.update, press.state) == (1, "following")
    bench.panics.saved(press.row.panic_id, 1)
    assert bench.panics.due(0.0) is press
    bench.answer(press, version=2, stage="reopened", update=0)
    assert press.row.update == 1, "repeated until the update arrives: that one is on its way"
    bench.answer(press, version=2, stage="reopened", update=1)
    assert press.row.update == 1, "the answer to the update is no new call for one"
    assert not press.open


def test_numbers_that_the_dispatcher_knows_already_are_not_used_again() -> None:
    """A disk put back from a copy knows of fewer updates than the dispatcher."""
    bench = Bench()
    bench.panics.restore([bench.press().row], 0.0)
    press = bench.panics.all()[0]
    bench.answer(press, update=7000)
    assert press.row.update == 7001
    assert press.open


def test_a_receipt_without_id_slows_down_what_was_never_received() -> None:
    bench = Bench()
    unread, known = bench.press(), bench.press()
    bench.sendings(0.0)
    bench.answer(known)
    bench.panics.receipt(receipt(None), 0.0)
    assert unread.unreadable
    assert not known.unreadable
    times = [at for at, _, _ in bench.sendings(200.0)]
    assert times == [0.5 + UNREADABLE_RESEND_S * n for n in (1, 2, 3)]
    assert bench.panics.overdue(500.0) is None, "the dispatcher is there; no other broker helps"
    bench.answer(unread)
    assert not unread.unreadable


def test_a_receipt_of_a_journey_is_no_receipt_of_a_press() -> None:
    bench = Bench()
    press = bench.press()
    bench.sendings(0.0)
    journey_id = "01890000-0000-7000-8000-000000000000"
    other = Receipt(update=0, version=1, stage="received", at=1, journey_id=journey_id)
    assert bench.panics.receipt(other, 0.0) == []
    assert not press.unreadable


def test_a_new_connection_sends_at_once() -> None:
    bench = Bench()
    press = bench.press()
    bench.sendings(40.0)
    bench.panics.up(41.0)
    assert bench.panics.due(41.0) is press
    assert press.pause == PANIC_RESEND_FIRST_S


def give_up_times(bench: Bench, *, puback: bool) -> list[float]:
    """Return after how many seconds each of eight connections is given up."""
    waits = []
    for connection in range(8):
        start = connection * 1000.0
        bench.panics.up(start)
        press = bench.panics.due(start)
        assert press is not None
        bench.panics.sent(press, start)
        if puback:
            bench.panics.puback(press.row.panic_id)
        tenths = range(1, 1000)
        waits.append(next(n / 10 for n in tenths if bench.panics.overdue(start + n / 10)))
        bench.panics.down()
        assert bench.panics.overdue(start + 500.0) is None
    return waits


def test_a_connection_without_puback_is_given_up_after_three_seconds_doubling() -> None:
    bench = Bench()
    bench.press()
    assert give_up_times(bench, puback=False) == [3, 6, 12, 24, 48, 60, 60, 60]


def test_a_connection_without_receipt_is_given_up_after_ten_seconds_doubling() -> None:
    bench = Bench()
    bench.press()
    assert give_up_times(bench, puback=True) == [10, 20, 40, 60, 60, 60, 60, 60]


def test_a_receipt_starts_the_time_outs_anew() -> None:
    bench = Bench()
    press = bench.press()
    give_up_times(bench, puback=False)
    bench.panics.up(9000.0)
    bench.panics.sent(press, 9000.0)
    bench.answer(press, 9001.0)
    assert bench.panics.overdue(9999.0) is None
    bench.panics.place(location(1), 9999.0)
    bench.panics.sent(press, 9999.0)
    assert bench.panics.overdue(10_001.9) is None
    assert "PUBACK" in str(bench.panics.overdue(10_002.0))


def test_the_deadline_is_when_something_changes() -> None:
    bench = Bench()
    assert bench.panics.deadline() is None
    press = bench.press()
    assert bench.panics.deadline() == 0.0
    bench.panics.sent(press, 0.0)
    assert bench.panics.deadline() == 0.5
    press.next_send = 100.0
    assert bench.panics.deadline() == 3.0
    bench.panics.puback(press.row.panic_id)
    assert bench.panics.deadline() == 10.0


def test_a_connection_is_unproven_until_a_puback() -> None:
    bench = Bench()
    press = bench.press()
    assert bench.panics.unproven()
    bench.panics.puback(press.row.panic_id)
    assert not bench.panics.unproven()
    bench.panics.down()
    assert bench.panics.unproven()
    bench.answer(press)
    assert not bench.panics.unproven()


def test_the_message_carries_the_press_and_its_age() -> None:
    bench = Bench()
    press = bench.press(10.0, place=location(1), kind="fall", silent=True)
    message = bench.panics.message(press, moment(12.5))
    assert message.panic_id == press.row.panic_id
    assert (message.update, message.kind, message.silent) == (0, "fall", True)
    assert (message.age_ms, message.location, message.clock) == (2500, location(1), "host")
    assert message.sent_at - message.pressed_at == 2500


def test_an_event_time_before_now_dates_the_press() -> None:
    panics = Panics(lambda: 0.0, make_pace())
    press = panics.press(
        "button",
        silent=False,
        pressed=7.0,
        moment=moment(10.0),
        location=None,
        fresh=False,
        randomness=bytes(10),
    )
    assert press.row.pressed_at == moment(7.0).wall_ms


def test_after_a_restart_the_age_is_absent_and_numbers_go_on() -> None:
    bench = Bench()
    press = bench.press(place=location(1))
    bench.panics.place(location(2), 0.0)
    row = press.row
    again = Panics(lambda: 0.0, make_pace())
    again.restore([row], 500.0)
    restored = again.due(500.0)
    assert restored is not None
    message = again.message(restored, moment(500.0))
    assert (message.age_ms, message.update, message.location) == (None, 1, location(2))
    again.place(location(3), 501.0)
    assert restored.row.update == 2 + RESTART_SKIP
    again.place(location(4), 506.0)
    assert restored.row.update == 3 + RESTART_SKIP


def test_a_closed_press_stays_closed_over_a_restart() -> None:
    bench = Bench()
    press = bench.press()
    bench.answer(press, stage="closed")
    again = Panics(lambda: 0.0, make_pace())
    again.restore([press.row], 500.0)
    assert again.due(999.0) is None
    assert not again.wants_place(999.0)


def test_only_the_newest_closed_presses_are_kept() -> None:
    bench = Bench()
    open_press = bench.press()
    closed = [bench.press() for _ in range(ENDED_KEPT + 3)]
    for press in closed:
        bench.answer(press, stage="closed")
    assert bench.panics.forget_ended() == [press.row.panic_id for press in closed[:3]]
    assert bench.panics.all() == [open_press, *closed[3:]]
    assert bench.panics.forget_ended() == []


def test_a_row_without_a_receipt_is_small() -> None:
    """Defaults are left out, so that an older and a newer agent read each other's rows."""
    row = PressRow(panic_id="x", kind="button", silent=False, pressed_at=1, clock="host")
    assert set(msgspec.json.decode(msgspec.json.encode(row))) == {
        "panic_id", "kind", "silent", "pressed_at", "clock",
    }  # fmt: skip


# --- What the holder types and says -------------------------------------------------------------


def test_a_code_goes_out_as_typed_until_a_receipt_covers_it() -> None:
    bench = Bench()
    press = bench.press()
    bench.answer(press)
    assert bench.panics.cancel("0000", moment(1.0)) is press
    assert bench.panics.cancel("1234", moment(2.0)) is press
    message = bench.panics.message(press, moment(2.0))
    assert message.update == 2
    assert message.cancel is not None
    assert [(each.code, each.at) for each in message.cancel] == [
        ("0000", moment(1.0).wall_ms),
        ("1234", moment(2.0).wall_ms),
    ]
    bench.panics.receipt(receipt(press.row.panic_id, 1), 3.0)
    assert [each.code for each in press.row.codes] == ["1234"], "the other one is covered"
    bench.panics.receipt(receipt(press.row.panic_id, 2), 3.0)
    assert press.row.codes == []
    assert bench.panics.message(press, moment(3.0)).cancel is None


def test_after_a_cancel_the_press_goes_on_and_is_silent() -> None:
    bench = Bench()
    press = bench.press()
    bench.panics.cancel("1", moment(1.0))
    bench.answer(press)
    assert press.hushed
    assert press.state == "following"
    assert bench.panics.place(location(9), 30.0) == [press]


def test_every_code_leaves_the_press_in_the_same_state() -> None:
    """The device cannot tell a PIN from a duress code from a wrong one."""

    def after(code: str) -> PressRow:
        bench = Bench()
        press = bench.press()
        bench.panics.cancel(code, moment(1.0))
        bench.panics.receipt(receipt(press.row.panic_id, 1), 2.0)
        return press.row

    assert after("1234") == after("9999") == after("x" * 32)


def test_a_code_typed_as_the_incident_is_closed_is_still_sent() -> None:
    """It may be the code for duress."""
    bench = Bench()
    press = bench.press()
    bench.answer(press)
    bench.panics.cancel("911", moment(1.0))
    bench.panics.saved(press.row.panic_id, 1)
    bench.panics.receipt(receipt(press.row.panic_id, 0, version=2, stage="closed"), 1.1)
    assert bench.panics.due(2.0) is press
    bench.panics.receipt(receipt(press.row.panic_id, 1, version=3, stage="closed"), 2.1)
    assert bench.panics.due(999.0) is None
    assert press.row.codes == []


def test_nothing_can_be_cancelled_when_nothing_is_open() -> None:
    bench = Bench()
    assert bench.panics.cancel("1234", moment(1.0)) is None
    press = bench.press()
    bench.answer(press, version=2, stage="closed")
    assert bench.panics.cancel("1234", moment(1.0)) is None
    assert press.row.codes == []


def test_a_test_press_takes_no_code_from_the_real_one() -> None:
    bench = Bench()
    real = bench.press()
    bench.press(kind="test")
    assert bench.panics.cancel("1234", moment(1.0)) is real


def test_codes_without_end_do_not_make_the_message_too_large() -> None:
    bench = Bench()
    press = bench.press(place=location(1))
    for number in range(100):
        bench.panics.cancel(f"{number:032}", moment(float(number)))
    message = bench.panics.message(press, moment(100.0))
    assert len(msgspec.json.encode(message)) < 4096


def test_the_holders_words_go_with_every_update() -> None:
    bench = Bench()
    press = bench.press()
    assert bench.panics.note("third floor", 1.0) is press
    assert bench.panics.message(press, moment(1.0)).note == "third floor"
    assert bench.panics.message(press, moment(1.0)).update == 1
