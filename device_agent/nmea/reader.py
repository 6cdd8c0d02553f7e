"""The NMEA reader: bytes in, epochs out; framing, sentences, epochs and dates in one line."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from contract.messages import GpsState
from device_agent.fix import Fix
from device_agent.nmea.dates import FLOOR_MS, Calendar, Instant
from device_agent.nmea.draft import Draft
from device_agent.nmea.epoch import EpochAssembler
from device_agent.nmea.framing import Framer
from device_agent.nmea.sentences import SentenceReader

SILENCE_S = 10.0
"""A receiver that says nothing for so long is taken for gone: ten times the usual interval."""


class Epoch(Struct, frozen=True, kw_only=True, gc=False):
    """One instant of the receiver: its fix if there is one, and how the receiver is."""

    state: GpsState
    fix: Fix | None = None
    tod: str | None = None
    """Time of day as sent; None while the receiver has no time, and for a mere change of state."""


class NmeaReader:
    """Reads one receiver. Any bytes in any chunking; never raises, memory stays bounded.

    `floor_ms` is the earliest instant that can be, None for a recording; `reference` is the day
    to assume while the receiver gives none, and the one that week rollovers are repaired to.
    """

    def __init__(
        self,
        *,
        floor_ms: int | None = FLOOR_MS,
        reference: dt.date | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.state: GpsState = "no_data"
        self.sentences = 0
        self._framer = Framer()
        self._sentences = SentenceReader()
        self._assembler = EpochAssembler()
        self._calendar = Calendar(floor_ms=floor_ms, reference=reference)
        self._silence_s = silence_s
        self._spoke: float | None = None
        self._told_at: float | None = None
        """When it last told whether there is a fix, or else began to speak."""

    def feed(self, data: bytes, now: Instant) -> list[Epoch]:
        """Take the next bytes; return the epochs that ended, oldest first."""
        epochs = self.tick(now)
        if data:
            self._assembler.hear(now.monotonic)
            epochs += self._read(self._framer.feed(data), now)
        return epochs

    def tick(self, now: Instant) -> list[Epoch]:
        """Let time pass; return the epoch that ended by it, and a change of state by silence.

        Call it every 0.1 s or so while nothing comes: it is what ends an epoch before the next.
        """
        epochs = self._publish(self._assembler.tick(now.monotonic), now)
        silent = self._fallen_silent(now.monotonic)
        if silent is not None:
            self.state = silent
            self._told_at = None if silent == "no_data" else now.monotonic
            epochs.append(Epoch(state=silent))
        return epochs

    def end(self, now: Instant) -> list[Epoch]:
        """Return what the stream's end completes."""
        epochs = self._read(self._framer.end(), now)
        return epochs + self._publish(self._assembler.end(), now)

    @property
    def rejects(self) -> Counter[str]:
        """What was lost, by reason: of framing, of sentences and fields, and `late`."""
        late = Counter(late=self._assembler.late) if self._assembler.late else Counter[str]()
        return self._framer.rejects + self._sentences.rejects + late

    def _read(self, sentences: Sequence[bytes], now: Instant) -> list[Epoch]:
        if sentences:
            self.sentences += len(sentences)
            self._spoke = now.monotonic
            if self._told_at is None:
                self._told_at = now.monotonic
        epochs: list[Epoch] = []
        for sentence in sentences:
            reading = self._sentences.read(sentence)
            if reading is not None and (ended := self._assembler.add(reading, now.monotonic)):
                epochs += self._publish(ended, now)
        return epochs

    def _publish(self, drafts: Iterable[Draft], now: Instant) -> list[Epoch]:
        return [epoch for draft in drafts if (epoch := self._epoch(draft, now)) is not None]

    def _epoch(self, draft: Draft, now: Instant) -> Epoch | None:
        if not draft.positional:
            self._note_date(draft, now)
            return None
        fix = None if draft.still or not draft.has_fix else self._fix(draft, now)
        self.state = "no_fix" if fix is None else "fix"
        self._told_at = now.monotonic
        return Epoch(state=self.state, fix=fix, tod=draft.tod.text if draft.tod else None)

    def _fix(self, draft: Draft, now: Instant) -> Fix | None:
        if draft.tod is None:
            return None
        said = draft.dated
        return draft.to_fix(self._calendar.settle(draft.tod, said.date if said else None, now))

    def _note_date(self, draft: Draft, now: Instant) -> None:
        """Remember a ZDA that stands alone; without a fix it may be the factory's date."""
        said = draft.dated
        if said is not None and said.tod is not None and self.state == "fix":
            self._calendar.settle(said.tod, said.date, now)

    def _fallen_silent(self, at: float) -> GpsState | None:
        """Say what silence has made of the state, once: no sentence, or none about a fix."""
        if self._spoke is not None and at - self._spoke >= self._silence_s:
            return "no_data" if self.state != "no_data" else None
        if self._told_at is not None and at - self._told_at >= self._silence_s:
            return "no_fix" if self.state != "no_fix" else None
        return None
