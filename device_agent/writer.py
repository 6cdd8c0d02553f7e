"""The outbox's thread: a press is written at once, everything else once a second in one batch.

What the disk refuses stays here and is tried again, so that memory and disk come together again.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Condition

from device_agent.events import DiskState, Event, OutboxReset, PressSaved
from device_agent.outbox import (
    Changes,
    Kept,
    Outbox,
    OutboxCorruptError,
    OutboxRefusedError,
    set_aside,
)
from runtime import logs
from runtime.clock import Clock

COLLECT_S = 1.0
"""Reports of one second share a transaction: an SD card wears with each."""
RETRY_S = 5.0
"""A disk that refused is asked again after this; somebody may have made room."""
BEAT_S = 1.0
"""How often the thread comes round while there is nothing to write."""

_log = logs.get(__name__)


class OutboxWriter:
    """Hands changes from the working loop to the disk and never lets the working loop wait."""

    def __init__(
        self,
        path: Path,
        post: Callable[[Event], None],
        *,
        clock: Clock,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take where to tell of presses that are safe and of the disk's state."""
        self._path = path
        self._post = post
        self._clock = clock
        self._beat = beat
        self._changed = Condition()
        self._urgent = Changes()
        self._routine = Changes()
        self._routine_since: float | None = None
        self._ending = False
        self._retry_at: float | None = None
        self._outbox: Outbox | None = None

    def open(self) -> Kept:
        """Open the file and read it, before the thread starts; a damaged one is set aside."""
        try:
            try:
                self._outbox = Outbox(self._path)
                return self._outbox.load()
            except OutboxCorruptError as error:
                self._start_anew(error)
        except OutboxRefusedError as error:
            self._refused(error)
        return Kept()

    def save_press(self, change: Changes) -> None:
        """Write presses at once; `PressSaved` is posted for each."""
        with self._changed:
            for panic_id in change.presses:
                self._routine.presses.pop(panic_id, None)  # older, and would be written later
            self._urgent.add(change)
            self._changed.notify()

    def save(self, change: Changes) -> None:
        """Write within about a second."""
        with self._changed:
            if self._routine_since is None:
                self._routine_since = self._clock.monotonic()
            self._routine.add(change)

    def end(self) -> None:
        """Let `run` write what is left and return."""
        with self._changed:
            self._ending = True
            self._changed.notify()

    def run(self) -> None:
        """Write until `end`."""
        while not self._ending:
            self._beat()
            with self._changed:
                self._changed.wait_for(self._ready, self._wait_s())
            self.write_due()
        self._retry_at = None
        self.write_due(everything=True)
        if self._outbox is not None:
            self._outbox.close()

    def write_due(self, *, everything: bool = False) -> None:
        """Write what is due now: presses alone and first, then the batch."""
        with self._changed:
            urgent, self._urgent = self._urgent, Changes()
        if urgent and not self._write(urgent):
            self._keep(urgent)
        with self._changed:
            if not (everything or self._batch_is_due()):
                return
            routine, self._routine, self._routine_since = self._routine, Changes(), None
        if routine and not self._write(routine):
            self._keep(routine)

    def _write(self, changes: Changes) -> bool:
        try:
            if self._outbox is None:
                self._outbox = Outbox(self._path)
            self._outbox.write(changes)
        except OutboxCorruptError as error:
            self._start_anew(error)
            return False
        except OutboxRefusedError as error:
            self._refused(error)
            return False
        self._accepted(changes)
        return True

    def _keep(self, changes: Changes) -> None:
        """Put back what was refused, below what has come since."""
        with self._changed:
            for panic_id in self._urgent.presses:
                changes.presses.pop(panic_id, None)
            changes.add(self._routine)
            self._routine = changes
            self._routine_since = self._routine_since or self._clock.monotonic()

    def _accepted(self, changes: Changes) -> None:
        for panic_id, row in changes.presses.items():
            if row is not None:
                self._post(PressSaved(panic_id, row.update))
        if self._retry_at is not None:
            self._retry_at = None
            _log.info("outbox_writes_again")
            self._post(DiskState(ok=True))

    def _refused(self, error: OutboxRefusedError) -> None:
        if self._retry_at is None:
            _log.error("outbox_refused", reason=str(error))
        self._retry_at = self._clock.monotonic() + RETRY_S
        self._post(DiskState(ok=False))

    def _start_anew(self, error: OutboxCorruptError) -> None:
        """Set the damaged file aside; the working loop will hand over all that it knows."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None
        try:
            aside = set_aside(self._path)
        except OSError as refused:
            self._refused(OutboxRefusedError(str(refused)))
            return
        _log.error("outbox_reset", reason=str(error), set_aside=aside.name)
        self._post(OutboxReset())

    def _ready(self) -> bool:
        return self._ending or bool(self._urgent) or self._batch_is_due()

    def _batch_is_due(self) -> bool:
        at = self._batch_at()
        return at is not None and self._clock.monotonic() >= at

    def _batch_at(self) -> float | None:
        if self._routine_since is None:
            return None
        return max(self._routine_since + COLLECT_S, self._retry_at or 0.0)

    def _wait_s(self) -> float:
        at = self._batch_at()
        return BEAT_S if at is None else max(0.0, min(BEAT_S, at - self._clock.monotonic()))
