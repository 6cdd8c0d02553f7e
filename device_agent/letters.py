"""Journeys and texts, repeated until a receipt names them: in order, and behind every press.

Changes of one journey go one after the other: a later one says less than the first, so it must not
arrive in its place. Fed with data and monotonic seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from contract.errors import GuardianError
from contract.messages import Receipt

RESEND_FIRST_S = 2.0
"""A working path answers at once; a press is resent after half a second, this is less urgent."""
RESEND_MAX_S = 60.0
"""Somebody waits to hear who drives; every minute costs a battery nothing."""
KEPT = 64
"""Letters that wait; a day of journeys. More would be written by no holder."""

LetterTopic = Literal["journey", "text"]
LetterKey = tuple[str, int]
"""Id and update: a letter's name."""


class TooManyLettersError(GuardianError):
    """So many journeys and texts wait for a receipt that no more are taken."""


class LetterRow(Struct, frozen=True, kw_only=True):
    """What the outbox keeps of a letter."""

    topic: LetterTopic
    id: str
    update: int
    body: str
    """The message as it is sent, in JSON."""

    @property
    def key(self) -> LetterKey:
        """Return its name."""
        return self.id, self.update


@dataclass
class Letter:
    """One message, and how its sending stands."""

    row: LetterRow
    next_send: float
    pause: float = RESEND_FIRST_S


class Letters:
    """All that no receipt names yet, oldest first."""

    def __init__(self) -> None:
        self._letters: dict[LetterKey, Letter] = {}

    def __len__(self) -> int:
        return len(self._letters)

    def restore(self, rows: Iterable[LetterRow], now: float) -> None:
        """Take over, oldest first, what an earlier run left."""
        for row in rows:
            self._letters[row.key] = Letter(row, now)

    def add(self, row: LetterRow, now: float) -> None:
        """Take a new one.

        Raises:
            TooManyLettersError: it is not taken.
        """
        if len(self._letters) >= KEPT:
            raise TooManyLettersError(f"{KEPT} journeys and texts wait for an answer already")
        self._letters[row.key] = Letter(row, now)

    def all(self) -> list[LetterRow]:
        """Return what is kept, oldest first."""
        return [letter.row for letter in self._letters.values()]

    def up(self, now: float) -> None:
        """A connection stands: what waits goes out at once."""
        for letter in self._letters.values():
            letter.next_send, letter.pause = now, RESEND_FIRST_S

    def due(self, now: float) -> Letter | None:
        """Return what goes out now: of each journey only the oldest that waits."""
        return next((each for each in self._first_of_each() if each.next_send <= now), None)

    def sent(self, letter: Letter, now: float) -> None:
        """Note that it went out."""
        letter.next_send = now + letter.pause
        letter.pause = min(letter.pause * 2, RESEND_MAX_S)

    def refused(self, letter: Letter, now: float) -> None:
        """Note that nobody was there to take it."""
        letter.next_send, letter.pause = now + RESEND_MAX_S, RESEND_MAX_S

    def receipt(self, receipt: Receipt, now: float) -> list[LetterKey]:
        """Take a receipt; returns what it covers, to be deleted from the disk."""
        named = receipt.journey_id or receipt.text_id
        covered = [key for key in self._letters if key[0] == named and key[1] <= receipt.update]
        for key in covered:
            del self._letters[key]
        for letter in self._first_of_each():
            if covered and letter.row.id == named:
                letter.next_send = now
        return covered

    def deadline(self) -> float | None:
        """Return when `due` may next give another answer."""
        return min((each.next_send for each in self._first_of_each()), default=None)

    def _first_of_each(self) -> list[Letter]:
        first: dict[str, Letter] = {}
        for letter in self._letters.values():
            first.setdefault(letter.row.id, letter)
        return list(first.values())
