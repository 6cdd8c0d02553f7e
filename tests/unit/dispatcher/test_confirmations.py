"""Which brokers have answered: settled once each, and no dead broker is waited for."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dispatcher.confirmations import (
    BEHIND_MAX,
    NOBODY_LISTENS,
    SILENT_S,
    Confirmations,
    Sent,
)

BROKERS = 3


@dataclass
class Two:
    """Two brokers; messages go to both."""

    confirmations: Confirmations = field(default_factory=lambda: Confirmations(2))
    numbers: int = 0

    def send(self, now: float = 0.0, places: tuple[int, ...] = (0, 1)) -> int:
        self.numbers += 1
        sent = Sent(self.numbers)
        for place in places:
            self.confirmations.note(sent, place, self.numbers, now)
        return self.numbers


def test_one_broker_that_has_it_is_enough() -> None:
    two = Two()
    number = two.send()
    assert two.confirmations.answered(1, number, None, 0.0) == [(number, None)]
    assert two.confirmations.answered(0, number, None, 0.0) == []


def test_a_broker_where_nobody_listens_has_it_too() -> None:
    two = Two()
    number = two.send()
    assert two.confirmations.answered(0, number, NOBODY_LISTENS, 0.0) == [(number, NOBODY_LISTENS)]


def test_what_one_refuses_the_other_may_take() -> None:
    two = Two()
    number = two.send()
    assert two.confirmations.answered(0, number, "not_authorized", 0.0) == []
    assert two.confirmations.answered(1, number, None, 0.0) == [(number, None)]


def test_what_all_refuse_or_lose_has_failed_once() -> None:
    two = Two()
    number = two.send()
    assert two.confirmations.answered(0, number, "not_authorized", 0.0) == []
    assert two.confirmations.lost(1, "cut", 0.0) == [(number, "not_authorized")]
    number = two.send()
    assert two.confirmations.lost(0, "cut", 0.0) == []
    assert two.confirmations.lost(1, "cut", 0.0) == [(number, "connection lost: cut")]


def test_a_slow_broker_sets_the_pace() -> None:
    """Otherwise its window would be full, and a list of receipts never through."""
    two = Two()
    for _ in range(BEHIND_MAX):
        number = two.send()
        assert two.confirmations.answered(0, number, None, 0.0) == [(number, None)]
    number = two.send()
    assert two.confirmations.answered(0, number, None, 0.0) == []
    assert two.confirmations.answered(1, 1, None, 0.1) == [(number, None)]


def test_a_silent_broker_sets_no_pace() -> None:
    two = Two()
    for _ in range(BEHIND_MAX + 1):
        two.send()
    now = SILENT_S
    assert two.confirmations.is_silent(1, now)
    assert two.confirmations.answered(0, 1, None, now) == [(1, None)]


def test_a_broker_that_owes_nothing_is_not_silent() -> None:
    two = Two()
    assert not two.confirmations.is_silent(0, 100.0)
    two.send(now=100.0)
    assert not two.confirmations.is_silent(0, 100.0)
    assert two.confirmations.is_silent(0, 100.0 + SILENT_S)


class Machine(RuleBasedStateMachine):
    """Any traffic to three brokers: each message is settled exactly once, in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.confirmations = Confirmations(BROKERS)
        self.now = 0.0
        self.numbers = 0
        self.open: dict[tuple[int, int], None] = {}
        self.settled: list[int] = []

    @rule(places=st.sets(st.integers(0, BROKERS - 1), min_size=1))
    def send(self, places: set[int]) -> None:
        self.numbers += 1
        sent = Sent(self.numbers)
        for place in places:
            self.confirmations.note(sent, place, self.numbers, self.now)
            self.open[place, self.numbers] = None

    @rule(which=st.integers(0), failure=st.sampled_from([None, NOBODY_LISTENS, "refused"]))
    def answer(self, which: int, failure: str | None) -> None:
        if self.open:
            place, packet = list(self.open)[which % len(self.open)]
            del self.open[place, packet]
            self._note(self.confirmations.answered(place, packet, failure, self.now))

    @rule(place=st.integers(0, BROKERS - 1))
    def lose(self, place: int) -> None:
        self.open = {key: None for key in self.open if key[0] != place}
        self._note(self.confirmations.lost(place, "cut", self.now))

    @rule(seconds=st.sampled_from([0.1, 2.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    def _note(self, settled: list[tuple[int, str | None]]) -> None:
        self.settled += [number for number, _ in settled]

    @invariant()
    def each_is_settled_once(self) -> None:
        assert len(self.settled) == len(set(self.settled))

    def teardown(self) -> None:
        for place in range(BROKERS):
            self.lose(place)
        assert sorted(self.settled) == list(range(1, self.numbers + 1))


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
