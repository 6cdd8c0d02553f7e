"""Calls the caller's code on the network thread, and survives it."""

from collections.abc import Callable
from dataclasses import dataclass

from runtime import logs
from runtime.mqtt.interface import Incoming, LinkHandler, Up, Will
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
        handler: LinkHandler,
        will: Callable[[int], Will] | None,
        beat: Callable[[], None] | None,
        counters: Counters,
    ) -> None:
        self._handler = handler
        self._will = will
        self._beat = beat
        self._counters = counters

    def event(self, event: Event, connection: int) -> bool:
        """Tell the handler what happened; False when it failed."""
        match event:
            case Up():
                return self._survives(lambda: self._handler.on_up(event))
            case Incoming():
                return self._survives(lambda: self._handler.on_message(event))
            case Confirmed(packet, failure):
                return self._survives(lambda: self._handler.on_puback(packet, connection, failure))

    def down(self, connection: int, reason: str) -> None:
        """Tell the handler that the connection is gone."""
        self._survives(lambda: self._handler.on_down(connection, reason))

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

    def _survives(self, callback: Callable[[], None]) -> bool:
        try:
            callback()
        except Exception:  # noqa: BLE001 - the top of the loop: the caller's bug must not end it
            self._counters.callback_failures += 1
            _log.exception("mqtt_callback_failed")
            return False
        return True
