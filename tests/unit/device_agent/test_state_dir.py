import os
from pathlib import Path

import pytest

from device_agent.state_dir import AgentAlreadyRunsError, StateDirError, held


def test_the_state_directory_is_made_and_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    with held(path):
        assert path.stat().st_mode & 0o777 == 0o700


def test_two_agents_cannot_share_a_state_directory(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(AgentAlreadyRunsError), held(tmp_path):
        pytest.fail("both hold it")
    with held(tmp_path):
        pass


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateDirError, match="GUARDIAN_STATE_DIR"), held(tmp_path / "file"):
        pytest.fail("it is a file")
    assert not os.path.lexists(tmp_path / "file" / "agent.lock")
