import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker_config import authority, files
from broker_config.broker_process import Reload
from broker_config.enrolment import Enrolment
from broker_config.errors import (
    AlreadyEnrolledError,
    BadRequestError,
    BundleExistsError,
    EnrolmentError,
    NotInitializedError,
    RevokedNameError,
    UnknownNameError,
)
from contract.errors import InvalidIdError

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class SeenBroker:
    """A broker that notes what its files say each time it is told to read them."""

    folder: Path
    started: datetime | None = None
    answer: Reload = "reloaded"
    denied: list[bool] = field(default_factory=list)
    revoked: list[int] = field(default_factory=list)

    def reload(self) -> Reload:
        self.denied.append("topic deny" in (self.folder / "trackers.acl").read_text())
        self.revoked.append(len(listed(self.folder / "trackers.crl")))
        return self.answer

    def started_at(self) -> datetime | None:
        return self.started


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "pki"


@pytest.fixture
def enrolment(root: Path) -> Enrolment:
    made = Enrolment(root)
    made.init(["broker.example"], NOW)
    return made


@pytest.fixture
def broker(root: Path, enrolment: Enrolment) -> SeenBroker:
    return SeenBroker(root / "broker")


def listed(path: Path) -> set[int]:
    return {each.serial_number for each in x509.load_pem_x509_crl(path.read_bytes())}


def serial(bundle: Path, name: str = "tracker.crt") -> int:
    return x509.load_pem_x509_certificate((bundle / name).read_bytes()).serial_number


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_init_makes_all_that_broker_and_services_need(root: Path, enrolment: Enrolment) -> None:
    """Two authorities, two servers, one certificate for each service."""
    found = set(contents(root))
    assert found >= {
        "broker/mosquitto.conf", "broker/trackers.acl", "broker/services.acl",
        "broker/trackers-ca.crt", "broker/services-ca.crt", "broker/trackers.crl",
        "broker/services.crl", "broker/server.crt", "broker/server.key",
        "https/dispatcher.crt", "https/dispatcher.key", "enrolment.json",
    }  # fmt: skip
    for name in ("svc.ingest.1", "svc.dispatcher.1", "svc.tool.1"):
        assert found >= {f"services/{name}/{x}" for x in ("ca.crt", "service.crt", "service.key")}
    assert "services/svc.ingest.1/share_name" in found
    assert "services/svc.tool.1/share_name" not in found


def test_no_authoritys_key_lies_where_the_broker_reads(root: Path, enrolment: Enrolment) -> None:
    """The broker's folder may be copied to the broker's machine."""
    keys = [path.read_bytes() for path in root.glob("*-ca.key")]
    assert len(keys) == 2
    assert not set(keys) & set(contents(root / "broker").values())


def test_everything_is_the_owners_alone(root: Path, enrolment: Enrolment) -> None:
    """Keys 0600, folders 0700."""
    for path in [root, *root.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_second_init_changes_nothing(root: Path, enrolment: Enrolment) -> None:
    """Also a year later: nothing of it expires."""
    before = contents(root)
    assert Enrolment(root).init([], NOW + 30 * DAY).broker is None
    assert Enrolment(root).init(["broker.example"], NOW + 30 * DAY).broker is None
    assert contents(root) == before


@pytest.mark.parametrize(
    "lost", ["broker/mosquitto.conf", "broker/trackers.acl", "broker/services.crl",
             "broker/server.key", "broker/trackers-ca.crt", "https/dispatcher.crt"],
)  # fmt: skip
def test_a_second_init_adds_what_is_missing(lost: str, root: Path, enrolment: Enrolment) -> None:
    """And leaves both authorities as they are."""
    authorities = {name: text for name, text in contents(root).items() if "-ca" in name}
    (root / lost).unlink()
    enrolment.init([], NOW)
    assert (root / lost).exists()
    after = contents(root)
    assert {name: after[name] for name in authorities} == authorities


@pytest.mark.parametrize(
    "lost", ["trackers-ca.key", "trackers-ca.crt", "services-ca.key", "services-ca.crt"]
)
def test_an_authority_that_is_lost_is_not_made_anew(
    lost: str, root: Path, enrolment: Enrolment
) -> None:
    """It would lock every tracker out."""
    (root / lost).unlink()
    with pytest.raises(NotInitializedError, match="backup"):
        enrolment.init([], NOW)
    assert not (root / lost).exists()


def test_a_registry_that_is_lost_is_not_made_anew(root: Path, enrolment: Enrolment) -> None:
    """An empty one would let everybody in who was revoked."""
    (root / "enrolment.json").unlink()
    before = contents(root)
    with pytest.raises(NotInitializedError, match="backup"):
        enrolment.init(["broker.example"], NOW)
    assert contents(root) == before


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 5, 8, 11, 14, 15, 17, 18, 25, 30])
def test_an_init_that_was_cut_off_is_finished_by_the_next(
    writes: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any number of writes."""
    written = files.write_atomically
    left = writes

    def cut_off(path: Path, content: bytes, owner: str | None = None) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        written(path, content, owner)

    for module in ("files", "pki", "registry", "bundles"):
        monkeypatch.setattr(f"broker_config.{module}.write_atomically", cut_off)
    with pytest.raises(KeyboardInterrupt):
        Enrolment(root).init(["broker.example"], NOW)
    monkeypatch.undo()
    Enrolment(root).init(["broker.example"], NOW)

    found = set(contents(root))
    assert {"broker/server.crt", "broker/trackers.crl", "broker/services.acl"} <= found
    for name in ("svc.ingest.1", "svc.dispatcher.1", "svc.tool.1"):
        bundle = root / "services" / name
        [newest] = [each for each in Enrolment(root).list(NOW) if each.name == name]
        assert (bundle / "service.key").exists()
        assert int(newest.serial, 16) == serial(bundle, "service.crt")


def test_a_new_host_gets_into_new_server_certificates(
    root: Path, enrolment: Enrolment, broker: SeenBroker
) -> None:
    """The old names stay good, the running broker is told."""
    assert Enrolment(root, broker=broker).init(["10.0.0.7"], NOW).broker == "reloaded"
    for name in ("broker/server.crt", "https/dispatcher.crt"):
        assert authority.hosts_of((root / name).read_bytes()) == {"broker.example", "10.0.0.7"}


def test_a_change_of_the_listeners_is_remembered(root: Path, enrolment: Enrolment) -> None:
    """A later run without options keeps it."""
    enrolment.init([], NOW, tracker_port=1234, service_address="10.0.0.1")
    enrolment.init([], NOW)
    text = (root / "broker" / "mosquitto.conf").read_text()
    assert "\nlistener 1234\n" in text
    assert "\nlistener 8884 10.0.0.1\n" in text


def test_the_first_init_needs_a_host(root: Path) -> None:
    """Trackers verify the broker's name."""
    with pytest.raises(EnrolmentError, match="--host"):
        Enrolment(root).init([], NOW)
    Enrolment(root).init(["broker.example"], NOW)


def test_a_folder_without_pki_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Not even a lock file is left."""
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(NotInitializedError, match="enroll init"):
            Enrolment(folder).list(NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_tracker_gets_its_bundle(tmp_path: Path, enrolment: Enrolment) -> None:
    """Certificate for two years, key, whom to trust, settings."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    certificate = x509.load_pem_x509_certificate((tmp_path / "a" / "tracker.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=tracker-a"
    assert certificate.not_valid_after_utc == NOW + timedelta(days=730)
    key = serialization.load_pem_private_key(
        (tmp_path / "a" / "tracker.key").read_bytes(), password=None
    )
    assert key.public_key() == certificate.public_key()
    agent = (tmp_path / "a" / "agent.toml").read_text()
    assert 'brokers = ["mqtts://broker.example:8883"]' in agent
    trusted = (tmp_path / "a" / "ca.crt").read_bytes()
    assert trusted == (tmp_path / "pki" / "services-ca.crt").read_bytes()


def test_a_tracker_is_told_the_brokers_that_were_named(
    tmp_path: Path, enrolment: Enrolment
) -> None:
    """In that order."""
    brokers = ["mqtts://b:1", "mqtts://a:2"]
    enrolment.add("tracker-a", NOW, out=tmp_path / "a", brokers=brokers)
    assert 'brokers = ["mqtts://b:1", "mqtts://a:2"]' in (tmp_path / "a/agent.toml").read_text()


def test_a_request_is_signed_without_a_key_here(
    tmp_path: Path, root: Path, enrolment: Enrolment
) -> None:
    """The name is the one we say, and no private key is made."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "svc.dispatcher.1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    enrolment.add("tracker-a", NOW, out=tmp_path / "a", request=pem)
    certificate = x509.load_pem_x509_certificate((tmp_path / "a" / "tracker.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=tracker-a"
    assert certificate.public_key() == key.public_key()
    assert set(contents(tmp_path / "a")) == {"ca.crt", "tracker.crt", "agent.toml"}


def test_a_bad_request_enrols_nobody(tmp_path: Path, enrolment: Enrolment) -> None:
    """The name is free afterwards, and so is the folder."""
    with pytest.raises(BadRequestError):
        enrolment.add("tracker-a", NOW, out=tmp_path / "a", request=b"nonsense")
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")


@pytest.mark.parametrize(
    "name", ["svc.ingest.1", "dispatch", "A", "a/b", "+", "", "a\nb", "x" * 64]
)
def test_a_name_that_is_no_device_id_is_refused(
    name: str, tmp_path: Path, enrolment: Enrolment
) -> None:
    """A service's has a dot; `dispatch` is Guardian's own."""
    with pytest.raises(InvalidIdError):
        enrolment.add(name, NOW, out=tmp_path / "a")
    with pytest.raises(InvalidIdError):
        enrolment.renew(name, NOW, out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_name_is_given_once(tmp_path: Path, enrolment: Enrolment) -> None:
    """Two trackers of one name would be one to everybody."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    with pytest.raises(AlreadyEnrolledError, match="renew"):
        enrolment.add("tracker-a", NOW, out=tmp_path / "b")
    with pytest.raises(AlreadyEnrolledError):
        enrolment.add("tracker-a", NOW, out=tmp_path / "b", again=True)
    assert not (tmp_path / "b").exists()


def test_a_folder_in_use_enrols_nobody(tmp_path: Path, enrolment: Enrolment) -> None:
    """No key is overwritten, and the name stays free."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    with pytest.raises(BundleExistsError):
        enrolment.add("tracker-b", NOW, out=tmp_path / "a")
    assert [each.name for each in enrolment.list(NOW) if each.kind == "tracker"] == ["tracker-a"]


def test_a_certificate_is_recorded_before_it_is_given_out(
    tmp_path: Path, enrolment: Enrolment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not recorded could not be revoked."""

    def refuse(_folder: Path, _files: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("broker_config.bundles.write", refuse)
    with pytest.raises(OSError, match="No space left"):
        enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    assert "tracker-a" in [each.name for each in enrolment.list(NOW)]


def test_a_service_gets_its_bundle_and_its_rights(root: Path, broker: SeenBroker) -> None:
    """Both at once, and the running broker is told."""
    outcome = Enrolment(root, broker=broker).add_service("svc.ingest.2", NOW)
    assert outcome.folder == root / "services" / "svc.ingest.2"
    assert outcome.broker == "reloaded"
    assert "\nuser svc.ingest.2\n" in (root / "broker" / "services.acl").read_text()
    shares = {path.read_text() for path in root.glob("services/svc.ingest.*/share_name")}
    assert len(shares) == 1
    assert len(shares.pop().strip()) == 32
    [listed_service] = [each for each in Enrolment(root).list(NOW) if each.name == "svc.ingest.2"]
    assert (listed_service.kind, listed_service.expires) == ("service", authority.NEVER)


@pytest.mark.parametrize("name", ["tracker-a", "svc.other.1", "svc.ingest", "svc.tracker.1"])
def test_a_service_of_no_known_part_is_refused(name: str, enrolment: Enrolment) -> None:
    """It would have no rights anyway."""
    with pytest.raises(InvalidIdError):
        enrolment.add_service(name, NOW)


def test_a_service_is_enrolled_once(enrolment: Enrolment) -> None:
    """Like a tracker."""
    with pytest.raises(AlreadyEnrolledError):
        enrolment.add_service("svc.ingest.1", NOW)


def test_revoking_denies_first_and_lists_then(
    tmp_path: Path, root: Path, broker: SeenBroker
) -> None:
    """A live connection feels the denial at once; the broker is told after each of the two."""
    enrolment = Enrolment(root, broker=broker)
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    assert broker.denied == []
    assert enrolment.revoke("tracker-a", NOW).broker == "reloaded"
    assert broker.denied == [True, True]
    assert broker.revoked == [0, 1]
    assert listed(root / "broker" / "trackers.crl") == {serial(tmp_path / "a")}


def test_every_certificate_of_a_revoked_name_is_listed(
    tmp_path: Path, root: Path, enrolment: Enrolment
) -> None:
    """Also a predecessor that was still good."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    enrolment.renew("tracker-a", NOW, out=tmp_path / "b")
    enrolment.revoke("tracker-a", NOW)
    both = {serial(tmp_path / "a"), serial(tmp_path / "b")}
    assert listed(root / "broker" / "trackers.crl") == both


def test_revoking_without_a_running_broker_says_so_and_writes_the_files(
    tmp_path: Path, root: Path, enrolment: Enrolment
) -> None:
    """It reads them when it starts."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    assert enrolment.revoke("tracker-a", NOW).broker == "not_running"
    assert "user tracker-a\ntopic deny guardian/#" in (root / "broker/trackers.acl").read_text()
    assert len(listed(root / "broker" / "trackers.crl")) == 1


def test_revoking_again_tells_the_broker_again(
    tmp_path: Path, root: Path, broker: SeenBroker
) -> None:
    """For a broker that could not be told the first time."""
    enrolment = Enrolment(root, broker=broker)
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    broker.answer = "not_allowed"
    assert enrolment.revoke("tracker-a", NOW).broker == "not_allowed"
    broker.answer = "reloaded"
    assert enrolment.revoke("tracker-a", NOW).broker == "reloaded"


def test_a_revocation_that_was_cut_off_is_finished_by_the_next_command(
    tmp_path: Path, root: Path, broker: SeenBroker
) -> None:
    """Whichever that is."""

    class CutOff(SeenBroker):
        def reload(self) -> Reload:
            raise KeyboardInterrupt

    Enrolment(root).add("tracker-a", NOW, out=tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        Enrolment(root, broker=CutOff(root / "broker")).revoke("tracker-a", NOW)
    assert listed(root / "broker" / "trackers.crl") == set()
    Enrolment(root, broker=broker).list(NOW)
    assert listed(root / "broker" / "trackers.crl") == {serial(tmp_path / "a")}
    assert broker.revoked == [1]


def test_a_service_can_be_revoked(root: Path, enrolment: Enrolment) -> None:
    """Its rights are replaced by the denial, its certificate is listed."""
    enrolment.revoke("svc.tool.1", NOW)
    assert "user svc.tool.1\ntopic deny guardian/#" in (root / "broker/services.acl").read_text()
    assert len(listed(root / "broker" / "services.crl")) == 1
    assert listed(root / "broker" / "trackers.crl") == set()


def test_nobody_is_neither_renewed_nor_revoked(tmp_path: Path, enrolment: Enrolment) -> None:
    """A typing error must not look like success."""
    with pytest.raises(UnknownNameError):
        enrolment.revoke("tracker-x", NOW)
    with pytest.raises(UnknownNameError):
        enrolment.renew("tracker-x", NOW, out=tmp_path / "x")


def test_a_revoked_name_needs_a_word_to_come_back(
    tmp_path: Path, root: Path, enrolment: Enrolment
) -> None:
    """The denial goes, the old certificate stays listed, the new one is not."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    enrolment.revoke("tracker-a", NOW)
    with pytest.raises(RevokedNameError, match="--again"):
        enrolment.add("tracker-a", NOW, out=tmp_path / "b")
    with pytest.raises(RevokedNameError, match="--again"):
        enrolment.renew("tracker-a", NOW, out=tmp_path / "b")
    enrolment.add("tracker-a", NOW, out=tmp_path / "b", again=True)
    assert "deny" not in (root / "broker" / "trackers.acl").read_text()
    assert listed(root / "broker" / "trackers.crl") == {serial(tmp_path / "a")}
    [tracker] = [each for each in enrolment.list(NOW) if each.kind == "tracker"]
    assert tracker.state == "active"


def test_a_name_does_not_come_back_while_the_old_connection_may_live(
    tmp_path: Path, root: Path, broker: SeenBroker
) -> None:
    """Mosquitto does not end it, so lifting the denial would give the thief the name back."""
    enrolment = Enrolment(root, broker=broker)
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    enrolment.revoke("tracker-a", NOW)
    broker.started = NOW - DAY
    with pytest.raises(RevokedNameError, match="restart the broker"):
        enrolment.add("tracker-a", NOW + DAY, out=tmp_path / "b", again=True)
    broker.started = NOW + DAY
    enrolment.add("tracker-a", NOW + DAY, out=tmp_path / "b", again=True)


def test_a_renewed_tracker_has_two_good_certificates_for_thirty_days(
    tmp_path: Path, root: Path, enrolment: Enrolment
) -> None:
    """The next command after that lists the old one."""
    enrolment.add("tracker-a", NOW, out=tmp_path / "a")
    enrolment.renew("tracker-a", NOW + DAY, out=tmp_path / "b")
    assert enrolment.list(NOW + 30 * DAY)[0].state == "renewed"
    assert listed(root / "broker" / "trackers.crl") == set()
    assert enrolment.list(NOW + 31 * DAY)[0].state == "active"
    assert listed(root / "broker" / "trackers.crl") == {serial(tmp_path / "a")}


def test_the_list_says_state_expiry_and_serial(tmp_path: Path, enrolment: Enrolment) -> None:
    """Of the newest certificate, trackers first."""
    for name in ("tracker-b", "tracker-a"):
        enrolment.add(name, NOW, out=tmp_path / name)
    enrolment.revoke("tracker-b", NOW)
    rows = enrolment.list(NOW + 731 * DAY)
    assert [(each.name, each.state) for each in rows] == [
        ("tracker-a", "expired"),
        ("tracker-b", "revoked"),
        ("svc.dispatcher.1", "active"),
        ("svc.ingest.1", "active"),
        ("svc.tool.1", "active"),
    ]
    assert int(rows[0].serial, 16) == serial(tmp_path / "tracker-a")
    assert rows[0].expires == NOW + 730 * DAY


def test_the_lists_never_come_near_their_end(root: Path, enrolment: Enrolment) -> None:
    """Mosquitto refuses everybody under an expired one."""
    enrolment.list(NOW + 300 * DAY)
    assert json.loads((root / "enrolment.json").read_text())["crl_number"] == 1
    enrolment.list(NOW + 400 * DAY)
    crl = x509.load_pem_x509_crl((root / "broker" / "trackers.crl").read_bytes())
    assert crl.next_update_utc == NOW + 400 * DAY + timedelta(days=3650)
