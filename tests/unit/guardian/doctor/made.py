"""Parties and their files, made for a test."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker_config import authority
from contract.topics import Role
from guardian.doctor.finding import Finding
from guardian.doctor.installation import Party

NOW = datetime(2027, 3, 1, tzinfo=UTC)
BROKERS = ("mqtts://127.0.0.1:8883",)


def party(
    folder: Path,
    name: str,
    role: Role = "tracker",
    *,
    cn: str | None = None,
    expires: datetime = NOW + timedelta(days=700),
) -> Party:
    """Write a party's three files and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = authority.create_authority("tracker" if role == "tracker" else "service")
    made = authority.make_client(ca, cn or name, expires)
    for file, content in (
        ("ca.crt", authority.certificate_pem(ca)),
        ("own.crt", made.issued.certificate),
        ("own.key", made.key),
    ):
        (folder / file).write_bytes(content)
        (folder / file).chmod(0o600)
    return Party(
        role=role,
        name=name,
        source="agent.toml",
        brokers=BROKERS,
        ca_file=folder / "ca.crt",
        cert_file=folder / "own.crt",
        key_file=folder / "own.key",
    )


def bad(findings: list[Finding]) -> list[Finding]:
    """Return what is not well."""
    return [each for each in findings if each.level != "ok"]
