"""`guardian dispatcher user` and `token`, on a real SQLite file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatcher.accounts import Accounts
from dispatcher.store.engine import Database
from guardian.cli import main
from runtime.clock import SystemClock

Run = Callable[..., Result]
PASSWORD = "correct horse battery"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("GUARDIAN_DATABASE_URL", raising=False)
    monkeypatch.setenv("GUARDIAN_STATE_DIR", str(tmp_path))

    def dispatcher(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, ["dispatcher", *arguments], input=typed)

    return dispatcher


@pytest.fixture
def chen(run: Run) -> None:
    assert run("user", "add", "chen", typed=f"{PASSWORD}\n").exit_code == 0


def may_log_in(folder: Path, password: str) -> bool:
    database = Database(f"sqlite:///{folder}/incidents.db")
    try:
        return bool(Accounts(database, SystemClock()).log_in("chen", password, "10.0.0.1"))
    finally:
        database.close()


def refused(result: Result) -> str:
    """Return the one line that an error is."""
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = [each for each in result.stderr.splitlines() if "it is made now" not in each]
    assert line.startswith("Error: ")
    return line


def test_a_user_is_added_where_the_dispatcher_looks_for_them(run: Run, tmp_path: Path) -> None:
    result = run("user", "add", "chen", typed=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, "chen may log in as operator.\n")
    assert f"There is no {tmp_path}/incidents.db yet" in result.stderr
    assert may_log_in(tmp_path, PASSWORD)
    again = run("user", "list")
    assert (again.stdout, again.stderr) == ("chen  operator\n", "")


def test_the_password_comes_from_the_first_line_of_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\r\nsecond line\n")
    arguments = ("--role", "observer", "--password-file", str(file))
    assert run("user", "add", "chen", *arguments).stdout == "chen may log in as observer.\n"
    assert may_log_in(tmp_path, PASSWORD)


@pytest.mark.usefixtures("chen")
def test_a_name_is_given_once(run: Run) -> None:
    assert "already a user 'chen'" in refused(run("user", "add", "chen", typed=f"{PASSWORD}\n"))


@pytest.mark.parametrize("typed", ["short\n", "\n", ""])
def test_a_short_password_is_refused(run: Run, typed: str) -> None:
    assert "10 to 256 characters" in refused(run("user", "add", "chen", typed=typed))
    assert run("user", "list").stdout == ""


def test_an_empty_password_file_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch()
    result = run("user", "add", "chen", "--password-file", str(file))
    assert "10 to 256 characters" in refused(result)


@pytest.mark.usefixtures("chen")
def test_a_new_password_replaces_the_old(run: Run, tmp_path: Path) -> None:
    assert run("user", "password", "chen", typed="another long one\n").exit_code == 0
    assert may_log_in(tmp_path, "another long one")
    assert "no user 'lin'" in refused(run("user", "password", "lin", typed=f"{PASSWORD}\n"))


@pytest.mark.usefixtures("chen")
def test_a_disabled_user_is_listed_as_such(run: Run) -> None:
    assert run("user", "disable", "chen").exit_code == 0
    assert run("user", "list").stdout.startswith("chen  operator  disabled 20")
    assert "no user 'lin'" in refused(run("user", "disable", "lin"))


@pytest.mark.usefixtures("chen")
def test_a_token_is_shown_once_and_listed_without_its_secret(run: Run) -> None:
    secret = run("token", "add", "cad", "--user", "chen", "--days", "7").stdout.strip()
    assert secret.startswith("gdn_")
    listed = run("token", "list").stdout
    assert secret not in listed
    assert "  cad  as chen  incidents:read incidents:write  until 20" in listed
    token_id = listed.split()[0]
    assert run("token", "revoke", token_id).stdout == "Revoked.\n"
    assert "  revoked 20" in run("token", "list").stdout
    assert "no valid token" in refused(run("token", "revoke", token_id))


def test_a_token_may_be_limited_to_reading(run: Run) -> None:
    assert run("token", "add", "screen", "--scope", "incidents:read").exit_code == 0
    assert run("token", "list").stdout.endswith("  screen  incidents:read\n")
    assert "no user 'lin'" in refused(run("token", "add", "x", "--user", "lin"))


@pytest.mark.usefixtures("chen")
def test_the_dispatchers_own_file_says_which_database(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "dispatcher.toml"
    config.write_text(f'database_url = "sqlite:///{tmp_path}/other.db"\nhttp_bind = "[::1]:0"\n')
    assert run("user", "list", "--config", str(config)).stdout == ""
    assert (tmp_path / "other.db").exists()
    explicit = f"sqlite:///{tmp_path}/incidents.db"
    result = run("user", "list", "--config", str(config), "--database-url", explicit)
    assert result.stdout == "chen  operator\n"


@pytest.mark.parametrize("url", ["mysql://root:secret@db/x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_is_none_is_one_clear_line_without_its_password(run: Run, url: str) -> None:
    assert "secret" not in refused(run("user", "list", "--database-url", url))


@pytest.mark.parametrize(
    "command",
    ["user", "user add", "user password", "user disable", "user list",
     "token", "token add", "token list", "token revoke"],
)  # fmt: skip
def test_every_help_has_an_example(run: Run, command: str) -> None:
    assert f"Example:  guardian dispatcher {command}" in run(*command.split(), "--help").stdout


def test_the_agents_command_loads_none_of_it() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from guardian.cli import main;"
        "CliRunner().invoke(main, ['agent', '--help']);"
        "sys.exit(any(name in sys.modules for name in ('dispatcher', 'sqlalchemy', 'argon2')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_user_is_added_only_if_missing(run: Run, tmp_path: Path) -> None:
    """So that a start-up can say it again and again; the password of the first time stays."""
    first = run("user", "add", "chen", "--if-missing", typed=f"{PASSWORD}\n")
    assert first.stdout == "chen may log in as operator.\n"
    again = run("user", "add", "chen", "--if-missing", typed="another long password\n")
    assert (again.exit_code, again.stdout) == (
        0,
        "chen is there already; nothing was changed.\n",
    )
    assert may_log_in(tmp_path, PASSWORD)
    assert "chen" in refused(run("user", "add", "chen", typed=f"{PASSWORD}\n"))
