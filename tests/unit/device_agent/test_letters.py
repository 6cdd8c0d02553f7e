from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contract.ids import uuid7
from contract.messages import Receipt
from device_agent.letters import (
    KEPT,
    RESEND_FIRST_S,
    RESEND_MAX_S,
    LetterRow,
    Letters,
    TooManyLettersError,
)

IDS = [uuid7(1, bytes([number] * 10)) for number in range(3)]


def row(number: int = 0, update: int = 0) -> LetterRow:
    return LetterRow(topic="journey", id=IDS[number], update=update, body="{}")


def answer(number: int, update: int) -> Receipt:
    return Receipt(journey_id=IDS[number], update=update, version=update, stage="received", at=1)


def test_a_letter_is_repeated_ever_more_rarely() -> None:
    letters, sent, now = Letters(), [], 0.0
    letters.add(row(), 0.0)
    while now < 300:
        letter = letters.due(now)
        if letter is not None:
            letters.sent(letter, now)
            sent.append(now)
        now += 0.5
    pauses = [later - before for before, later in pairwise(sent)]
    assert pauses[:5] == [2, 4, 8, 16, 32]
    assert set(pauses[5:]) == {RESEND_MAX_S}
    assert pauses[0] == RESEND_FIRST_S


def test_only_the_oldest_of_each_journey_goes_out() -> None:
    letters = Letters()
    letters.restore([row(0, 0), row(0, 1), row(1, 0)], 0.0)
    first = letters.due(0.0)
    assert first is not None
    letters.sent(first, 0.0)
    second = letters.due(0.0)
    assert second is not None
    assert (first.row.key, second.row.key) == ((IDS[0], 0), (IDS[1], 0))
    letters.sent(second, 0.0)
    assert letters.due(0.0) is None
    assert letters.receipt(answer(0, 0), 0.1) == [(IDS[0], 0)]
    third = letters.due(0.1)
    assert third is not None
    assert third.row.key == (IDS[0], 1)


def test_a_connection_sends_at_once_what_waits() -> None:
    letters = Letters()
    letters.add(row(), 0.0)
    letter = letters.due(0.0)
    assert letter is not None
    letters.refused(letter, 0.0)
    assert letters.due(RESEND_MAX_S - 0.1) is None
    letters.up(1.0)
    assert letters.due(1.0) is letter
    assert letters.deadline() == 1.0


def test_a_receipt_of_something_else_covers_nothing() -> None:
    letters = Letters()
    letters.add(row(), 0.0)
    other = Receipt(panic_id=IDS[0], update=9, version=1, stage="received", at=1)
    assert letters.receipt(other, 0.0) == []
    assert letters.receipt(answer(1, 9), 0.0) == []
    assert len(letters) == 1


def test_more_than_a_holder_writes_is_refused() -> None:
    letters = Letters()
    for number in range(KEPT):
        letters.add(row(0, number), 0.0)
    with pytest.raises(TooManyLettersError):
        letters.add(row(0, KEPT), 0.0)


class Post(RuleBasedStateMachine):
    """Letters and receipts are lost and repeated: all arrive, and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = Letters()
        self.now = 0.0
        self.made = [0] * len(IDS)
        self.arrived: list[list[int]] = [[] for _ in IDS]

    @rule(number=st.integers(0, 2))
    def write(self, number: int) -> None:
        if len(self.letters) < KEPT:
            self.letters.add(row(number, self.made[number]), self.now)
            self.made[number] += 1

    @rule(lost=st.booleans(), receipt_lost=st.booleans(), seconds=st.floats(0, 100))
    def send(self, *, lost: bool, receipt_lost: bool, seconds: float) -> None:
        self.now += seconds
        letter = self.letters.due(self.now)
        if letter is None:
            return
        self.letters.sent(letter, self.now)
        number = IDS.index(letter.row.id)
        if not lost:
            if letter.row.update not in self.arrived[number]:
                self.arrived[number].append(letter.row.update)
            if not receipt_lost:
                self.letters.receipt(answer(number, letter.row.update), self.now)

    @rule()
    def restart(self) -> None:
        kept, self.letters = self.letters.all(), Letters()
        self.letters.restore(kept, self.now)

    @invariant()
    def in_order_and_none_forgotten(self) -> None:
        kept = {each.key for each in self.letters.all()}
        for number, made in enumerate(self.made):
            assert self.arrived[number] == list(range(len(self.arrived[number])))
            for update in range(made):
                assert update in self.arrived[number] or (IDS[number], update) in kept


TestPost = Post.TestCase
TestPost.settings = settings(max_examples=50, stateful_step_count=30)
