from queue import SimpleQueue
from typing import Any

import pytest

from contract import codec
from contract.ids import uuid7
from contract.limits import PANIC_DISK_WAIT_S, UNSTORED_RESEND_S
from contract.messages import (
    Command,
    Driver,
    Journey,
    Receipt,
    Reports,
    Stage,
    Stored,
    Text,
)
from device_agent.events import (
    Asked,
    BatteryRead,
    ButtonLost,
    CodeTyped,
    DiskState,
    Heard,
    LinkDown,
    OutboxReset,
    PortState,
    Pressed,
    PressSaved,
    Puback,
    Stuck,
)
from device_agent.messages import Messages
from device_agent.outbox import Changes, Kept
from device_agent.text_fallback import Fallback
from device_agent.tracker import ROUND_S
from runtime.clock import ManualClock
from runtime.mqtt.interface import Up
from tests.unit.device_agent.fakes import (
    BOOT,
    FakeDisk,
    FakeLink,
    Sent,
    epoch,
    fix,
    incoming,
    location,
    make_tracker,
    names,
    receipt,
)


class Desk:
    """A tracker with its surroundings; what is sent gets its PUBACK unless a test says no."""

    def __init__(self, *, interval_s: float = 10.0, kept: Kept | None = None) -> None:
        self.clock = ManualClock()
        self.link = FakeLink()
        self.disk = FakeDisk()
        self.tracker = make_tracker(self.clock, self.link, self.disk, interval_s=interval_s)
        self.tracker.restore(kept or Kept())
        self.connections = 0
        self.broker_answers = True
        self.disk_answers = True

    def connect(self) -> list[Sent]:
        self.connections += 1
        self.link.connection = self.connections
        self.tracker.handle(Up(self.connections, False, "mqtts://broker:8883"))
        return self.go()

    def disconnect(self) -> None:
        self.link.connection = None
        self.tracker.handle(LinkDown(self.connections, "gone"))

    def go(self, seconds: float = 0.0) -> list[Sent]:
        """Let time pass in the steps that the tracker asks for; return all that was sent."""
        sent: list[Sent] = []
        left, rounds = seconds, 0
        while True:
            wait = self.tracker.step()
            sent += (taken := self.link.take())
            busy = self._answer(taken)
            rounds += 1
            assert rounds < 1000 + 100 * seconds, "the working loop spins"
            if not busy:
                if left <= 0:
                    return sent
                step = min(max(wait, 0.001), left)
                self.clock.advance(step)
                left -= step

    def _answer(self, taken: list[Sent]) -> bool:
        """Let broker and disk answer; False when there was nothing to answer."""
        for each in taken if self.broker_answers else ():
            self.tracker.handle(Puback(each.packet, each.connection, None))
        saved, self.disk.saved = self.disk.saved, []
        for event in saved if self.disk_answers else ():
            self.tracker.handle(event)
        return bool(taken and self.broker_answers) or bool(saved and self.disk_answers)

    def hear(self, *, fixed: bool = True) -> list[Sent]:
        of = fix(self.clock) if fixed else None
        self.tracker.handle(Heard(epoch(of), self.clock.monotonic()))
        return self.go()

    def press(self, *, silent: bool = False) -> list[Sent]:
        at = self.clock.monotonic()
        self.tracker.handle(Pressed("button", silent, at, "test"))
        return self.go()

    def command(self, **fields: Any) -> Command:
        made = Command(
            command_id=uuid7(self.clock.now_ms(), bytes(10)), at=self.clock.now_ms(), **fields
        )
        self.tracker.handle(incoming("command", made))
        return made

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        answers: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.tracker.handle(Asked(question, answers))
        return answers.get_nowait()


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.connect()
    return made


def test_a_connection_begins_with_a_retained_status() -> None:
    (sent,) = Desk().connect()
    assert (sent.topic, sent.retain) == ("guardian/v1/tracker-a/status", True)
    assert (sent.status().state, sent.status().boot, sent.status().connect) == ("online", BOOT, 1)


def test_a_fix_becomes_a_location_and_stays_in_the_outbox_until_stored(desk: Desk) -> None:
    (sent,) = desk.hear()
    assert sent.name == "location"
    assert (sent.location().boot, sent.location().seq) == (BOOT, 0)
    assert desk.disk.kept.reports == {(BOOT, 0): sent.payload}
    desk.tracker.handle(incoming("stored", Stored(reports=[Reports(boot=BOOT, seqs=[(0, 0)])])))
    assert desk.disk.kept.reports == {}
    assert len(desk.tracker.backlog) == 0


def test_an_unnamed_location_comes_again_until_it_is_stored(desk: Desk) -> None:
    desk.hear()
    again = [each for each in desk.go(UNSTORED_RESEND_S + 1) if each.name == "history"]
    assert [each.history()[0].seq for each in again] == [0]
    desk.tracker.handle(incoming("stored", Stored(reports=[Reports(boot=BOOT, seqs=[(0, 0)])])))
    assert "history" not in names(desk.go(4000))


def test_an_outage_ends_with_the_newest_position_then_the_backlog(desk: Desk) -> None:
    desk.disconnect()
    for _ in range(3):
        assert desk.hear() == []
        desk.clock.advance(10)
    sent = desk.connect()
    assert names(sent) == ["status", "location", "history"]
    assert sent[1].location().seq == 2
    assert [each.seq for each in sent[2].history()] == [0, 1]


def test_a_press_is_on_disk_before_the_first_byte_is_sent(desk: Desk) -> None:
    desk.disk_answers = False
    assert desk.press() == []
    assert len(desk.disk.urgent) == 1
    (row,) = desk.disk.urgent[0].presses.values()
    assert row is not None
    desk.tracker.handle(PressSaved(row.panic_id, 0))
    sent = desk.go()
    assert names(sent) == ["panic"]
    assert sent[0].panic().panic_id == row.panic_id


def test_a_disk_that_takes_over_a_second_does_not_hold_a_press_back(desk: Desk) -> None:
    desk.disk_answers = False
    desk.press()
    assert desk.go(PANIC_DISK_WAIT_S - 0.1) == []
    sent = desk.go(0.2)
    assert names(sent)[0] == "panic"
    assert "disk_full" in desk.tracker.status.faults


def test_a_disk_that_refuses_does_not_hold_a_press_back_at_all(desk: Desk) -> None:
    desk.disk_answers = False
    desk.press()
    desk.tracker.handle(DiskState(ok=False))
    assert names(desk.go())[0] == "panic"
    assert [each.status().faults for each in desk.go(6) if each.name == "status"] == [["disk_full"]]
    assert names(desk.press())[0] == "panic", "the next one does not even wait"
    for press in desk.tracker.panics.all():
        desk.tracker.handle(incoming("receipt", receipt(press.row.panic_id)))
    desk.tracker.handle(DiskState(ok=True))
    assert [each.status().faults for each in desk.go(6) if each.name == "status"] == [[]]


def test_a_press_takes_the_best_known_place_with_it(desk: Desk) -> None:
    desk.hear()
    desk.clock.advance(1)
    desk.hear()
    sent = desk.press()
    assert names(sent) == ["panic", "location"]
    assert sent[0].panic().location == sent[1].location()
    assert sent[1].location().trigger == "panic"


def test_a_press_without_a_fix_is_completed_by_the_first_one(desk: Desk) -> None:
    (first,) = desk.press()
    assert first.panic().location is None
    desk.clock.advance(0.2)
    sent = desk.hear()
    panic = next(each.panic() for each in sent if each.name == "panic")
    assert (panic.panic_id, panic.update) == (first.panic().panic_id, 1)
    assert panic.location is not None
    assert panic.age_ms == 200


def test_a_press_is_updated_every_second_until_closed(desk: Desk) -> None:
    (first,) = desk.press()
    panic_id = first.panic().panic_id
    updates = []
    for _ in range(20):
        desk.clock.advance(1)
        updates += [each.panic().update for each in desk.hear() if each.name == "panic"]
        if updates:
            desk.tracker.handle(incoming("receipt", receipt(panic_id, updates[-1])))
    assert updates == list(range(1, 21))
    desk.tracker.handle(incoming("receipt", receipt(panic_id, 20, version=2, stage="closed")))
    assert "panic" not in names(desk.go(30))


def test_a_receipt_ends_the_resending_and_is_kept_and_acknowledged(desk: Desk) -> None:
    (first,) = desk.press()
    panic_id = first.panic().panic_id
    assert "panic" in names(desk.go(2))
    message = incoming("receipt", receipt(panic_id, 0, stage="acknowledged"))
    desk.tracker.handle(message)
    assert "panic" not in names(desk.go(30))
    assert desk.link.acknowledged == [message]
    row = desk.disk.kept.presses[panic_id]
    assert row is not None
    assert row.stage == "acknowledged"


def test_a_half_open_connection_is_given_up_and_the_press_goes_on_the_next(desk: Desk) -> None:
    desk.broker_answers = False
    (first,) = desk.press()
    desk.go(3.1)
    assert len(desk.link.drops) == 1
    assert "PUBACK" in desk.link.drops[0]
    sent = desk.connect()
    assert sent[0].panic().panic_id == first.panic().panic_id


def test_a_press_does_not_wait_for_the_pauses_of_a_link_that_is_down(desk: Desk) -> None:
    desk.disconnect()
    desk.go(60)
    assert desk.link.hurries == 0
    desk.press()
    assert desk.link.hurries == 1
    desk.go(9)
    assert desk.link.hurries == 1
    desk.go(12)
    assert desk.link.hurries == 3
    desk.press()
    assert desk.link.hurries == 4
    for sent in desk.connect():
        if sent.name == "panic":
            desk.tracker.handle(incoming("receipt", receipt(sent.panic().panic_id)))
    desk.disconnect()
    desk.go(20)
    assert desk.link.hurries == 4


def test_a_broker_without_a_dispatcher_is_given_up(desk: Desk) -> None:
    desk.press()
    desk.go(9.9)
    assert desk.link.drops == []
    desk.go(0.2)
    assert "receipt" in desk.link.drops[0]


def test_after_a_restart_the_same_press_is_sent_without_an_age(desk: Desk) -> None:
    (first,) = desk.press()
    row = desk.disk.kept.presses[first.panic().panic_id]
    assert row is not None
    again = Desk(kept=Kept(presses=[row], reports=[("0000000b", 4, b"{}")], dropped=2))
    sent = again.connect()
    assert names(sent) == ["panic", "status", "history"]
    assert sent[0].panic().panic_id == row.panic_id
    assert sent[0].panic().age_ms is None
    assert sent[1].status().dropped == 2


def test_a_press_after_a_restart_knows_the_last_place(desk: Desk) -> None:
    again = Desk(kept=Kept(place=location(5, boot="0000000b")))
    again.connect()
    (sent,) = again.press()
    assert sent.panic().location == location(5, boot="0000000b")


def test_a_silent_press_says_so(desk: Desk) -> None:
    (sent,) = desk.press(silent=True)
    assert sent.panic().silent is True


def test_a_report_command_makes_the_next_fix_a_report(desk: Desk) -> None:
    desk.hear()
    desk.go(6)
    made = desk.command(action="report")
    (status,) = desk.go()
    assert status.status().commands == [made.command_id]
    (sent,) = desk.hear()
    assert sent.location().trigger == "request"


def test_an_interval_command_holds_for_its_time(desk: Desk) -> None:
    desk.command(action="interval", interval_s=1, for_s=30)
    desk.go()
    assert desk.tracker.status.interval_s == 1
    desk.go(31)
    assert desk.tracker.status.interval_s == 10


def test_a_command_that_comes_again_is_named_again_and_not_carried_out(desk: Desk) -> None:
    made = desk.command(action="interval", interval_s=1)
    desk.go(1)
    desk.tracker.pace.order(7.0, until=None)
    desk.tracker.handle(incoming("command", made))
    (status,) = desk.go()
    assert status.status().commands == [made.command_id]
    assert status.status().interval_s == 7.0


def test_a_message_command_is_carried_out_by_being_noted(desk: Desk) -> None:
    made = desk.command(action="message", text="help is near")
    (status,) = desk.go()
    assert status.status().commands == [made.command_id]


@pytest.mark.parametrize("name", ["receipt", "stored", "command"])
def test_a_message_that_cannot_be_read_is_acknowledged_and_changes_nothing(
    desk: Desk, name: str
) -> None:
    message = incoming(name, b"{not json")
    desk.tracker.handle(message)
    assert desk.link.acknowledged == [message]
    assert desk.go() == []


@pytest.mark.parametrize("topic", ["elsewhere", "guardian/v1/tracker-a/text", "guardian/v1/A/b"])
def test_a_message_on_another_topic_is_acknowledged(desk: Desk, topic: str) -> None:
    message = incoming("receipt", b"{}")
    desk.tracker.handle(type(message)(topic, b"{}", False, 1, 1))
    assert len(desk.link.acknowledged) == 1


def test_faults_are_told_and_taken_back(desk: Desk) -> None:
    desk.tracker.handle(PortState(open=False))
    desk.tracker.handle(Stuck("button-1", True))
    statuses = [each.status() for each in desk.go(6) if each.name == "status"]
    assert statuses[-1].faults == ["button_stuck", "gps_port"]
    desk.tracker.handle(PortState(open=True))
    desk.tracker.handle(Stuck("button-1", False))
    statuses = [each.status() for each in desk.go(6) if each.name == "status"]
    assert statuses[-1].faults == []


def test_a_clock_that_disagrees_with_the_receiver_is_a_fault(desk: Desk) -> None:
    desk.hear()
    desk.clock.set_wall(desk.clock.now_ms() + 60_000)
    desk.go(6)
    assert desk.tracker.status.faults == {"clock"}
    desk.press()
    assert desk.tracker.panics.all()[0].row.clock == "gps"


@pytest.mark.parametrize("wall_ms", [-5_000, 0, 3])
def test_a_press_on_a_board_without_a_clock_goes_out(desk: Desk, wall_ms: int) -> None:
    desk.clock.set_wall(wall_ms)
    at = desk.clock.monotonic() - 1.0
    desk.tracker.handle(Pressed("button", silent=False, at=at, source="test"))
    (sent,) = [each for each in desk.go() if each.name == "panic"]
    assert sent.panic().pressed_at == 0
    assert sent.panic().age_ms == 1000


def test_a_reset_outbox_gets_everything_known_again(desk: Desk) -> None:
    desk.press()
    desk.hear()
    desk.disk.kept = Changes()
    desk.tracker.handle(OutboxReset())
    assert len(desk.disk.kept.presses) == 1
    assert set(desk.disk.kept.reports) == {(BOOT, 0)}
    desk.go(6)
    assert "outbox_reset" in desk.tracker.status.faults


def test_the_receivers_state_is_told(desk: Desk) -> None:
    desk.hear(fixed=False)
    assert desk.tracker.status.gps == "no_fix"
    desk.hear()
    assert [each.status().gps for each in desk.go(6) if each.name == "status"] == ["fix"]


def test_a_full_outbox_thins_and_counts() -> None:
    desk = Desk(interval_s=0.0)
    desk.connect()
    desk.disconnect()
    for _ in range(101):
        desk.clock.advance(10)
        desk.hear()
    assert len(desk.tracker.backlog) == 76
    assert desk.tracker.status.dropped == 25
    assert desk.disk.kept.dropped == 25
    kept = [key for key, body in desk.disk.kept.reports.items() if body is not None]
    assert len(kept) == 76


def test_a_broker_that_takes_no_more_is_no_spin(desk: Desk) -> None:
    desk.link.max_in_flight = 0
    desk.press()
    assert desk.go(5) == []
    desk.link.max_in_flight = 100
    desk.disconnect()
    assert names(desk.connect())[0] == "panic"


def test_a_message_too_large_for_the_broker_is_no_spin(desk: Desk) -> None:
    desk.link.max_bytes = 10
    desk.press()
    desk.hear()
    assert desk.go(2) == []
    desk.link.max_bytes = 1000
    desk.disconnect()
    assert names(desk.connect())[0] == "panic"


def test_a_connection_that_went_unnoticed_is_waited_for(desk: Desk) -> None:
    desk.link.connection = None
    assert desk.hear() == []
    assert names(desk.connect()) == ["status", "location"]


def test_the_down_of_an_earlier_connection_does_not_end_the_present_one(desk: Desk) -> None:
    desk.connect()
    desk.tracker.handle(LinkDown(1, "late news"))
    assert names(desk.hear()) == ["location"]


def test_an_idle_tracker_comes_round_once_a_second(desk: Desk) -> None:
    assert desk.tracker.step() == ROUND_S


def test_offline_is_said_at_the_end_and_lost_is_the_will(desk: Desk) -> None:
    desk.tracker.say_offline()
    (sent,) = desk.link.take()
    assert (sent.status().state, sent.retain) == ("offline", True)
    assert desk.tracker.will(9).connect == 9
    desk.disconnect()
    desk.tracker.say_offline()
    assert desk.link.take() == []


def test_a_test_press_is_a_test_and_nothing_else_can_be_pressed_here(desk: Desk) -> None:
    answer = desk.ask({"do": "press", "kind": "test"})
    (sent,) = desk.go()
    assert sent.panic().panic_id == answer["panic_id"]
    assert sent.panic().kind == "test"
    for question in ({"do": "press", "kind": "button"}, {"do": "press"}, {"do": "dance"}, {}):
        assert "error" in desk.ask(question)
    assert len(desk.tracker.panics.all()) == 1


def test_the_answer_to_status_says_how_the_tracker_is(desk: Desk) -> None:
    desk.hear()
    desk.press()
    desk.clock.advance(2)
    answer = desk.ask({"do": "status"})
    assert (answer["device"], answer["boot"], answer["gps"]) == ("tracker-a", BOOT, "fix")
    assert answer["last_fix"]["age_s"] == 2.0
    assert answer["link"]["up"] is True
    assert answer["link"]["broker"] == "mqtts://broker:8883"
    assert answer["outbox"] == {"reports": 1, "dropped": 0, "on_disk": True}
    (press,) = answer["panics"]
    assert (press["kind"], press["stage"], press["age_s"]) == ("button", None, 2.0)


def test_nothing_is_known_at_first() -> None:
    answer = Desk().ask({"do": "status"})
    assert answer["last_fix"] is None
    assert answer["link"]["up"] is False
    assert answer["panics"] == []


def test_no_position_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    desk.hear()
    desk.press()
    desk.command(action="message", text="secret words")
    fields = [getattr(record, "fields", {}) for record in caplog.records]
    assert fields
    assert "121.5" not in str(fields)
    assert "secret" not in str(fields)


def test_the_last_word_on_an_empty_battery_is_where_the_holder_is() -> None:
    desk = Desk(interval_s=10.0)
    (online,) = desk.connect()
    assert online.status().next_report_by == desk.clock.now_ms() + 90_000
    desk.hear()
    desk.tracker.handle(BatteryRead(5, charging=False))
    desk.clock.advance(1)
    sent = {each.name: each for each in [*desk.hear(), *desk.go(10)]}
    assert sent["location"].location().trigger == "low_battery"
    assert sent["location"].location().battery == 5
    status = sent["status"].status()
    assert (status.state, status.battery, status.next_report_by) == ("sleeping", 5, None)
    assert status.interval_s is None
    desk.clock.advance(100)
    assert names(desk.hear()) == ["status"], "no routine reports"


def test_a_charger_wakes_it() -> None:
    desk = Desk()
    desk.connect()
    desk.tracker.handle(BatteryRead(4, charging=False))
    desk.go(10)
    desk.tracker.handle(BatteryRead(4, charging=True))
    (status,) = desk.go(10)
    assert (status.status().state, status.status().charging) == ("online", True)
    assert status.status().interval_s == 10.0


def test_a_press_on_an_empty_battery_is_followed_and_does_not_sleep() -> None:
    desk = Desk()
    desk.connect()
    desk.tracker.handle(BatteryRead(4, charging=False))
    desk.go(10)
    panic, status = desk.press()
    panic_id = panic.panic().panic_id
    desk.tracker.handle(incoming("receipt", receipt(panic_id, 0)))
    assert status.status().state == "online"
    updates = []
    for _ in range(60):
        desk.clock.advance(1)
        updates += [each.panic().update for each in desk.hear() if each.name == "panic"]
        if updates:
            desk.tracker.handle(incoming("receipt", receipt(panic_id, updates[-1])))
    assert 10 < len(updates) < 30, "rarely, and without end"


def test_the_first_broker_is_looked_for_every_ten_minutes_while_no_press_is_open() -> None:
    desk = Desk()
    desk.connect()
    desk.go(3600)
    assert desk.link.returns == 0, "this is the first"
    desk.link.on_first = False
    desk.go(599)
    assert desk.link.returns == 0
    desk.go(1202)
    assert desk.link.returns == 3
    desk.press()
    desk.go(3600)
    assert desk.link.returns == 3


def test_positions_a_day_old_are_given_up_and_counted_unless_the_clock_lies() -> None:
    desk = Desk(interval_s=0.0)
    desk.connect()
    desk.disconnect()
    desk.hear()
    desk.go(100)
    desk.hear()
    desk.clock.advance(86_350)
    desk.go()
    assert (len(desk.tracker.backlog), desk.tracker.status.dropped) == (1, 1)
    desk.clock.advance(86_350)
    desk.tracker.clock.hear_gps(desk.clock.now_ms() + 10**10, desk.clock.monotonic())
    desk.go()
    assert len(desk.tracker.backlog) == 1


# --- The holder -----------------------------------------------------------------------------------


def test_a_typed_code_goes_out_at_once_and_leaves_the_disk_with_its_receipt(desk: Desk) -> None:
    (first,) = desk.press()
    panic_id = first.panic().panic_id
    desk.tracker.handle(incoming("receipt", receipt(panic_id, 0)))
    desk.tracker.handle(CodeTyped("1234"))
    (sent,) = desk.go()
    assert [each.code for each in sent.panic().cancel or ()] == ["1234"]
    kept = desk.disk.kept.presses[panic_id]
    assert kept is not None
    assert [each.code for each in kept.codes] == ["1234"]
    desk.tracker.handle(incoming("receipt", receipt(panic_id, 1, version=2)))
    kept = desk.disk.kept.presses[panic_id]
    assert kept is not None
    assert kept.codes == []
    assert desk.disk.kept.scrub


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({}, "unknown question"),
        ({"do": "open the door"}, "unknown question"),
        ({"do": ["status"]}, "unknown question"),
        ({"do": "press", "kind": "button"}, "kind:"),
        ({"do": "press"}, "kind:"),
        ({"do": "cancel"}, "code:"),
        ({"do": "cancel", "code": ""}, "code:"),
        ({"do": "cancel", "code": "1" * 33}, "code:"),
        ({"do": "cancel", "code": 1234}, "code:"),
        ({"do": "note", "text": " \n "}, "text:"),
        ({"do": "text"}, "text:"),
        ({"do": "text", "text": "yes", "reply_to": "no id"}, "no id"),
        ({"do": "journey"}, "action:"),
        ({"do": "journey", "action": "start"}, "action:"),
        ({"do": "journey", "action": "extend", "due_at": "soon"}, "action:"),
        ({"do": "journey", "action": "start", "plan": 7}, "Expected"),
        ({"do": "journey", "action": "arrive"}, "no journey"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_and_says_why(
    desk: Desk, question: dict[str, object], error: str
) -> None:
    desk.press()
    assert error in desk.ask(question)["error"]


@pytest.mark.parametrize("code", ["1234", "0000", "duress"])
def test_the_answer_is_the_same_for_every_code(desk: Desk, code: str) -> None:
    (first,) = desk.press()
    assert desk.ask({"do": "cancel", "code": code}) == {"panic_id": first.panic().panic_id}


def test_without_a_panic_there_is_nothing_to_cancel(desk: Desk) -> None:
    assert desk.ask({"do": "cancel", "code": "1"}) == {"error": "no panic is open"}
    assert desk.ask({"do": "note", "text": "hello"}) == {"error": "no panic is open"}


def test_a_call_is_a_panic_of_its_kind(desk: Desk) -> None:
    panic_id = desk.ask({"do": "press", "kind": "call"})["panic_id"]
    (sent,) = desk.go()
    assert (sent.panic().panic_id, sent.panic().kind) == (panic_id, "call")


def test_a_note_is_made_fit_and_sent(desk: Desk) -> None:
    desk.press()
    desk.ask({"do": "note", "text": "third\nfloor \u202e" + "x" * 300})
    (sent,) = desk.go()
    assert sent.panic().note == ("third floor " + "x" * 300)[:200]


class Shown:
    """Lights and buzzers, as the working loop sees them."""

    def __init__(self) -> None:
        self.signals: list[str | None] = []

    def show(self, signal: str | None) -> None:
        if not self.signals or self.signals[-1] != signal:
            self.signals.append(signal)


def test_the_holder_notices_how_far_the_press_has_come(desk: Desk) -> None:
    desk.tracker.feedback = shown = Shown()
    (first,) = desk.press()
    panic_id = first.panic().panic_id
    stages: list[Stage] = ["received", "acknowledged", "closed"]
    for version, stage in enumerate(stages):
        desk.tracker.handle(incoming("receipt", receipt(panic_id, 0, version=version, stage=stage)))
        desk.go()
    assert shown.signals == [None, "sent", "received", "seen", "closed"]


def test_a_silent_press_is_never_noticed(desk: Desk) -> None:
    desk.tracker.feedback = shown = Shown()
    (first,) = desk.press(silent=True)
    desk.go(60)
    desk.tracker.handle(incoming("receipt", receipt(first.panic().panic_id, 0)))
    desk.go(60)
    assert shown.signals == [None]


def test_a_press_that_nobody_receives_goes_to_the_program_for_texts() -> None:
    desk = Desk()
    given: list[str] = []

    class Program:
        def give(self, panic_id: str, text: str) -> None:
            given.append(text)

    desk.tracker.fallback = Fallback("tracker-a", Program())
    desk.press()
    desk.go(29)
    assert given == []
    desk.go(2)
    assert len(given) == 1
    assert given[0].startswith("G1 tracker-a ")


# --- Journeys, texts and messages -----------------------------------------------------------------


def start_journey(desk: Desk, **plan: object) -> str:
    due_at = desk.clock.now_ms() + 3_600_000
    asked = {"do": "journey", "action": "start", "plan": {"mode": "taxi", "due_at": due_at} | plan}
    journey_id: str = desk.ask(asked)["journey_id"]
    return journey_id


def journey_receipt(journey_id: str, update: int, **more: Any) -> Receipt:
    return Receipt(
        journey_id=journey_id, update=update, version=more.pop("version", update), stage="received",
        at=1, **more,
    )  # fmt: skip


def test_a_journey_is_repeated_until_its_receipt_and_tells_who_drives(desk: Desk) -> None:
    journey_id = start_journey(desk, vehicle={"plate": "ABC-1234"})
    sent = desk.go(7)
    assert names(sent) == ["journey"] * 3
    journey = codec.decode(Journey, sent[0].payload)
    assert (journey.journey_id, journey.action, journey.mode) == (journey_id, "start", "taxi")
    assert journey.vehicle is not None
    assert journey.vehicle.plate == "ABC-1234"
    driver = Driver(name="Chen", company="Taiwan Taxi")
    desk.tracker.handle(incoming("receipt", journey_receipt(journey_id, 0, driver=driver)))
    assert "journey" not in names(desk.go(100))
    assert desk.ask({"do": "status"})["journey"]["driver"] == {
        "name": "Chen", "company": "Taiwan Taxi",
    }  # fmt: skip
    assert desk.disk.kept.letters == {(journey_id, 0): None}


def test_a_presss_way_is_never_behind_a_journey(desk: Desk) -> None:
    desk.disconnect()
    start_journey(desk)
    desk.press()
    assert names(desk.connect())[:2] == ["panic", "status"]


def test_changes_of_a_journey_go_in_order_one_after_the_other(desk: Desk) -> None:
    desk.disconnect()
    journey_id = start_journey(desk)
    desk.ask({"do": "journey", "action": "check_in"})
    desk.ask({"do": "journey", "action": "arrive"})
    (first,) = [each for each in desk.connect() if each.name == "journey"]
    assert codec.decode(Journey, first.payload).action == "start"
    desk.tracker.handle(incoming("receipt", journey_receipt(journey_id, 0)))
    (second,) = desk.go()
    assert codec.decode(Journey, second.payload).action == "check_in"
    desk.tracker.handle(incoming("receipt", journey_receipt(journey_id, 2)))
    assert desk.go() == [], "the receipt covers the arrival too"


def test_a_journey_outlives_a_restart(desk: Desk) -> None:
    journey_id = start_journey(desk)
    rows = [row for row in desk.disk.kept.letters.values() if row is not None]
    again = Desk(kept=Kept(letters=rows, journey=desk.disk.kept.journey))
    assert "journey" in names(again.connect())
    assert again.ask({"do": "journey", "action": "arrive"})["journey_id"] == journey_id


def test_on_a_journey_a_rest_makes_no_report_rarer() -> None:
    desk = Desk(interval_s=10.0)
    desk.connect()
    for _ in range(70):
        desk.clock.advance(1)
        desk.hear()
    assert desk.tracker.status.interval_s == 60
    start_journey(desk)
    desk.go()
    assert desk.tracker.status.interval_s == 10
    desk.ask({"do": "journey", "action": "arrive"})
    desk.go()
    assert desk.tracker.status.interval_s == 60


def test_a_text_is_repeated_until_its_receipt(desk: Desk) -> None:
    text_id = desk.ask({"do": "text", "text": "I cannot speak"})["text_id"]
    (sent,) = desk.go()
    text = codec.decode(Text, sent.payload)
    assert (sent.name, text.text_id, text.text) == ("text", text_id, "I cannot speak")
    told = Receipt(text_id=text_id, update=0, version=0, stage="received", at=1)
    desk.tracker.handle(incoming("receipt", told))
    assert "text" not in names(desk.go(100))


def test_too_many_texts_are_refused_and_nothing_is_lost(desk: Desk) -> None:
    desk.disconnect()
    answers = [desk.ask({"do": "text", "text": f"{number}"}) for number in range(70)]
    assert sum("text_id" in each for each in answers) == 64
    assert "wait for an answer" in answers[-1]["error"]
    start = {"mode": "walk", "due_at": desk.clock.now_ms() + 3_600_000}
    assert "error" in desk.ask({"do": "journey", "action": "start", "plan": start})
    assert desk.tracker.correspondence.journeys.row is None


class Shower:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def give(self, key: str, text: str) -> None:
        self.shown.append(text)


def with_shower(desk: Desk) -> Shower:
    shower = Shower()
    desk.tracker.correspondence.messages = Messages(shower)
    return shower


def test_a_message_is_shown_once_and_kept_for_the_holder(desk: Desk) -> None:
    shower = with_shower(desk)
    desk.command(action="message", text="Can you speak?", lang="en", replies=["yes", "no"])
    desk.go(10)
    assert shower.shown == ["Can you speak?"]
    (message,) = desk.ask({"do": "messages"})["messages"]
    assert (message["text"], message["replies"]) == ("Can you speak?", ["yes", "no"])


@pytest.mark.parametrize("way", ["silent", "cancelled"])
def test_while_the_device_is_still_a_message_is_shown_only_when_the_holder_asks(
    desk: Desk, way: str
) -> None:
    shower = with_shower(desk)
    (panic,) = desk.press(silent=way == "silent")
    if way == "cancelled":
        desk.ask({"do": "cancel", "code": "1"})
    desk.command(action="message", text="Help is on its way")
    desk.go(10)
    assert shower.shown == []
    (message,) = desk.ask({"do": "messages"})["messages"]
    assert message["text"] == "Help is on its way"
    closed = receipt(panic.panic().panic_id, 5, version=9, stage="closed")
    desk.tracker.handle(incoming("receipt", closed))
    desk.go(10)
    assert shower.shown == [], "the holder has read it"


def test_a_button_that_cannot_be_opened_is_named_to_whoever_asks(desk: Desk) -> None:
    desk.tracker.handle(ButtonLost("button-2", lost=True))
    assert desk.ask({"do": "status"})["lost_buttons"] == ["button-2"]
    desk.tracker.handle(ButtonLost("button-2", lost=False))
    assert desk.ask({"do": "status"})["lost_buttons"] == []
