"""The session that takes panics, with a link to no broker and a desk on SQLite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from contract import topics
from contract.codec import decode
from contract.messages import Receipt
from dispatcher import inbox as inbox_module
from dispatcher.errors import StoreUnavailableError
from dispatcher.inbox import SUBSCRIPTIONS, UNKNOWN_DEVICE, Inbox
from dispatcher.store.engine import Connection
from runtime.mqtt.interface import Incoming
from tests.unit.dispatcher.fake_link import FakeLink, incoming
from tests.unit.dispatcher.world import World, new_id

TOPIC = topics.PANIC.of("tracker-a")


class Desk:
    """An inbox with its link, and a database that can be switched off."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.inbox = Inbox(world.desk, world.memory, world.desk.alarm, world.clock, world.metrics)
        self.link = FakeLink(self.inbox)
        self.inbox.attach(self.link)  # type: ignore[arg-type]
        self.is_down = False
        self._writing = world.database.writing
        monkeypatch.setattr(world.database, "writing", self.writing)

    @contextmanager
    def writing(self, *, wait_s: float = 2.0) -> Iterator[Connection]:
        if self.is_down:
            raise StoreUnavailableError("switched off by the test")
        with self._writing(wait_s=wait_s) as connection:
            yield connection

    def arrive(self, payload: bytes, topic: str = TOPIC, packet: int = 1) -> Incoming:
        message = incoming(topic, payload, packet=packet)
        self.inbox.on_message(message)
        self.inbox.turn(0)
        return message

    def receipts(self) -> list[Receipt]:
        return [decode(Receipt, payload) for _, payload in self.link.published]

    def memory_alerts(self) -> list[str | None]:
        return [
            event.incident
            for event in self.world.desk.memory_events_after(0)[1]
            if event.type != "alarm"
        ]

    def alarms(self) -> list[str | None]:
        return [
            event.text
            for event in self.world.desk.memory_events_after(0)[1]
            if event.type == "alarm"
        ]


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(world, monkeypatch)


def test_it_subscribes_to_panics_and_nothing_else() -> None:
    assert SUBSCRIPTIONS == ("guardian/v1/+/panic",)


def test_a_panic_is_committed_then_answered_then_acknowledged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    watch(monkeypatch, desk.world.desk, "take", order)
    watch(monkeypatch, desk.link, "publish", order)
    watch(monkeypatch, desk.link, "acknowledge", order)
    message = desk.arrive(desk.world.payload())
    assert order == ["take", "publish", "acknowledge"]
    assert desk.link.acknowledged == [message]
    assert [topic for topic, _ in desk.link.published] == [topics.RECEIPT.of("tracker-a")]
    assert desk.receipts()[0].stage == "received"


def test_a_receipt_that_cannot_be_sent_does_not_hold_the_panic_up(desk: Desk) -> None:
    desk.link.connection = None
    desk.arrive(desk.world.payload())
    assert len(desk.link.acknowledged) == 1
    assert desk.world.sent() == ["raised"]


@pytest.mark.parametrize(
    "topic", ["guardian/v1/NOT A DEVICE/panic", "guardian/v1/dispatch/panic", "elsewhere"]
)
def test_a_panic_under_no_trackers_topic_is_raised_all_the_same(desk: Desk, topic: str) -> None:
    desk.arrive(desk.world.payload(), topic)
    (item,) = desk.world.desk.incidents(None, None, 9).items
    assert (item.device, item.state) == (UNKNOWN_DEVICE, "raised")
    assert desk.link.published == []


def test_without_a_database_it_alerts_from_memory_and_says_nothing_to_the_tracker(
    desk: Desk,
) -> None:
    """Promise 4: through every channel and console, without *received*, with a system alarm."""
    desk.is_down = True
    desk.arrive(desk.world.payload())
    assert desk.link.published == []
    assert desk.link.acknowledged == []
    assert len(desk.memory_alerts()) == 1
    assert desk.alarms() == ["the incident database does not commit: alerts are given from memory"]
    for worker in desk.world.workers[:2]:
        worker.turn()
    assert desk.world.channels["webhook"].reasons() == ["raised"]
    assert desk.world.channels["log"].reasons() == ["raised"]


def test_when_it_is_back_everything_is_committed_answered_and_acknowledged(desk: Desk) -> None:
    desk.is_down = True
    messages = [
        desk.arrive(desk.world.payload(), topics.PANIC.of(f"tracker-{number}"), number + 1)
        for number in range(3)
    ]
    assert len(desk.memory_alerts()) == 3
    desk.is_down = False
    desk.world.clock.advance(1)
    desk.inbox.turn(0)
    assert desk.inbox.held == 0
    assert desk.link.acknowledged == messages
    assert [receipt.stage for receipt in desk.receipts()] == ["received"] * 3
    assert len(desk.world.desk.incidents(None, None, 9).items) == 3
    assert desk.alarms()[-1] == "the incident database commits again"


def test_while_it_is_down_the_alert_goes_out_on_the_network_thread(desk: Desk) -> None:
    """The hundredth press must not wait until ninety-nine attempts have timed out."""
    desk.is_down = True
    desk.arrive(desk.world.payload())
    desk.inbox.on_message(incoming(topics.PANIC.of("tracker-b"), desk.world.payload()))
    assert len(desk.memory_alerts()) == 2


def test_presses_that_were_queued_when_it_went_down_are_alerted_without_an_attempt(
    desk: Desk,
) -> None:
    for number in range(5):
        desk.inbox.on_message(incoming(topics.PANIC.of(f"tracker-{number}"), desk.world.payload()))
    desk.is_down = True
    for _ in range(5):
        desk.inbox.turn(0)
    assert len(desk.memory_alerts()) == 5


def test_repeats_while_it_is_down_take_one_place(desk: Desk) -> None:
    panic_id = new_id()
    desk.is_down = True
    first = desk.arrive(desk.world.payload(panic_id, 0), packet=1)
    second = desk.arrive(desk.world.payload(panic_id, 1), packet=2)
    assert (desk.inbox.held, desk.link.acknowledged) == (1, [first])
    assert len(desk.memory_alerts()) == 1
    desk.is_down = False
    desk.world.clock.advance(1)
    desk.inbox.turn(0)
    assert desk.link.acknowledged == [first, second]
    assert desk.receipts()[-1].update == 1


def test_a_long_outage_does_not_fill_the_brokers_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New presses still arrive; the oldest are kept here and repeated by their trackers."""
    monkeypatch.setattr(inbox_module, "UNACKNOWLEDGED_MAX", 3)
    monkeypatch.setattr(inbox_module, "WAITING_MAX", 5)
    desk.is_down = True
    for number in range(7):
        desk.arrive(desk.world.payload(), topics.PANIC.of(f"tracker-{number}"), number + 1)
    assert [message.packet for message in desk.link.acknowledged] == [1, 2, 3, 4]
    assert desk.inbox.held == 5
    desk.is_down = False
    desk.world.clock.advance(1)
    desk.inbox.turn(0)
    assert len(desk.world.desk.incidents(None, None, 9).items) == 5


def test_a_bug_of_ours_with_one_panic_alerts_and_lets_the_others_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = desk.world.desk.take

    def buggy(panic: object, *tell: object) -> Receipt:
        if panic.device == "tracker-a":  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return take(panic, *tell)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.world.desk, "take", buggy)
    desk.arrive(desk.world.payload())
    other = desk.arrive(desk.world.payload(), topics.PANIC.of("tracker-b"))
    desk.world.clock.advance(1)
    desk.inbox.turn(0)
    assert len(desk.memory_alerts()) == 1
    assert desk.link.acknowledged == [other]
    assert desk.inbox.held == 1


def watch(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, order: list[str]) -> None:
    """Note in `order` when a method is called."""
    method: Callable[..., object] = getattr(owner, name)

    def noting(*args: object, **kwargs: object) -> object:
        order.append(name)
        return method(*args, **kwargs)

    monkeypatch.setattr(owner, name, noting)


def test_who_waits_is_counted_on_while_the_database_is_down(desk: Desk) -> None:
    """From memory, at each scrape: nothing else is left to say how long somebody has waited."""

    def sample(name: str, labels: dict[str, str] | None = None) -> float | None:
        return desk.world.metrics.registry.get_sample_value(name, labels)

    desk.arrive(desk.world.payload())
    desk.world.clock.advance(10)
    desk.is_down = True
    desk.arrive(desk.world.payload(), topics.PANIC.of("tracker-b"), packet=2)
    desk.world.clock.advance(20)
    assert sample("guardian_incidents_unacknowledged") == 2
    assert sample("guardian_oldest_unacknowledged_seconds") == pytest.approx(30)
    desk.is_down = False
    desk.inbox.turn(0)
    assert desk.inbox.held == 0
    assert sample("guardian_incidents_unacknowledged") == 2
    assert sample("guardian_intake_seconds_sum") == pytest.approx(20)
    for record in desk.world.desk.board():
        desk.world.desk.act(record.id, "acknowledge", "kim")
        desk.world.desk.act(record.id, "close", "kim", disposition="helped")
    assert sample("guardian_incidents_unacknowledged") == 0
    assert sample("guardian_incidents_open", {"class": "production"}) == 0
