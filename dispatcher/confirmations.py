"""Which brokers have answered for a message that went out to several: pure, no link, no clock."""

from dataclasses import dataclass, field
from typing import Final

NOBODY_LISTENS: Final = "no_matching_subscribers"
"""No other system is connected, or a tracker is away: it is told when its status comes again."""
BEHIND_MAX: Final = 10
"""Unanswered messages by which a broker may be behind the fastest; Mosquitto takes 20 at once."""
SILENT_S: Final = 1.0
"""A broker answers in milliseconds; one that was silent for so long is waited for no more."""

Settled = list[tuple[int, str | None]]
"""Numbers of messages, each with why no broker has it (None: one has)."""


@dataclass
class Sent:
    """A message under its number; `parts` are the brokers that have not answered for it."""

    number: int
    parts: set[int] = field(default_factory=set)
    confirmed: bool = False
    failure: str | None = None


class Confirmations:
    """What went out to brokers (by their place in the list). Times are monotonic seconds.

    A message is settled when one broker has it and no other that answers is far behind, or when
    none has it. That keeps a slow broker's window open, and waits for no dead one.
    """

    def __init__(self, brokers: int) -> None:
        self._sent: dict[tuple[int, int], Sent] = {}
        self._behind = [0] * brokers
        self._answered_at = [0.0] * brokers
        self._held_back: list[Sent] = []

    def note(self, sent: Sent, place: int, packet: int, now: float) -> None:
        """Note that a message went out to a broker, as this packet."""
        if not self._behind[place]:
            self._answered_at[place] = now  # until now it owed us nothing
        self._behind[place] += 1
        self._sent[place, packet] = sent
        sent.parts.add(place)

    def answered(self, place: int, packet: int, failure: str | None, now: float) -> Settled:
        """Note a broker's answer, and return what is settled by it."""
        self._answered_at[place] = now
        sent = self._sent.pop((place, packet), None)
        if sent is None:
            return []
        self._behind[place] -= 1
        sent.parts.discard(place)
        if sent.confirmed:
            pass
        elif failure in (None, NOBODY_LISTENS):
            sent.confirmed, sent.failure = True, failure
            self._held_back.append(sent)
        else:
            sent.failure = failure
        return self._failed([sent]) + self._released(now)

    def lost(self, place: int, reason: str, now: float) -> Settled:
        """Forget what a broker has not answered, and return what is settled by that."""
        ended = [self._sent.pop(key) for key in list(self._sent) if key[0] == place]
        self._behind[place] = 0
        for sent in ended:
            sent.parts.discard(place)
            if not sent.confirmed:
                sent.failure = sent.failure or f"connection lost: {reason}"
        return self._failed(ended) + self._released(now)

    def is_silent(self, place: int, now: float) -> bool:
        """Say whether a broker has owed an answer for too long."""
        return self._behind[place] > 0 and now - self._answered_at[place] >= SILENT_S

    def _failed(self, touched: list[Sent]) -> Settled:
        return [
            (each.number, each.failure) for each in touched if not each.confirmed and not each.parts
        ]

    def _released(self, now: float) -> Settled:
        """Return what is confirmed and held back no more."""
        slow = {
            place
            for place, behind in enumerate(self._behind)
            if behind > BEHIND_MAX and not self.is_silent(place, now)
        }
        free = [each for each in self._held_back if not each.parts & slow]
        self._held_back = [each for each in self._held_back if each.parts & slow]
        return [(each.number, each.failure) for each in free]
