"""TLS as we want it: 1.2 or later, the broker's chain and name checked, our own certificate."""

import ssl
from datetime import datetime
from pathlib import Path

from runtime.mqtt.errors import TlsFilesError

NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python's ssl does not name."""


def is_before(now_ms: int, date: datetime | None) -> bool:
    """Say whether the host's clock stands before the date on which this software was built."""
    return date is not None and now_ms < date.timestamp() * 1000


def client_context(
    ca_file: Path | None, cert_file: Path | None, key_file: Path | None, *, check_dates: bool
) -> ssl.SSLContext:
    """Return a context from the files as they are now, so that renewed ones count.

    Without `check_dates` a certificate's chain and name are verified but not its dates: a board
    without a clock boots in the past, and would refuse every broker.

    Raises:
        TlsFilesError: a file is missing or is not what it should be; the message names it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not check_dates:
        context.verify_flags |= NO_CHECK_TIME
    _trust(context, ca_file)
    if cert_file is not None:
        _identify(context, cert_file, key_file)
    return context


def _trust(context: ssl.SSLContext, ca_file: Path | None) -> None:
    if ca_file is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise TlsFilesError(f"{ca_file}: no usable authority: {_why(error)}") from error


def _identify(context: ssl.SSLContext, cert_file: Path, key_file: Path | None) -> None:
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except OSError as error:
        files = f"{cert_file} with {key_file or 'its own key'}"
        raise TlsFilesError(f"{files}: no usable certificate: {_why(error)}") from error


def _no_password() -> str:
    """Answer for OpenSSL, which would otherwise ask at the terminal and wait for ever."""
    return ""


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    return (error.strerror or str(error)).lower()
