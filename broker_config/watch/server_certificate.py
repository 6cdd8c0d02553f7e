"""The certificate that a broker shows, read in a TLS handshake and nothing more."""

import socket
from pathlib import Path
from typing import Final

from runtime.mqtt import tls
from runtime.mqtt.address import BrokerAddress

TIMEOUT_S: Final = 5.0
"""For each step; a handshake on the same network takes milliseconds."""


def server_certificate(
    broker: BrokerAddress, ca_file: Path | None, cert_file: Path | None, key_file: Path | None
) -> bytes:
    """Return the certificate (DER) after verifying chain and name, but not the dates.

    Raises:
        OSError: nobody answers, or who answers is not to be trusted.
        TlsFilesError: our own files cannot be used.
    """
    context = tls.client_context(ca_file, cert_file, key_file, check_dates=False)
    try:
        with (
            socket.create_connection((broker.host, broker.port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""
    except UnicodeError as error:
        raise OSError(f"{broker.host[:80]!r} is no host name: {error}") from error
