"""What is known of each broker at this moment; what may be old is not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from broker_config.watch.statistics import Statistic
from runtime.clock import Clock

SILENT_S: Final = 120.0
"""Mosquitto renews its uptime every 10 s; twelve of them missed is no delay."""


@dataclass(frozen=True)
class BrokerView:
    """A broker as Prometheus is shown it."""

    up: bool
    silent: bool
    """Connected, and yet without statistics: somebody forbids them, or has switched them off."""
    values: Mapping[str, int]
    """By the name of the metric."""


@dataclass
class _Known:
    connection: int | None = None
    heard_at: float = 0.0
    values: dict[str, int] = field(default_factory=dict)


class Board:
    """Thread-safe: each broker's session writes, a scrape reads."""

    def __init__(self, brokers: list[str], clock: Clock) -> None:
        """Take the brokers' addresses, host:port."""
        self._clock = clock
        self._lock = Lock()
        self._known = {each: _Known() for each in brokers}

    def up(self, broker: str, connection: int) -> None:
        """Note a new connection; its statistics are still to come."""
        with self._lock:
            self._known[broker] = _Known(connection, self._clock.monotonic())

    def down(self, broker: str) -> None:
        """Note the loss: its numbers are of the past from now on."""
        with self._lock:
            self._known[broker] = _Known()

    def heard(self, broker: str) -> None:
        """Note that the broker speaks of itself."""
        with self._lock:
            self._known[broker].heard_at = self._clock.monotonic()

    def note(self, broker: str, statistic: Statistic, value: int) -> None:
        """Note a number. A counter that has gone back shows a restart, and Prometheus sees it."""
        with self._lock:
            self._known[broker].values[statistic.metric] = value

    def view(self) -> dict[str, BrokerView]:
        """Return every broker as it is now."""
        now = self._clock.monotonic()
        with self._lock:
            return {name: _view(known, now) for name, known in self._known.items()}


def _view(known: _Known, now: float) -> BrokerView:
    up = known.connection is not None
    silent = up and now - known.heard_at > SILENT_S
    return BrokerView(up, silent, {} if silent or not up else dict(known.values))
