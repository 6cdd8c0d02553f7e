"""The doctor as the tests call it: on parties of a site, and on what is not well."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from broker_config import authority
from broker_config.pki import PkiFolder
from contract.topics import Role
from guardian.demo.probes import HOST
from guardian.doctor import access, broker
from guardian.doctor.finding import Finding
from guardian.doctor.installation import Installation, Party
from guardian.doctor.runner import examine
from runtime.clock import SystemClock
from tests.integration.broker.site import Site

CLOCK = SystemClock()


def service(site: Site, name: str) -> Party:
    """Return a service of the site."""
    keys = site.service(name)
    role: Role = "tool" if ".tool." in name else "ingest" if ".ingest." in name else "dispatcher"
    return Party(
        role=role, name=name, source=f"{name}.toml", brokers=(_url(site.service_port),),
        ca_file=keys.ca, cert_file=keys.cert, key_file=keys.key,
    )  # fmt: skip


def services(site: Site) -> tuple[Party, ...]:
    """Return all three."""
    return tuple(service(site, f"svc.{role}.1") for role in ("ingest", "dispatcher", "tool"))


def tracker(site: Site, name: str = "tracker-1", *, expires: datetime | None = None) -> Party:
    """Enrol a tracker; with an expiry it is signed behind the registry's back."""
    if expires is None:
        keys = site.add(name)
    else:
        made = authority.make_client(PkiFolder(site.folder).authority("tracker"), name, expires)
        keys = site._written(name, made)
    return Party(
        role="tracker", name=name, source="agent.toml", brokers=(_url(site.tracker_port),),
        ca_file=keys.ca, cert_file=keys.cert, key_file=keys.key,
    )  # fmt: skip


def logins(
    *parties: Party, pki: Path | None = None, agent_runs: bool = False, limit_s: float = 15.0
) -> list[Finding]:
    """Look at brokers and logins."""
    installation = Installation(parties=parties, pki=pki)
    checks = broker.checks(installation, CLOCK, lambda: agent_runs)
    return examine(checks, limit_s=limit_s, clock=CLOCK)


def rights(*parties: Party) -> list[Finding]:
    """Look at who may do what."""
    checks = access.checks(Installation(parties=parties), CLOCK)
    return examine(checks, limit_s=20.0, clock=CLOCK)


def bad(findings: Iterable[Finding]) -> list[Finding]:
    """Return what is not well."""
    return [each for each in findings if each.level != "ok"]


def _url(port: int) -> str:
    return f"mqtts://{HOST}:{port}"
