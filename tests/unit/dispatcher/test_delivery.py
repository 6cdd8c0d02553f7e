"""From pending deliveries to channels, with a desk on SQLite."""

from collections.abc import Sequence
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from contract.errors import PermanentError
from dispatcher.channels.port import NotYetError
from dispatcher.channels.posting import GoneError
from dispatcher.delivery import POLL_S, SLOW_S, Worker
from dispatcher.delivery_queue import LEASE_MS, RARELY_S, RETRY_S, Result, pause_s
from dispatcher.errors import StoreUnavailableError
from dispatcher.message import Message
from dispatcher.records import DeliveryRecord
from dispatcher.routing import Route, Routing
from dispatcher.store.tables import deliveries
from runtime.lifecycle import Stopping
from tests.unit.dispatcher.world import WEBHOOK, RecordingChannel, World


def the(world: World, name: str) -> Worker:
    return next(worker for worker in world.workers if worker.name == name)


def test_a_dead_channel_delays_no_other(world: World) -> None:
    world.channels["webhook"].broken = True
    world.press()
    world.pump()
    assert len(world.channels["webhook"].attempts) == 1
    assert world.channels["log"].reasons() == ["raised"]
    assert world.channels["release"].reasons() == ["raised"]


def test_a_failed_delivery_is_tried_after_1_2_5_5_10_seconds_and_then_less_often(
    world: World,
) -> None:
    world.channels["webhook"].broken = True
    world.press()
    world.pump()
    tried = []
    for second in range(1, 460):
        world.clock.advance(1)
        before = len(world.channels["webhook"].attempts)
        the(world, "webhook").turn()
        if len(world.channels["webhook"].attempts) > before:
            tried.append(second)
    assert tried == [1, 3, 8, 13, 23, 53, 113, 413]
    world.channels["webhook"].broken = False
    world.clock.advance(900)
    assert world.sent() == ["raised"]
    assert len({message.id for message in world.channels["webhook"].attempts}) == 1


def test_what_was_delivered_is_not_delivered_again(world: World) -> None:
    world.press()
    world.pump()
    world.clock.advance(3600)
    world.crash()
    assert world.sent() == ["raised"]
    assert world.outbox.pending() == {}


def test_a_crash_after_sending_and_before_the_record_repeats_under_the_same_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.press()
    worker = the(world, "webhook")
    exchange = world.outbox.exchange
    calls = []

    def crashing(channel: str, results: object, limit: int) -> object:
        calls.append(results)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return exchange(channel, results, limit)  # type: ignore[arg-type]

    monkeypatch.setattr(world.outbox, "exchange", crashing)
    with pytest.raises(KeyboardInterrupt):
        worker.turn()
    world.crash()
    world.pump()
    assert world.channels["webhook"].reasons() == ["raised"]
    world.clock.advance(LEASE_MS / 1000)
    world.pump()
    first, second = world.channels["webhook"].sent
    assert first.id == second.id


def test_a_permanent_error_is_tried_rarely(world: World) -> None:
    class Forbidden(RecordingChannel):
        def send(self, message: Message) -> None:
            self.attempts.append(message)
            raise PermanentError("forbidden")

    channel = Forbidden(Route("webhook"))
    worker = Worker(channel, world.outbox, world.clock, world.metrics)
    world.press()
    assert worker.turn() == POLL_S
    world.clock.advance(RARELY_S - 1)
    worker.turn()
    assert len(channel.attempts) == 1
    world.clock.advance(1)
    worker.turn()
    assert len(channel.attempts) == 2


def test_a_channel_that_says_not_yet_is_asked_again_then_and_has_not_failed(world: World) -> None:
    class Patient(RecordingChannel):
        def send(self, message: Message) -> None:
            self.attempts.append(message)
            if len(self.attempts) == 1:
                raise NotYetError(40)
            self.sent.append(message)

    channel = Patient(Route("webhook"))
    worker = Worker(channel, world.outbox, world.clock, world.metrics)
    world.press()
    worker.turn()
    world.clock.advance(39)
    worker.turn()
    assert len(channel.attempts) == 1
    world.clock.advance(1)
    worker.turn()
    assert channel.reasons() == ["raised"]
    failed = {"channel": "webhook", "result": "failed"}
    assert world.metrics.registry.get_sample_value("guardian_deliveries_total", failed) == 0


def test_who_is_gone_for_good_raises_an_alarm_at_once_and_is_said_to_be_back(world: World) -> None:
    class Gone(RecordingChannel):
        def send(self, message: Message) -> None:
            if self.broken:
                raise GoneError("the receiver answered 410")
            self.sent.append(message)

    channel = Gone(Route("webhook"))
    channel.broken = True
    said: list[str] = []
    worker = Worker(channel, world.outbox, world.clock, world.metrics, said.append)
    for device in ("tracker-a", "tracker-b"):
        world.press(device)
        worker.turn()
    assert said == ["alerts are not delivered: GoneError: the receiver answered 410"]
    channel.broken = False
    world.clock.advance(RARELY_S)
    worker.turn()
    assert channel.reasons() == ["raised", "raised"]
    assert said[1:] == ["alerts are delivered again"]


def test_what_was_a_test_does_not_tell_the_testers_of_a_real_alarm(world: World) -> None:
    """Whatever was planned for it while it was one."""
    rehearsal = RecordingChannel(Route("rehearsal", classes=frozenset({"test"})))
    world.desk._routing = Routing([WEBHOOK, rehearsal.route])
    worker = Worker(rehearsal, world.outbox, world.clock, world.metrics)
    world.press(kind="test")
    worker.turn()
    assert rehearsal.reasons() == ["raised"]
    world.press(kind="test")
    world.clock.advance(10)
    world.press()
    worker.turn()
    assert rehearsal.reasons() == ["raised"]
    assert "rehearsal" not in world.outbox.pending()


def test_a_slow_channel_takes_one_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch would outlast its lease, and another dispatcher would send the rest of it too."""

    class Slow(RecordingChannel):
        def send(self, message: Message) -> None:
            world.clock.advance(SLOW_S + 0.1)
            self.sent.append(message)

    channel = Slow(Route("webhook"))
    worker = Worker(channel, world.outbox, world.clock, world.metrics)
    world.press("tracker-a")
    worker.turn()
    asked: list[int] = []
    exchange = world.outbox.exchange

    def recorded(name: str, results: Sequence[Result], limit: int) -> list[DeliveryRecord]:
        asked.append(limit)
        return exchange(name, results, limit)

    monkeypatch.setattr(world.outbox, "exchange", recorded)
    for device in ("tracker-b", "tracker-c"):
        world.press(device)
    worker.turn()
    assert set(asked) == {1}
    assert len(channel.sent) == 3


def test_whatever_a_channel_raises_is_survived_and_tried_again(world: World) -> None:
    class Buggy(RecordingChannel):
        def send(self, message: Message) -> None:
            self.attempts.append(message)
            if len(self.attempts) == 1:
                raise ZeroDivisionError
            self.sent.append(message)

    channel = Buggy(Route("webhook"))
    worker = Worker(channel, world.outbox, world.clock, world.metrics)
    world.press()
    worker.turn()
    world.clock.advance(1)
    worker.turn()
    assert channel.reasons() == ["raised"]


def test_one_message_that_fails_does_not_hold_up_those_behind_it(world: World) -> None:
    class Picky(RecordingChannel):
        def send(self, message: Message) -> None:
            if message.incident.device == "tracker-a":
                raise PermanentError("not this one")
            self.sent.append(message)

    channel = Picky(Route("webhook"))
    worker = Worker(channel, world.outbox, world.clock, world.metrics)
    for device in ("tracker-a", "tracker-b", "tracker-c"):
        world.press(device)
    worker.turn()
    assert [m.incident.device for m in channel.sent] == ["tracker-b", "tracker-c"]


def test_a_late_message_says_how_things_stand_now(world: World) -> None:
    """A channel that was dead must not raise what has been closed meanwhile."""
    world.channels["webhook"].broken = True
    incident = world.press(location=world.here()).incident or ""
    world.pump()
    world.desk.act(incident, "acknowledge", "ann")
    world.desk.act(incident, "close", "ann", disposition="helped")
    world.channels["webhook"].broken = False
    world.clock.advance(60)
    assert world.sent() == ["changed", "changed", "raised"]
    assert {m.incident.state for m in world.channels["webhook"].sent} == {"closed"}
    assert all(message.place is None for message in world.channels["webhook"].sent)


def test_what_another_dispatcher_has_taken_is_left_to_it_for_five_seconds(world: World) -> None:
    world.press()
    assert len(world.outbox.exchange("webhook", [])) == 1
    assert world.sent() == []
    world.clock.advance(LEASE_MS / 1000)
    assert world.sent() == ["raised"]


def test_a_clock_set_back_leaves_no_delivery_lying(world: World) -> None:
    world.press()
    world.clock.set_wall(world.clock.now_ms() - 10 * RARELY_S * 1000)
    assert world.sent() == ["raised"]


def test_pauses_never_shrink() -> None:
    pauses = [pause_s(attempt) for attempt in range(1, 30)]
    assert pauses == sorted(pauses)
    assert tuple(pauses[: len(RETRY_S)]) == RETRY_S


def test_the_loop_wakes_for_news_and_ends(world: World) -> None:
    sent = Event()

    class Telling(RecordingChannel):
        def send(self, message: Message) -> None:
            sent.set()

    worker = Worker(Telling(Route("webhook")), world.outbox, world.clock, world.metrics)
    world.desk.on_commit = worker.wake
    stopping = Stopping()
    thread = Thread(target=worker.run, args=(stopping,))
    thread.start()
    world.press()
    assert sent.wait(4)
    stopping.stop("test")
    worker.wake()
    thread.join(4)
    assert not thread.is_alive()


def test_the_loop_survives_a_database_that_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in memory goes out all the same."""
    worker = the(world, "webhook")
    message = message_from(world)
    world.channels["webhook"].sent.clear()

    def gone(channel: str) -> float:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(world.outbox, "wait_s", gone)
    worker.push(message)
    with pytest.raises(StoreUnavailableError):
        worker.turn()
    assert world.channels["webhook"].sent == [message]


def test_alerts_from_memory_are_tried_again_until_they_arrive(world: World) -> None:
    worker = the(world, "webhook")
    channel = world.channels["webhook"]
    message = message_from(world)
    channel.sent.clear()
    channel.attempts.clear()
    channel.broken = True
    worker.push(message)
    worker.turn()
    for seconds in (1, 2, 5):
        world.clock.advance(seconds)
        worker.turn()
    assert len(channel.attempts) == 4
    channel.broken = False
    world.clock.advance(5)
    worker.turn()
    worker.turn()
    assert channel.sent == [message]


def message_from(world: World) -> Message:
    """Return a message as the database makes it."""
    world.press("tracker-z")
    world.pump()
    return world.channels["webhook"].sent[-1]


def delivered(world: World, channel: str) -> tuple[Any, Any]:
    sample = world.metrics.registry.get_sample_value
    name, labels = "guardian_delivery_seconds", {"channel": channel}
    return sample(f"{name}_count", labels), sample(f"{name}_sum", labels)


def test_a_delivery_is_measured_from_when_it_was_due(world: World) -> None:
    world.press()
    world.clock.advance(0.5)
    the(world, "log").turn()
    assert delivered(world, "log") == (1, pytest.approx(0.5))


def test_a_delivery_that_failed_at_first_is_measured_from_when_it_was_made(world: World) -> None:
    world.channels["webhook"].broken = True
    world.press()
    world.pump()
    assert delivered(world, "webhook")[0] == 0
    world.channels["webhook"].broken = False
    world.clock.advance(30)
    world.pump()
    assert delivered(world, "webhook") == (1, pytest.approx(30))


def test_what_is_old_and_done_is_forgotten_and_what_is_hopeless_given_up(world: World) -> None:
    world.channels["webhook"].broken = True
    closed = world.press("tracker-a").incident or ""
    world.press("tracker-b")
    world.pump()
    world.desk.act(closed, "acknowledge", "ann")
    world.desk.act(closed, "close", "ann", disposition="helped")
    world.pump()
    assert world.outbox.pending() == {"webhook": 4}
    world.outbox.forget(30)
    assert world.outbox.pending() == {"webhook": 4}
    world.clock.advance(31 * 86_400)
    world.outbox.forget(30)
    assert world.outbox.pending() == {"webhook": 1}  # of the one that is open
    with world.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar() == 1
