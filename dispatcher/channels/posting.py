"""A signed HTTP POST to an address that was checked, within a time; what webhooks and CAP share."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import urllib3
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from contract.errors import PermanentError, TransientError
from dispatcher.channels.deadline import deadline
from dispatcher.channels.webhook_address import (
    Address,
    Network,
    Resolver,
    is_listed,
    permitted,
    resolve,
)
from runtime.clock import Clock

CONNECT_S: Final = 2.0
"""TCP and TLS to anywhere on Earth take less than one second."""
TOTAL_S: Final = 4.0
"""Less than the lease of a delivery: nobody else sends it at the same time."""


class NotDeliveredError(TransientError):
    """The receiver did not answer with 2xx in time."""


class GoneError(PermanentError):
    """The receiver answered 410: it does not want alerts any more; change or remove the channel."""


class PlainHttpError(TransientError):
    """Plain http:// is only for addresses in the channel's `allow`; use https://."""


class CaFileError(PermanentError):
    """The file of authorities (`ca_file`) cannot be used; it must be certificates in PEM."""


@dataclass(frozen=True, kw_only=True)
class HttpTarget:
    """One endpoint; `secrets` holds the old and the new one during a rotation, or none."""

    url: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    allowed: tuple[Network, ...] = ()
    ca_file: Path | None = None


class Poster:
    """Posts. Follows no redirect; connects to the address that it has checked."""

    def __init__(self, target: HttpTarget, clock: Clock, resolver: Resolver = resolve) -> None:
        """Take the target.

        Raises:
            CaFileError: the file of authorities cannot be used.
        """
        self._url = urlsplit(target.url)
        self._allowed = target.allowed
        self._clock = clock
        self._resolver = resolver
        self._signers = [Webhook(secret) for secret in target.secrets]
        self._tls = tls_context(target.ca_file)

    def post(self, message_id: str, body: bytes, content_type: str) -> None:
        """Post, and return when the receiver has answered 2xx.

        Raises:
            ForbiddenAddressError, UnresolvedError, PlainHttpError: it was not tried.
            NotDeliveredError: it was.
            GoneError: the receiver is gone for good.
        """
        headers = self._headers(message_id, body, content_type)
        host, port = self._url.hostname or "", _port(self._url)
        error: NotDeliveredError | None = None
        for address in permitted(self._resolver(host, port), self._allowed):
            try:
                return self._post(address, port, body, headers)
            except NotDeliveredError as failure:
                error = failure
        raise error or NotDeliveredError("no address")

    def _post(self, address: Address, port: int, body: bytes, headers: dict[str, str]) -> None:
        connection = self._connection(address, port)
        try:
            with deadline(TOTAL_S, lambda: connection.sock):
                connection.connect()
                path = urllib3.util.Url(path=self._url.path or "/", query=self._url.query or None)
                connection.request("POST", path.url, body=body, headers=headers)
                status = connection.getresponse().status
        except (HTTPError, HTTPException, CertificateError, OSError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if status == HTTPStatus.GONE:
            raise GoneError("the receiver answered 410")
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
        if not is_listed(address, self._allowed):
            raise PlainHttpError(f"http:// to {address}")
        return HTTPConnection(str(address), port, timeout=CONNECT_S)

    def _headers(self, message_id: str, body: bytes, content_type: str) -> dict[str, str]:
        headers = {
            "Host": self._url.netloc.rpartition("@")[2],
            "Content-Type": content_type,
            "User-Agent": "guardian",
        }
        if self._signers:
            at = datetime.fromtimestamp(self._clock.now_ms() // 1000, tz=UTC)
            text = body.decode()
            signatures = [signer.sign(message_id, at, text) for signer in self._signers]
            headers["webhook-id"] = message_id
            headers["webhook-timestamp"] = str(int(at.timestamp()))
            headers["webhook-signature"] = " ".join(signatures)
        return headers


def url_problem(url: str) -> str | None:
    """Say what is wrong with a target's URL, None when nothing is."""
    expected = "expected https://host/path"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return expected
    good = parts.scheme in ("https", "http") and parts.hostname and port != 0
    return None if good else expected


def secret_problem(secrets: Sequence[str]) -> str | None:
    """Say what is wrong with the signing secrets, None when nothing is."""
    for secret in secrets:
        try:
            Webhook(secret)
        except (ValueError, RuntimeError):
            return "expected whsec_ and base64"
    return None


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what checks a server's chain and name.

    Raises:
        CaFileError: the file of authorities cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        raise CaFileError(f"ca_file {ca_file}: {error}") from error


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
