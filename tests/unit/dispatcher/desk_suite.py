"""How a desk behaves, whatever its database is: run on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from contract.errors import InvalidIdError
from contract.messages import IncidentState, Receipt
from contract.salvage import read_panic
from dispatcher.answers import CallOpening
from dispatcher.errors import RefusedError, UnknownCursorError, UnknownIncidentError
from dispatcher.incident.states import OperatorEvent
from dispatcher.panic import Panic
from tests.unit.dispatcher.world import World, new_id


def incident_of(world: World, **fields: Any) -> str:
    """Let a new press arrive and return its incident."""
    incident = world.press(**fields).incident
    assert incident is not None
    return incident


def close(world: World, incident: str) -> None:
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="helped")


class TestPresses:
    """Promise 2: one press, one incident."""

    def test_a_press_opens_an_incident_and_its_tracker_is_told(self, world: World) -> None:
        panic_id = new_id()
        receipt = world.press(panic_id=panic_id)
        assert (receipt.panic_id, receipt.update, receipt.stage) == (panic_id, 0, "received")
        detail = world.desk.incident(receipt.incident or "")
        assert (detail.state, detail.class_, detail.origin) == ("raised", "production", "panic")
        assert (detail.device, detail.kind, detail.priority) == ("tracker-a", "button", 3)
        assert detail.unacknowledged
        assert detail.on_board
        assert [line.event for line in detail.history] == ["raised"]

    def test_its_tracker_is_told_after_the_commit_and_before_others_wake(
        self, world: World
    ) -> None:
        steps: list[str] = []

        def tell(receipt: Receipt) -> None:
            steps.append(f"told, and it is {world.desk.incident(receipt.incident or '').state}")
            raise OSError("broken by the test")

        world.desk.on_commit = lambda: steps.append("woken")
        payload = world.payload()
        panic = Panic("tracker-a", payload, read_panic(payload), world.clock.now_ms())
        with pytest.raises(OSError, match="broken by the test"):
            world.desk.take(panic, tell)
        assert steps == ["told, and it is raised", "woken"]

    def test_a_repeat_changes_nothing(self, world: World) -> None:
        payload = world.payload()
        now = world.clock.now_ms()
        receipts = [world.desk.take_panic("tracker-a", payload, now) for _ in range(5)]
        assert len({receipt.incident for receipt in receipts}) == 1
        assert world.desk.incident(receipts[0].incident or "").version == 1
        assert world.sent() == ["raised"]

    def test_the_same_id_of_another_tracker_is_another_press(self, world: World) -> None:
        panic_id = new_id()
        first = world.press("tracker-a", panic_id)
        second = world.press("tracker-b", panic_id)
        assert first.incident != second.incident

    def test_an_update_completes_the_press(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        assert world.desk.incident(incident).marks == ["no_fix"]
        receipt = world.press(panic_id=panic_id, update=1, location=world.here())
        assert (receipt.update, receipt.stage, receipt.incident) == (1, "received", incident)
        detail = world.desk.incident(incident)
        assert detail.marks == []
        assert detail.place is not None
        assert detail.place.lat == 25.03

    def test_a_mere_position_is_an_event_and_no_line_of_history(self, world: World) -> None:
        """A tracker that is followed for hours must not bury what people did."""
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id, location=world.here())
        for update in (1, 2):
            world.press(panic_id=panic_id, update=update, location=world.here(), note="help")
        assert [event.type for event in world.desk.events_after(0, 9)] == [
            "raised", "updated", "updated",
        ]  # fmt: skip
        lines = world.desk.incident(incident).history
        assert [(line.event, line.note) for line in lines] == [
            ("raised", None),
            ("updated", "help"),
        ]

    def test_an_older_update_that_comes_later_changes_nothing(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        world.press(panic_id=panic_id, update=2, location=world.here(lat=25.5))
        receipt = world.press(panic_id=panic_id, update=1, location=world.here(lat=24.0))
        assert receipt.update == 2
        place = world.desk.incident(incident).place
        assert place is not None
        assert place.lat == 25.5

    def test_a_further_press_joins_raises_the_priority_and_alerts_again(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.after(30)
        assert incident_of(world) == incident
        detail = world.desk.incident(incident)
        assert (detail.state, detail.unacknowledged, detail.presses) == ("raised", True, 2)
        assert detail.priority == 2
        assert detail.acknowledged_at is None
        assert [press.stage for press in detail.press_list] == ["acknowledged", "received"]
        assert world.sent() == ["raised", "changed", "pressed"]

    @pytest.mark.parametrize(
        ("done", "state"),
        [
            ([], "acknowledged"),
            (["dispatch"], "dispatched"),
            (["dispatch", "on_scene"], "on_scene"),
        ],
    )
    def test_all_others_see_an_incident_raised_while_a_press_waits(
        self, world: World, done: list[OperatorEvent], state: IncidentState
    ) -> None:
        def listed(state: IncidentState) -> list[str]:
            return [item.id for item in world.desk.incidents(state, None, 9).items]

        incident = incident_of(world)
        for event in ("acknowledge", *done):
            world.desk.act(incident, event, "ann")
        world.clock.advance(30)
        incident_of(world)
        (item,) = world.desk.incidents("raised", None, 9).items
        assert (item.state, item.acknowledged_at, item.acknowledged_by) == ("raised", None, None)
        assert listed(state) == listed("closed") == []
        detail = world.desk.incident(incident)
        assert (detail.state, detail.history[-1].state) == ("raised", "raised")
        assert world.desk.board()[0].state == "raised"
        world.pump()
        for channel in ("webhook", "release", "log"):
            told = world.channels[channel].sent[-1].incident
            assert (told.state, told.acknowledged_at) == ("raised", None)
        summary = world.desk.events_after(0, 9)[-1].summary
        assert summary is not None
        assert summary.state == "raised"
        with pytest.raises(RefusedError, match="something waits"):
            world.desk.act(incident, "close", "ann", disposition="helped")
        detail = world.desk.act(incident, "acknowledge", "ben")
        assert (detail.state, detail.acknowledged_at) == (state, world.clock.now_ms())
        assert listed(state) == [incident]
        assert listed("raised") == []
        assert world.desk.act(incident, "close", "ben", disposition="helped").state == "closed"

    def test_a_further_press_begins_the_ladder_anew(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.after(600)
        assert "escalated" not in world.sent()
        incident_of(world)
        world.after(15)
        assert world.sent()[-1] == "escalated"

    def test_presses_alert_at_most_every_ten_seconds_and_are_counted(self, world: World) -> None:
        incident = incident_of(world)
        for _ in range(20):
            incident_of(world)
        assert world.sent() == ["raised"]
        world.clock.advance(10)
        assert world.sent() == ["raised", "pressed"]
        assert world.channels["webhook"].sent[-1].presses == 21
        world.clock.advance(10)
        assert incident_of(world) == incident
        assert world.sent() == ["raised", "pressed", "pressed"]

    def test_hammering_does_not_hold_the_ladder_back(self, world: World) -> None:
        incident_of(world)
        for _ in range(40):
            incident_of(world)
            world.after(1)
        escalations = [each for each in world.sent() if each == "escalated"]
        assert len(escalations) == 2

    def test_after_the_close_updates_are_answered_and_a_new_press_opens(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        close(world, incident)
        receipt = world.press(panic_id=panic_id, update=1, location=world.here())
        assert (receipt.stage, receipt.update, receipt.incident) == ("closed", 1, incident)
        assert world.desk.incident(incident).state == "closed"
        assert incident_of(world) != incident


class TestClasses:
    """Canary, test and production."""

    def test_a_test_and_a_canary_never_reach_a_production_channel(self, world: World) -> None:
        incident_of(world, kind="test", location=world.here())
        incident_of(world, device="canary-1", location=world.here())
        assert world.sent() == []
        assert world.sent("release") == []
        assert world.sent("log") == ["raised", "raised"]

    def test_they_close_themselves_after_five_minutes(self, world: World) -> None:
        incidents = [incident_of(world, kind="test"), incident_of(world, device="canary-1")]
        world.after(299)
        assert all(world.desk.incident(each).state == "raised" for each in incidents)
        world.after(1)
        for each in incidents:
            detail = world.desk.incident(each)
            assert (detail.state, detail.disposition) == ("closed", "test")
            assert not detail.on_board
        assert "escalated" not in world.sent("log")

    def test_a_real_press_makes_the_test_real_and_alerts_everybody(self, world: World) -> None:
        incident = incident_of(world, kind="test", location=world.here())
        world.desk.act(incident, "acknowledge", "ann")
        assert incident_of(world, kind="button") == incident
        detail = world.desk.incident(incident)
        assert (detail.class_, detail.kind, detail.unacknowledged) == ("production", "button", True)
        assert world.sent() == ["raised"]
        assert world.sent("release") == ["raised", "position"]
        world.after(300)
        assert world.desk.incident(incident).state != "closed"
        assert "escalated" in world.sent()

    def test_a_test_press_does_not_join_a_real_incident(self, world: World) -> None:
        real, test = incident_of(world), incident_of(world, kind="test")
        assert real != test
        assert world.desk.incident(real).class_ == "production"

    def test_a_test_whose_kind_turns_out_to_be_real_is_raised(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id, kind="test")
        receipt = world.press(panic_id=panic_id, update=1, kind="fall")
        assert receipt.incident == incident
        assert world.desk.incident(incident).class_ == "production"
        assert world.sent() == ["raised"]

    def test_no_update_makes_a_real_press_a_test(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id, kind="test")
        world.press(panic_id=panic_id, update=1, kind="fall")
        receipt = world.press(panic_id=panic_id, update=2, kind="test")
        assert (receipt.incident, receipt.update) == (incident, 2)
        detail = world.desk.incident(incident)
        assert (detail.class_, detail.kind, detail.priority) == ("production", "fall", 3)
        assert detail.press_list[0].kind == "fall"

    def test_a_closed_test_whose_press_is_real_is_raised_anew(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id, kind="test")
        world.after(300)
        receipt = world.press(panic_id=panic_id, update=1, kind="button")
        assert (receipt.incident, receipt.stage) == (incident, "received")
        detail = world.desk.incident(incident)
        assert (detail.state, detail.class_, detail.closed_at) == ("raised", "production", None)
        assert world.sent() == ["raised"]

    def test_a_test_that_is_real_moves_to_the_incident_that_is_open(self, world: World) -> None:
        panic_id = new_id()
        test = incident_of(world, panic_id=panic_id, kind="test")
        # A test does not take a real press along when a real incident is open already.
        world.desk.act(test, "acknowledge", "ann")
        world.desk.act(test, "close", "ann", disposition="test")
        real = incident_of(world)
        receipt = world.press(panic_id=panic_id, update=1, kind="button")
        assert receipt.incident == real
        assert world.desk.incident(real).presses == 2


class TestUnreadable:
    """Promise 3: what cannot be read is raised all the same."""

    def test_garbage_is_an_incident_and_answered_without_an_id(self, world: World) -> None:
        receipt = world.desk.take_panic("tracker-a", b"\xff\x00garbage", world.clock.now_ms())
        assert (receipt.panic_id, receipt.stage) == (None, "received")
        detail = world.desk.incident(receipt.incident or "")
        assert (detail.class_, detail.kind, detail.silent) == ("production", "button", True)
        assert detail.marks == ["unreadable", "no_fix"]
        assert world.sent() == ["raised"]

    def test_all_of_one_tracker_join_and_alert_at_most_every_five_minutes(
        self, world: World
    ) -> None:
        def garbage(number: int) -> str | None:
            return world.desk.take_panic(
                "tracker-a", b"garbage %d" % number, world.clock.now_ms()
            ).incident

        first = garbage(0)
        world.desk.act(first or "", "acknowledge", "ann")
        for number in range(1, 5):
            world.after(60)
            assert garbage(number) == first
        assert world.sent() == ["raised", "changed"]
        assert not world.desk.incident(first or "").unacknowledged
        world.after(60)
        assert garbage(5) == first
        assert world.sent() == ["raised", "changed", "pressed"]
        detail = world.desk.incident(first or "")
        assert (detail.unacknowledged, detail.presses) == (True, 1)

    def test_a_payload_seen_before_is_a_repeat_also_after_the_close(self, world: World) -> None:
        now = world.clock.now_ms()
        first = world.desk.take_panic("tracker-a", b"garbage", now)
        close(world, first.incident or "")
        again = world.desk.take_panic("tracker-a", b"garbage", now)
        assert (again.incident, again.stage) == (first.incident, "closed")
        other = world.desk.take_panic("tracker-a", b"more garbage", now)
        assert other.incident != first.incident

    def test_it_joins_the_open_incident(self, world: World) -> None:
        incident = incident_of(world)
        world.clock.advance(20)
        receipt = world.desk.take_panic("tracker-a", b"garbage", world.clock.now_ms())
        assert receipt.incident == incident
        assert world.desk.incident(incident).presses == 2
        assert world.sent() == ["raised", "pressed"]

    def test_a_bad_field_costs_that_field_alone(self, world: World) -> None:
        panic_id = new_id()
        receipt = world.press(
            panic_id=panic_id, location={"lat": "x"}, silent="perhaps", note=7, sent_at=-1
        )
        assert receipt.panic_id == panic_id
        detail = world.desk.incident(receipt.incident or "")
        assert detail.silent
        assert "unreadable" in detail.marks

    @pytest.mark.parametrize(
        "note",
        ["\x00", "\ud800", "a\u202eb", "x" * 5000, "\U0001f198 救命", "'; drop table incidents"],
    )
    def test_no_text_of_the_holder_can_break_the_database(self, world: World, note: str) -> None:
        payload = world.payload(note="NOTE")
        escaped = "".join(f"\\u{ord(each):04x}" if ord(each) < 0x10000 else each for each in note)
        payload = payload.replace(b"NOTE", escaped.encode("utf-8", "surrogatepass"))
        receipt = world.desk.take_panic("tracker-a", payload, world.clock.now_ms())
        assert world.desk.incident(receipt.incident or "").state == "raised"

    def test_numbers_at_their_limits_are_kept(self, world: World) -> None:
        limit = 2**53
        receipt = world.press(
            update=limit, pressed_at=limit, sent_at=limit, age_ms=limit,
            location=world.here(time=limit, alt=1e308, seq=limit),
        )  # fmt: skip
        assert receipt.update == limit
        assert world.desk.incident(receipt.incident or "").place is not None


class TestOperators:
    """What people do."""

    def test_the_usual_way_and_what_the_tracker_is_told(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        for event in ("presented", "acknowledge", "dispatch", "on_scene"):
            world.desk.act(incident, event, "ann")
        detail = world.desk.act(incident, "close", "ann", disposition="helped", note="found her")
        assert [(device, receipt.stage) for device, receipt in world.receipts] == [
            ("tracker-a", stage)
            for stage in ("presented", "acknowledged", "dispatched", "on_scene", "closed")
        ]
        versions = [receipt.version for _, receipt in world.receipts]
        assert versions == sorted(set(versions))
        assert {receipt.panic_id for _, receipt in world.receipts} == {panic_id}
        assert (detail.state, detail.disposition) == ("closed", "helped")
        assert detail.history[-1].note == "found her"
        assert [line.event for line in detail.history] == [
            "raised", "presented", "acknowledged", "dispatched", "on_scene", "closed",
        ]  # fmt: skip

    def test_the_answer_to_an_update_is_the_present_stage(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        world.desk.act(incident, "acknowledge", "ann")
        receipt = world.press(panic_id=panic_id, update=1)
        assert (receipt.stage, receipt.update) == ("acknowledged", 1)

    def test_two_operators_at_once_one_wins_and_the_other_is_told_who(self, world: World) -> None:
        incident = incident_of(world)
        barrier = Barrier(2)

        def acknowledge(name: str) -> str | None:
            barrier.wait()
            try:
                world.desk.act(incident, "acknowledge", name)
            except RefusedError as error:
                return error.actor
            return None

        with ThreadPoolExecutor(2) as pool:
            told = dict(zip(("ann", "bob"), pool.map(acknowledge, ("ann", "bob")), strict=True))
        (loser,) = [name for name, other in told.items() if other is not None]
        assert told[loser] == world.desk.incident(incident).acknowledged_by != loser

    def test_closing_needs_an_acknowledgement_and_a_disposition(self, world: World) -> None:
        incident = incident_of(world)
        with pytest.raises(RefusedError) as refused:
            world.desk.act(incident, "close", "ann", disposition="helped")
        assert refused.value.reason == "not_acknowledged"
        world.desk.act(incident, "acknowledge", "ann")
        with pytest.raises(RefusedError) as refused:
            world.desk.act(incident, "close", "ann")
        assert refused.value.reason == "disposition_missing"

    def test_a_press_that_nobody_has_seen_keeps_it_open(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        incident_of(world)
        with pytest.raises(RefusedError) as refused:
            world.desk.act(incident, "close", "ann", disposition="helped")
        assert refused.value.reason == "not_acknowledged"

    def test_reopening_alerts_everybody_and_asks_the_newest_press(self, world: World) -> None:
        old, new = new_id(), new_id()
        incident = incident_of(world, panic_id=old)
        incident_of(world, panic_id=new)
        close(world, incident)
        detail = world.desk.act(incident, "reopen", "bob")
        assert (detail.state, detail.unacknowledged) == ("raised", True)
        assert detail.acknowledged_at is None
        assert [press.stage for press in detail.press_list] == ["closed", "reopened"]
        ((device, receipt),) = world.desk.reopened_receipts()
        assert (device, receipt.panic_id, receipt.stage) == ("tracker-a", new, "reopened")
        world.press(panic_id=new, update=1)
        assert world.desk.reopened_receipts() == []
        assert world.sent()[-1] == "raised"
        world.after(15)
        assert world.sent()[-1] == "escalated"

    def test_reopening_while_another_is_open_merges_into_that_one(self, world: World) -> None:
        panic_id = new_id()
        old = incident_of(world, panic_id=panic_id)
        close(world, old)
        new = incident_of(world)
        world.desk.act(new, "acknowledge", "ann")
        detail = world.desk.act(old, "reopen", "ann")
        assert (detail.id, detail.unacknowledged, detail.presses) == (new, True, 2)
        assert detail.merged == [old]
        gone = world.desk.incident(old)
        assert (gone.state, gone.merged_into, gone.press_list) == ("closed", new, [])
        ((_, receipt),) = world.desk.reopened_receipts()
        assert (receipt.panic_id, receipt.incident) == (panic_id, new)
        with pytest.raises(RefusedError) as refused:
            world.desk.act(old, "reopen", "ann")
        assert (refused.value.reason, refused.value.incident) == ("merged", new)

    def test_drawing_it_twice_changes_nothing(self, world: World) -> None:
        incident = incident_of(world)
        first = world.desk.act(incident, "presented", "ann")
        second = world.desk.act(incident, "presented", "bob")
        assert first.version == second.version
        assert second.press_list[0].presented_at == world.clock.now_ms()

    def test_an_unknown_incident_is_said_to_be_unknown(self, world: World) -> None:
        for name in ("nothing", "\x00", "\ud800", new_id()):
            with pytest.raises(UnknownIncidentError):
                world.desk.incident(name)
            with pytest.raises(UnknownIncidentError):
                world.desk.act(name, "acknowledge", "ann")
        assert not world.desk.alarm.is_down

    def test_an_operators_note_is_kept_on_one_line(self, world: World) -> None:
        incident = incident_of(world)
        detail = world.desk.act(incident, "acknowledge", "ann", note="on\x00 it\n" + "x" * 300)
        note = detail.history[-1].note or ""
        assert note.startswith("on it x")
        assert len(note) == 200


class TestCalls:
    """An operator opens an incident from a call."""

    def test_it_is_an_incident_like_any_other(self, world: World) -> None:
        call = CallOpening(phone="+886 912 345 678", case_number="110-7", note="a man follows her")
        detail = world.desk.open_from_call(call, "ann")
        assert (detail.origin, detail.kind, detail.state) == ("call", "call", "raised")
        assert (detail.phone, detail.case_number) == ("+886 912 345 678", "110-7")
        assert detail.press_list[0].note == "a man follows her"
        assert world.sent() == ["raised"]
        world.after(15)
        assert world.sent() == ["raised", "escalated"]

    def test_it_joins_the_trackers_open_incident_and_a_press_joins_it(self, world: World) -> None:
        incident = incident_of(world)
        world.clock.advance(20)
        assert world.desk.open_from_call(CallOpening(device="tracker-a"), "ann").id == incident
        assert world.sent() == ["raised", "pressed"]
        opened = world.desk.open_from_call(CallOpening(device="tracker-b"), "ann").id
        assert incident_of(world, device="tracker-b") == opened

    def test_it_can_be_worked_on_and_reopened(self, world: World) -> None:
        detail = world.desk.open_from_call(CallOpening(device="tracker-a"), "ann")
        close(world, detail.id)
        assert world.desk.act(detail.id, "reopen", "ann").unacknowledged
        assert world.receipts == []
        assert world.desk.reopened_receipts() == []

    def test_a_device_id_that_is_none_is_refused(self, world: World) -> None:
        with pytest.raises(InvalidIdError):
            world.desk.open_from_call(CallOpening(device="Not A Device"), "ann")


class TestSealing:
    """Promise 9: a position only while the incident is open."""

    def test_a_closed_incident_gives_no_position(self, world: World) -> None:
        incident = incident_of(world, location=world.here())
        assert world.desk.incident(incident).place is not None
        assert world.desk.board()[0].place is not None
        close(world, incident)
        assert world.desk.incident(incident).place is None
        world.desk.act(incident, "reopen", "ann")
        assert world.desk.incident(incident).place is not None

    def test_the_newest_fix_is_shown_not_the_newest_arrival(self, world: World) -> None:
        now = world.clock.now_ms()
        incident = incident_of(world, location=world.here(lat=25.1, time=now))
        world.clock.advance(1)
        incident_of(world, location=world.here(lat=24.0, time=now - 60_000))
        place = world.desk.incident(incident).place
        assert place is not None
        assert place.lat == 25.1

    @pytest.mark.parametrize("seconds", [-60, 6, 10**9, None])
    def test_an_update_with_a_worse_fix_does_not_replace_the_better_one(
        self, world: World, seconds: int | None
    ) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id, location=world.here(lat=25.1))
        time = None if seconds is None else world.clock.now_ms() + seconds * 1000
        world.press(panic_id=panic_id, update=1, location=world.here(lat=24.0, time=time))
        detail = world.desk.incident(incident)
        assert detail.place is not None
        assert detail.place.lat == 25.1
        assert "stale_fix" not in detail.marks

    def test_a_fix_from_the_future_is_shown_while_there_is_no_other(self, world: World) -> None:
        future = world.here(lat=1, time=world.clock.now_ms() + 10**10)
        incident = incident_of(world, location=future)
        place = world.desk.incident(incident).place
        assert place is not None
        assert place.lat == 1

    def test_a_fix_from_the_future_does_not_stay_the_newest_for_ever(self, world: World) -> None:
        panic_id = new_id()
        future = world.clock.now_ms() + 10**10
        incident = incident_of(world, panic_id=panic_id, location=world.here(lat=1, time=future))
        world.clock.advance(10)
        world.press(panic_id=panic_id, update=1, location=world.here(lat=25.2))
        place = world.desk.incident(incident).place
        assert place is not None
        assert place.lat == 25.2

    def test_positions_are_released_while_it_is_open(self, world: World) -> None:
        panic_id = new_id()
        incident = incident_of(world, panic_id=panic_id)
        for update in (1, 2):
            world.press(panic_id=panic_id, update=update, location=world.here(lat=25 + update))
        world.pump()
        positions = [m.position for m in world.channels["release"].sent if m.position]
        assert [each.place.lat for each in positions] == [26, 27]
        close(world, incident)
        world.pump()
        assert world.channels["release"].sent[-1].incident.state == "closed"


class TestLists:
    """What consoles and programs read."""

    def test_pages_hold_each_incident_once_newest_first(self, world: World) -> None:
        opened = []
        for number in range(7):
            opened.append(incident_of(world, device=f"tracker-{number}"))
            world.clock.advance(number % 2)
        seen: list[str] = []
        cursor = None
        while True:
            page = world.desk.incidents(None, cursor, 2)
            seen += [item.id for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == sorted(opened)
        times = [world.desk.incident(each).opened_at for each in seen]
        assert times == sorted(times, reverse=True)

    def test_a_page_can_be_of_one_state(self, world: World) -> None:
        closed, raised = incident_of(world), incident_of(world, device="tracker-b")
        close(world, closed)
        assert [each.id for each in world.desk.incidents("raised", None, 9).items] == [raised]
        assert [each.id for each in world.desk.incidents("closed", None, 9).items] == [closed]
        with pytest.raises(UnknownCursorError):
            world.desk.incidents(None, "1; drop table", 9)

    def test_the_board_shows_what_is_open_the_most_urgent_first(self, world: World) -> None:
        calm = incident_of(world, device="tracker-a", kind="tamper")
        urgent = incident_of(world, device="tracker-b", silent=True)
        done = incident_of(world, device="tracker-c")
        incident_of(world, device="canary-1")
        close(world, done)
        assert [each.id for each in world.desk.board()] == [urgent, calm]
        assert world.desk.board()[0] == world.desk.incident(urgent)

    def test_events_count_up_and_can_be_resumed(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        events = world.desk.events_after(0, 10)
        assert [event.type for event in events] == ["raised", "acknowledged"]
        assert [event.incident for event in events] == [incident] * 2
        assert world.desk.events_after(events[0].id, 10) == events[1:]
        assert world.desk.events_after(0, 1) == events[:1]
        assert world.desk.last_event() == events[-1].id
        assert world.desk.wait_for_events(events[0].id, 0)
        assert not world.desk.wait_for_events(events[-1].id, 0)

    def test_forgetting_events_keeps_the_newest_number(self, world: World) -> None:
        incident_of(world)
        incident_of(world, device="tracker-b")
        last = world.desk.last_event()
        world.desk.forget_events(world.clock.now_ms() + 1)
        assert world.desk.last_event() == last
        assert len(world.desk.events_after(0, 10)) == 1

    def test_open_receipts_are_those_of_open_and_lately_closed_incidents(
        self, world: World
    ) -> None:
        closed = incident_of(world, device="tracker-a")
        close(world, closed)
        closed_at = world.clock.now_ms()
        world.clock.advance(60)
        incident_of(world, device="tracker-b")
        world.desk.open_from_call(CallOpening(device="tracker-c"), "ann")
        told = {device: receipt.stage for device, receipt in world.desk.open_receipts(closed_at)}
        assert told == {"tracker-a": "closed", "tracker-b": "received"}
        assert [device for device, _ in world.desk.open_receipts(closed_at + 1)] == ["tracker-b"]
        some = world.desk.receipts_of({"tracker-a", "tracker-c", "tracker-d"}, closed_at)
        assert [(device, receipt.stage) for device, receipt in some] == [("tracker-a", "closed")]


class TestEscalation:
    """Promise 5: it never goes quiet."""

    @pytest.mark.timeout(30)
    def test_it_fires_exactly_at_its_times(self, world: World) -> None:
        incident_of(world)
        fired = []
        for second in range(1, 370):
            before = world.desk.last_event()
            world.after(1)
            if world.desk.last_event() > before:
                fired.append(second)
        assert fired == [15, 30, 60, 120, 240, 360]
        world.pump()
        steps = [message.step for message in world.channels["webhook"].sent]
        assert steps == [0, 1, 2, 3, 4, 5, 6]

    def test_every_alert_of_an_incident_can_be_recognised(self, world: World) -> None:
        incident = incident_of(world)
        world.after(15)
        world.pump()
        sent = world.channels["webhook"].sent
        assert [message.id for message in sent] == [f"{incident}.0", f"{incident}.1"]
        assert {message.incident.incident for message in sent} == {incident}

    def test_it_goes_on_in_time_after_a_restart(self, world: World) -> None:
        incident_of(world)
        world.after(20)
        world.crash()
        world.after(9)
        assert world.sent().count("escalated") == 1
        world.after(1)
        assert world.sent().count("escalated") == 2

    def test_what_fell_due_while_we_were_down_fires_at_once(self, world: World) -> None:
        incident_of(world)
        world.clock.advance(86_400)
        world.crash()
        world.after(0)
        world.after(0)
        world.after(0)
        world.after(0)
        assert world.sent().count("escalated") == 4
        world.after(119)
        assert world.sent().count("escalated") == 4
        world.after(1)
        assert world.sent().count("escalated") == 5

    @pytest.mark.parametrize("back_s", [106, 200, 86_400])
    def test_a_clock_set_back_does_not_silence_it(self, world: World, back_s: int) -> None:
        incident_of(world)
        world.clock.set_wall(world.clock.now_ms() - back_s * 1000)
        world.after(0)
        assert world.sent("log").count("escalated") == 1
        world.after(120)
        assert world.sent("log").count("escalated") >= 2

    def test_acknowledging_ends_it(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.after(3600)
        assert "escalated" not in world.sent()


class TestTogether:
    """Two desks on one database."""

    def test_one_press_through_two_dispatchers_is_one_incident(self, world: World) -> None:
        other = World(world.url, world.clock)
        try:
            for _ in range(20):
                payload, device = world.payload(), f"tracker-{new_id()}"
                barrier = Barrier(2)

                def take(
                    each: World, payload: bytes = payload, device: str = device,
                    barrier: Barrier = barrier,
                ) -> str | None:  # fmt: skip
                    barrier.wait()
                    return each.desk.take_panic(device, payload, 0).incident

                with ThreadPoolExecutor(2) as pool:
                    assert len(set(pool.map(take, (world, other)))) == 1
        finally:
            other.close()
        assert len(world.desk.incidents(None, None, 100).items) == 20
        assert world.sent("log") == ["raised"] * 20

    def test_two_presses_through_two_dispatchers_join(self, world: World) -> None:
        other = World(world.url, world.clock)
        try:
            for number in range(20):
                device = f"tracker-{number}"
                barrier = Barrier(2)

                def take(
                    each: World, device: str = device, barrier: Barrier = barrier
                ) -> str | None:
                    barrier.wait()
                    return each.press(device).incident

                with ThreadPoolExecutor(2) as pool:
                    (incident,) = set(pool.map(take, (world, other)))
                assert world.desk.incident(incident or "").presses == 2
        finally:
            other.close()

    def test_a_delivery_and_a_timer_are_taken_by_one_of_them(self, world: World) -> None:
        other = World(world.url, world.clock)
        try:
            for number in range(10):
                incident_of(world, device=f"tracker-{number}")
            world.clock.advance(15)

            def work(each: World) -> None:
                each.timers.turn()
                each.pump()

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(work, (world, other)))
            world.clock.advance(6)
            work(world)
            ids = [m.id for each in (world, other) for m in each.channels["log"].sent]
        finally:
            other.close()
        assert len(ids) == len(set(ids)) == 20
