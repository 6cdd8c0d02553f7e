"""The session that hears followed trackers."""

from contract import topics
from dispatcher.following import newest as newest_module
from dispatcher.following.newest import Newest
from runtime.clock import ManualClock
from runtime.mqtt.interface import Incoming


class Session:
    """Remembers what is subscribed and acknowledged."""

    def __init__(self) -> None:
        self.filters: set[str] = set()
        self.acknowledged: list[int] = []

    def subscribe(self, topic_filter: str) -> None:
        self.filters.add(topic_filter)

    def unsubscribe(self, topic_filter: str) -> None:
        self.filters.remove(topic_filter)

    def acknowledge(self, message: Incoming) -> bool:
        self.acknowledged.append(message.packet)
        return True


def made(*devices: str) -> tuple[Newest, Session, ManualClock]:
    clock = ManualClock()
    newest, session = Newest(clock), Session()
    newest.attach(session)
    newest.follow(devices)
    return newest, session, clock


def say(newest: Newest, device: str, payload: bytes = b"x", packet: int = 1) -> None:
    newest.on_message(Incoming(topics.LOCATION.of(device), payload, False, 1, packet))


def test_it_subscribes_to_followed_trackers_alone() -> None:
    newest, session, _ = made("a", "b")
    assert session.filters == {"guardian/v1/a/location", "guardian/v1/b/location"}
    newest.follow({"b"})
    assert session.filters == {"guardian/v1/b/location"}


def test_of_each_tracker_the_newest_is_taken_once_a_second() -> None:
    newest, session, clock = made("a", "b")
    for number in range(5):
        say(newest, "a", b"%d" % number, packet=number)
    say(newest, "b", b"other", packet=9)
    assert [(each.device, each.payload) for each in newest.take(9)] == [
        ("a", b"4"), ("b", b"other"),
    ]  # fmt: skip
    assert session.acknowledged == [0, 1, 2, 3, 4, 9]
    assert not newest.arrived.is_set()
    say(newest, "a", b"5")
    assert newest.take(9) == []
    clock.advance(1)
    assert [each.payload for each in newest.take(9)] == [b"5"]


def test_with_too_many_the_longest_waiting_comes_first() -> None:
    newest, _, _ = made("a", "b", "c")
    for device in ("b", "c", "a", "b"):
        say(newest, device)
    assert [each.device for each in newest.take(2)] == ["b", "c"]
    assert [each.device for each in newest.take(2)] == ["a"]


def test_who_is_not_followed_costs_no_memory() -> None:
    newest, _, _ = made("a")
    say(newest, "stranger")
    newest.on_message(Incoming("guardian/v1/a/status", b"x", False, 1, 1))
    newest.on_message(Incoming("nonsense", b"x", False, 1, 1))
    say(newest, "a")
    newest.follow(set())
    assert newest.take(9) == []


def test_what_could_not_be_kept_waits_unless_something_newer_does() -> None:
    newest, _, _ = made("a", "b")
    say(newest, "a", b"old a")
    say(newest, "b", b"old b")
    taken = newest.take(9)
    say(newest, "b", b"new b")
    newest.put_back(taken)
    assert {each.payload for each in newest.take(9)} == {b"old a", b"new b"}


def test_a_tracker_that_floods_is_not_listened_to_for_a_while() -> None:
    newest, session, clock = made("a", "b")
    for _ in range(newest_module.FLOOD + 1):
        say(newest, "a")
    say(newest, "b")
    clock.advance(newest_module.FLOOD_WINDOW_S)
    newest.take(9)
    assert session.filters == {"guardian/v1/b/location"}
    newest.follow({"a", "b"})
    assert session.filters == {"guardian/v1/b/location"}
    clock.advance(newest_module.MUTED_S)
    newest.follow({"a", "b"})
    assert len(session.filters) == 2
