"""A PKI as containers have it: a volume, with volumes of the same disk mounted in it."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_config.enrolment import Enrolment
from tests.services.choice import missing

pytestmark = pytest.mark.integration

MOUNTED = ("broker", "https", "services/svc.ingest.1")


def test_each_volume_gets_its_own_files_back(tmp_path: Path) -> None:
    """Also where others are in it: those are put aside in the same volume."""
    if os.geteuid() != 0:
        missing("a mount", "it needs root")
    pki, archive = tmp_path / "old", tmp_path / "guardian.tar"
    Enrolment(pki).init(["h.example"], datetime.now(UTC))
    _guardian("backup", archive, "--pki", pki)
    root = tmp_path / "pki"
    Enrolment(root).init(["other.example"], datetime.now(UTC))
    _in_volumes(tmp_path, root, "restore", archive, "--pki", root, "--replace")
    for name in MOUNTED:
        volume = tmp_path / "volumes" / name.replace("/", "-")
        restored = {each.name for each in volume.iterdir() if each.is_file()}
        assert restored == {each.name for each in (pki / name).iterdir()}
        for each in restored:
            assert (volume / each).read_bytes() == (pki / name / each).read_bytes()
        (aside,) = volume.glob("before-restore-*")
        assert {each.name for each in aside.iterdir()} == restored
    assert (root / "trackers-ca.key").read_bytes() == (pki / "trackers-ca.key").read_bytes()


def _in_volumes(tmp_path: Path, root: Path, *words: object) -> None:
    """Run a command where volumes are mounted over parts of the folder, with what is in it now."""
    lines = ["set -e"]
    for name in MOUNTED:
        volume = tmp_path / "volumes" / name.replace("/", "-")
        lines += [f"mkdir -p {volume}", f"mv {root}/{name}/* {volume}/"]
        lines += [f"mount --bind {volume} {root}/{name}"]
    command = " ".join(map(str, [sys.executable, "-m", "guardian", *words]))
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", "\n".join([*lines, command])],
        check=True, capture_output=True, text=True,
    )  # fmt: skip


def _guardian(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "guardian", *map(str, words)], check=True)
