"""Where tokens lie, and who may read them; what they may do is tried on a real InfluxDB."""

from pathlib import Path

from guardian.doctor.store import _in_folder, _private


def test_tokens_lie_in_files_or_in_folders_of_their_own(tmp_path: Path) -> None:
    """As `store init` leaves them on a server, and for the containers of the Compose file."""
    (tmp_path / "ingest").write_text("one\n")
    (tmp_path / "grafana").mkdir()
    (tmp_path / "grafana" / "grafana").write_text("two\n")
    assert {each.role: each.token for each in _in_folder(tmp_path)} == {
        "ingest": "one", "grafana": "two"
    }  # fmt: skip
    assert _in_folder(None) == []


def test_every_token_that_others_may_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "grafana").mkdir()
    for name, mode in (("ingest", 0o400), ("grafana/grafana", 0o440), ("admin", 0o644)):
        (tmp_path / name).write_text("token")
        (tmp_path / name).chmod(mode)
    found = {each.about: each.remedy for each in _private(tmp_path)}
    assert found == {
        str(tmp_path / "grafana/grafana"): f"chmod 400 {tmp_path / 'grafana/grafana'}",
        str(tmp_path / "admin"): f"chmod 400 {tmp_path / 'admin'}",
    }


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert [each.level for each in _private(tmp_path / "none")] == ["fault"]
