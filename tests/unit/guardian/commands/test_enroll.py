import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from guardian.commands.enroll import enroll


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PKI that the environment names, and an empty present folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUARDIAN_PKI_DIR", str(tmp_path / "pki"))
    assert run("init", "pki", "--host", "broker.example").exit_code == 0
    return tmp_path / "pki"


def run(*words: str) -> Result:
    return CliRunner().invoke(enroll, words)


def test_init_says_how_to_go_on(pki: Path) -> None:
    """Where the PKI is and how the broker is started."""
    again = run("init", "pki")
    assert again.exit_code == 0
    assert f"mosquitto -c {pki}/broker/mosquitto.conf" in again.output


def test_init_passes_its_options_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports, addresses and the broker's folder."""
    monkeypatch.chdir(tmp_path)
    done = run(
        "init", "pki", "--host", "b", "--tracker-port", "1", "--service-port", "2",
        "--service-address", "0.0.0.0", "--broker-dir", "elsewhere",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    text = (tmp_path / "elsewhere" / "mosquitto.conf").read_text()
    assert "\nlistener 1\n" in text
    assert "\nlistener 2 0.0.0.0\n" in text


def test_a_life_from_enrolment_to_revocation(pki: Path) -> None:
    """Each command says what it did; the list shows it."""
    assert "tracker-a is enrolled" in run("add", "tracker-a").output
    assert Path("tracker-a/tracker.key").exists()
    renewed = run("renew", "tracker-a", "--out", "new")
    assert "after 30 days" in renewed.output
    assert "svc.ingest.2 is enrolled" in run("service", "svc.ingest.2").output
    assert "renewed" in run("list").output
    revoked = run("revoke", "tracker-a")
    assert "tracker-a is revoked" in revoked.output
    assert "No broker is running here" in revoked.output
    rows = {row["name"]: row for row in json.loads(run("list", "--json").output)}
    assert rows["tracker-a"]["state"] == "revoked"
    assert rows["svc.ingest.2"]["expires"] is None
    assert run("add", "tracker-a", "--out", "again", "--again").exit_code == 0


def test_a_request_is_read_from_its_file(pki: Path) -> None:
    """And the operator is told where the key belongs."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    Path("tracker.csr").write_bytes(pem)
    done = run("add", "tracker-a", "--csr", "tracker.csr")
    assert "private key beside the certificate" in done.output
    assert not Path("tracker-a/tracker.key").exists()


def test_brokers_are_named_in_order(pki: Path) -> None:
    """Each option is one broker."""
    run("add", "tracker-a", "--broker", "mqtts://b:1", "--broker", "mqtts://a:2")
    assert 'brokers = ["mqtts://b:1", "mqtts://a:2"]' in Path("tracker-a/agent.toml").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "svc.tool.2"), "device id 'svc.tool.2'"),
        (("add", "dispatch"), "reserved"),
        (("add", "tracker-a", "--broker", "mqtt://b:1"), "expected mqtts://host:port"),
        (("add", "tracker-a", "--pki", "nowhere"), "enroll init"),
        (("service", "svc.other.1"), "ingest, dispatcher, tool"),
        (("revoke", "tracker-x"), "nobody is enrolled"),
        (("renew", "tracker-x"), "nobody is enrolled"),
    ],
)
def test_a_refusal_is_one_sentence(words: tuple[str, ...], sentence: str, pki: Path) -> None:
    """And an exit code that scripts see."""
    refused = run(*words)
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")
    assert sentence in refused.output
    assert refused.output.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_sentence(pki: Path) -> None:
    """Also what the operating system refuses."""
    Path("file").write_text("x")
    refused = run("add", "tracker-a", "--out", "file/bundle")
    assert refused.exit_code == 1
    assert "Error: " in refused.output


def test_another_pid_file_is_asked(pki: Path) -> None:
    """A broker that was started by systemd keeps it elsewhere."""
    run("add", "tracker-a")
    Path("other.pid").write_text(str(os.getpid()))
    done = run("revoke", "tracker-a", "--pid-file", "other.pid")
    assert "No broker is running here" in done.output


def test_no_output_holds_a_private_key(pki: Path) -> None:
    """Terminals are logged."""
    outputs = [run(*words).output for words in (("add", "a"), ("service", "svc.tool.2"), ("list",))]
    assert "PRIVATE" not in "".join(outputs)


@pytest.mark.parametrize("command", ["init", "add", "service", "renew", "revoke", "list"])
def test_help_shows_an_example(command: str) -> None:
    """What to type, in a line of its own."""
    text = run(command, "--help").output
    assert f"  Example:  guardian enroll {command}" in text


def test_init_takes_its_hosts_from_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docker-compose.yml hands them over; the first one is where trackers go."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUARDIAN_HOSTS", "broker.example 192.0.2.7")
    assert run("init", "pki").exit_code == 0
    run("add", "tracker-a", "--pki", "pki")
    assert 'brokers = ["mqtts://broker.example:8883"]' in Path("tracker-a/agent.toml").read_text()
    certificate = x509.load_pem_x509_certificate(Path("pki/broker/server.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example"]
    assert len(names) == 2


@pytest.mark.parametrize("command", ["add", "renew"])
def test_a_bundle_can_be_piped(command: str, pki: Path) -> None:
    """An archive and nothing else on the standard output; nothing of it stays here."""
    if command == "renew":
        run("add", "tracker-a", "--out", "first")
    before = sorted(Path.cwd().iterdir())
    done = run(command, "tracker-a", "--out", "-")
    assert done.exit_code == 0, done.stderr
    with tarfile.open(fileobj=io.BytesIO(done.stdout_bytes)) as archive:
        members = {each.name: each for each in archive}
        key = archive.extractfile("tracker-a/tracker.key")
        assert key is not None
        assert b"PRIVATE KEY" in key.read()
    assert {"tracker-a/tracker.crt", "tracker-a/ca.crt", "tracker-a/agent.toml"} <= set(members)
    assert members["tracker-a/tracker.key"].mode == 0o600
    assert members["tracker-a"].mode == 0o700
    assert {(each.uid, each.uname) for each in members.values()} == {(0, "")}
    assert "tracker-a is enrolled; everything it needs is in the archive." in done.stderr
    assert sorted(Path.cwd().iterdir()) == before


def test_a_bundle_is_not_shown_on_a_terminal(pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody is enrolled by it."""
    monkeypatch.setattr("guardian.commands.enroll._is_terminal", lambda: True)
    refused = run("add", "tracker-a", "--out", "-")
    assert refused.exit_code == 1
    assert "> tracker-a.tar" in refused.stderr
    assert "tracker-a" not in run("list").output
