"""Tokens in files."""

import stat
from pathlib import Path

import pytest

from telemetry_store.errors import DeniedError
from telemetry_store.secret_file import read_token, write_token


def test_a_token_is_its_owner_s_alone(tmp_path: Path) -> None:
    """0400 in a folder 0700, and nothing else is left."""
    path = tmp_path / "tokens" / "grafana"
    write_token(path, "s3cret")
    assert read_token(path) == "s3cret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_token_is_replaced_whole(tmp_path: Path) -> None:
    """Also after a power cut left a draft."""
    path = tmp_path / "ingest"
    (tmp_path / ".ingest.new").write_text("half")
    write_token(path, "one")
    write_token(path, "two")
    assert read_token(path) == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_and_an_empty_one_are_no_token(tmp_path: Path) -> None:
    """None, so that it is made."""
    (tmp_path / "empty").write_text("\n")
    assert read_token(tmp_path / "missing") is None
    assert read_token(tmp_path / "empty") is None


def test_a_path_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """The administrator reads which one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DeniedError, match="file"):
        write_token(tmp_path / "file" / "ingest", "x")
    with pytest.raises(DeniedError, match=str(tmp_path)):
        read_token(tmp_path)
