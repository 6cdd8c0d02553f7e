"""One MQTT connection for the doctor, made, used and ended on the calling thread.

Nothing of it stays: a service's visit has a client id and a session of its own that ends with it.
A tracker's visit takes the tracker's session as it is; nothing is acknowledged, so whatever waits
there still reaches the agent. Whoever calls makes sure that the agent does not run.
"""

from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Self

from contract.errors import TransientError
from guardian.doctor.installation import Party
from runtime.clock import Clock
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.connector import Connector
from runtime.mqtt.errors import AttemptError, NotConnectedError, TooManyInFlightError
from runtime.mqtt.interface import Incoming, LinkSettings, Up
from runtime.mqtt.session import Confirmed, Session
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker

ANSWER_S = 3.0
"""A broker answers in milliseconds, over 2G in a second."""
LEAVE_S = 1.0

_KEEPALIVE_S = 16
"""A session looks at the clock eight times in this: every two seconds."""
_TRACKER_SESSION_S = 86_400
"""The agent's own (`device_agent.agent`): a shorter one would throw away what waits for it."""
_WINDOW = 1000
"""Nothing is acknowledged, so this is the most that comes: far more than the doctor asks for."""


class VisitError(TransientError):
    """The broker let nobody in, or ended the connection; the message says why."""


class Visit:
    """A connection that is up."""

    def __init__(
        self,
        party: Party,
        broker: BrokerAddress,
        clock: Clock,
        *,
        filters: Sequence[str] = (),
        leave_nothing: bool = False,
    ) -> None:
        """Connect; `leave_nothing` ends a tracker's session, which is for one that had none.

        Raises:
            VisitError: it failed.
            TlsFilesError: the party's files cannot be used.
        """
        self.party = party
        self.received: list[Incoming] = []
        self.session_present = False
        self._keeps = party.role != "tracker"
        self._answers: dict[int, str | None] = {}
        self._clock = clock
        self._waker = Waker()
        try:
            settings = _settings(party, broker, keep=party.role == "tracker" and not leave_nothing)
            connector = Connector(settings, Subscriptions(filters), clock, self._waker)
            self._session = _connect(connector, broker)
            self._up = False
            self._turn_until(lambda: self._up, settings.connect_timeout_s)
        except BaseException:
            self._close()
            raise

    def publish(self, topic: str, payload: bytes) -> str | None:
        """Publish; return why the broker refused it, None when it did not.

        Raises:
            VisitError: the connection has ended.
        """
        try:
            packet = self._session.publish(topic, payload, retain=False, expiry_s=10)
        except (NotConnectedError, TooManyInFlightError) as error:
            raise VisitError(str(error)) from error
        self._turn_until(lambda: packet in self._answers, ANSWER_S)
        return self._answers.pop(packet)

    def wait_for(self, payload: bytes) -> bool:
        """Say whether a message with this payload arrives, or has arrived."""
        try:
            self._turn_until(lambda: any(each.payload == payload for each in self.received))
        except VisitError:
            return False
        return True

    def wait_for_topic(self, topic: str) -> bytes | None:
        """Return the payload of a message on this topic, None when there is none."""
        try:
            self._turn_until(lambda: any(each.topic == topic for each in self.received))
        except VisitError:
            return None
        return next(each.payload for each in self.received if each.topic == topic)

    def leave(self) -> None:
        """Disconnect in order: no will, and nothing is heard afterwards."""
        self._session.say_goodbye("stopped", self._clock.monotonic() + LEAVE_S)
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _turn_until(self, condition: Callable[[], bool], limit_s: float = ANSWER_S) -> None:
        end = self._clock.monotonic() + limit_s
        while not condition():
            if self._session.ended is not None:
                raise VisitError(self._session.ended)
            if self._clock.monotonic() >= end:
                raise VisitError(f"no answer within {limit_s:g} s")
            for event in self._session.turn():
                self._note(event)

    def _note(self, event: Up | Incoming | Confirmed) -> None:
        match event:
            case Up(_, present):
                self._up, self.session_present = True, present
            case Confirmed(packet, failure):
                self._answers[packet] = failure
            case Incoming() if self._keeps:
                self.received.append(event)

    def _close(self) -> None:
        session: Session | None = getattr(self, "_session", None)
        if session is not None:
            session.close()
        self._waker.close()


def _connect(connector: Connector, broker: BrokerAddress) -> Session:
    try:
        return connector.connect(1, broker, will=lambda: None, given_up=lambda: False)
    except AttemptError as error:
        raise VisitError(str(error)) from error


def _settings(party: Party, broker: BrokerAddress, *, keep: bool) -> LinkSettings:
    tracker = party.role == "tracker"
    return LinkSettings(
        brokers=(str(broker),),
        client_id=party.name if tracker else f"{party.name}.doctor-{token_hex(4)}",
        ca_file=party.ca_file,
        cert_file=party.cert_file,
        key_file=party.key_file,
        username=party.username,
        password=party.password,
        keepalive_s=_KEEPALIVE_S,
        session_expiry_s=_TRACKER_SESSION_S if keep else 0,
        receive_maximum=1 if tracker else _WINDOW,
        send_buffer=None,
        clean_start=not keep,
    )
