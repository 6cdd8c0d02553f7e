"""`guardian backup` and `guardian restore`, as somebody types them."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from guardian.cli import main
from tests.unit.guardian.backup.installation import Installation, make


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.chdir(tmp_path)
    for name in ("GUARDIAN_DATABASE_URL", "GUARDIAN_STATE_DIR", "GUARDIAN_PKI_DIR"):
        monkeypatch.delenv(name, raising=False)
    return make(tmp_path / "server")


def guardian(*words: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], input=given)


def test_a_backup_is_made_checked_and_restored(there: Installation, tmp_path: Path) -> None:
    made = guardian("backup", "guardian.tar", "--config", there.config, "--pki", there.pki)
    assert made.exit_code == 0, made.output
    assert "in it      database" in made.stderr
    assert "not in it  positions" in made.stderr
    assert "secrets" in made.stderr
    assert stat.S_IMODE(Path("guardian.tar").stat().st_mode) == 0o600
    assert guardian("backup", "guardian.tar", "--verify").exit_code == 0
    done = guardian("restore", "guardian.tar", "--to", "look")
    assert done.exit_code == 0, done.output
    assert "restored   pki: look/pki" in done.output
    assert (tmp_path / "look/database/incidents.db").exists()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_pipe_takes_and_gives_an_archive(there: Installation, tmp_path: Path) -> None:
    """So that age or gpg can stand behind; what is said goes to standard error."""
    made = guardian("backup", "-", "--pki", there.pki, "--scratch", tmp_path)
    assert made.exit_code == 0, made.output
    done = guardian("restore", "-", "--pki", "new", given=made.stdout_bytes)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new/trackers-ca.key").exists()


def test_a_damaged_archive_is_one_line_and_writes_nothing(
    there: Installation, tmp_path: Path
) -> None:
    guardian("backup", "guardian.tar", "--pki", there.pki)
    raw = Path("guardian.tar").read_bytes()
    Path("guardian.tar").write_bytes(raw[: len(raw) // 2])
    for words in (("backup", "guardian.tar", "--verify"), ("restore", "guardian.tar", "--to", "x")):
        refused = guardian(*words)
        assert refused.exit_code == 1
        assert refused.stderr.startswith("Error: ")
    assert not (tmp_path / "x").exists()


def test_a_failed_backup_leaves_no_archive(there: Installation, tmp_path: Path) -> None:
    refused = guardian("backup", "guardian.tar", "--config", there.config, "--pki", "nowhere")
    assert refused.exit_code == 1
    assert not Path("guardian.tar").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["server"]


def test_nothing_named_is_no_backup(there: Installation) -> None:
    refused = guardian("backup", "guardian.tar")
    assert refused.exit_code == 1
    assert "nothing was named" in refused.stderr


def test_the_database_is_found_as_the_dispatcher_finds_it(
    there: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARDIAN_STATE_DIR", str(there.database.parent))
    made = guardian("backup", "guardian.tar")
    assert "in it      database" in made.stderr


def test_a_look_restores_nothing_into_the_running_system(
    there: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--to means all of it, also where variables name the system's own database."""
    monkeypatch.setenv("GUARDIAN_STATE_DIR", str(there.database.parent))
    guardian("backup", "guardian.tar")
    before = there.database.stat().st_mtime_ns
    done = guardian("restore", "guardian.tar", "--to", "look", "--replace")
    assert "look/database/incidents.db" in done.output
    assert there.database.stat().st_mtime_ns == before


def test_a_restore_names_what_it_left_out(there: Installation) -> None:
    guardian("backup", "guardian.tar", "--config", there.config, "--pki", there.pki)
    done = guardian("restore", "guardian.tar", "--pki", "new")
    assert "left out   database" in done.output
    assert "left out   settings" in done.output


def test_a_restore_without_a_place_restores_nothing_and_says_so(there: Installation) -> None:
    guardian("backup", "guardian.tar", "--pki", there.pki)
    refused = guardian("restore", "guardian.tar")
    assert refused.exit_code == 1
    assert "--to" in refused.stderr
