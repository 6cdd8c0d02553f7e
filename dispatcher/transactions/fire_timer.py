"""Carrying out what falls due, within one transaction."""

from typing import TYPE_CHECKING

from contract.limits import LATE_TIMER_MS
from dispatcher.errors import IncidentBusyError, RefusedError
from dispatcher.store import incidents, timers
from dispatcher.transactions.act import Act, act
from dispatcher.transactions.change import Change
from dispatcher.transactions.transfer import give_back

if TYPE_CHECKING:
    from dispatcher.records import IncidentRecord, TimerRecord
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection


def fire(
    connection: "Connection",
    timer: "TimerRecord",
    routing: "Routing",
    now: int,
    *,
    alone: bool = False,
) -> Change | None:
    """Fire a timer; None when another has done it, or when it no longer applies.

    `alone`: no person's console is connected.

    Raises:
        IncidentBusyError: another transaction holds it, perhaps of a dispatcher that was stopped.
    """
    # The incident first: whoever acts on it locks in this order too.
    incident = incidents.find_free(connection, timer.incident)
    if incident is None:
        raise IncidentBusyError(f"incident {timer.incident} is held by another transaction")
    if not timers.claim(connection, timer):
        return None
    if timer.kind == "escalate":
        return _escalate(connection, incident, timer, routing, now, alone=alone)
    if timer.kind == "progress":
        return _remind(connection, incident, timer, routing, now)
    if timer.kind == "transfer":
        return _take_back(connection, incident, routing, now)
    return _expire(connection, incident, routing, now)


def _escalate(
    connection: "Connection",
    incident: "IncidentRecord",
    timer: "TimerRecord",
    routing: "Routing",
    now: int,
    *,
    alone: bool,
) -> Change | None:
    """Alert anew, and plan the next rung; without a console, whom all later ones call too."""
    if not incident.open or not incident.unacknowledged:
        timers.disarm(connection, incident.id, "escalate")
        return None
    change = Change(connection, incident, routing, now)
    ladder, number = routing.ladder, timer.step
    note = f"step {number}"
    if alone and number < ladder.last:
        called = ladder.call_all(range(number, ladder.last + 1), now)
        note = f"no console is connected: steps {number} to {ladder.last}"
    else:
        called = ladder.call(number, now)
    change.call(called, number)
    change.arm_following(timer.armed_at, number, alone=alone)
    change.commit("escalated", note=note)
    return change


def _remind(
    connection: "Connection",
    incident: "IncidentRecord",
    timer: "TimerRecord",
    routing: "Routing",
    now: int,
) -> Change | None:
    """Escalate an acknowledged incident that nobody goes on with, one step higher each time.

    Over an hour late it alerts nobody (the case has moved on by then) but is marked for review.
    """
    if not incident.awaits_progress:
        timers.disarm(connection, incident.id, "progress")
        return None
    change = Change(connection, incident, routing, now)
    if now - timer.due_at > LATE_TIMER_MS:
        timers.disarm(connection, incident.id, "progress")
        incident.review_at = now
        change.commit("review", note="a reminder of it came over an hour late")
        return change
    change.call(routing.ladder.call(timer.step, now), timer.step)
    change.await_progress(timer.step + 1)
    change.commit("escalated", note="acknowledged, and nobody was sent")
    return change


def _take_back(
    connection: "Connection", incident: "IncidentRecord", routing: "Routing", now: int
) -> Change | None:
    """Let a transfer that nobody accepted return to the sender."""
    if not incident.open or incident.transfer_to is None:
        timers.disarm(connection, incident.id, "transfer")
        return None
    change = Change(connection, incident, routing, now)
    give_back(change, "returned", note=incident.transfer_to)
    return change


def _expire(
    connection: "Connection", incident: "IncidentRecord", routing: "Routing", now: int
) -> Change | None:
    """Let a test or a canary end."""
    timers.disarm(connection, incident.id, "expire")
    if incident.class_ == "production":
        return None
    try:
        wanted = Act("expire", None, disposition="test", role="guardian")
        return act(connection, incident.id, wanted, routing, now)
    except RefusedError:
        return None
