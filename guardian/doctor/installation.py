"""What there is to look at: the parts of one installation, as its files and variables name them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from contract.topics import Role

if TYPE_CHECKING:
    from device_agent.settings import AgentSettings
    from dispatcher.settings import DatabaseSettings, HttpSettings
    from guardian.doctor.finding import Finding
    from runtime.settings import BrokerSettings
    from telemetry_store.settings import StoreSettings


@dataclass(frozen=True, kw_only=True)
class Party:
    """Somebody who connects to the broker."""

    role: Role
    name: str
    """What has to stand in the certificate: a device id, or a service's name."""
    source: str
    """Where its settings come from, as a reader would look for them."""
    brokers: tuple[str, ...]
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class StoreUse:
    """Somebody who uses the telemetry store."""

    role: str
    source: str
    settings: "StoreSettings"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Everything that was found, and what was wrong while it was looked for."""

    parties: tuple[Party, ...] = ()
    agent: "AgentSettings | None" = None
    stores: tuple[StoreUse, ...] = ()
    database: "DatabaseSettings | None" = None
    http: "HttpSettings | None" = None
    health: tuple[tuple[str, str], ...] = ()
    """Names of services and the host:port where they show metrics."""
    state_dirs: tuple[tuple[str, Path], ...] = ()
    pki: Path | None = None
    tokens: Path | None = None
    findings: tuple["Finding", ...] = ()

    def role(self, role: Role) -> list[Party]:
        """Return the parties of a role."""
        return [each for each in self.parties if each.role == role]

    def joined(self, other: "Installation") -> "Installation":
        """Return both together; the first one's word counts where there can be only one."""
        known = {each.name for each in self.parties}
        news = tuple(each for each in other.parties if each.name not in known)
        return Installation(
            parties=self.parties + news,
            agent=self.agent or other.agent,
            stores=self.stores + other.stores,
            database=self.database or other.database,
            http=self.http or other.http,
            health=self.health + other.health,
            state_dirs=self.state_dirs + other.state_dirs,
            pki=self.pki or other.pki,
            tokens=self.tokens or other.tokens,
            findings=self.findings + other.findings,
        )


def party(role: Role, name: str, source: str, settings: "BrokerSettings") -> Party:
    """Return the party that a process's settings describe."""
    return Party(
        role=role,
        name=name,
        source=source,
        brokers=settings.brokers,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password,
    )


def together(parts: Sequence[Installation]) -> Installation:
    """Return all parts as one installation."""
    whole = Installation()
    for each in parts:
        whole = whole.joined(each)
    return whole
