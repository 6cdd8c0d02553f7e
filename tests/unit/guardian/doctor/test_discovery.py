"""What is looked at: what was said, what the environment names, what lies in /etc/guardian."""

from pathlib import Path

import pytest

from broker_config.enrolment import Enrolment
from contract.topics import Role
from guardian.doctor.discovery import Asked, find
from guardian.doctor.installation import Installation
from tests.unit.guardian.doctor.made import NOW, party

BROKER = 'brokers = ["mqtts://broker:8884"]\nca_file = "ca.crt"\n'


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    return folder


def names(found: Installation) -> list[str]:
    return [each.name for each in found.parties]


def test_nothing_at_all_is_a_fault(etc: Path) -> None:
    found = find(Asked(), {}, etc=etc)
    assert [each.level for each in found.findings] == ["fault"]
    assert "--config" in str(found.findings[0].remedy)


def test_without_a_word_etc_guardian_is_looked_at(etc: Path) -> None:
    for part in ("ingest", "dispatcher"):
        (etc / f"{part}.toml").write_text(BROKER)
    (etc / "tokens").mkdir()
    (etc / "tokens" / "ingest").write_text("t")
    found = find(Asked(), {}, etc=etc)
    assert names(found) == ["svc.ingest.1", "svc.dispatcher.1"]
    assert found.tokens == etc / "tokens"
    assert [each.role for each in found.stores] == ["ingest", "dispatcher"]
    assert found.database is not None


def test_what_is_said_is_all_that_is_looked_at(etc: Path, tmp_path: Path) -> None:
    (etc / "ingest.toml").write_text(BROKER)
    (etc / "tokens").mkdir()
    other = tmp_path / "dispatcher.toml"
    other.write_text(BROKER)
    found = find(Asked(configs=[(None, other)]), {}, etc=etc)
    assert names(found) == ["svc.dispatcher.1"]
    assert found.tokens is None


@pytest.mark.parametrize("role", ["ingest", "dispatcher", "tool"])
def test_a_container_of_a_service_is_known_by_its_certificate(
    etc: Path, tmp_path: Path, role: Role
) -> None:
    ours = party(tmp_path / "identity", f"svc.{role}.1", role)
    environ = {
        "GUARDIAN_BROKERS": "mqtts://broker:8884",
        "GUARDIAN_CA_FILE": str(ours.ca_file),
        "GUARDIAN_CERT_FILE": str(ours.cert_file),
        "GUARDIAN_KEY_FILE": str(ours.key_file),
        "GUARDIAN_STATE_DIR": str(tmp_path),
        "GUARDIAN_METRICS_BIND": "127.0.0.1:9103",
    }
    found = find(Asked(), environ, etc=etc)
    assert names(found) == [f"svc.{role}.1"]
    assert found.health == ((f"svc.{role}.1", "127.0.0.1:9103"),)
    assert [each.level for each in found.findings] == ["ok"]


def test_folders_that_are_only_there_to_be_mounted_over_are_not_looked_at(etc: Path) -> None:
    (etc / "tokens" / "ingest").mkdir(parents=True)
    (etc / "pki" / "services" / "svc.ingest.1").mkdir(parents=True)
    found = find(Asked(), {}, etc=etc)
    assert (found.pki, found.tokens, names(found)) == (None, None, [])


def test_a_tracker_without_a_file_is_known_by_its_name(etc: Path) -> None:
    environ = {
        "GUARDIAN_BROKERS": "mqtt://127.0.0.1:1883",
        "GUARDIAN_DEVICE": "tracker-1",
        "GUARDIAN_SERIAL_PORT": "/dev/ttyUSB0",
    }
    found = find(Asked(), environ, etc=etc)
    assert names(found) == ["tracker-1"]
    assert found.agent is not None


def test_an_administrators_environment_names_the_rest(etc: Path, tmp_path: Path) -> None:
    """As `docker compose run --rm admin doctor` has it: a PKI, tokens, a store, a state folder."""
    pki = tmp_path / "pki"
    Enrolment(pki).init(["broker.example.org"], NOW)
    (tmp_path / "incidents.db").touch()
    (etc / "tokens" / "ingest").mkdir(parents=True)
    (etc / "tokens" / "ingest" / "ingest").write_text("t")
    environ = {
        "GUARDIAN_PKI_DIR": str(pki),
        "GUARDIAN_BROKERS": "mqtts://broker:8884",
        "GUARDIAN_STATE_DIR": str(tmp_path),
        "INFLUXDB_V2_URL": "http://influxdb:8086",
    }
    found = find(Asked(), environ, etc=etc)
    assert names(found) == ["svc.dispatcher.1", "svc.ingest.1", "svc.tool.1"]
    assert found.parties[0].brokers == ("mqtts://broker:8884",)
    assert (found.pki, found.tokens) == (pki, etc / "tokens")
    assert found.database is not None
    assert found.stores[0].settings.influx_url == "http://influxdb:8086"
    assert [each.level for each in found.findings] == ["ok", "ok"]


def test_a_service_is_looked_at_once(etc: Path, tmp_path: Path) -> None:
    """The file's word counts: it is what the process uses."""
    pki = tmp_path / "pki"
    Enrolment(pki).init(["broker.example.org"], NOW)
    config = tmp_path / "ingest.toml"
    config.write_text(BROKER)
    found = find(Asked(configs=[(None, config)], pki=pki), {}, etc=etc)
    assert names(found) == ["svc.ingest.1", "svc.dispatcher.1", "svc.tool.1"]
    assert found.parties[0].source == str(config)
    assert {each.brokers for each in found.parties} == {("mqtts://broker:8884",)}


def test_a_revoked_service_is_left_out(etc: Path, tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    Enrolment(pki).init(["broker.example.org"], NOW)
    Enrolment(pki).revoke("svc.tool.1", NOW)
    environ = {"GUARDIAN_BROKERS": "mqtts://broker:8884"}
    assert "svc.tool.1" not in names(find(Asked(pki=pki), environ, etc=etc))


@pytest.mark.parametrize(
    "environ",
    [
        {"GUARDIAN_BROKERS": "broker", "GUARDIAN_PKI_DIR": "PKI"},
        {"GUARDIAN_TELEMETRY_STORE": "postgres"},
        {"GUARDIAN_DATABASE_URL": "mysql://x"},
        {"GUARDIAN_CERT_FILE": "/nowhere", "GUARDIAN_BROKERS": "mqtts://broker:8884"},
        {"GUARDIAN_PKI_DIR": "/nowhere"},
    ],
)
def test_a_wrong_variable_is_a_line(etc: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    pki = tmp_path / "pki"
    Enrolment(pki).init(["broker.example.org"], NOW)
    environ = {name: str(pki) if value == "PKI" else value for name, value in environ.items()}
    found = find(Asked(), environ, etc=etc)
    said = [each for each in found.findings if each.level == "fault"]
    assert said or found.pki == Path("/nowhere")
    assert all(each.remedy for each in said)


def test_where_etc_guardian_may_not_be_looked_into_root_is_asked_for(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (etc / "ingest.toml").write_text(BROKER)
    monkeypatch.setattr("guardian.doctor.discovery._open_to_us", lambda _: False)
    (found,) = find(Asked(), {}, etc=etc).findings
    assert (found.about, found.remedy) == (str(etc), "sudo guardian doctor")
