"""Alerts to an HTTP endpoint: CloudEvents bodies, signed per Standard Webhooks v1."""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from socket import SHUT_RDWR
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec
import urllib3
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from contract.cloudevents import rfc3339
from contract.errors import PermanentError, TransientError
from contract.messages import CloudEvent, Incident
from dispatcher.answers import Place
from dispatcher.channels.webhook_address import (
    Address,
    Network,
    Resolver,
    is_listed,
    permitted,
    resolve,
)
from dispatcher.message import Message
from dispatcher.routing import Route
from runtime.clock import Clock

CONNECT_S: Final = 2.0
"""TCP and TLS to anywhere on Earth take less than one second."""
TOTAL_S: Final = 4.0
"""Less than the lease of a delivery: nobody else sends it at the same time."""


class NotDeliveredError(TransientError):
    """The receiver did not answer with 2xx in time."""


class PlainHttpError(TransientError):
    """Plain http:// is only for addresses in GUARDIAN_WEBHOOK_ALLOW; use https://."""


class WebhookCaError(PermanentError):
    """GUARDIAN_WEBHOOK_CA_FILE names no file of certificates."""


class Alert(Incident, frozen=True, kw_only=True, omit_defaults=True, rename={"class_": "class"}):
    """What a webhook carries: the incident, why it is sent now, and where to look it up.

    `silent`, `place` and `note` only where the channel is `full`; `place` only while it is open.
    """

    reason: str
    presses: int
    step: int | None = None
    link: str | None = None
    silent: bool | None = None
    place: Place | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookTarget:
    """One endpoint; `secrets` holds the old and the new one during a rotation."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    allowed: tuple[Network, ...] = ()
    ca_file: Path | None = None
    console_url: str | None = None
    full: bool = False
    name: str = "webhook"


class WebhookChannel:
    """Posts each message. Follows no redirect; connects to the address that it has checked."""

    def __init__(
        self, target: WebhookTarget, clock: Clock, source: str, *, resolver: Resolver = resolve
    ) -> None:
        """Take the target.

        Raises:
            WebhookCaError: the file of authorities cannot be used.
        """
        self.route = Route(target.name)
        self._target = target
        self._url = urlsplit(target.url)
        self._clock = clock
        self._source = source
        self._resolver = resolver
        self._signers = [Webhook(secret) for secret in target.secrets]
        self._tls = _tls(target.ca_file)

    def send(self, message: Message) -> None:
        """Post, and return when the receiver has answered 2xx.

        Raises:
            ForbiddenAddressError, UnresolvedError, PlainHttpError: it was not tried.
            NotDeliveredError: it was.
        """
        body = msgspec.json.encode(self._event(message))
        headers = self._headers(message.id, body)
        host, port = self._url.hostname or "", _port(self._url)
        error: NotDeliveredError | None = None
        for address in permitted(self._resolver(host, port), self._target.allowed):
            try:
                return self._post(address, port, body, headers)
            except NotDeliveredError as failure:
                error = failure
        raise error or NotDeliveredError("no address")

    def _post(self, address: Address, port: int, body: bytes, headers: dict[str, str]) -> None:
        connection = self._connection(address, port)
        deadline = Timer(TOTAL_S, _abort, [connection])
        deadline.start()
        try:
            connection.connect()
            path = urllib3.util.Url(path=self._url.path or "/", query=self._url.query or None)
            connection.request("POST", path.url, body=body, headers=headers)
            status = connection.getresponse().status
        except (HTTPError, HTTPException, CertificateError, OSError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error
        finally:
            deadline.cancel()
            connection.close()
        if not 200 <= status < 300:  # noqa: PLR2004 - success, as HTTP has it
            raise NotDeliveredError(f"the receiver answered {status}")

    def _connection(self, address: Address, port: int) -> HTTPConnection:
        """Connect by address; name and certificate are the host's."""
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            return HTTPSConnection(
                str(address), port, timeout=CONNECT_S, ssl_context=self._tls,
                server_hostname=host, assert_hostname=host,
            )  # fmt: skip
        if not is_listed(address, self._target.allowed):
            raise PlainHttpError(f"http:// to {address}")
        return HTTPConnection(str(address), port, timeout=CONNECT_S)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        at = datetime.fromtimestamp(self._clock.now_ms() // 1000, tz=UTC)
        text = body.decode()
        return {
            "Host": self._url.netloc.rpartition("@")[2],
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "User-Agent": "guardian",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(
                signer.sign(message_id, at, text) for signer in self._signers
            ),
        }

    def _event(self, message: Message) -> CloudEvent[Alert]:
        incident = message.incident
        shared = {name: getattr(incident, name) for name in incident.__struct_fields__}
        if self._target.full:
            shared |= {"silent": message.silent, "place": message.place, "note": message.note}
        return CloudEvent(
            id=message.id,
            source=self._source,
            type=f"org.guardian.alert.{message.reason}",
            time=rfc3339(message.at),
            subject=incident.incident,
            data=Alert(
                **shared,
                reason=message.reason,
                presses=message.presses,
                step=message.step,
                link=link_to(self._target.console_url, incident.incident),
            ),
        )


def link_to(console_url: str | None, incident: str) -> str | None:
    """Return where the console shows an incident."""
    return None if console_url is None else f"{console_url.rstrip('/')}/#{incident}"


def check_target(url: str, secrets: Sequence[str]) -> None:
    """Refuse what cannot work.

    Raises:
        ValueError: saying what was expected.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("GUARDIAN_WEBHOOK_URL: expected https://host/path")
    if not secrets:
        raise ValueError("GUARDIAN_WEBHOOK_SECRET: is required with GUARDIAN_WEBHOOK_URL")
    for secret in secrets:
        try:
            Webhook(secret)
        except (ValueError, RuntimeError) as error:
            raise ValueError("GUARDIAN_WEBHOOK_SECRET: expected whsec_ and base64") from error


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        raise WebhookCaError(f"{ca_file}: {error}") from error


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _abort(connection: HTTPConnection) -> None:
    """End an exchange that takes too long, however slowly the other side goes on talking."""
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(SHUT_RDWR)
