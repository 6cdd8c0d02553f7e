"""Carrying out what falls due, within one transaction."""

from typing import TYPE_CHECKING

from dispatcher.errors import RefusedError
from dispatcher.store import incidents, timers
from dispatcher.transactions.act import Act, act
from dispatcher.transactions.change import Change
from dispatcher.transactions.transfer import give_back

if TYPE_CHECKING:
    from dispatcher.records import IncidentRecord, TimerRecord
    from dispatcher.routing import Routing
    from dispatcher.store.engine import Connection


def fire(
    connection: "Connection", timer: "TimerRecord", routing: "Routing", now: int
) -> Change | None:
    """Fire a timer; None when another has done it, or when it no longer applies."""
    # The incident first: whoever acts on it locks in this order too.
    incident = incidents.find(connection, timer.incident, lock=True)
    if incident is None or not timers.claim(connection, timer):
        return None
    if timer.kind == "escalate":
        return _escalate(connection, incident, timer, routing, now)
    if timer.kind == "transfer":
        return _take_back(connection, incident, routing, now)
    return _expire(connection, incident, routing, now)


def _escalate(
    connection: "Connection",
    incident: "IncidentRecord",
    timer: "TimerRecord",
    routing: "Routing",
    now: int,
) -> Change | None:
    """Alert anew, and plan the next rung."""
    if not incident.open or not incident.unacknowledged:
        timers.disarm(connection, incident.id, "escalate")
        return None
    change = Change(connection, incident, routing, now)
    change.alert("escalated", step=timer.step)
    change.arm_following(timer.armed_at, timer.step)
    change.commit("escalated", note=f"step {timer.step}")
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
