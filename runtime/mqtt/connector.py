"""One attempt to connect: name, address, TCP, TLS, and a session on what came of it."""

import ssl
from collections.abc import Callable

from runtime import logs
from runtime.clock import Clock
from runtime.mqtt import tls
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.dial import dial
from runtime.mqtt.interface import LinkSettings, Will
from runtime.mqtt.resolve import Resolver
from runtime.mqtt.session import Session
from runtime.mqtt.subscriptions import Subscriptions
from runtime.mqtt.waker import Waker

_log = logs.get(__name__)


class Connector:
    """Makes sessions with brokers."""

    def __init__(
        self, settings: LinkSettings, subscriptions: Subscriptions, clock: Clock, waker: Waker
    ) -> None:
        self._settings = settings
        self._subscriptions = subscriptions
        self._clock = clock
        self._waker = waker
        self._resolver = Resolver(waker)
        self.clock_distrusted = False

    def connect(
        self,
        number: int,
        broker: BrokerAddress,
        *,
        will: Callable[[], Will | None],
        given_up: Callable[[], bool],
    ) -> Session:
        """Return a session whose CONNECT is about to be sent.

        Raises:
            AttemptError: it failed, took too long or was given up.
            TlsFilesError: our own certificates cannot be used.
        """
        limit_s = self._settings.connect_timeout_s
        attempt = Attempt(self._clock, self._waker, limit_s, given_up)
        context = self._tls_context() if broker.tls else None
        endpoints = self._resolver.endpoints(broker.host, broker.port, attempt)
        sock = dial(
            broker.host,
            endpoints,
            attempt,
            context=context,
            send_buffer=self._settings.send_buffer,
        )
        try:
            return Session(
                number,
                broker,
                sock,
                self._settings,
                will=will(),
                subscriptions=self._subscriptions,
                waker=self._waker,
                clock=self._clock,
                deadline=attempt.deadline,
            )
        except BaseException:
            sock.close()
            raise

    def _tls_context(self) -> ssl.SSLContext:
        settings = self._settings
        distrusted = tls.is_before(self._clock.now_ms(), settings.not_before)
        if distrusted and not self.clock_distrusted:
            _log.warning("mqtt_clock_distrusted", not_before=settings.not_before)
        self.clock_distrusted = distrusted
        return tls.client_context(
            settings.ca_file, settings.cert_file, settings.key_file, check_dates=not distrusted
        )
