"""A test through one channel, clearly marked as one, and what became of it."""

import secrets
from typing import Final

from contract.ids import uuid7
from contract.messages import Incident
from dispatcher.channels.cap.threads import MemoryThreads
from dispatcher.channels.configured import Surroundings, make
from dispatcher.channels.port import Channel
from dispatcher.channels.tables import RESERVED
from dispatcher.channels.webhook import WebhookChannel, WebhookTarget
from dispatcher.errors import UnknownChannelError
from dispatcher.message import Message, message_id
from dispatcher.settings import DispatcherSettings
from runtime.clock import Clock
from runtime.settings.nearest import nearest

_WITHOUT: Final = (
    "takes no test alone: it carries every incident of class test, so press a tracker's test"
)


def find_channel(settings: DispatcherSettings, name: str, clock: Clock) -> Channel:
    """Return the configured channel of this name.

    Raises:
        UnknownChannelError: there is none, or it needs the whole dispatcher.
        PermanentError: it cannot work.
    """
    around = Surroundings(
        clock=clock, source=settings.source, threads=MemoryThreads(),
        console_url=settings.console_url,
    )  # fmt: skip
    if name == WebhookTarget.name and settings.webhook is not None:
        return WebhookChannel(settings.webhook, clock, settings.source)
    for table in settings.channel:
        if table.name == name:
            return make(table, around)
    if name in RESERVED:
        raise UnknownChannelError(f"{name} {_WITHOUT}")
    known = [each.name for each in settings.channel]
    known += [WebhookTarget.name] if settings.webhook is not None else []
    listed = f"; configured: {', '.join(known)}" if known else "; none is configured"
    raise UnknownChannelError(f"there is no channel {name!r}{nearest(name, known)}{listed}")


def trial_message(clock: Clock) -> Message:
    """Return an alert of class test about nobody."""
    now = clock.now_ms()
    incident = Incident(
        incident=uuid7(now, secrets.token_bytes(10)),
        version=0,
        class_="test",
        origin="panic",
        state="raised",
        kind="test",
        priority=5,
        marks=[],
        opened_at=now,
    )
    return Message(
        id=message_id(incident.incident, 0),
        reason="raised",
        at=now,
        incident=incident,
        presses=1,
        changed_at=now,
        silent=False,
        note="This is a test of an alert channel: nobody needs help.",
    )
