"""Telling trackers how often to report, as rows: each function is part of one transaction."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from contract.ids import uuid7
from contract.messages import Command
from dispatcher.following import orders
from dispatcher.following.orders import Why
from dispatcher.store import commands, incidents, trackers
from dispatcher.store.commands import CommandRecord

if TYPE_CHECKING:
    from dispatcher.store.engine import Connection

SENT_AT_ONCE: Final = 100
KEPT_MS: Final = 7 * 86_400_000
"""What was said is kept for a week, for who asks why a battery is empty."""


def order(connection: "Connection", device: str, now: int) -> list[Why]:
    """Decide, locked against other dispatchers, what a tracker is told, and store it."""
    incidents.lock_those_of(connection, device)
    opened = [each.opened_at for each in incidents.followed(connection, {device})]
    known = commands.newest_intervals(connection, now - orders.IN_FORCE_MS, {device})
    seen = trackers.find(connection, device)
    wanted = orders.orders(
        known.get(device),
        now,
        opened_at=max(opened, default=None),
        battery=None if seen is None else seen.status.battery,
    )
    if not wanted:
        return []
    commands.replace_all(connection, device, now)
    for each in wanted:
        commands.add(
            connection,
            CommandRecord(
                id=uuid7(now, secrets.token_bytes(10)),
                device=device,
                action=each.action,
                interval_s=each.interval_s,
                for_s=each.for_s,
                expires_at=now + each.expires_s * 1000,
                created_at=now,
                due_at=now,
            ),
        )
    return [each.why for each in wanted]


def confirm(connection: "Connection", now: int) -> int:
    """End the commands that their trackers' statuses name; return how many."""
    repeated = commands.repeated(connection)
    statuses = trackers.find_all(connection, set(repeated.values()))
    done = [
        command
        for command, device in repeated.items()
        if device in statuses and command in (statuses[device].status.commands or ())
    ]
    if done:
        commands.end(connection, done, "carried_out", now)
    return len(done)


def claim(connection: "Connection", now: int) -> Sequence[CommandRecord]:
    """Return what is to be sent now, which nobody else then sends; end what has expired."""
    due = commands.claim(connection, now, SENT_AT_ONCE)
    expired = [each.id for each in due if each.expires_at <= now]
    if expired:
        commands.end(connection, expired, "expired", now)
    live = [each for each in due if each.expires_at > now]
    for each in live:
        attempts = each.attempts + 1
        commands.sent(connection, each.id, attempts, now + orders.pause_ms(attempts))
    return live


def message(command: CommandRecord) -> Command:
    """Return what the tracker is sent: each time the same."""
    return Command(
        command_id=command.id,
        at=command.created_at,
        action=command.action,
        interval_s=command.interval_s,
        for_s=command.for_s,
        expires_s=(command.expires_at - command.created_at) // 1000,
    )
