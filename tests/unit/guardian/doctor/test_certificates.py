"""A party's certificate, key and authority."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker_config import authority
from guardian.doctor.certificates import checks, examine, expiry
from guardian.doctor.finding import Finding
from guardian.doctor.installation import Installation, Party
from guardian.doctor.x509 import Certificate
from runtime.clock import ManualClock
from tests.unit.guardian.doctor.made import NOW, bad, party


def look(each: Party, at: datetime = NOW) -> list[Finding]:
    return list(examine(each, at))


def test_a_good_one_gives_only_ok_lines(tmp_path: Path) -> None:
    found = look(party(tmp_path, "tracker-1"))
    assert {each.name for each in found} == {"certificate.files", "certificate.expiry"}
    assert bad(found) == []


def test_a_service_s_never_expires(tmp_path: Path) -> None:
    found = look(party(tmp_path, "svc.ingest.1", "ingest", expires=authority.NEVER))
    assert found[-1].says == "never expires"


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [
        (60, "ok", "good for 60 days"),
        (59, "warning", "expires in 59 days, on 2027-04-29"),
        (0, "fault", "expired on 2027-03-01"),
        (-5, "fault", "expired on 2027-02-24"),
    ],
)
def test_its_end_is_told_sixty_days_ahead(
    tmp_path: Path, days: int, level: str, words: str
) -> None:
    (found,) = [
        each
        for each in look(party(tmp_path, "tracker-1", expires=NOW + timedelta(days=days)))
        if each.name == "certificate.expiry"
    ]
    assert found.level == level
    assert words in found.says
    if level != "ok":
        assert "guardian enroll renew tracker-1" in str(found.remedy)


def test_a_key_that_others_may_read_is_a_fault(tmp_path: Path) -> None:
    one = party(tmp_path, "tracker-1")
    assert one.key_file is not None
    one.key_file.chmod(0o644)
    (found,) = bad(look(one))
    assert (found.name, found.level) == ("certificate.private", "fault")
    assert found.remedy == f"chmod o= {one.key_file}"


def test_a_key_of_another_certificate_is_a_fault(tmp_path: Path) -> None:
    one = replace(
        party(tmp_path / "a", "tracker-1"),
        key_file=party(tmp_path / "b", "tracker-1").key_file,
    )
    (found,) = look(one)
    assert (found.name, found.level) == ("certificate.files", "fault")
    assert "key values mismatch" in found.says


@pytest.mark.parametrize("file", ["own.crt", "own.key", "ca.crt"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\xff\xfe"])
def test_a_missing_or_damaged_file_is_named(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    one = party(tmp_path, "tracker-1")
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content)
    (found,) = look(one)
    assert (found.name, found.level) == ("certificate.files", "fault")
    assert str(tmp_path / file) in found.says
    assert found.remedy


def test_another_trackers_certificate_is_a_fault(tmp_path: Path) -> None:
    (found,) = bad(look(party(tmp_path, "tracker-1", cn="tracker-2")))
    assert (found.name, found.level) == ("certificate.name", "fault")
    assert "'tracker-2'" in found.says
    assert "device" in str(found.remedy)


def test_another_part_s_certificate_is_a_fault(tmp_path: Path) -> None:
    (found,) = bad(look(party(tmp_path, "svc.ingest.1", "ingest", cn="svc.tool.1")))
    assert (found.name, found.level) == ("certificate.name", "fault")


def test_another_instance_s_certificate_is_a_warning(tmp_path: Path) -> None:
    (found,) = bad(look(party(tmp_path, "svc.ingest.2", "ingest", cn="svc.ingest.1")))
    assert (found.name, found.level) == ("certificate.name", "warning")
    assert "guardian enroll service svc.ingest.2" in str(found.remedy)


def test_only_who_has_a_certificate_is_looked_at(tmp_path: Path) -> None:
    without = replace(party(tmp_path, "tracker-1"), cert_file=None, key_file=None)
    parties = (without, party(tmp_path / "b", "tracker-2"))
    clock = ManualClock(now_ms=int(NOW.timestamp() * 1000))
    found = checks(Installation(parties=parties), clock)
    assert [each.about for each in found] == ["tracker-2"]
    assert bad(list(found[0].run())) == []


def test_a_clock_in_the_past_refuses_nobody(tmp_path: Path) -> None:
    assert bad(look(party(tmp_path, "tracker-1"), datetime(1970, 1, 2, tzinfo=UTC))) == []


@pytest.mark.parametrize(("left", "level"), [(31, "ok"), (29, "warning")])
def test_a_certificate_with_a_short_life_is_a_warning_in_its_last_third(
    left: int, level: str
) -> None:
    """As public authorities give them to consoles: 90 days."""
    own = Certificate(1, "console", "anybody", NOW, NOW + timedelta(days=90))
    found = expiry("service.certificate", "console", own, NOW + timedelta(days=90 - left), "renew")
    assert found.level == level
