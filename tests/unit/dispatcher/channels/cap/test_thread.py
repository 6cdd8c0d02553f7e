"""Threads of CAP messages, with a receiver that believes what the references say."""

from dataclasses import dataclass, field
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dispatcher.channels.cap.thread import LIVES_MS, POSITION_EVERY_MS, Decision, News, Sent, decide

START = 1_700_000_000_000


def news(number: int, version: int, *, at: int = START, **fields: object) -> News:
    shared = {"closed": False, "reason": "raised", "placed_at": None} | fields
    return News(identifier=f"i.{number}", version=version, now=at, **shared)  # type: ignore[arg-type]


def said(thread: list[Sent], what: News) -> Sent | None:
    """Decide, and let it arrive."""
    decision = decide(thread, what)
    if decision.message is not None:
        remember(thread, replace(decision.message, done=True))
    return decision.message


def remember(thread: list[Sent], sent: Sent) -> None:
    thread[:] = [each for each in thread if each.identifier != sent.identifier] + [sent]


def test_alert_update_cancel() -> None:
    thread: list[Sent] = []
    first = said(thread, news(0, 1))
    second = said(thread, news(1, 2, reason="escalated", at=START + 15_000))
    third = said(thread, news(2, 3, reason="changed", closed=True, at=START + 20_000))
    assert first is not None
    assert second is not None
    assert third is not None
    assert [each.kind for each in (first, second, third)] == ["Alert", "Update", "Cancel"]
    assert (first.refers, second.refers, third.refers) == ((), ("i.0",), ("i.1",))


def test_a_retry_keeps_identifier_and_time() -> None:
    first = decide([], news(0, 1)).message
    assert first is not None
    again = decide([first], news(0, 1, at=START + 5000)).message
    assert again == first


def test_what_may_have_arrived_is_referenced_until_its_successor_has() -> None:
    alert = decide([], news(0, 1)).message
    assert alert is not None
    thread = [replace(alert, done=True)]
    lost = decide(thread, news(1, 2)).message
    assert lost is not None
    assert lost.refers == ("i.0",)
    last = decide([*thread, lost], news(2, 3)).message
    assert last is not None
    assert last.refers == ("i.0", "i.1")


def test_a_retry_does_not_count_as_news_for_its_first_copy_may_have_arrived() -> None:
    thread: list[Sent] = []
    alert = decide(thread, news(0, 1)).message
    assert alert is not None
    remember(thread, alert)
    said(thread, news(0, 2))
    changed = said(thread, news(1, 2, reason="changed"))
    assert changed is not None
    assert changed.kind == "Update"


def test_what_is_late_is_not_said_after_its_successor() -> None:
    lost = decide([], news(0, 1)).message
    assert lost is not None
    thread = [lost]
    cancel = said(thread, news(1, 2, reason="changed", closed=True))
    assert cancel is not None
    assert cancel.kind == "Cancel"
    assert decide(thread, news(0, 2, closed=True)).skip == "superseded"


def test_an_incident_that_ended_unheard_is_said_once_and_is_over_at_once() -> None:
    thread: list[Sent] = []
    only = said(thread, news(1, 5, reason="changed", closed=True))
    assert only is not None
    assert (only.kind, only.expires) == ("Alert", only.sent)
    assert decide(thread, news(0, 5, closed=True)).skip == "told"


def test_a_reopened_incident_begins_with_an_alert() -> None:
    thread: list[Sent] = []
    said(thread, news(0, 1))
    said(thread, news(1, 2, closed=True, reason="changed"))
    again = said(thread, news(2, 3, reason="pressed"))
    assert again is not None
    assert (again.kind, again.refers) == ("Alert", ())


def test_a_late_cancel_does_not_close_a_newer_raise() -> None:
    thread: list[Sent] = []
    said(thread, news(0, 1))
    lost = decide(thread, news(1, 2, closed=True, reason="changed")).message
    assert lost is not None
    assert lost.kind == "Cancel"
    remember(thread, lost)
    assert decide(thread, news(1, 3, reason="changed")).skip == "reopened"


def test_expired_messages_are_not_referenced() -> None:
    thread: list[Sent] = []
    said(thread, news(0, 1))
    later = said(thread, news(1, 2, at=START + LIVES_MS))
    assert later is not None
    assert (later.kind, later.refers) == ("Alert", ())


def test_positions_alone_are_said_once_a_minute() -> None:
    thread: list[Sent] = []
    said(thread, news(0, 1, placed_at=START))
    told = []
    for second in range(1, 300):
        at = START + second * 1000
        decision = decide(thread, news(second, 1, reason="position", placed_at=at, at=at))
        if decision.message is not None:
            told.append(second)
            remember(thread, replace(decision.message, done=True))
        else:
            assert 0 < decision.wait_ms <= POSITION_EVERY_MS
    assert told == [1, 61, 121, 181, 241]


def test_an_alert_does_not_wait_for_the_minute_and_a_known_place_is_no_news() -> None:
    thread: list[Sent] = []
    said(thread, news(0, 1, reason="position", placed_at=START))
    assert decide(thread, news(1, 1, reason="escalated", placed_at=START)).message is not None
    assert decide(thread, news(2, 1, reason="position", placed_at=START)).skip == "unchanged"


Outcome = Literal["arrived", "arrived_unrecorded", "lost"]


@dataclass
class Receiver:
    """Knows messages by their identifiers; a repeat is dropped."""

    known: dict[str, Sent] = field(default_factory=dict)

    def take(self, sent: Sent) -> None:
        self.known.setdefault(sent.identifier, sent)

    def live(self, now: int) -> list[Sent]:
        gone = {name for each in self.known.values() for name in each.refers}
        return [
            each
            for each in self.known.values()
            if each.kind != "Cancel" and each.identifier not in gone and each.expires > now
        ]

    def threads(self) -> int:
        """Count what is not tied together by references, also to what never arrived."""
        root = {name: name for each in self.known.values() for name in each.refers}
        # What was over when it was said has never been part of one.
        root |= {name: name for name, each in self.known.items() if each.expires > each.sent}

        def find(name: str) -> str:
            while root[name] != name:
                name = root[name]
            return name

        for each in self.known.values():
            for name in each.refers:
                root[find(name)] = find(each.identifier)
        return len({find(name) for name in root})


@dataclass
class Sender:
    """An incident, its deliveries, and what its dispatchers remember of the thread."""

    now: int = START
    version: int = 0
    closed: bool = False
    thread: list[Sent] = field(default_factory=list)
    pending: dict[int, str] = field(default_factory=dict)
    receiver: Receiver = field(default_factory=Receiver)
    made: int = 0

    def change(self, reason: str, *, closed: bool) -> None:
        self.version += 1
        self.closed = closed
        self.pending[self.made] = reason
        self.made += 1

    def attempt(self, number: int, outcome: Outcome) -> None:
        decision: Decision = decide(
            self.thread,
            news(
                number, self.version, closed=self.closed, reason=self.pending[number], at=self.now
            ),
        )
        if decision.message is None:
            del self.pending[number]
            return
        remember(self.thread, decision.message)
        if outcome != "lost":
            self.receiver.take(decision.message)
        if outcome == "arrived":
            remember(self.thread, replace(decision.message, done=True))
            del self.pending[number]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(["escalated", "changed", "pressed"])),
        st.tuples(st.just("close"), st.just("changed")),
        st.tuples(st.sampled_from(["arrived", "arrived_unrecorded", "lost"]), st.integers(0, 5)),
    ),
    max_size=30,
)


@given(steps, st.randoms(use_true_random=False))
def test_whatever_is_lost_doubled_or_late_the_receiver_ends_with_one_thread(
    plan: list[tuple[str, str | int]], order: object
) -> None:
    sender = Sender()
    sender.change("raised", closed=False)
    reopened = 0
    for what, detail in plan:
        sender.now += 700
        if what == "close" and not sender.closed:
            sender.change("changed", closed=True)
        elif what == "change":
            reopened += sender.closed
            # What reopens an incident is an alert.
            sender.change("pressed" if sender.closed else str(detail), closed=False)
        elif what not in ("close", "change") and sender.pending:
            numbers = sorted(sender.pending)
            sender.attempt(numbers[int(detail) % len(numbers)], what)  # type: ignore[arg-type]
    left = sorted(sender.pending)
    order.shuffle(left)  # type: ignore[attr-defined]
    for number in left:
        sender.attempt(number, "arrived")
    live = sender.receiver.live(sender.now)
    assert len(live) == (0 if sender.closed else 1)
    assert sender.receiver.known, "every incident is said at least once"
    if not sender.closed:
        assert live[0].version == max(each.version for each in sender.receiver.known.values())
    if not reopened:
        assert sender.receiver.threads() <= 1
