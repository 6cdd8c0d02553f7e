"""What stands in an X.509 certificate (RFC 5280), as far as the doctor asks. Pure.

A tracker has no library for this: Python's ssl decodes no certificate that it does not trust.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from contract.errors import PermanentError

_SEQUENCE, _SET, _INTEGER, _OID = 0x30, 0x31, 0x02, 0x06
_VERSION = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_LONG_FORM = 0x80
_MAX_LENGTH_BYTES = 4
_COMMON_NAME = bytes.fromhex("550403")
_CENTURY_TURN = 50
"""RFC 5280, 4.1.2.5.1: a two-digit year below 50 is of this century."""


class CertificateUnreadableError(PermanentError):
    """The file holds no certificate in PEM form."""


@dataclass(frozen=True)
class Certificate:
    """Who was certified by whom, and from when until when."""

    serial: int
    common_name: str
    issuer: str
    begins: datetime
    expires: datetime


def read_pem(text: str) -> Certificate:
    """Read the first certificate of a PEM file.

    Raises:
        CertificateUnreadableError: there is none.
    """
    _, begin, rest = text.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    if not begin or not end:
        raise CertificateUnreadableError("it holds no certificate in PEM form")
    try:
        der = ssl.PEM_cert_to_DER_cert(f"{begin}{body}{end}")
    except ValueError as error:
        raise CertificateUnreadableError("its certificate is damaged") from error
    return read_der(der)


def read_der(der: bytes) -> Certificate:
    """Read a certificate; raises as `read_pem`."""
    try:
        body = _Reader(_Reader(der).take(_SEQUENCE)).take(_SEQUENCE)
        return _certificate(_Reader(body))
    except (ValueError, IndexError, OverflowError) as error:
        raise CertificateUnreadableError("its certificate is damaged") from error


def _certificate(body: "_Reader") -> Certificate:
    """Read a TBSCertificate (RFC 5280, 4.1)."""
    if body.tag() == _VERSION:
        body.take(_VERSION)
    serial = int.from_bytes(body.take(_INTEGER), "big")
    body.take(_SEQUENCE)  # the signature's algorithm
    issuer = _common_name(body.take(_SEQUENCE))
    dates = _Reader(body.take(_SEQUENCE))
    begins, expires = _time(dates), _time(dates)
    return Certificate(serial, _common_name(body.take(_SEQUENCE)), issuer, begins, expires)


class _Reader:
    """Takes one DER element (X.690, 8.1) after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._data)

    def tag(self) -> int:
        return self._data[self._at]

    def take(self, tag: int | None = None) -> bytes:
        """Return an element's content; ValueError when it has another tag or is cut off."""
        if tag is not None and self.tag() != tag:
            raise ValueError("another element")
        length, start = self._length()
        if start + length > len(self._data):
            raise ValueError("cut off")
        self._at = start + length
        return self._data[start : self._at]

    def _length(self) -> tuple[int, int]:
        first, start = self._data[self._at + 1], self._at + 2
        if first < _LONG_FORM:
            return first, start
        size = first - _LONG_FORM
        if not 0 < size <= _MAX_LENGTH_BYTES:
            raise ValueError("no length")
        return int.from_bytes(self._data[start : start + size], "big"), start + size


def _common_name(name: bytes) -> str:
    """Return the last CN of a Name, empty when it has none."""
    found, parts = "", _Reader(name)
    while parts.more():
        pairs = _Reader(parts.take(_SET))
        while pairs.more():
            pair = _Reader(pairs.take(_SEQUENCE))
            if pair.take(_OID) == _COMMON_NAME:
                found = pair.take().decode("utf-8", "replace")
    return found


def _time(dates: _Reader) -> datetime:
    tag = dates.tag()
    digits = dates.take().decode("ascii")
    if tag == _UTC_TIME:
        digits = f"{'20' if int(digits[:2]) < _CENTURY_TURN else '19'}{digits}"
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
