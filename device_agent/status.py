"""The tracker's `Status`: what it says, and when it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.messages import Fault, GpsState, Status, TrackerState

REPEAT_S = 60.0
"""How often it is sent though nothing changed: an operator doubts what is older than a minute."""
CHANGE_S = 5.0
"""Changes are at most so frequent: a receiver between houses loses its fix every few seconds."""
REPORT_GRACE = 1.5
"""A report is announced for so many intervals: one may be lost, or a tunnel be long."""


@dataclass
class StatusBoard:
    """What is known of the tracker; `due` says when the dispatcher should hear of it."""

    boot: str
    version: str
    gps: GpsState = "no_data"
    state: TrackerState = "online"
    interval_s: float | None = 0.0
    battery: int | None = None
    charging: bool | None = None
    dropped: int = 0
    commands: list[str] = field(default_factory=list)
    faults: frozenset[Fault] = frozenset()
    connect: int = 0
    _urgent: bool = False
    _sent: tuple[object, ...] = ()
    _sent_at: float | None = None

    def up(self, connection: int) -> None:
        """A connection stands: it begins with a Status."""
        self.connect = connection
        self._urgent = True

    def carried_out(self, commands: Iterable[str]) -> None:
        """Take the ids of the last commands; the dispatcher waits for them."""
        self.commands = list(commands)
        self._urgent = True

    def due(self, now: float) -> bool:
        """Say whether it is to be sent now."""
        at = self.deadline()
        return at is None or now >= at

    def deadline(self) -> float | None:
        """Return when it is due next; None: at once."""
        if self._urgent or self._sent_at is None:
            return None
        return self._sent_at + (CHANGE_S if self._facts() != self._sent else REPEAT_S)

    def message(self, state: TrackerState, wall_ms: int, *, pending: int | None = None) -> Status:
        """Return the message as it is sent at `wall_ms`."""
        return Status(
            at=wall_ms,
            state=state,
            boot=self.boot,
            connect=self.connect,
            version=self.version,
            gps=self.gps,
            pending=pending,
            dropped=self.dropped,
            battery=self.battery,
            charging=self.charging,
            interval_s=self.interval_s,
            next_report_by=self._next_report_by(state, wall_ms),
            commands=list(self.commands),
            faults=sorted(self.faults),
        )

    def lost(self, connection: int, wall_ms: int) -> Status:
        """Return the last will of a connection that is about to be made."""
        return Status(at=wall_ms, state="lost", boot=self.boot, connect=connection)

    def sent(self, now: float) -> None:
        """Note that the message went out."""
        self._urgent = False
        self._sent = self._facts()
        self._sent_at = now

    def _facts(self) -> tuple[object, ...]:
        return (
            self.state, self.gps, self.interval_s, self.charging, self.dropped,
            tuple(self.commands), self.faults,
        )  # fmt: skip

    def _next_report_by(self, state: TrackerState, wall_ms: int) -> int | None:
        """Return by when it will be heard again; nothing where there may be no other report."""
        if state != "online" or self.interval_s is None:
            return None
        return wall_ms + round(max(self.interval_s, REPEAT_S) * REPORT_GRACE * 1000)
