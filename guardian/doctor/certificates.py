"""The certificate of a party: its files, its name, how long it is good. Without any library."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from guardian.doctor.finding import Check, Finding, fault, ok, warning
from guardian.doctor.installation import Installation, Party
from guardian.doctor.x509 import Certificate, CertificateUnreadableError, read_pem
from runtime.clock import Clock
from runtime.mqtt.errors import TlsFilesError
from runtime.mqtt.tls import client_context

WARN_BEFORE = timedelta(days=60)
"""A tracker may be on a long hike, and somebody has to bring the new certificate to it."""
SHORT_LIVED = 3
"""A certificate of 90 days, as public authorities give them, is renewed when a third is left."""
NEVER_YEAR = 9999
"""RFC 5280 (4.1.2.5) has certificates without an expiry end in this year."""

_OTHERS = 0o007


def checks(installation: Installation, clock: Clock) -> list[Check]:
    """Return a check for each party that has a certificate."""
    return [
        Check("certificate", each.name, partial(_examine_now, each, clock))
        for each in installation.parties
        if each.cert_file is not None
    ]


def now(clock: Clock) -> datetime:
    """Return the host's time."""
    return datetime.fromtimestamp(clock.now_ms() / 1000, UTC)


def examine(party: Party, at: datetime) -> Iterator[Finding]:
    """Look at a party's three files."""
    assert party.cert_file is not None  # noqa: S101 - `checks` asked
    usable = _usable(party)
    if usable.level != "ok":
        yield usable
        return
    try:
        own = read_pem(party.cert_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CertificateUnreadableError) as error:
        yield fault("certificate.files", party.name, f"{party.cert_file}: {error}", renewal(party))
        return
    yield _named(party, own) or usable
    yield from _private(party)
    yield expiry("certificate.expiry", party.name, own, at, renewal(party))
    yield from _authority(party, at)


def _examine_now(party: Party, clock: Clock) -> Iterator[Finding]:
    return examine(party, now(clock))


def renewal(party: Party) -> str:
    """Return how a party gets a new certificate."""
    if party.role == "tracker":
        return (
            f"guardian enroll renew {party.name} --pki PKI --out DIR, where it was enrolled; "
            "then bring DIR here"
        )
    return f"guardian enroll revoke {party.name} --pki PKI, then: service {party.name} --again"


def expiry(name: str, about: object, own: Certificate, at: datetime, remedy: str) -> Finding:
    """Say until when a certificate is good; the last `WARN_BEFORE` of it is a warning.

    Of one that does not live for long, its last third.
    """
    day = own.expires.date().isoformat()
    if at < own.begins:
        begins = own.begins.date().isoformat()
        return fault(name, about, f"is good only from {begins}", "timedatectl set-ntp true")
    if at >= own.expires:
        return fault(name, about, f"expired on {day}", remedy)
    if own.expires.year == NEVER_YEAR:
        return ok(name, about, "never expires")
    left = own.expires - at
    if left < min(WARN_BEFORE, (own.expires - own.begins) / SHORT_LIVED):
        return warning(name, about, f"expires in {left.days} days, on {day}", remedy)
    return ok(name, about, f"good for {left.days} days, until {day}")


def _usable(party: Party) -> Finding:
    """Load the files as the process itself does."""
    try:
        client_context(party.ca_file, party.cert_file, party.key_file, check_dates=True)
    except TlsFilesError as error:
        remedy = f"ls -l {_folder(party)}; " + (
            "run the doctor as the user of the service, or with sudo"
            if "permission" in str(error)
            else f"or get new files: {renewal(party)}"
        )
        return fault("certificate.files", party.name, str(error), remedy)
    return ok("certificate.files", party.name, "certificate, key and authority belong together")


def _folder(party: Party) -> Path:
    return party.cert_file.parent if party.cert_file else Path()


def _named(party: Party, own: Certificate) -> Finding | None:
    """Say that the certificate is somebody else's; None when it is not."""
    if own.common_name == party.name:
        return None
    says = f"its certificate is that of {own.common_name!r}"
    same_role = own.common_name.rpartition(".")[0] == party.name.rpartition(".")[0] != ""
    if same_role:
        remedy = f"guardian enroll service {party.name} --pki PKI, and use its files"
        return warning("certificate.name", party.name, f"{says}: revoking it ends both", remedy)
    setting = "device" if party.role == "tracker" else "cert_file and key_file"
    return fault(
        "certificate.name",
        party.name,
        f"{says}, and the broker goes by that name",
        f"correct {setting} in {party.source}",
    )


def _private(party: Party) -> Iterator[Finding]:
    if party.key_file is not None and party.key_file.stat().st_mode & _OTHERS:
        says = f"every user of this machine can read its key, {party.key_file}"
        yield fault("certificate.private", party.name, says, f"chmod o= {party.key_file}")


def _authority(party: Party, at: datetime) -> Iterator[Finding]:
    """Say when the authority that certifies the broker is not good for long."""
    if party.ca_file is None:
        return
    try:
        authority = read_pem(party.ca_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CertificateUnreadableError) as error:
        remedy = f"copy ca.crt anew: {renewal(party)}"
        yield fault("certificate.authority", party.name, f"{party.ca_file}: {error}", remedy)
        return
    remedy = f"bring the new authority's certificate to {party.ca_file}"
    found = expiry("certificate.authority", party.ca_file, authority, at, remedy)
    if found.level != "ok":
        yield found
