"""The PKI folder: each thing broken has its own line, and nothing is written."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from broker_config import authority, registry
from broker_config.enrolment import Enrolment
from broker_config.pki import PkiFolder
from guardian.doctor.finding import Finding
from guardian.doctor.installation import Party
from guardian.doctor.pki import examine, member
from tests.unit.guardian.doctor.made import bad

NOW = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    folder = tmp_path / "pki"
    enrolment = Enrolment(folder)
    enrolment.init(["broker.example.org"], NOW)
    enrolment.add("tracker-1", NOW, out=tmp_path / "tracker-1")
    return folder


def look(pki: Path, at: datetime = NOW) -> list[Finding]:
    return list(examine(pki, at))


def digest(folder: Path) -> dict[str, str]:
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_a_good_one_gives_only_ok_lines_and_stays_as_it_was(pki: Path) -> None:
    before = digest(pki)
    found = look(pki)
    assert bad(found) == []
    assert {each.name for each in found} == {
        "pki.registry", "pki.authority", "pki.server", "pki.https", "pki.crl", "pki.rights",
        "pki.trackers",
    }  # fmt: skip
    assert digest(pki) == before


def test_a_folder_without_a_registry_is_one_fault(tmp_path: Path) -> None:
    (found,) = look(tmp_path)
    assert (found.name, found.level) == ("pki.registry", "fault")
    assert "backup" in str(found.remedy)


def _remove(path: str) -> Callable[[Path], None]:
    return lambda pki: (pki / path).unlink()


def _write(path: str, content: bytes) -> Callable[[Path], None]:
    def write(pki: Path) -> None:
        (pki / path).write_bytes(content)

    return write


def _append(path: str, text: str) -> Callable[[Path], None]:
    def append(pki: Path) -> None:
        (pki / path).write_text((pki / path).read_text() + text)

    return append


def _open(path: str) -> Callable[[Path], None]:
    return lambda pki: (pki / path).chmod(0o644)


def _expire_crl(pki: Path) -> None:
    ca = PkiFolder(pki).authority("tracker")
    then = NOW - authority.CRL_LIFETIME - timedelta(days=1)
    (pki / "broker/trackers.crl").write_bytes(authority.make_crl(ca, [], 9, then))


def _crl_of_another(pki: Path) -> None:
    other = authority.create_authority("tracker")
    (pki / "broker/trackers.crl").write_bytes(authority.make_crl(other, [], 9, NOW))


def _crl_that_forgets(pki: Path) -> None:
    Enrolment(pki).revoke("tracker-1", NOW)
    ca = PkiFolder(pki).authority("tracker")
    (pki / "broker/trackers.crl").write_bytes(authority.make_crl(ca, [], 9, NOW))


def _server_of_another(pki: Path) -> None:
    other = authority.create_authority("service")
    made = authority.make_server(other, "Guardian broker", ["broker.example.org"])
    (pki / "broker/server.crt").write_bytes(made.issued.certificate)


def _server_without_its_name(pki: Path) -> None:
    ca = PkiFolder(pki).authority("service")
    made = authority.make_server(ca, "Guardian broker", ["another.example.org"])
    (pki / "broker/server.crt").write_bytes(made.issued.certificate)


@pytest.mark.parametrize(
    ("break_it", "name", "words", "remedy"),
    [
        (_remove("broker/trackers.crl"), "pki.crl", "is missing", "enroll list"),
        (_write("broker/trackers.crl", b"x"), "pki.crl", "is no revocation list", "enroll list"),
        (_expire_crl, "pki.crl", "expired on", "enroll list"),
        (_crl_of_another, "pki.crl", "not signed by the tracker", "enroll list"),
        (_crl_that_forgets, "pki.crl", "lacks 1", "enroll list"),
        (_append("broker/services.acl", "topic #\n"), "pki.rights", "is not what", "enroll list"),
        (_append("broker/trackers.acl", "topic #\n"), "pki.rights", "is not what", "enroll list"),
        (_append("broker/mosquitto.conf", "persistence true\n"), "pki.rights", "is not what",
         "enroll init"),
        (_remove("broker/mosquitto.conf"), "pki.rights", "no such file", "enroll init"),
        (_write("broker/trackers.acl", b"\xff"), "pki.rights", "is no text", "enroll list"),
        (_remove("broker/server.crt"), "pki.server", "no such file", "enroll init"),
        (_write("broker/server.crt", b"x"), "pki.server", "is no certificate", "enroll init"),
        (_server_of_another, "pki.server", "is not certified by", "enroll init"),
        (_server_without_its_name, "pki.server", "does not name broker.example.org", "init"),
        (_remove("https/dispatcher.crt"), "pki.https", "no such file", "enroll init"),
        (_open("broker/server.key"), "pki.private", "by others", "chmod 600"),
        (_open("trackers-ca.key"), "pki.private", "by others", "chmod 600"),
        (_remove("broker/server.key"), "pki.private", "no such file", "backup"),
        (_remove("services-ca.key"), "pki.authority", "services-ca.key", "backup"),
        (_write("enrolment.json", b"{}"), "pki.registry", "cannot be read", "backup"),
    ],
)  # fmt: skip
def test_each_broken_thing_is_one_line_with_a_remedy(
    pki: Path, break_it: Callable[[Path], None], name: str, words: str, remedy: str
) -> None:
    break_it(pki)
    (found,) = bad(look(pki))
    assert (found.name, found.level) == (name, "fault")
    assert words in found.says
    assert remedy in str(found.remedy)


def test_a_list_that_ends_soon_is_a_warning(pki: Path) -> None:
    (found,) = [
        each
        for each in look(pki, NOW + authority.CRL_LIFETIME - timedelta(days=20))
        if each.name == "pki.crl" and "trackers" in each.about
    ]
    assert found.level == "warning"


def test_trackers_that_expire_soon_are_named(pki: Path, tmp_path: Path) -> None:
    for number in range(2, 9):
        Enrolment(pki).add(f"tracker-{number}", NOW, out=tmp_path / str(number))
    (found,) = bad(look(pki, NOW + authority.TRACKER_LIFETIME - timedelta(days=10)))
    assert (found.name, found.level, found.about) == ("pki.trackers", "warning", "8 trackers")
    assert "tracker-1, tracker-2, tracker-3, tracker-4, tracker-5 and 3 more" in found.says
    assert "guardian enroll renew" in str(found.remedy)


def test_expired_trackers_are_named_but_no_revoked_ones(pki: Path, tmp_path: Path) -> None:
    Enrolment(pki).add("tracker-2", NOW, out=tmp_path / "2")
    Enrolment(pki).revoke("tracker-2", NOW)
    (found,) = bad(look(pki, NOW + authority.TRACKER_LIFETIME))
    assert "expired: tracker-1;" in found.says


def service(pki: Path, name: str = "svc.ingest.1") -> Party:
    folder = pki / "services" / "svc.ingest.1"
    return Party(
        role="ingest", name=name, source="ingest.toml", brokers=(),
        ca_file=folder / "ca.crt", cert_file=folder / "service.crt",
        key_file=folder / "service.key",
    )  # fmt: skip


def test_a_certificate_of_this_pki_is_known(pki: Path) -> None:
    assert [each.level for each in member(pki, service(pki))] == ["ok"]


def test_a_revoked_one_is_a_fault(pki: Path) -> None:
    Enrolment(pki).revoke("svc.ingest.1", NOW)
    (found,) = member(pki, service(pki))
    assert (found.name, found.level) == ("pki.member", "fault")
    assert "revoked" in found.says
    assert "--again" in str(found.remedy)


def test_one_of_another_pki_is_a_fault(pki: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Enrolment(other).init(["broker.example.org"], NOW)
    (found,) = member(pki, service(other))
    assert "not signed by the services' authority" in found.says


def test_one_that_was_signed_behind_the_registrys_back_is_a_fault(pki: Path) -> None:
    made = authority.make_client(
        PkiFolder(pki).authority("service"), "svc.ingest.1", authority.NEVER
    )
    (pki / "services/svc.ingest.1/service.crt").write_bytes(made.issued.certificate)
    (found,) = member(pki, service(pki))
    assert "not in the registry" in found.says


def test_ten_thousand_trackers_are_looked_at_in_a_moment(pki: Path) -> None:
    known = registry.load(pki / "enrolment.json")
    many = tuple(
        registry.Certificate(
            name=f"tracker-{number}", kind="tracker", serial=f"{number:x}", issued_at=NOW,
            expires_at=NOW + timedelta(days=30),
        )
        for number in range(1, 10_001)
    )  # fmt: skip
    registry.save(msgspec.structs.replace(known, certificates=known.certificates + many),
                  pki / "enrolment.json")  # fmt: skip
    (found,) = bad(look(pki))
    assert found.about == "10000 trackers"
    assert "and 9995 more" in found.says
