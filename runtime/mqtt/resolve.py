"""Host names into addresses, beside the network thread: a look-up cannot be interrupted."""

import socket
from threading import Thread
from typing import Any

from runtime.mqtt import reasons
from runtime.mqtt.attempt import Attempt
from runtime.mqtt.errors import AttemptError, AttemptTimeoutError
from runtime.mqtt.waker import Waker

LOOKUP_SHARE = 0.5
"""The part of an attempt that a look-up may take; the rest is for the addresses known before."""

Endpoint = tuple[socket.AddressFamily, tuple[Any, ...]]
"""The family of an address and the address itself, as `socket.connect` takes it."""


class Resolver:
    """Looks names up, and keeps the last addresses of each for when name service is down.

    An old address does no harm: with TLS the host there must prove the name.
    """

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        self._known: dict[tuple[str, int], list[Endpoint]] = {}

    def endpoints(self, host: str, port: int, attempt: Attempt) -> list[Endpoint]:
        """Return the addresses of a name, at least one.

        Raises:
            AttemptError: there is none; or the attempt is over.
        """
        lookup = _Lookup(host, port, self._waker)
        lookup.start()
        try:
            attempt.share(LOOKUP_SHARE).wait_until(lambda: lookup.done)
            found = lookup.result()
        except AttemptTimeoutError:
            found = self._last_known(host, port, "name service does not answer")
        except OSError as error:
            found = self._last_known(host, port, reasons.describe(error))
        self._known[host, port] = found
        return found

    def _last_known(self, host: str, port: int, reason: str) -> list[Endpoint]:
        known = self._known.get((host, port))
        if known is None:
            raise AttemptError(reason)
        return known


class _Lookup:
    """One look-up on a thread of its own, which ends whenever the system's resolver does."""

    def __init__(self, host: str, port: int, waker: Waker) -> None:
        self._host = host
        self._port = port
        self._waker = waker
        self._found: list[Endpoint] = []
        self._error: OSError | None = None
        self.done = False

    def start(self) -> None:
        Thread(target=self._run, name=f"lookup-{self._host}", daemon=True).start()

    def result(self) -> list[Endpoint]:
        if self._error is not None:
            raise self._error
        return self._found

    def _run(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._found = [(family, address) for family, _, _, _, address in found]
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that IDNA refuses
            self._error = error if isinstance(error, OSError) else OSError(str(error))
        self.done = True
        self._waker.wake()
