"""Requests that a program may repeat under its own key, and is then answered as the first time."""

import hashlib
from typing import Final

from msgspec.structs import replace

from contract.errors import GuardianError
from dispatcher.errors import StoreUnavailableError
from dispatcher.store import idempotency as rows
from dispatcher.store.engine import Database, StoreConflictError
from dispatcher.store.idempotency import StoredRequest
from runtime.clock import Clock

KEPT_MS: Final = 86_400_000
"""A program that repeats a request does so within minutes; one that was down, within a day."""
CARRIED_OUT_MS: Final = 60_000
"""A request takes seconds; one that has not ended by then never will: its dispatcher has died."""
REPEATABLE_BELOW: Final = 500
UNDECIDED: Final = frozenset({401, 403, 413, 429})
"""Answers about the sender and not about the request: it may be sent again."""


class KeyReusedError(GuardianError):
    """This Idempotency-Key was sent with another request; take a new key."""


class StillCarriedOutError(GuardianError):
    """The first request of this Idempotency-Key is still being carried out; repeat in a second."""


class Repeats:
    """Thread-safe; `begin` before a request is carried out, `end` after it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, owner: str, key: str, request: bytes) -> StoredRequest:
        """Return the answered request of this key, else the new one, which is to be carried out.

        Raises:
            KeyReusedError: the key belongs to another request.
            StillCarriedOutError: this one came a moment ago.
            StoreUnavailableError: nothing was begun.
        """
        now = self._clock.now_ms()
        new = StoredRequest(owner=owner, key=_hash(key.encode()), request=_hash(request), at=now)
        try:
            with self._database.writing() as connection:
                rows.prune(connection, now - KEPT_MS)
                known = rows.find(connection, new.owner, new.key)
                if known is not None and known.request != new.request:
                    raise KeyReusedError("this Idempotency-Key was sent with another request")
                if known is not None and known.status is not None:
                    return known
                if known is not None and now - known.at < CARRIED_OUT_MS:
                    raise StillCarriedOutError("this request is still being carried out")
                rows.begin(connection, new)
        except StoreConflictError as error:
            raise StillCarriedOutError("this request is still being carried out") from error
        return new

    def end(self, request: StoredRequest, status: int, answer: bytes, location: str | None) -> None:
        """Keep the answer, or forget a request that had no effect."""
        try:
            with self._database.writing() as connection:
                if status in UNDECIDED or status >= REPEATABLE_BELOW:
                    rows.forget(connection, request.owner, request.key)
                else:
                    done = replace(request, status=status, answer=answer, location=location)
                    rows.answered(connection, done)
        except (StoreUnavailableError, StoreConflictError):
            return  # it is answered now; a repetition waits until the row is too old


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
