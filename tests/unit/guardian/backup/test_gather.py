"""What goes into a backup, and what does not."""

import stat
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from broker_config.errors import NotInitializedError
from broker_config.files import only_one
from dispatcher.store.migrate import known_revisions
from guardian.backup.errors import SourceError
from guardian.backup.gather import Gathered, gather
from guardian.backup.places import Places
from tests.unit.guardian.backup.installation import NOW_MS, Installation, make


@pytest.fixture
def there(tmp_path: Path) -> Installation:
    return make(tmp_path / "server")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def names(gathered: Gathered) -> list[str]:
    return [each.member.name for each in gathered.entries]


def test_everything_that_was_named_is_in_it_once(there: Installation, scratch: Path) -> None:
    found = gather(there.places, scratch, NOW_MS)
    known = names(found)
    assert len(set(known)) == len(known)
    assert {
        "database/incidents.db", "pki/trackers-ca.key", "pki/enrolment.json",
        "pki/services/svc.ingest.1/share_name", "dead-letters/dead-letters-1.db",
        "telemetry/telemetry.db", f"settings{there.config}",
    } <= set(known)  # fmt: skip
    assert found.head.schema == max(known_revisions())
    assert found.head.made_at == NOW_MS
    assert found.head.origins == {"pki": str(there.pki)}


def test_the_keys_of_the_pki_are_not_in_the_settings_too(
    there: Installation, scratch: Path
) -> None:
    """Settings are a folder in which the PKI lies: that is read under its lock, and only there."""
    found = names(gather(there.places, scratch, NOW_MS))
    assert [each for each in found if each.startswith(f"settings{there.pki}")] == []


def test_modes_and_owners_are_kept(there: Installation, scratch: Path) -> None:
    members = {e.member.name: e.member for e in gather(there.places, scratch, NOW_MS).entries}
    key = members["pki/trackers-ca.key"]
    assert (key.mode, key.owner) == (0o600, there.pki.owner())
    assert members["pki"].mode == 0o700
    assert members[f"settings{there.config}"].mode == 0o640
    there.config.chmod(0o6755)
    places = Places(settings=(there.config,))
    last = gather(places, scratch, NOW_MS).entries[-1].member
    assert stat.S_IMODE(last.mode) == 0o755, "no setuid comes back from an archive"


def test_what_passes_is_left_out(there: Installation, scratch: Path) -> None:
    """Locks, a broker's process id, a draft that a crash left, what a restore put aside."""
    (there.pki / "broker/mosquitto.pid").write_text("17")
    (there.pki / ".enrolment.json.0011").write_text("{")
    (there.pki / "before-restore-20260101T000000Z").mkdir()
    (there.pki / "before-restore-20260101T000000Z/trackers-ca.key").write_text("old")
    known = names(gather(Places(pki=there.pki), scratch, NOW_MS))
    assert not any(word in name for name in known for word in ("lock", "pid", "/.", "before"))


def test_nobody_is_enrolled_while_the_pki_is_read(there: Installation, scratch: Path) -> None:
    """A registry of one moment and certificates of another would be a name nobody can revoke."""
    done: list[Gathered] = []
    reader = Thread(target=lambda: done.append(gather(Places(pki=there.pki), scratch, NOW_MS)))
    with only_one(there.pki / "lock"):
        reader.start()
        reader.join(0.2)
        assert done == []
    reader.join(4)
    assert len(done) == 1


def test_a_brokers_folder_elsewhere_comes_along(there: Installation, scratch: Path) -> None:
    elsewhere = there.root / "mosquitto"
    (there.pki / "broker").rename(elsewhere)
    registry = there.pki / "enrolment.json"
    text = msgspec.json.decode(registry.read_bytes())
    text["broker"]["folder"] = str(elsewhere)
    registry.write_bytes(msgspec.json.encode(text))
    found = gather(Places(pki=there.pki), scratch, NOW_MS)
    assert "broker/server.key" in names(found)
    assert found.head.origins["broker"] == str(elsewhere)


def test_what_was_named_and_is_not_there_is_an_error(there: Installation, scratch: Path) -> None:
    """Never a backup that silently lacks something."""
    none = there.root / "none"
    for places in (
        Places(database_url=f"sqlite:///{none}"),
        Places(settings=(none,)),
        Places(dead_letters=there.root),
        Places(telemetry=none),
        Places(),
    ):
        with pytest.raises(SourceError):
            gather(places, scratch, NOW_MS)
    with pytest.raises(NotInitializedError):
        gather(Places(pki=there.root), scratch, NOW_MS)


def test_a_link_to_a_folder_is_not_passed_over(there: Installation, scratch: Path) -> None:
    (there.root / "etc/more").symlink_to(there.root / "var")
    with pytest.raises(SourceError, match="link"):
        gather(Places(settings=(there.root / "etc",)), scratch, NOW_MS)
