"""Who waits for a press, and for how long."""

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from contract import topics
from dispatcher import precedence as module
from dispatcher.delivery import Worker
from dispatcher.following.follower import Follower
from dispatcher.following.newest import Newest
from dispatcher.inbox import Inbox
from dispatcher.precedence import Precedence
from tests.unit.dispatcher.fake_link import FakeLink, incoming
from tests.unit.dispatcher.following.test_newest import Session
from tests.unit.dispatcher.world import World


def inbox_of(world: World) -> Inbox:
    inbox = Inbox(world.desk, world.memory, world.desk.alarm, world.clock, world.metrics)
    inbox.attach(FakeLink(inbox))  # type: ignore[arg-type]
    return inbox


def worker_of(world: World) -> Worker:
    return Worker(
        world.channels["webhook"], world.outbox, world.clock, world.metrics,
        give_way=world.desk.precedence.give_way,
    )  # fmt: skip


def started(work: Callable[[], object]) -> tuple[Thread, Event]:
    """Begin to work on a thread; the event says that it is done."""
    done = Event()

    def target() -> None:
        work()
        done.set()

    thread = Thread(target=target)
    thread.start()
    return thread, done


def test_nobody_waits_while_no_press_does() -> None:
    precedence = Precedence()
    assert precedence.give_way()
    precedence.enter()
    precedence.leave()
    assert precedence.give_way()


def test_who_gives_way_goes_on_when_the_last_press_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GIVE_WAY_S", 30.0)
    precedence = Precedence()
    precedence.enter()
    precedence.enter()
    thread, done = started(precedence.give_way)
    precedence.leave()
    assert not done.wait(0.05)
    precedence.leave()
    assert done.wait(4)
    thread.join(4)


def test_presses_without_end_hold_nobody_up_for_longer_than_the_limit() -> None:
    """Promise 4: an alert is put off by later presses, and never starves."""
    precedence = Precedence()
    precedence.enter()
    for _ in range(2):
        began = time.monotonic()
        assert not precedence.give_way()
        assert time.monotonic() - began >= module.GIVE_WAY_S
    assert module.GIVE_WAY_S <= 0.25


def test_a_press_has_precedence_from_its_arrival_until_its_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GIVE_WAY_S", 0.0)
    inbox, precedence = inbox_of(world), world.desk.precedence
    asked: list[bool] = []
    take = world.desk.take

    def watched(*arguments: object) -> object:
        asked.append(precedence.give_way())
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.desk, "take", watched)
    for packet in (1, 2):
        payload = world.payload()
        inbox.on_message(incoming(topics.PANIC.of("tracker-a"), payload, packet=packet))
    asked.append(precedence.give_way())
    inbox.turn(0)
    asked.append(precedence.give_way())
    inbox.turn(0)
    assert asked == [False, False, False, False]
    assert precedence.give_way()


@pytest.mark.parametrize("store_is_down", [False, True])
def test_a_press_that_cannot_be_taken_gives_its_precedence_up(
    world: World, monkeypatch: pytest.MonkeyPatch, *, store_is_down: bool
) -> None:
    """It goes out from memory, through the workers that would wait for it."""
    monkeypatch.setattr(module, "GIVE_WAY_S", 0.0)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.desk, "take", broken)
    if store_is_down:
        world.desk.alarm.down(OSError("disk full"))
    inbox = inbox_of(world)
    inbox.on_message(incoming(topics.PANIC.of("tracker-a"), world.payload()))
    inbox.turn(0)
    assert inbox.held == 1
    assert world.desk.precedence.give_way()


def test_deliveries_wait_for_a_press_and_alerts_from_memory_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GIVE_WAY_S", 30.0)
    channel, worker = world.channels["webhook"], worker_of(world)
    world.press("tracker-z")
    worker.turn()
    remembered = channel.sent.pop()
    world.press()
    worker.push(remembered)
    world.desk.precedence.enter()
    thread, done = started(worker.turn)
    try:
        assert not done.wait(0.1)
        assert channel.sent == [remembered]
    finally:
        world.desk.precedence.leave()
    assert done.wait(4)
    thread.join(4)
    assert [each.incident.device for each in channel.sent] == ["tracker-z", "tracker-a"]


def test_deliveries_and_timers_go_on_beside_presses_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promises 4 and 5, with the limit made short: what is due is sent, and escalates."""
    monkeypatch.setattr(module, "GIVE_WAY_S", 0.001)
    for number in range(40):
        world.press(f"tracker-{number}")
    world.desk.precedence.enter()
    worker = worker_of(world)
    worker.turn()
    assert world.channels["webhook"].reasons() == ["raised"] * 40
    world.after(15)
    worker.turn()
    assert world.channels["webhook"].reasons()[40:] == ["escalated"] * 40


@pytest.mark.parametrize("who", ["timers", "following"])
def test_timers_and_following_wait_for_a_press(
    world: World, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(module, "GIVE_WAY_S", 30.0)
    newest = Newest(world.clock)
    newest.attach(Session())
    follower = Follower(world.desk, world.database, newest, world.desk._routing, world.clock)
    world.press()
    world.clock.advance(20)
    before = world.desk.last_event()
    world.desk.precedence.enter()
    thread, done = started(world.timers.turn if who == "timers" else follower.turn)
    try:
        assert not done.wait(0.1)
        assert world.desk.last_event() == before
    finally:
        world.desk.precedence.leave()
    assert done.wait(4)
    thread.join(4)
