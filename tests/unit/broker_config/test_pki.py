import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_config import registry
from broker_config.enrolment import Enrolment
from broker_config.errors import EnrolmentError, NotInitializedError
from broker_config.mosquitto import MosquittoSettings
from broker_config.pki import PkiFolder, moved, owner_of, present_user

AS_ROOT = os.geteuid() == 0
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def settings(folder: Path, user: str | None = None) -> MosquittoSettings:
    return MosquittoSettings(folder=str(folder), user=user or present_user())


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    """Whatever is asked for later, the certificates that it signed stay good."""
    folder = PkiFolder(tmp_path)
    folder.create_authorities()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    folder.create_authorities()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {
        "trackers-ca.crt", "trackers-ca.key", "services-ca.crt", "services-ca.key",
    }  # fmt: skip


def test_an_interrupted_beginning_is_finished(tmp_path: Path) -> None:
    """A key without certificate has signed nothing."""
    folder = PkiFolder(tmp_path)
    (tmp_path / "trackers-ca.key").write_text("half")
    folder.create_authorities()
    assert folder.authority("tracker").certificate is not None


@pytest.mark.parametrize("lost", ["trackers-ca.key", "trackers-ca.crt"])
def test_a_lost_authority_is_reported_and_not_replaced(lost: str, tmp_path: Path) -> None:
    """A new one would lock every tracker out."""
    folder = PkiFolder(tmp_path)
    folder.create_authorities()
    (tmp_path / lost).unlink()
    with pytest.raises(NotInitializedError, match="restore"):
        folder.authority("tracker")


def test_servers_are_certified_anew_only_for_new_hosts(tmp_path: Path) -> None:
    """Or when a file is lost."""
    folder, broker = PkiFolder(tmp_path), settings(tmp_path / "broker")
    folder.create_authorities()
    assert folder.write_servers(broker, ["a.example"])
    assert not folder.write_servers(broker, ["a.example"])
    assert folder.write_servers(broker, ["a.example", "10.0.0.1"])
    (tmp_path / "broker" / "server.key").unlink()
    assert folder.write_servers(broker, ["a.example", "10.0.0.1"])


def test_our_own_files_are_given_to_nobody(tmp_path: Path) -> None:
    """Only a broker that runs as somebody else gets them."""
    assert owner_of(settings(tmp_path)) is None
    assert owner_of(settings(tmp_path, "mosquitto")) == "mosquitto"


def test_a_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that was started with --user 4711."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert present_user() == "4711"


def test_another_users_broker_needs_a_folder_that_it_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PKI is its owner's alone."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    broker = settings(tmp_path / "broker", "root")
    with pytest.raises(EnrolmentError, match="--broker-dir"):
        moved(broker, {"user": "mosquitto"}, tmp_path)
    there = moved(broker, {"user": "mosquitto", "folder": "/etc/mosquitto/guardian"}, tmp_path)
    assert (there.user, there.folder) == ("mosquitto", "/etc/mosquitto/guardian")


def test_only_root_gives_files_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others get a sentence, and not half of a PKI."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(EnrolmentError, match="only root"):
        moved(settings(tmp_path, "4711"), {"user": "mosquitto"}, tmp_path)


def test_settings_without_a_change_are_not_judged_again(tmp_path: Path) -> None:
    """Root may look after another user's PKI."""
    broker = settings(tmp_path / "broker", "somebody")
    assert moved(broker, {}, tmp_path) == broker


def test_a_value_that_mosquitto_would_misread_is_refused(tmp_path: Path) -> None:
    """With the sentence of the settings."""
    with pytest.raises(EnrolmentError, match="line break"):
        moved(settings(tmp_path), {"service_address": "::1\nport 1"}, tmp_path)


def test_what_is_no_secret_is_copied_to_a_public_folder(tmp_path: Path) -> None:
    """Laid out like a PKI: who looks after certificates needs nothing else, and finds no key."""
    root = tmp_path / "pki"
    public = root / "public"
    public.mkdir(parents=True)
    enrolment = Enrolment(root)
    enrolment.init(["broker.example"], NOW)
    enrolment.add("tracker-a", NOW, out=tmp_path / "tracker-a")
    enrolment.revoke("tracker-a", NOW)

    files = {str(each.relative_to(public)) for each in public.rglob("*") if each.is_file()}
    assert files == {
        "broker/services.crl", "broker/trackers.crl", "enrolment.json", "https/dispatcher.crt",
        "services-ca.crt", "trackers-ca.crt",
    }  # fmt: skip
    copied = registry.load(public / "enrolment.json")
    original = registry.load(root / "enrolment.json")
    assert copied.certificates == original.certificates
    assert copied.denied == original.denied
    assert copied.share_name == ""
    assert copied.broker.folder == str(public / "broker")
    assert original.share_name not in (public / "enrolment.json").read_text()
    crl = (root / "broker" / "trackers.crl").read_bytes()
    assert (public / "broker" / "trackers.crl").read_bytes() == crl


def test_nothing_is_published_unasked(tmp_path: Path) -> None:
    """The folder is made by whoever wants it."""
    Enrolment(tmp_path / "pki").init(["broker.example"], NOW)
    assert not (tmp_path / "pki" / "public").exists()
