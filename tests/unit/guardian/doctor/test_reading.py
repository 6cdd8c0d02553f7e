"""Settings files: whose they are, and what is wrong with them."""

from pathlib import Path

import pytest

from guardian.doctor.installation import Installation
from guardian.doctor.reading import read
from tests.unit.guardian.doctor.made import bad

BROKER = 'brokers = ["mqtts://broker:8884"]\nca_file = "ca.crt"\n'
AGENT = BROKER + 'device = "tracker-1"\nserial_port = "/dev/ttyUSB0"\n'


def given(tmp_path: Path, text: str, name: str = "settings.toml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    path.chmod(0o640)
    return path


def look(path: Path) -> Installation:
    return read(path, None, {})


@pytest.mark.parametrize(
    ("text", "name", "party"),
    [
        (AGENT, "settings.toml", "tracker-1"),
        (BROKER, "my-ingest.toml", "svc.ingest.1"),
        (BROKER, "dispatcher.toml", "svc.dispatcher.1"),
        (BROKER + 'metrics_bind = "127.0.0.1:9103"\n', "watch.toml", "svc.tool.1"),
        (BROKER + 'instance = "2"\nshare_name = "a"\n', "settings.toml", "svc.ingest.2"),
        (BROKER + 'http_bind = "127.0.0.1:1"\n', "settings.toml", "svc.dispatcher.1"),
        (BROKER + 'webhook_url_file = "a"\nhttp_bind = "127.0.0.1:1"\n', "dispatcher.toml", None),
    ],
)
def test_whose_settings_they_are(tmp_path: Path, text: str, name: str, party: str | None) -> None:
    found = look(given(tmp_path, text, name))
    assert [each.name for each in found.parties] == ([party] if party else [])


def test_the_certificate_says_whose_they_are(tmp_path: Path) -> None:
    from tests.unit.guardian.doctor.made import party  # noqa: PLC0415

    party(tmp_path, "svc.dispatcher.1", "dispatcher")
    text = BROKER + 'cert_file = "own.crt"\nkey_file = "own.key"\n'
    found = look(given(tmp_path, text))
    assert found.parties[0].role == "dispatcher"
    assert found.database is not None
    assert found.parties[0].cert_file == tmp_path / "own.crt"


def test_where_it_is_not_clear_the_doctor_asks(tmp_path: Path) -> None:
    path = given(tmp_path, BROKER)
    found = look(path)
    assert found.parties == ()
    assert f"--config dispatcher={path}" in str(found.findings[0].remedy)
    said = read(path, "ingest", {})
    assert said.parties[0].name == "svc.ingest.1"


def test_every_problem_is_a_line(tmp_path: Path) -> None:
    text = 'brokers = ["broker"]\ndevice = "A B"\nserial_prot = "/dev/ttyUSB0"\n'
    found = look(given(tmp_path, text, "agent.toml"))
    assert found.parties == ()
    says = " ".join(each.says for each in found.findings)
    assert {each.level for each in found.findings} == {"fault"}
    assert len(found.findings) == 4
    assert "did you mean 'serial_port'?" in says
    assert all("guardian agent run --help" in str(each.remedy) for each in found.findings)


@pytest.mark.parametrize("text", ["brokers = [", "\udcff"])
def test_what_is_no_toml_is_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    (found,) = look(path).findings
    assert "is not TOML" in found.says


def test_a_file_that_is_not_there_is_a_line(tmp_path: Path) -> None:
    (found,) = look(tmp_path / "none.toml").findings
    assert "No such file" in found.says
    assert found.level == "fault"


def test_a_secret_that_everybody_may_read_is_a_fault(tmp_path: Path) -> None:
    path = given(tmp_path, BROKER + 'influxdb_v2_token = "s3cret"\n', "ingest.toml")
    assert bad(list(look(path).findings)) == []
    path.chmod(0o644)
    (found,) = bad(list(look(path).findings))
    assert (found.name, found.remedy) == ("settings.secret", f"chmod 640 {path}")
    assert "s3cret" not in found.says


@pytest.mark.parametrize(
    ("broker", "level"),
    [("mqtt://127.0.0.1:1883", "warning"), ("mqtt://broker:1883", "fault")],
)
def test_a_broker_in_the_clear_is_told(tmp_path: Path, broker: str, level: str) -> None:
    text = f'brokers = ["{broker}"]\n'
    (found,) = bad(list(look(given(tmp_path, text, "ingest.toml")).findings))
    assert (found.name, found.level) == ("settings.broker", level)


def test_variables_win_over_the_file_as_they_do_for_the_process(tmp_path: Path) -> None:
    path = given(tmp_path, AGENT, "agent.toml")
    found = read(path, None, {"GUARDIAN_DEVICE": "tracker-9"})
    assert found.parties[0].name == "tracker-9"


def test_a_tracker_shows_its_port_and_where_it_keeps_its_files(tmp_path: Path) -> None:
    found = look(given(tmp_path, AGENT + 'state_dir = "state"\n', "agent.toml"))
    assert found.agent is not None
    assert str(found.agent.serial_port) == "/dev/ttyUSB0"
    assert found.state_dirs == (("agent", tmp_path / "state"),)
