"""The session beside the panics, with a link to no broker and a desk on SQLite."""

from threading import Event, Thread

import pytest

from contract import topics
from contract.codec import decode, encode
from contract.messages import Command, Receipt, Status, TrackerState
from dispatcher import tracker_session as trackers_module
from dispatcher.desk import RECEIPTS_EACH
from dispatcher.last_statuses import Roster
from dispatcher.store.commands import CommandRecord
from dispatcher.tracker_session import NotConfirmedError, Trackers
from runtime.mqtt.errors import NotConnectedError
from runtime.mqtt.interface import Up
from tests.unit.dispatcher.fake_link import FakeLink, incoming
from tests.unit.dispatcher.world import World, new_id


class ConfirmingLink(FakeLink):
    """A broker's PUBACK comes on another thread, as it does."""

    refusal: str | None = None
    refused_topic: str | None = None
    went_out = Event()

    def publish(self, topic: str, payload: bytes, **options: object) -> int:
        packet = super().publish(topic, payload)
        self.went_out.set()
        if self.confirms:
            refusal = self.refusal if self.refused_topic in {None, topic} else None
            Thread(target=self.handler.on_puback, args=(packet, 1, refusal)).start()
        return packet


class Session:
    def __init__(self, world: World) -> None:
        self.world = world
        self.trackers = Trackers(world.desk, Roster(world.database), world.clock, world.metrics)
        self.link = ConfirmingLink(self.trackers)
        self.trackers.attach(self.link)  # type: ignore[arg-type]
        world.desk.on_receipts = self.trackers.send_receipts

    def turn(self) -> None:
        self.trackers.turn(0)

    def told(self) -> list[tuple[str, str, str | None]]:
        """Return topic, stage and panic of each receipt that went out."""
        read = [(topic, decode(Receipt, payload)) for topic, payload in self.link.published]
        return [(topic, receipt.stage, receipt.panic_id) for topic, receipt in read]


@pytest.fixture
def session(world: World) -> Session:
    made = Session(world)
    made.turn()
    return made


def test_what_an_operator_does_is_told_at_once(session: Session) -> None:
    panic_id = new_id()
    incident = session.world.press(panic_id=panic_id).incident or ""
    session.world.desk.act(incident, "acknowledge", "ann")
    assert session.told() == [("guardian/v1/tracker-a/receipt", "acknowledged", panic_id)]


def test_receipts_lost_with_a_connection_are_sent_on_the_next(session: Session) -> None:
    incident = session.world.press().incident or ""
    session.trackers.on_down(1, "cut by the test")
    session.link.connection = None
    session.world.desk.act(incident, "acknowledge", "ann")
    session.turn()
    assert session.told() == []
    session.link.connection = 2
    session.trackers.on_up(Up(2, session_present=True, broker="b"))
    session.turn()
    assert [stage for _, stage, _ in session.told()] == ["acknowledged"]
    session.turn()
    assert len(session.told()) == 1


def test_a_receipt_under_way_when_the_connection_ends_is_sent_again(session: Session) -> None:
    incident = session.world.press().incident or ""
    session.world.desk.act(incident, "acknowledge", "ann")
    session.trackers.on_down(1, "cut by the test")
    session.trackers.on_up(Up(2, session_present=True, broker="b"))
    session.turn()
    assert [stage for _, stage, _ in session.told()] == ["acknowledged"] * 2


def test_a_new_process_sends_every_open_receipt(world: World) -> None:
    closed, opened = world.press("tracker-a").incident or "", world.press("tracker-b")
    world.desk.act(closed, "acknowledge", "ann")
    world.desk.act(closed, "close", "ann", disposition="helped")
    session = Session(world)
    session.turn()
    assert [(topic, stage) for topic, stage, _ in session.told()] == [
        ("guardian/v1/tracker-a/receipt", "closed"),
        ("guardian/v1/tracker-b/receipt", "received"),
    ]
    assert opened.stage == "received"


def test_reopened_is_repeated_every_ten_seconds_until_an_update(session: Session) -> None:
    panic_id = new_id()
    desk = session.world.desk
    incident = session.world.press(panic_id=panic_id).incident or ""
    desk.act(incident, "acknowledge", "ann")
    desk.act(incident, "close", "ann", disposition="other", note="said why")
    desk.act(incident, "reopen", "ann")
    session.link.published.clear()
    for _ in range(30):
        session.world.clock.advance(1)
        session.turn()
    assert [stage for _, stage, _ in session.told()] == ["reopened"] * 3
    session.world.press(panic_id=panic_id, update=1)
    session.world.clock.advance(60)
    session.turn()
    assert len(session.told()) == 3


def test_a_tracker_that_is_away_delays_no_receipt_of_another(world: World) -> None:
    world.press("tracker-a")
    world.press("tracker-b")
    session = Session(world)
    session.link.refusal = "no_matching_subscribers"
    session.link.refused_topic = topics.RECEIPT.of("tracker-a")
    session.turn()
    devices = [topic.split("/")[2] for topic, _, _ in session.told()]
    assert devices == ["tracker-a", "tracker-b"]
    session.turn()
    assert len(session.told()) == 2


def test_reopened_is_repeated_also_while_nobody_hears_the_notices(session: Session) -> None:
    desk = session.world.desk
    incident = session.world.press().incident or ""
    desk.act(incident, "acknowledge", "ann")
    desk.act(incident, "close", "ann", disposition="other", note="said why")
    desk.act(incident, "reopen", "ann")
    session.link.published.clear()
    session.link.refusal = "no_matching_subscribers"
    session.trackers.notify("guardian/v1/dispatch/notice", b"{}")
    session.world.clock.advance(10)
    session.turn()
    (notice, _), (receipt, _) = session.link.published
    assert (notice, receipt) == ("guardian/v1/dispatch/notice", "guardian/v1/tracker-a/receipt")


def test_publishing_waits_for_the_broker(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.trackers.publish_confirmed("t", b"1")
    session.link.refusal = "no_matching_subscribers"
    session.trackers.publish_confirmed("t", b"1")
    session.link.refusal = "not authorized"
    with pytest.raises(NotConfirmedError, match="not authorized"):
        session.trackers.publish_confirmed("t", b"2")
    monkeypatch.setattr(trackers_module, "CONFIRM_S", 0.01)
    session.link.confirms = False
    with pytest.raises(NotConfirmedError, match="no acknowledgement"):
        session.trackers.publish_confirmed("t", b"3")
    session.link.connection = None
    with pytest.raises(NotConnectedError):
        session.trackers.publish_confirmed("t", b"4")


def test_a_lost_connection_fails_those_who_wait_at_once(session: Session) -> None:
    session.link.confirms = False
    failures: list[Exception] = []

    def publish() -> None:
        try:
            session.trackers.publish_confirmed("t", b"")
        except NotConfirmedError as error:
            failures.append(error)

    thread = Thread(target=publish)
    session.link.went_out.clear()
    thread.start()
    assert session.link.went_out.wait(4)
    session.trackers.on_down(1, "cut by the test")
    thread.join(4)
    assert [str(error) for error in failures] == ["connection lost: cut by the test"]


def say(session: Session, state: TrackerState, connect: int, device: str = "tracker-a") -> None:
    status = Status(at=1, state=state, boot="0a0b0c0d", connect=connect)
    session.trackers.on_message(incoming(topics.STATUS.of(device), encode(status)))
    session.turn()


def test_a_tracker_that_comes_back_after_us_is_told_again(session: Session) -> None:
    """The broker restarts, we are back first, and it acknowledges receipts that nobody gets."""
    say(session, "online", 1)
    panic_id = new_id()
    incident = session.world.press(panic_id=panic_id).incident or ""
    session.world.press("tracker-b")
    session.trackers.on_down(1, "cut by the test")
    session.link.refusal = "no_matching_subscribers"
    session.world.desk.act(incident, "acknowledge", "ann")
    session.turn()
    session.link.refusal = None
    session.link.published.clear()
    say(session, "online", 2)
    assert session.told() == [("guardian/v1/tracker-a/receipt", "acknowledged", panic_id)]
    for state, connect in (("online", 2), ("lost", 2), ("lost", 1)):
        say(session, state, connect)  # type: ignore[arg-type]
    assert len(session.told()) == 1
    say(session, "online", 3)
    assert len(session.told()) == 2


def test_a_tracker_that_comes_back_is_told_in_the_end(session: Session) -> None:
    session.world.press()
    session.link.refusal = "not authorized"
    with pytest.raises(NotConfirmedError):
        say(session, "online", 2)
    session.link.refusal = None
    session.link.published.clear()
    session.turn()
    session.turn()
    assert [stage for _, stage, _ in session.told()] == ["received"]


def test_what_a_tracker_is_told_when_it_comes_back_is_bounded(session: Session) -> None:
    pressed = [new_id() for _ in range(RECEIPTS_EACH + 2)]
    for panic_id in pressed:
        session.world.press(panic_id=panic_id)
    say(session, "online", 1)
    assert [panic_id for _, _, panic_id in session.told()] == pressed[2:]


def test_a_status_is_kept_and_then_acknowledged(session: Session) -> None:
    world = session.world
    incident = world.press().incident or ""
    status = Status(at=1, state="online", boot="0a0b0c0d", connect=1, battery=40)
    message = incoming(topics.STATUS.of("tracker-a"), encode(status), retain=True)
    session.trackers.on_message(message)
    world.clock.advance(3)
    session.turn()
    assert session.link.acknowledged == [message]
    tracker = world.desk.incident(incident).tracker
    assert tracker is not None
    assert (tracker.state, tracker.battery) == ("online", 40)
    assert tracker.arrived_at == world.clock.now_ms() - 3000


def test_an_unreadable_status_is_acknowledged_and_forgotten(session: Session) -> None:
    session.trackers.on_message(incoming(topics.STATUS.of("tracker-a"), b"{}"))
    session.trackers.on_message(incoming("guardian/v1/dispatch/status", b"{}"))
    session.turn()
    assert len(session.link.acknowledged) == 2


def test_notices_go_out_when_there_is_a_connection(session: Session) -> None:
    session.link.connection = None
    session.trackers.notify("guardian/v1/dispatch/notice", b"{}")
    session.turn()
    session.link.connection = 2
    session.turn()
    assert session.link.published == [("guardian/v1/dispatch/notice", b"{}")]


def test_commands_expire_at_the_broker_when_they_do_for_the_tracker(session: Session) -> None:
    now = session.world.clock.now_ms()
    command = CommandRecord(
        id=new_id(), device="tracker-a", action="interval", interval_s=1, for_s=600,
        expires_at=now + 90_000, created_at=now - 30_000, due_at=now,
    )  # fmt: skip
    session.trackers.send_commands([command])
    topic, payload = session.link.published[-1]
    sent = decode(Command, payload)
    assert topic == "guardian/v1/tracker-a/command"
    assert (sent.command_id, sent.at, sent.expires_s) == (command.id, now - 30_000, 120)
    assert (sent.action, sent.interval_s, sent.for_s) == ("interval", 1, 600)
    session.link.connection = None
    session.trackers.send_commands([command])


def test_who_may_have_missed_commands_is_named(session: Session) -> None:
    missed: list[set[str] | None] = []
    session.trackers.on_missed = missed.append
    session.trackers.on_up(Up(2, session_present=True, broker="b"))
    assert missed == []
    session.trackers.on_up(Up(3, session_present=False, broker="b"))
    assert missed == [None]
    status = Status(at=session.world.clock.now_ms(), state="online", boot="0a0b0c0d", connect=9)
    session.trackers.on_message(incoming("guardian/v1/tracker-a/status", encode(status)))
    session.turn()
    assert missed == [None, {"tracker-a"}]
