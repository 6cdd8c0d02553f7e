"""The registry of certificates: who was certified, until when, and whose access has ended.

It is the truth from which access lists and revocation lists are made anew. Values only; the one
file is read and written at the end of this module.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from broker_config.authority import Kind, Revoked
from broker_config.errors import NotInitializedError
from broker_config.files import write_atomically
from broker_config.mosquitto import MosquittoSettings

State = Literal["active", "renewed", "expired", "revoked"]

OVERLAP = timedelta(days=30)
"""How long a renewed certificate's predecessor stays good: time to bring the new one to a tracker
that is on a hike or in a drawer."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One certificate that was given out."""

    name: str
    kind: Kind
    serial: str
    issued_at: datetime
    expires_at: datetime
    superseded_at: datetime | None = None
    revoked_at: datetime | None = None


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that enrolment remembers. A change is a new value."""

    hosts: tuple[str, ...]
    broker: MosquittoSettings
    share_name: str
    authorities_made: bool = False
    crl_number: int = 0
    certificates: tuple[Certificate, ...] = ()
    denied: dict[str, datetime] = msgspec.field(default_factory=dict)
    version: Literal[1] = 1

    def of(self, name: str) -> list[Certificate]:
        """Return the name's certificates, the newest last."""
        return [each for each in self.certificates if each.name == name]

    def names(self, kind: Kind) -> list[str]:
        """Return every name of this kind that was ever enrolled."""
        return sorted({each.name for each in self.certificates if each.kind == kind})

    def denied_names(self, kind: Kind) -> list[str]:
        """Return the names of this kind whose access has ended."""
        return [name for name in self.names(kind) if name in self.denied]

    def revoked(self, kind: Kind) -> list[Revoked]:
        """Return the lines of the revocation list."""
        return [
            Revoked(int(each.serial, 16), each.revoked_at)
            for each in self.certificates
            if each.kind == kind and each.revoked_at is not None
        ]

    def with_certificate(self, certificate: Certificate) -> "Registry":
        """Add a certificate; those that the name has stay good for `OVERLAP` from then on."""
        at = certificate.issued_at
        older = tuple(
            msgspec.structs.replace(each, superseded_at=at)
            if each.name == certificate.name and each.superseded_at is None
            else each
            for each in self.certificates
        )
        return msgspec.structs.replace(self, certificates=(*older, certificate))

    def without_access(self, name: str, now: datetime) -> "Registry":
        """Deny the name everything on the broker; its certificates are still good."""
        denied = {**self.denied, name: self.denied.get(name, now)}
        return msgspec.structs.replace(self, denied=denied)

    def with_access(self, name: str) -> "Registry":
        """Take the denial back; certificates that were revoked stay so."""
        denied = {each: at for each, at in self.denied.items() if each != name}
        return msgspec.structs.replace(self, denied=denied)

    def swept(self, now: datetime) -> "Registry":
        """Revoke what is due: every certificate of a denied name, and outlived predecessors."""
        return msgspec.structs.replace(self, certificates=tuple(self._swept(now)))

    def state(self, name: str, now: datetime) -> State:
        """Say how the name stands; `renewed` while a predecessor is good as well."""
        known = self.of(name)
        if name in self.denied:
            return "revoked"
        if known[-1].expires_at <= now:
            return "expired"
        old = [each for each in known[:-1] if each.revoked_at is None and each.expires_at > now]
        return "renewed" if old else "active"

    def _swept(self, now: datetime) -> Iterator[Certificate]:
        for each in self.certificates:
            outlived = each.superseded_at is not None and each.superseded_at + OVERLAP <= now
            due = outlived or each.name in self.denied
            if due and each.revoked_at is None:
                yield msgspec.structs.replace(each, revoked_at=now)
            else:
                yield each


def load(path: Path) -> Registry:
    """Read the registry.

    Raises:
        NotInitializedError: the file is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Registry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotInitializedError(f"{path} cannot be read: {error}") from error


def save(registry: Registry, path: Path) -> None:
    """Write the registry, whole or not at all."""
    write_atomically(path, encode(registry))


def encode(registry: Registry) -> bytes:
    """Return the registry as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(registry), indent=1) + b"\n"
