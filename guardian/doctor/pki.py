"""The PKI folder: authorities, the broker's files, revocation lists, access lists, who expires.

It reads without the lock that enrolment holds: its files are replaced whole. Nothing is written,
so this does not go through `Enrolment`, whose every command brings the files up to date.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from broker_config import acl, authority, mosquitto, registry
from broker_config.authority import Authority, Kind
from broker_config.errors import NotInitializedError
from broker_config.pki import PkiFolder
from broker_config.registry import Registry
from guardian.doctor.certificates import WARN_BEFORE, expiry, renewal
from guardian.doctor.finding import Finding, fault, ok, warning
from guardian.doctor.installation import Party
from guardian.doctor.x509 import CertificateUnreadableError, read_pem

_OTHERS = 0o077
_SHOWN = 5
"""How many names one line takes; `enroll list` has them all."""
_CRLS: dict[Kind, str] = {
    "tracker": mosquitto.TRACKERS_CRL_FILE,
    "service": mosquitto.SERVICES_CRL_FILE,
}


def examine(folder: Path, at: datetime) -> Iterator[Finding]:
    """Look at the whole folder."""
    pki = PkiFolder(folder)
    try:
        known = registry.load(pki.registry)
    except (NotInitializedError, OSError) as error:
        says = str(error) if isinstance(error, NotInitializedError) else _why(error)
        yield fault("pki.registry", folder, says, _registry_remedy(folder, error))
        return
    yield ok("pki.registry", folder, f"{len(known.names('tracker'))} trackers, "
             f"{len(known.names('service'))} services")  # fmt: skip
    look = _Look(pki, known, at)
    authorities = yield from look.authorities()
    yield from look.servers(authorities.get("service"))
    yield from look.revocations(authorities)
    yield from look.rights()
    yield from look.expiries()


def _registry_remedy(folder: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "run the doctor with sudo, or as its owner"
    return f"restore {folder}/enrolment.json from your backup; with none: guardian enroll init"


def _why(error: OSError) -> str:
    return f"{error.filename}: {(error.strerror or str(error)).lower()}"


@dataclass(frozen=True)
class _Look:
    pki: PkiFolder
    known: Registry
    at: datetime

    @property
    def broker(self) -> Path:
        return Path(self.known.broker.folder)

    @property
    def mend(self) -> str:
        """Return what writes the broker's files anew and tells the broker."""
        return f"guardian enroll list --pki {self.pki.root}"

    def authorities(self) -> Generator[Finding, None, dict[Kind, Authority]]:
        """Yield about both authorities, and return those that can be used."""
        usable: dict[Kind, Authority] = {}
        for kind in get_args(Kind):
            about = f"{kind}s' authority"
            try:
                usable[kind] = self.pki.authority(kind)
            except NotInitializedError as error:
                remedy = f"restore {kind}s-ca.crt and {kind}s-ca.key from your backup"
                yield fault("pki.authority", about, str(error), remedy)
                continue
            own = read_pem(authority.certificate_pem(usable[kind]).decode())
            yield expiry("pki.authority", about, own, self.at, "make a new PKI: docs/enrolment.md")
            yield from self._private(self.pki.root / f"{kind}s-ca.key")
        return usable

    def servers(self, ca: Authority | None) -> Iterator[Finding]:
        """Yield about the certificates of the broker and of the console."""
        again = f"guardian enroll init {self.pki.root}"
        for name, stem in (("pki.server", self.broker / "server"),
                           ("pki.https", self.pki.https / "dispatcher")):  # fmt: skip
            yield self._server(name, stem.with_suffix(".crt"), ca, again)
            yield from self._private(stem.with_suffix(".key"))

    def _server(self, name: str, path: Path, ca: Authority | None, again: str) -> Finding:
        try:
            pem = path.read_bytes()
            loaded = x509.load_pem_x509_certificate(pem)
            own = read_pem(pem.decode())
        except OSError as error:
            return fault(name, path, _why(error), again)
        except (ValueError, CertificateUnreadableError):
            return fault(name, path, "is no certificate", f"rm {path}; {again}")
        if ca is not None and not _signed_by(loaded, ca.certificate):
            says = "is not certified by the services' authority, so nobody accepts it"
            return fault(name, path, says, f"rm {path}; {again}")
        missing = set(self.known.hosts) - authority.hosts_of(pem)
        if missing:
            return fault(name, path, f"does not name {', '.join(sorted(missing))}", again)
        return expiry(name, path, own, self.at, f"rm {path}; {again}")

    def _private(self, path: Path) -> Iterator[Finding]:
        try:
            open_to_others = path.stat().st_mode & _OTHERS
        except OSError as error:
            yield fault("pki.private", path, _why(error), "restore it from your backup")
            return
        if open_to_others:
            says = "can be read by others than its owner"
            yield fault("pki.private", path, says, f"chmod 600 {path}")

    def revocations(self, authorities: "dict[Kind, Authority]") -> Iterator[Finding]:
        """Yield about both revocation lists as the broker reads them."""
        for kind, name in _CRLS.items():
            if kind in authorities:
                yield self._crl(kind, self.broker / name, authorities[kind])

    def _crl(self, kind: Kind, path: Path, ca: Authority) -> Finding:
        try:
            crl = x509.load_pem_x509_crl(path.read_bytes())
        except OSError as error:
            missing = "is missing: the revoked may come in, or the broker does not start"
            says = missing if isinstance(error, FileNotFoundError) else _why(error)
            return fault("pki.crl", path, says, self.mend)
        except ValueError:
            return fault("pki.crl", path, "is no revocation list", self.mend)
        if not crl.is_signature_valid(ca.key.public_key()):
            return fault("pki.crl", path, f"is not signed by the {kind}s' authority", self.mend)
        if crl.next_update_utc is not None and crl.next_update_utc <= self.at:
            says = f"expired on {crl.next_update_utc.date()}: the broker refuses everybody"
            return fault("pki.crl", path, says, self.mend)
        listed = {each.serial_number for each in crl}
        lacking = sum(each.serial not in listed for each in self.known.revoked(kind))
        if lacking:
            says = f"lacks {lacking} certificates that were revoked"
            return fault("pki.crl", path, says, self.mend)
        return self._crl_expiry(path, crl, len(listed))

    def _crl_expiry(self, path: Path, crl: x509.CertificateRevocationList, count: int) -> Finding:
        ends = crl.next_update_utc
        if ends is not None and ends - self.at < WARN_BEFORE:
            return warning("pki.crl", path, f"expires on {ends.date()}", self.mend)
        good = f"good until {ends.date()}" if ends else "without an end"
        return ok("pki.crl", path, f"{good}; {count} certificates revoked")

    def rights(self) -> Iterator[Finding]:
        """Yield about configuration and access lists: as enrolment wrote them, or changed."""
        trackers = acl.trackers_acl(self.known.denied_names("tracker"))
        services = acl.services_acl(self.known.names("service"), self.known.denied_names("service"))
        config = mosquitto.configuration(self.known.broker)
        init = f"guardian enroll init {self.pki.root}"
        yield self._as_written(mosquitto.TRACKERS_ACL_FILE, trackers, self.mend)
        yield self._as_written(mosquitto.SERVICES_ACL_FILE, services, self.mend)
        yield self._as_written(mosquitto.CONFIG_FILE, config, f"{init}; restart the broker")

    def _as_written(self, name: str, expected: str, remedy: str) -> Finding:
        path = self.broker / name
        try:
            found = path.read_text(encoding="utf-8")
        except OSError as error:
            return fault("pki.rights", path, _why(error), remedy)
        except UnicodeDecodeError:
            return fault("pki.rights", path, "is no text", remedy)
        if found != expected:
            says = "is not what enrolment writes: edited by hand, or by another version"
            return fault("pki.rights", path, says, remedy)
        return ok("pki.rights", path, "as enrolment wrote it")

    def expiries(self) -> Iterator[Finding]:
        """Yield whose certificates have expired or soon will, in one line each."""
        trackers = [each for each in self.known.certificates if each.kind == "tracker"]
        newest = {each.name: each for each in trackers}  # the newest is the last
        living = [each for name, each in newest.items() if name not in self.known.denied]
        gone = [each.name for each in living if each.expires_at <= self.at]
        soon = [each.name for each in living if self.at < each.expires_at <= self.at + WARN_BEFORE]
        renew = f"guardian enroll renew NAME --pki {self.pki.root} --out DIR"
        if gone:
            says = f"expired: {_named(gone)}; these trackers cannot connect"
            yield warning("pki.trackers", f"{len(gone)} trackers", says, f"{renew}; or revoke them")
        if soon:
            says = f"expire within {WARN_BEFORE.days} days: {_named(soon)}"
            yield warning("pki.trackers", f"{len(soon)} trackers", says, renew)
        if not gone and not soon:
            says = f"none of {len(living)} expires within {WARN_BEFORE.days} days"
            yield ok("pki.trackers", "trackers' certificates", says)


def member(folder: Path, party: Party) -> Iterator[Finding]:
    """Say whether a party's certificate is of this PKI: signed by its authority, not revoked."""
    kind: Kind = "tracker" if party.role == "tracker" else "service"
    pki = PkiFolder(folder)
    try:
        known = registry.load(pki.registry)
        ca = x509.load_pem_x509_certificate((folder / f"{kind}s-ca.crt").read_bytes())
        own = x509.load_pem_x509_certificate((party.cert_file or Path()).read_bytes())
    except (NotInitializedError, OSError, ValueError):
        return  # other lines say so
    if not _signed_by(own, ca):
        says = f"its certificate is not signed by the {kind}s' authority of {folder}"
        yield fault("pki.member", party.name, says, renewal(party))
        return
    found = [each for each in known.certificates if int(each.serial, 16) == own.serial_number]
    if party.name in known.denied or any(each.revoked_at for each in found):
        yield fault("pki.member", party.name, "its certificate is revoked", renewal(party))
    elif not found:
        says = "its certificate is not in the registry, so it cannot be revoked"
        yield fault("pki.member", party.name, says, renewal(party))
    else:
        yield ok("pki.member", party.name, "certified by this PKI, and not revoked")


def _signed_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
