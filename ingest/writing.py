"""Rows into the store, whatever it takes: what helps is in the type of the error.

Unavailable and denied are tried again for ever; a refusal is parted until the bad rows stand alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ingest.errors import StoppedError
from runtime import logs
from runtime.clock import Clock
from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)
from telemetry_store.port import TelemetryWriter
from telemetry_store.rows import TelemetryRow

RETRY_FIRST_S = 0.1
"""A lock or a restart of a connection is over by then."""
RETRY_MAX_S = 10.0
"""A store that is back is used within ten seconds."""
DENIED_RETRY_S = 30.0
"""Somebody has to give us a token first; this is how long they wait to see that it works."""
RETRY_AFTER_MAX_S = 300.0
"""What a store may ask for: positions are worth more than its convenience."""
JITTER = 0.5
"""Up to this share is added to each pause, so that many workers do not return in step."""

_log = logs.get(__name__)

_Refusal = RejectedError | PartlyStoredError | TooLargeError


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that the store does not take, and why."""

    row: TelemetryRow
    reason: str


class Writing:
    """Writes batches, one at a time."""

    def __init__(
        self,
        store: TelemetryWriter,
        clock: Clock,
        random: Random,
        *,
        pause: Callable[[float], bool],
        on_retry: Callable[[str], object] = lambda _: None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        """Take `pause`, which waits so many seconds and says True when the process is to end.

        `beat` is called before each attempt, for the watchdog.
        """
        self._store = store
        self._clock = clock
        self._random = random
        self._pause = pause
        self._on_retry = on_retry
        self._beat = beat
        self._failing_since = 0.0
        self.problem: str | None = None
        """Why the store takes nothing at present."""

    def write(self, rows: Sequence[TelemetryRow]) -> list[Refused]:
        """Return when every row is stored or refused.

        Raises:
            StoppedError: the process is to end; which rows are stored is not known.
        """
        refused: list[Refused] = []
        parts = [list(rows)] if rows else []
        while parts:
            part = parts.pop()
            error = self._persist(part)
            if error is None:
                continue
            if len(part) == 1 or _is_all_dropped(error, part):
                refused += [Refused(row, str(error)) for row in part]
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
        return refused

    def _persist(self, rows: list[TelemetryRow]) -> _Refusal | None:
        """Try until the store has given its verdict on the rows."""
        attempt = 0
        while True:
            self._beat()
            try:
                self._store.write(rows)
            except UnavailableError as error:
                self._note_failure("unavailable", str(error))
                wait_s = self._backoff(attempt, error.retry_after_s)
            except DeniedError as error:
                self._note_failure("denied", str(error))
                wait_s = DENIED_RETRY_S
            except (RejectedError, PartlyStoredError, TooLargeError) as error:
                self._note_success()
                return error
            else:
                self._note_success()
                return None
            attempt += 1
            if self._pause(wait_s):
                raise StoppedError("stopping while the store takes nothing")

    def _backoff(self, attempt: int, asked_s: float | None) -> float:
        own = min(RETRY_MAX_S, RETRY_FIRST_S * 2.0 ** min(attempt, 16))
        own *= 1 + JITTER * self._random.random()
        return max(own, min(asked_s or 0.0, RETRY_AFTER_MAX_S))

    def _note_failure(self, kind: str, reason: str) -> None:
        self._on_retry(kind)
        if self.problem is None:
            self._failing_since = self._clock.monotonic()
        if self.problem != reason:
            _log.error(f"store_{kind}", reason=reason)
        self.problem = reason

    def _note_success(self) -> None:
        if self.problem is not None:
            away_s = self._clock.monotonic() - self._failing_since
            _log.info("store_writable_again", after_s=round(away_s, 1))
        self.problem = None


def _is_all_dropped(error: _Refusal, rows: list[TelemetryRow]) -> bool:
    return isinstance(error, PartlyStoredError) and error.dropped == len(rows)
