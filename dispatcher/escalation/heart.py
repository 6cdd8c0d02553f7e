"""The heartbeat that somebody outside watches: a URL that is fetched while all is well."""

from typing import TYPE_CHECKING, Final

from contract.errors import GuardianError
from dispatcher.channels.posting import HttpTarget, Poster
from runtime import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatcher.channels.webhook_address import Network
    from dispatcher.metrics import Metrics
    from runtime.clock import Clock
    from runtime.lifecycle import Stopping

PING_S: Final = 30.0
"""A watcher that waits a minute raises the alarm within two of the ladder's repetitions."""
SOUND_S: Final = 30.0
"""Three rounds of the auditor: what it found longer ago says nothing about now."""

_log = logs.get(__name__)


class Heart:
    """Beats on a thread of its own: a watcher that does not answer delays nothing."""

    def __init__(
        self, url: str, allowed: "Sequence[Network]", clock: "Clock", metrics: "Metrics"
    ) -> None:
        self._poster = Poster(HttpTarget(url=url, allowed=tuple(allowed)), clock)
        self._clock = clock
        self._metrics = metrics
        self._sound_at = float("-inf")
        self._failing = False
        for result in ("sent", "failed", "withheld"):
            metrics.heartbeats.labels(result)

    def sound(self) -> None:
        """Note that the auditor went round and every open incident has its next step."""
        self._sound_at = self._clock.monotonic()

    def run(self, stopping: "Stopping") -> None:
        """Beat until `stopping`; the target of a Loop."""
        while not stopping.wait(PING_S):
            try:
                self.turn()
            except Exception:  # noqa: BLE001 - the top of the loop
                _log.exception("heart_failed")
                self._metrics.loop_errors.labels("heart").inc()

    def turn(self) -> None:
        """Beat once, unless the last sound round is too long ago."""
        if self._clock.monotonic() - self._sound_at > SOUND_S:
            self._metrics.heartbeats.labels("withheld").inc()
            return
        try:
            self._poster.post(f"heartbeat-{self._clock.now_ms()}", b"", "text/plain")
        except GuardianError as error:
            self._metrics.heartbeats.labels("failed").inc()
            if not self._failing:
                _log.error("heartbeat_fails", error=str(error))
            self._failing = True
        else:
            self._metrics.heartbeats.labels("sent").inc()
            self._failing = False
