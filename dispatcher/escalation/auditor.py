"""Going round all open incidents: what has no valid next step gets one, loudly."""

from typing import TYPE_CHECKING, Final

from dispatcher.escalation.audit import Finding, findings
from dispatcher.store import incidents, timers
from dispatcher.transactions.change import Change
from runtime import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatcher.desk import Desk
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection, Database
    from dispatcher.transactions.commit import Transactions
    from runtime.clock import Clock

AUDIT_S: Final = 10.0
"""Less than the ladder's first pause: a lost timer costs no step of it."""

_log = logs.get(__name__)


class Auditor:
    """Used by one thread, after what is due has been fired."""

    def __init__(
        self,
        desk: "Desk",
        database: "Database",
        transactions: "Transactions",
        routing: "Routing",
        clock: "Clock",
    ) -> None:
        self._desk = desk
        self._database = database
        self._transactions = transactions
        self._routing = routing
        self._clock = clock
        self._furthest = {**timers.FURTHEST_MS, **routing.ladder.furthest}
        self._went_at = float("-inf")
        self._overdue: set[str] = set()
        self.on_sound: Callable[[], None] = lambda: None
        """Called after each round that left every open incident with a valid next step."""

    def turn(self) -> None:
        """Go round when it is time.

        Raises:
            StoreUnavailableError: the database cannot be asked, or does not commit.
        """
        if self._clock.monotonic() - self._went_at >= AUDIT_S:
            self._went_at = self._clock.monotonic()
            self._round(self._clock.now_ms())

    def _round(self, now: int) -> None:
        with self._database.reading() as connection:
            open_now = timers.of_open(connection)
        found = [
            finding
            for watched, planned in open_now
            for finding in findings(watched, planned, now, self._furthest)
        ]
        late = {each.incident for each in found if each.fault == "overdue"}
        # A restart finds many that are late, and fires them: only what stays late is stuck.
        stuck, self._overdue = late & self._overdue, late
        for each in found:
            if each.fault != "overdue":
                self._repair(each, now)
            elif each.incident in stuck:
                self._say(each)
        if not stuck:
            self._desk.metrics.audited.set(now / 1000)
            self.on_sound()

    def _repair(self, finding: Finding, now: int) -> None:
        if self._transactions.write(lambda connection: self._mend(connection, finding, now)):
            self._say(finding)

    def _mend(self, connection: "Connection", finding: Finding, now: int) -> bool:
        """Let the incident escalate at once; False when another has done it meanwhile."""
        incident = incidents.find(connection, finding.incident, lock=True)
        if incident is None or not incident.open:
            return False
        if finding.fault == "unknown":
            return timers.forget_unknown(connection, incident.id, self._furthest)
        planned = finding.needs and timers.find(connection, incident.id, finding.needs)
        if planned and planned.due_at <= now + self._furthest[planned.kind]:
            return False
        change = Change(connection, incident, self._routing, now)
        if finding.needs == "escalate":
            number = incident.step + 1
            armed_at = now - self._routing.ladder.due_at(0, number)
            change.set_timer("escalate", now, armed_at, number)
        elif finding.needs == "progress":
            change.await_progress()
        else:
            change.set_timer("expire", now, now, 0)
        return True

    def _say(self, finding: Finding) -> None:
        _log.error("next_step_invalid", incident=finding.incident, fault=finding.fault)
        self._desk.metrics.next_steps_invalid.labels(finding.fault).inc()
        words = f"an open incident had no valid next step ({finding.fault}): look at the board"
        self._desk.alarm.say("timers", words)
