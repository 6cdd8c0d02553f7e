"""At which speed the receiver talks: tried out until two checksums are right, then kept."""

from dataclasses import dataclass, field
from pathlib import Path

USUAL = (9600, 115200, 38400, 4800, 57600, 230400, 460800)
"""What receivers are delivered with, the most frequent first."""
TRY_S = 3.0
"""A receiver says something every second; two sentences of it come in so long at the right rate."""
GOOD_SENTENCES = 2
"""One right checksum in noise is one in 256; two in a row are the receiver."""
NOISE_S = 30.0
NOISE_BYTES = 2000
"""A receiver that was reset may talk at another rate: so much without one sentence is noise.

Silence alone is none: a receiver may be switched off at night.
"""
SLOWEST, FASTEST = 300, 4_000_000
"""What a serial port can be set to."""
FILE_NAME = "baud"


@dataclass
class BaudSearch:
    """The rate to listen at, from what came of the rates before."""

    configured: int
    remembered: int | None
    locked: bool = False
    _rates: list[int] = field(default_factory=list)
    _at: int = 0
    _since: float = 0.0
    _good: int = 0
    _noise: int = 0

    def begin(self, now: float) -> int:
        """Begin anew, as the port was opened; return the rate to listen at."""
        first = [self.configured, *([self.remembered] if self.remembered else [])]
        self._rates = list(dict.fromkeys([*first, *USUAL]))
        self._at, self.locked = 0, False
        return self._turn(now)

    def heard(self, *, sentences: int, noise: int, now: float) -> int | None:
        """Take how many right sentences and how many bytes came; return another rate to try.

        To be called also when nothing came, for the time that passes. None: stay.
        """
        self._good += sentences
        self._noise = 0 if sentences else self._noise + noise
        if sentences and (self.locked or self._good >= GOOD_SENTENCES):
            self.locked, self._since = True, now
            return None
        if self.locked:
            silent = self._noise < NOISE_BYTES or now - self._since < NOISE_S
            return None if silent else self.begin(now)
        if now - self._since < TRY_S:
            return None
        self._at = (self._at + 1) % len(self._rates)
        return self._turn(now)

    def _turn(self, now: float) -> int:
        self._since, self._good, self._noise = now, 0, 0
        return self._rates[self._at]


def recall(state_dir: Path) -> int | None:
    """Return the last good rate of an earlier run; None where there is none that makes sense."""
    try:
        text = (state_dir / FILE_NAME).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() and SLOWEST <= int(text) <= FASTEST else None


def remember(state_dir: Path, rate: int) -> None:
    """Keep the good rate for the next start.

    Raises:
        OSError: the disk refuses; the next start searches again.
    """
    path = state_dir / FILE_NAME
    path.touch(mode=0o600)
    path.write_text(f"{rate}\n", encoding="ascii")
