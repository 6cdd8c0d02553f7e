"""`guardian dispatcher codes`: two lines in, nothing but hashes kept."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from guardian.commands.dispatcher import dispatcher


@pytest.mark.timeout(60)
def test_codes_are_set_shown_and_cleared(tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"

    def run(command: str, typed: str = "") -> tuple[int, str]:
        where = ["--database-url", f"sqlite:///{path}"]
        done = CliRunner().invoke(dispatcher, ["codes", command, "tracker-a", *where], input=typed)
        return done.exit_code, done.output

    assert "has no codes" in run("show")[1]
    assert run("clear")[0] == 1
    assert run("set", "4711\n4711\n")[0] == 1
    code, said = run("set", "4711\n9911\n")
    assert (code, "4711" in said) == (0, False)
    assert b"4711" not in path.read_bytes()
    assert "PIN and a duress code since" in run("show")[1]
    assert run("clear")[0] == 0
    assert "has no codes" in run("show")[1]
