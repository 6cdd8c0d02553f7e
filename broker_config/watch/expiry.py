"""When certificates end: values in, values out. Times: seconds since 1970."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from broker_config.authority import Kind
from broker_config.errors import EnrolmentError
from broker_config.registry import Registry

SOON_DAYS: Final = 60
"""As `guardian doctor` looks ahead: two months to bring new certificates to trackers."""


class UnreadableCertificateError(EnrolmentError):
    """A file or a server gave something else than a certificate or a revocation list."""


@dataclass(frozen=True)
class Trackers:
    """How many trackers' newest certificates end soon, and how many have ended."""

    expiring: int
    expired: int


@dataclass(frozen=True)
class Expiries:
    """What one reading of all sources found."""

    at: dict[str, float] = field(default_factory=dict)
    """By the name of the certificate: own, authority:trackers, service:svc.ingest.1 ..."""
    trackers: Trackers | None = None


def of_pem(pem: bytes) -> float:
    """Return when the first of the certificates in a PEM file ends.

    Raises:
        UnreadableCertificateError: there is none in it, or one that is broken.
    """
    try:
        return min(map(_end, x509.load_pem_x509_certificates(pem)))
    except ValueError as error:
        raise UnreadableCertificateError(f"no certificate: {error}") from error


def of_der(der: bytes) -> float:
    """Return when a certificate in DER form ends.

    Raises:
        UnreadableCertificateError: it is none.
    """
    try:
        return _end(x509.load_der_x509_certificate(der))
    except ValueError as error:
        raise UnreadableCertificateError(f"no certificate: {error}") from error


def of_crl(pem: bytes) -> float:
    """Return a revocation list's nextUpdate: after it the broker refuses everybody.

    Raises:
        UnreadableCertificateError: it is no such list, or never ends.
    """
    try:
        end = x509.load_pem_x509_crl(pem).next_update_utc
    except ValueError as error:
        raise UnreadableCertificateError(f"no revocation list: {error}") from error
    if end is None:
        raise UnreadableCertificateError("the revocation list has no nextUpdate")
    return end.timestamp()


def of_services(known: Registry) -> dict[str, float]:
    """Return when the newest certificate of each service ends that has access."""
    newest = _newest(known, "service")
    return {f"service:{name}": end.timestamp() for name, end in newest.items()}


def of_trackers(known: Registry, now: datetime) -> Trackers:
    """Count the trackers that have access, by the end of their newest certificates."""
    soon = now + timedelta(days=SOON_DAYS)
    ends = [end for end in _newest(known, "tracker").values() if end <= soon]
    expired = sum(end <= now for end in ends)
    return Trackers(expiring=len(ends) - expired, expired=expired)


def _newest(known: Registry, kind: Kind) -> dict[str, datetime]:
    """Return the end of each name's newest certificate; the registry has the newest last."""
    certificates = (each for each in known.certificates if each.kind == kind)
    return {each.name: each.expires_at for each in certificates if each.name not in known.denied}


def _end(certificate: x509.Certificate) -> float:
    return certificate.not_valid_after_utc.timestamp()
