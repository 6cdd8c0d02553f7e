"""Incidents as CAP 1.2 messages, each incident a thread."""

from msgspec.structs import replace

from contract.messages import IncidentClass
from dispatcher.channels.cap.document import Voice, document
from dispatcher.channels.cap.targets import Target
from dispatcher.channels.cap.thread import News, decide
from dispatcher.channels.cap.threads import Threads
from dispatcher.channels.port import NotYetError
from dispatcher.message import Message
from dispatcher.routing import NEWS, Route
from runtime import logs
from runtime.clock import Clock

_log = logs.get(__name__)


class CapChannel:
    """Says what is new in an incident's thread; remembers it before sending, and after."""

    def __init__(
        self, route: Route, voice: Voice, target: Target, threads: Threads, clock: Clock
    ) -> None:
        self.route = route
        self._voice = voice
        self._target = target
        self._threads = threads
        self._clock = clock

    def send(self, message: Message) -> None:
        """Send, or not when the receiver knows it already.

        Raises:
            NotYetError: a position, and the last was less than a minute ago.
            TransientError, PermanentError: the target did not take it.
        """
        if message.reason == "position" and message.position is None:
            return  # an implausible fix, and there is a better one
        name, incident = self.route.channel, message.incident.incident
        thread = self._threads.read(name, incident)
        decision = decide(thread, self._news(message))
        if decision.wait_ms:
            raise NotYetError(decision.wait_ms / 1000)
        if decision.message is None:
            _log.debug("cap_not_said", channel=name, delivery=message.id, reason=decision.skip)
            return
        said = decision.message
        self._threads.write(name, incident, said)
        self._target.put(said, document(message, said, decision.references, self._voice))
        self._threads.write(name, incident, replace(said, done=True))

    def _news(self, message: Message) -> News:
        place = message.place if self._voice.full else None
        return News(
            identifier=identifier(message),
            version=message.incident.version,
            closed=message.incident.state == "closed",
            reason=message.reason,
            now=self._clock.now_ms(),
            placed_at=None if place is None else place.received_at,
        )


def identifier(message: Message) -> str:
    """Return its identifier, the same over retries; positions have numbers of their own."""
    if message.position is not None:
        return f"{message.incident.incident}.p{message.position.id}"
    return message.id


def cap_route(name: str, classes: frozenset[IncidentClass], *, full: bool) -> Route:
    """Return what a CAP channel takes: positions too, where it may say them."""
    return Route(name, reasons=NEWS | {"position"} if full else NEWS, classes=classes)
