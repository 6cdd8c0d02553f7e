"""A TLS handshake with a broker and nothing more: no CONNECT, so no session is touched."""

import socket
import ssl
from dataclasses import dataclass

from contract.errors import TransientError
from guardian.doctor.installation import Party
from guardian.doctor.x509 import Certificate, read_der
from runtime.mqtt.address import BrokerAddress
from runtime.mqtt.reasons import describe
from runtime.mqtt.tls import client_context

CONNECT_S = 8.0
"""Below the time of a check, so that the reason is named and not that it took too long."""
REFUSAL_S = 4.0
"""TLS 1.3 refuses a client's certificate after the handshake; a loaded broker takes its time."""
_TURN_S = 0.05


class HandshakeError(TransientError):
    """TLS was not established; the message says why."""


@dataclass(frozen=True)
class Shown:
    """What the broker showed."""

    certificate: Certificate


def shake_hands(party: Party, broker: BrokerAddress, *, check_dates: bool = True) -> Shown:
    """Connect, prove who we are, look at the broker's certificate, and leave.

    Raises:
        HandshakeError: TCP or TLS failed.
        TlsFilesError: the party's files cannot be used.
        CertificateUnreadableError: the broker's certificate is damaged.
    """
    context = client_context(
        party.ca_file, party.cert_file, party.key_file, check_dates=check_dates
    )
    try:
        with (
            socket.create_connection((broker.host, broker.port), CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as secured,
        ):
            der = secured.getpeercert(binary_form=True) or b""
            _await_refusal(secured)
    except OSError as error:  # ssl.SSLError is one
        raise HandshakeError(describe(error)) from error
    return Shown(read_der(der))


def _await_refusal(secured: ssl.SSLSocket) -> None:
    """Read until the broker refuses, which raises, or has accepted: TLS 1.3 then sends a ticket."""
    secured.settimeout(_TURN_S)
    for _ in range(round(REFUSAL_S / _TURN_S)):
        if secured.version() != "TLSv1.3" or (secured.session and secured.session.has_ticket):
            return
        try:
            secured.recv(1)
        except TimeoutError:
            continue
