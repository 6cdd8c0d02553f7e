"""How long to wait before the next attempt to connect."""

from random import Random

FIRST_S = 0.5
"""A broker that is restarted is back within seconds, so half of one is soon enough to look."""
LONGEST_S = 30.0
"""10,000 trackers that come back in half a minute are 333 TLS handshakes a second, which a core
of a broker can bear; and no tracker is without connection for longer than that."""
SERVICE_LONGEST_S = 2.0
"""Services are few, and while theirs is away nobody hears a press that a tracker could send."""
SPREAD = 0.5
"""The share of each pause that is left to chance, so that many trackers do not come in step."""
STABLE_S = 10.0
"""A connection that lived so long was neither refused nor taken over at once."""


class Backoff:
    """The pauses between attempts: half a second, doubling to a limit, each shortened by chance."""

    def __init__(self, random: Random, longest_s: float = LONGEST_S) -> None:
        self._random = random
        self._longest_s = longest_s
        self._failures = 0

    def next_s(self, lived_s: float) -> float:
        """Return the pause after a connection that was up for `lived_s` (0: it never was)."""
        if lived_s >= STABLE_S:
            self._failures = 0
        # Beyond 2**6 the limit holds anyway; an exponent that grows for months would overflow.
        longest = min(self._longest_s, FIRST_S * 2.0 ** min(self._failures, 6))
        self._failures += 1
        return longest * (1 - SPREAD * self._random.random())
