"""Calls the caller's code on the network thread, and survives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from runtime import logs
from runtime.mqtt.interface import BulkHandler, Incoming, LinkHandler, Up, Will
from runtime.mqtt.session import Confirmed, Event

_log = logs.get(__name__)


@dataclass
class Counters:
    """What has happened since the start, for metrics."""

    connections: int = 0
    """Connections that came up."""
    failed_attempts: int = 0
    """Attempts that did not come up."""
    drops: int = 0
    """Calls of `Link.drop`."""
    callback_failures: int = 0
    """Exceptions that a callback of the caller's let out."""
    loop_failures: int = 0
    """Exceptions of our own that ended a connection: bugs."""


class Callbacks:
    """The caller's handler, will and watchdog; an exception of theirs is logged and counted."""

    def __init__(
        self,
        handler: LinkHandler | BulkHandler,
        will: Callable[[int], Will] | None,
        beat: Callable[[], None] | None,
        counters: Counters,
    ) -> None:
        self._handler = handler
        if isinstance(handler, BulkHandler):
            self._on_messages: Callable[[Sequence[Incoming]], None] | None = handler.on_messages
        else:
            self._on_messages = None
            self._on_message = handler.on_message
        self._will = will
        self._beat = beat
        self._counters = counters

    def tell(self, events: Sequence[Event], connection: int) -> int:
        """Tell the handler what happened; return on how many messages it failed."""
        failed = 0
        for kind, group in groupby(events, type):
            if kind is Incoming:
                failed += self._messages(cast("list[Incoming]", list(group)))
            else:
                for event in group:
                    self._other(event, connection)
        return failed

    def _messages(self, messages: list[Incoming]) -> int:
        if self._on_messages is not None:
            return 0 if self._survives(self._on_messages, messages) else len(messages)
        return sum(not self._survives(self._on_message, each) for each in messages)

    def _other(self, event: Event, connection: int) -> None:
        match event:
            case Up():
                self._survives(self._handler.on_up, event)
            case Confirmed(packet, failure):
                self._survives(self._handler.on_puback, packet, connection, failure)

    def down(self, connection: int, reason: str) -> None:
        """Tell the handler that the connection is gone."""
        self._survives(self._handler.on_down, connection, reason)

    def beat(self) -> None:
        """Tell the watchdog that the thread goes round."""
        if self._beat is not None:
            self._survives(self._beat)

    def will(self, connection: int) -> Will | None:
        """Return the will of a connection; None, and it goes without, when its maker failed."""
        wills: list[Will] = []
        if (maker := self._will) is not None:
            self._survives(lambda: wills.append(maker(connection)))
        return wills[0] if wills else None

    def _survives(self, callback: Callable[..., None], *arguments: object) -> bool:
        try:
            callback(*arguments)
        except Exception:  # noqa: BLE001 - the top of the loop: the caller's bug must not end it
            self._counters.callback_failures += 1
            _log.exception("mqtt_callback_failed")
            return False
        return True
