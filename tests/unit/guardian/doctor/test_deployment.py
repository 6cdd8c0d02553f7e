"""A remedy can be typed where it is read."""

from pathlib import Path

import pytest

from guardian.doctor.deployment import concrete
from guardian.doctor.finding import fault, ok

PKI = Path("/etc/guardian/pki")


def remedy(text: str, *, container: bool, pki: Path | None = PKI) -> str | None:
    finding = fault("x.y", "z", "wrong", text)
    return concrete(finding, pki=pki, tokens=Path("/t"), container=container).remedy


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("systemctl restart guardian-dispatcher", "docker compose restart dispatcher"),
        ("journalctl -u guardian-broker -n 50", "docker compose logs --tail 50 broker"),
        ("systemctl status guardian-ingest", "docker compose ps ingest"),
        (
            "guardian enroll list --pki PKI",
            "docker compose run --rm admin enroll list --pki /etc/guardian/pki",
        ),
        ("sudo guardian doctor", "docker compose run --rm admin doctor"),
        ("chmod 600 /etc/guardian/pki/x", "chmod 600 /etc/guardian/pki/x"),
    ],
)
def test_in_a_container_it_is_what_compose_takes(written: str, typed: str) -> None:
    assert remedy(written, container=True) == typed


def test_on_a_machine_only_the_folders_are_filled_in() -> None:
    written = "guardian enroll list --pki PKI; guardian store init --tokens TOKENS"
    assert remedy(written, container=False) == (
        "guardian enroll list --pki /etc/guardian/pki; guardian store init --tokens /t"
    )
    assert remedy(written, container=False, pki=None) == (
        "guardian enroll list --pki PKI; guardian store init --tokens /t"
    )


def test_what_is_well_needs_nothing() -> None:
    well = ok("x.y", "z", "is well")
    assert concrete(well, pki=PKI, tokens=None, container=True) == well
