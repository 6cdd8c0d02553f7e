"""The pending deliveries, as the workers of the channels see them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from dispatcher.message import Message, load
from dispatcher.records import DeliveryRecord
from dispatcher.store import cap_messages, deliveries, incidents
from dispatcher.store.engine import Connection, Database
from runtime import logs
from runtime.clock import Clock

RETRY_S: Final = (1, 2, 5, 5, 10, 30, 60, 300, 900, 3600)
"""Pauses between attempts: a restart of the receiver is bridged, a dead one is not flooded."""
RARELY_S: Final = RETRY_S[-1]
"""Where somebody has to change something first."""
LEASE_MS: Final = 5000
"""How long what one dispatcher has taken is left to it: a killed one delays nothing by more."""
BATCH: Final = 16
DAY_MS: Final = 86_400_000
FORGET_S: Final = 3600.0
FORGET_AT_ONCE: Final = 500
"""Rows that one transaction deletes: a few milliseconds."""

_log = logs.get(__name__)


class Result(Struct, frozen=True, kw_only=True):
    """What became of one attempt; `error` None is success, `later_s` no attempt at all."""

    delivery: DeliveryRecord
    error: str | None = None
    permanent: bool = False
    later_s: float | None = None


class Outbox:
    """Thread-safe; each method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._forget_at = float("-inf")

    def exchange(
        self, channel: str, results: Sequence[Result], limit: int = BATCH
    ) -> list[DeliveryRecord]:
        """Record results, and take at most `limit` that are due now for a channel.

        Raises:
            StoreUnavailableError: the results stay unrecorded: what was sent is sent again.
        """
        now = self._clock.now_ms()
        with self._database.writing() as connection:
            for result in results:
                _record(connection, result, now)
            return deliveries.claim(
                connection, channel, now=now, horizon=now + RARELY_S * 1000,
                lease_until=now + LEASE_MS, limit=limit,
            )  # fmt: skip

    def wait_s(self, channel: str) -> float | None:
        """Return the seconds until something is due for a channel; None while there is nothing."""
        with self._database.reading() as connection:
            due_at = deliveries.next_due(connection, channel)
        if due_at is None:
            return None
        wait_ms = due_at - self._clock.now_ms()
        return 0.0 if wait_ms > RARELY_S * 1000 else max(0.0, wait_ms / 1000)

    def load(self, delivery: DeliveryRecord) -> Message:
        """Return what a delivery says now."""
        with self._database.reading() as connection:
            return load(connection, delivery)

    def is_open(self, incident: str) -> bool:
        """Say whether the incident is open at this moment."""
        with self._database.reading() as connection:
            record = incidents.find(connection, incident)
        return record is not None and record.open

    def pending(self) -> dict[str, int]:
        """Count what is pending for each channel."""
        with self._database.reading() as connection:
            return deliveries.count_pending(connection)

    def forget(self, kept_days: int) -> None:
        """Delete, once an hour and a few at a time, what is older than `kept_days`."""
        if self._clock.monotonic() < self._forget_at:
            return
        before = self._clock.now_ms() - kept_days * DAY_MS
        with self._database.writing() as connection:
            done, given_up = deliveries.prune(connection, before, FORGET_AT_ONCE)
            said = cap_messages.prune(connection, before, FORGET_AT_ONCE)
        if given_up:
            _log.error("deliveries_given_up", count=given_up, after_days=kept_days)
        if FORGET_AT_ONCE not in (done, given_up, said):
            self._forget_at = self._clock.monotonic() + FORGET_S


def pause_s(attempts: int, *, permanent: bool = False) -> int:
    """Return the pause after the attempt of this number, from 1."""
    return RARELY_S if permanent else RETRY_S[min(attempts, len(RETRY_S)) - 1]


def _record(connection: Connection, result: Result, now: int) -> None:
    delivery, attempts = result.delivery, result.delivery.attempts + 1
    if result.later_s is not None:
        deliveries.postponed(connection, delivery.id, now + int(result.later_s * 1000))
    elif result.error is None:
        deliveries.succeeded(connection, delivery.id, attempts, now)
    else:
        due_at = now + pause_s(attempts, permanent=result.permanent) * 1000
        deliveries.failed(connection, delivery.id, attempts, due_at, result.error)
