"""What the desk's commits mean for its metrics; production alone, and after the tracker is told."""

from functools import partial
from typing import TYPE_CHECKING, get_args

from contract.messages import IncidentClass
from dispatcher.incident import latency
from dispatcher.metrics import Metrics
from dispatcher.open_incidents import OpenIncidents
from runtime.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatcher.answers import HistoryEntry
    from dispatcher.panic import Panic
    from dispatcher.transactions.change import Change
    from dispatcher.transactions.take_panic import Taken


class Measuring:
    """Thread-safe."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self.opened = OpenIncidents(clock)
        metrics.unacknowledged.set_function(self.opened.unacknowledged)
        metrics.oldest_unacknowledged_s.set_function(self.opened.oldest_unacknowledged_s)
        for class_ in get_args(IncidentClass):
            metrics.open.labels(class_).set_function(partial(self.opened.count, class_))

    def taken(self, panic: "Panic", taken: "Taken", committed: float) -> None:
        """Count a panic that was committed, at monotonic seconds `committed`."""
        decision = taken.decision
        self._metrics.panics.labels(decision.action, decision.class_).inc()
        if decision.action == "open":
            self._metrics.incidents.labels(decision.class_).inc()
        if decision.class_ != "production" or panic.arrived_s is None:
            return
        intake_s = max(0.0, committed - panic.arrived_s)
        self._metrics.intake_s.observe(intake_s)
        if decision.action in ("open", "join"):
            way_s = latency.press_to_arrival_s(panic.reading, panic.arrived_at)
            if way_s is not None:
                self._metrics.press_received_s.observe(way_s + intake_s)

    def acknowledged(self, change: "Change", history: "Sequence[HistoryEntry]") -> None:
        """Count how long the presses have waited."""
        if change.incident.class_ == "production":
            for wait_s in latency.waits_s(change.presses, history, change.now):
                self._metrics.press_acknowledged_s.observe(wait_s)
