"""What operators do together, whatever the database is: run on SQLite and on PostgreSQL."""

import pytest

from dispatcher.answers import CallOpening
from dispatcher.errors import RefusalReason, RefusedError, UnknownIncidentError
from dispatcher.incident.states import OperatorEvent
from dispatcher.jurisdiction.taiwan import taiwan
from dispatcher.routing import Routing
from dispatcher.store import accounts
from dispatcher.store.accounts import StoredUser
from tests.unit.dispatcher.world import LOG, World, new_id


def incident_of(world: World, device: str = "tracker-a") -> str:
    incident = world.press(device).incident
    assert incident is not None
    return incident


def call_of(world: World) -> str:
    return world.desk.open_from_call(CallOpening(phone="110"), "ann").id


def add_user(
    world: World, name: str, role: str = "operator", disabled_at: int | None = None
) -> None:
    user = StoredUser(
        name=name, password_hash="", roles=[role], created_at=0, disabled_at=disabled_at
    )
    with world.database.writing() as connection:
        accounts.add_user(connection, user)


def refusal(
    world: World, incident: str, event: OperatorEvent, actor: str = "ann", **what: str
) -> RefusedError:
    """Let somebody do what is refused; it changes nothing."""
    before = world.desk.incident(incident)
    with pytest.raises(RefusedError) as refused:
        world.desk.act(incident, event, actor, **what)  # type: ignore[arg-type]
    assert world.desk.incident(incident) == before
    return refused.value


class TestNotesAndRoles:
    def test_a_note_is_a_line_of_history_also_after_the_close(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "note", "ann", note="her brother called")
        world.desk.act(incident, "acknowledge", "ann")
        world.desk.act(incident, "close", "ann", disposition="helped")
        detail = world.desk.act(incident, "note", "ben", note="report 7 written")
        noted = [(line.actor, line.note) for line in detail.history if line.event == "noted"]
        assert noted == [("ann", "her brother called"), ("ben", "report 7 written")]
        assert detail.state == "closed"
        assert refusal(world, incident, "note").reason == "note_missing"

    def test_other_needs_words(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        assert refusal(world, incident, "close", disposition="other").reason == "note_missing"
        done = world.desk.act(incident, "close", "ann", disposition="other", note="a film is shot")
        assert (done.disposition, done.history[-1].actor) == ("other", "ann")

    def test_an_observer_is_refused_whatever_it_is(self, world: World) -> None:
        incident = incident_of(world)
        assert refusal(world, incident, "acknowledge", role="observer").reason == "not_permitted"


class TestHandOver:
    def test_who_has_it_gives_it_to_somebody_who_may_work_on_it(self, world: World) -> None:
        add_user(world, "ben")
        incident = incident_of(world)
        assert refusal(world, incident, "hand_over", target="ben").reason == "not_acknowledged"
        world.desk.act(incident, "acknowledge", "ann")
        detail = world.desk.act(incident, "hand_over", "ann", target="ben", note="end of shift")
        assert (detail.acknowledged_by, detail.unacknowledged) == ("ben", False)
        line = detail.history[-1]
        assert (line.event, line.actor, line.note) == ("handed_over", "ann", "ben · end of shift")

    @pytest.mark.parametrize("name", ["nobody", "lin", "gone", "\x00", "\ud800"])
    def test_nobody_else_gets_it(self, world: World, name: str) -> None:
        add_user(world, "lin", "observer")
        add_user(world, "gone", disabled_at=1)
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        assert refusal(world, incident, "hand_over", target=name).reason == "unknown_operator"

    def test_of_two_who_take_it_at_once_the_second_is_told_who_has_it(self, world: World) -> None:
        add_user(world, "cem", "supervisor")
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.desk.act(incident, "hand_over", "ben", target="ben", instead_of="ann")
        refused = refusal(world, incident, "hand_over", "cem", target="cem", instead_of="ann")
        assert (refused.reason, refused.actor) == ("held_by_another", "ben")


class TestAssignment:
    def test_of_two_who_assign_at_once_the_second_is_told_who(self, world: World) -> None:
        incident = incident_of(world)
        assert refusal(world, incident, "assign").reason == "target_missing"
        detail = world.desk.act(incident, "assign", "ann", target="Patrol 12")
        assert (detail.assigned_to, detail.assigned_by) == ("Patrol 12", "ann")
        assert detail.unacknowledged
        refused = refusal(world, incident, "assign", "ben", target="Patrol 3")
        assert (refused.reason, refused.actor) == ("already_assigned", "ann")
        detail = world.desk.act(
            incident, "assign", "ben", target="Patrol 3", instead_of="Patrol 12"
        )
        assert detail.assigned_to == "Patrol 3"


class TestLinksAndMerges:
    def test_linked_incidents_both_go_on_and_name_each_other(self, world: World) -> None:
        first, second = incident_of(world), incident_of(world, "tracker-b")
        for _ in range(2):
            world.desk.act(first, "link", "ann", target=second)
        assert world.desk.incident(first).linked == [second]
        assert world.desk.incident(second).linked == [first]
        assert {each.id for each in world.desk.board()} == {first, second}

    @pytest.mark.parametrize("into_call", [True, False])
    def test_a_call_and_the_press_it_is_about_become_one(
        self, world: World, *, into_call: bool
    ) -> None:
        press, call = incident_of(world), call_of(world)
        gone, survivor = (press, call) if into_call else (call, press)
        world.desk.act(survivor, "acknowledge", "ann")
        world.clock.advance(20)
        detail = world.desk.act(gone, "merge", "ben", target=survivor)
        assert (detail.id, detail.device, detail.phone) == (survivor, "tracker-a", "110")
        assert (detail.presses, detail.unacknowledged, detail.merged) == (2, True, [gone])
        left = world.desk.incident(gone)
        assert (left.state, left.disposition, left.merged_into) == ("closed", "duplicate", survivor)
        assert [each.id for each in world.desk.board()] == [survivor]
        assert world.sent(incident=survivor)[-1] == "pressed"
        world.after(15)
        assert world.sent(incident=survivor)[-1] == "escalated"
        assert incident_of(world) == survivor
        refused = refusal(world, gone, "acknowledge")
        assert (refused.reason, refused.incident) == ("merged", survivor)

    def test_a_press_that_was_acknowledged_moves_without_an_alarm(self, world: World) -> None:
        press, call = incident_of(world), call_of(world)
        for each in (press, call):
            world.desk.act(each, "acknowledge", "ann")
        assert not world.desk.act(call, "merge", "ann", target=press).unacknowledged
        assert world.sent(incident=press)[-1] == "changed"

    def test_an_update_of_a_moved_press_is_answered_from_where_it_is(self, world: World) -> None:
        panic_id = new_id()
        old = world.press(panic_id=panic_id).incident or ""
        survivor = call_of(world)
        world.desk.act(old, "merge", "ann", target=survivor)
        receipt = world.press(panic_id=panic_id, update=1, location=world.here())
        assert (receipt.incident, receipt.stage) == (survivor, "received")
        assert world.desk.incident(survivor).place is not None

    def test_what_was_merged_leads_to_the_last_survivor(self, world: World) -> None:
        first, second, third = call_of(world), call_of(world), call_of(world)
        world.desk.act(first, "merge", "ann", target=second)
        world.desk.act(second, "merge", "ann", target=third)
        assert world.desk.incident(first).merged_into == third
        assert world.desk.incident(third).merged == sorted([first, second])

    def test_positions_go_along_and_are_sealed_where_they_were(self, world: World) -> None:
        press = world.press(location=world.here()).incident or ""
        survivor = call_of(world)
        assert world.desk.act(press, "merge", "ann", target=survivor).place is not None
        world.pump()
        sent = world.channels["release"].sent
        assert [m.incident.incident for m in sent if m.position] == [press, survivor]
        assert world.desk.incident(press).place is None

    def test_what_is_not_one_case_is_refused(self, world: World) -> None:
        a, b, call = incident_of(world), incident_of(world, "tracker-b"), call_of(world)
        test = world.press("tracker-c", kind="test").incident or ""
        closed = call_of(world)
        world.desk.act(closed, "acknowledge", "ann")
        world.desk.act(closed, "close", "ann", disposition="helped")
        wanted: list[tuple[str, str, RefusalReason]] = [
            (a, a, "same_incident"),
            (a, b, "other_tracker"),
            (call, test, "other_class"),
            (call, closed, "other_closed"),
            (closed, call, "already_closed"),
        ]
        for gone, survivor, reason in wanted:
            assert refusal(world, gone, "merge", target=survivor).reason == reason
        with pytest.raises(UnknownIncidentError):
            world.desk.act(a, "merge", "ann", target=new_id())


class TestTransfer:
    def test_it_stays_with_the_sender_until_the_receiver_accepts(self, world: World) -> None:
        incident = incident_of(world)
        detail = world.desk.act(incident, "transfer", "ann", target="hualien")
        assert (detail.transfer_to, detail.transfer_by, detail.on_board) == ("hualien", "ann", True)
        assert (detail.jurisdiction, detail.unacknowledged) == (None, True)
        assert refusal(world, incident, "accept").reason == "own_transfer"
        refused = refusal(world, incident, "transfer", "ben", target="tainan")
        assert (refused.reason, refused.actor) == ("already_transferred", "ann")
        detail = world.desk.act(incident, "accept", "ben")
        assert (detail.jurisdiction, detail.transfer_to) == ("hualien", None)
        assert (detail.state, detail.acknowledged_by) == ("acknowledged", "ben")
        world.after(61)
        assert world.desk.incident(incident).acknowledged_by == "ben"
        assert refusal(world, incident, "transfer", target="hualien").reason == "own_jurisdiction"

    def test_what_nobody_accepts_comes_back_after_a_minute_and_escalates(
        self, world: World
    ) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.desk.act(incident, "transfer", "ann", target="hualien")
        world.after(59)
        assert world.desk.incident(incident).transfer_to == "hualien"
        world.crash()
        world.after(1)
        detail = world.desk.incident(incident)
        assert (detail.transfer_to, detail.state, detail.unacknowledged) == (None, "raised", True)
        assert detail.history[-1].event == "returned"
        assert world.sent()[-1] == "escalated"
        assert [receipt.stage for _, receipt in world.receipts] == ["acknowledged"]
        world.after(15)
        assert world.sent().count("escalated") == 2
        assert refusal(world, incident, "accept", "ben").reason == "no_transfer"

    def test_what_is_declined_comes_back_at_once(self, world: World) -> None:
        incident = incident_of(world)
        assert refusal(world, incident, "decline").reason == "no_transfer"
        world.desk.act(incident, "acknowledge", "ann")
        world.desk.act(incident, "transfer", "ann", target="hualien")
        assert world.desk.act(incident, "decline", "ben").unacknowledged
        assert world.sent()[-1] == "escalated"

    def test_a_place_that_is_none_is_refused(self, world: World) -> None:
        incident = incident_of(world)
        world.desk._routing = Routing([LOG], jurisdictions=taiwan())
        refused = refusal(world, incident, "transfer", target="atlantis")
        assert refused.reason == "unknown_jurisdiction"

    def test_closing_it_ends_the_transfer(self, world: World) -> None:
        incident = incident_of(world)
        world.desk.act(incident, "acknowledge", "ann")
        world.desk.act(incident, "transfer", "ann", target="hualien")
        assert world.desk.act(incident, "close", "ann", disposition="helped").transfer_to is None
        world.after(61)
        assert world.desk.incident(incident).state == "closed"
