"""What to type depends on where Guardian runs: under systemd, or in containers of its Compose file.

Remedies are written for systemd and with the words PKI and TOKENS for the two folders.
"""

import re
import shutil
from pathlib import Path

import msgspec

from guardian.doctor.finding import Finding

IN_CONTAINER = shutil.which("systemctl") is None and any(
    Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")
)
"""What our image looks like from inside; a container with systemd in it is like any machine."""

_COMPOSE = (
    (re.compile(r"systemctl (?:start|restart) guardian-(\w+)"), r"docker compose restart \1"),
    (re.compile(r"systemctl (?:start|restart|status) (influxdb|postgresql)"), r"docker compose ps"),
    (re.compile(r"systemctl status guardian-(\w+)"), r"docker compose ps \1"),
    (re.compile(r"journalctl -u guardian-(\w+)(?: -n 50)?"), r"docker compose logs --tail 50 \1"),
    (
        re.compile(r"(?<![\w./-])(?:sudo )?guardian (enroll|store|doctor|restore)"),
        r"docker compose run --rm admin \1",
    ),
)


def concrete(
    finding: Finding, *, pki: Path | None, tokens: Path | None, container: bool = IN_CONTAINER
) -> Finding:
    """Return the finding with a remedy that can be typed here."""
    remedy = finding.remedy
    if remedy is None:
        return finding
    for word, folder in (("PKI", pki), ("TOKENS", tokens)):
        if folder is not None:
            remedy = str(folder).join(re.split(rf"\b{word}\b", remedy))
    for pattern, instead in _COMPOSE if container else ():
        remedy = pattern.sub(instead, remedy)
    return msgspec.structs.replace(finding, remedy=remedy)
