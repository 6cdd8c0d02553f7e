"""`guardian dispatcher user ...` and `token ...`: who may log in, which programs may call."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from contract.errors import GuardianError
from dispatcher.accounts import ROLES, SCOPES, USUAL_SCOPES, Accounts, Role, Scope
from dispatcher.settings import DatabaseSettings, DispatcherSettings
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from runtime.clock import SystemClock
from runtime.settings import load

DAY_MS = 86_400_000
_SQLITE = "sqlite:///"
_VARIABLE = "GUARDIAN_DATABASE_URL"

_password_file = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first line is the password; without it you are asked, or it is read from a pipe.",
)


def database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which database; it is found as the dispatcher finds it."""
    config = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The dispatcher's TOML file.",
    )
    url = click.option(
        "--database-url",
        metavar="URL",
        help=f"Instead of {_VARIABLE}; absent, the dispatcher's own default.",
    )
    return config(url(command))


@click.group()
def user() -> None:
    """Add, list and disable the people who may log in.

    \b
    Example:  guardian dispatcher user add chen
    """


@click.group()
def token() -> None:
    """Add, list and revoke the bearer tokens of programs.

    \b
    Example:  guardian dispatcher token add cad-system --scope incidents:read
    """


@user.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(sorted(ROLES)),
    default="operator",
    show_default=True,
    help="An observer sees everything and changes nothing.",
)
@click.option("--if-missing", is_flag=True, help="Change nothing if there is such a user.")
@_password_file
@database_options
def add_user(
    name: str, role: Role, password_file: Path | None, *, if_missing: bool, **where: Any
) -> None:
    """Add a user.

    \b
    Example:  guardian dispatcher user add chen --role operator
    """
    with _accounts(**where) as accounts:
        if if_missing and name in {each.name for each in accounts.users()}:
            click.echo(f"{name} is there already; nothing was changed.")
            return
        accounts.add_user(name, _password(password_file), role)
    click.echo(f"{name} may log in as {role}.")


@user.command("password")
@click.argument("name")
@_password_file
@database_options
def set_password(name: str, password_file: Path | None, **where: Any) -> None:
    """Give a user a new password; their logins end.

    \b
    Example:  guardian dispatcher user password chen
    """
    with _accounts(**where) as accounts:
        accounts.set_password(name, _password(password_file))
    click.echo(f"{name} has a new password.")


@user.command("disable")
@click.argument("name")
@database_options
def disable_user(name: str, **where: Any) -> None:
    """End a user's logins and tokens for good.

    \b
    Example:  guardian dispatcher user disable chen
    """
    with _accounts(**where) as accounts:
        accounts.disable_user(name)
    click.echo(f"{name} can no longer log in.")


@user.command("list")
@database_options
def list_users(**where: Any) -> None:
    """List the users.

    \b
    Example:  guardian dispatcher user list
    """
    with _accounts(**where) as accounts:
        for each in accounts.users():
            disabled = f"  disabled {day(each.disabled_at)}" if each.disabled_at else ""
            click.echo(f"{each.name}  {', '.join(each.roles)}{disabled}")


@token.command("add")
@click.argument("name")
@click.option("--user", "owner", help="Act as this user; without it the token is its own name.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help=f"Default: {' and '.join(USUAL_SCOPES)}. A gateway needs panics:write, without --user.",
)
@click.option("--days", type=click.IntRange(1), help="Valid for so long; without it for ever.")
@database_options
def add_token(
    name: str, owner: str | None, scopes: tuple[Scope, ...], days: int | None, **where: Any
) -> None:
    """Make a bearer token and print it, this once.

    \b
    Example:  guardian dispatcher token add cad-system --scope incidents:read --days 365
    """
    expires_at = SystemClock().now_ms() + days * DAY_MS if days else None
    with _accounts(**where) as accounts:
        made = accounts.add_token(
            name, user=owner, scopes=scopes or USUAL_SCOPES, expires_at=expires_at
        )
    click.echo(made)


@token.command("list")
@database_options
def list_tokens(**where: Any) -> None:
    """List the tokens; their secrets are not kept.

    \b
    Example:  guardian dispatcher token list
    """
    with _accounts(**where) as accounts:
        for each in accounts.tokens():
            owner = f"  as {each.user}" if each.user else ""
            ends = f"  until {day(each.expires_at)}" if each.expires_at else ""
            revoked = f"  revoked {day(each.revoked_at)}" if each.revoked_at else ""
            click.echo(f"{each.id}  {each.name}{owner}  {' '.join(each.scopes)}{ends}{revoked}")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@database_options
def revoke_token(token_id: str, **where: Any) -> None:
    """Revoke a token by its id (see `token list`); its event streams end within seconds.

    \b
    Example:  guardian dispatcher token revoke 0191d2c4-6f1e-7c3a-9d55-0242ac120002
    """
    with _accounts(**where) as accounts:
        accounts.revoke_token(token_id)
    click.echo("Revoked.")


@contextmanager
def _accounts(database_url: str | None, config: Path | None) -> Iterator[Accounts]:
    """Open the dispatcher's database; an error becomes one line and exit code 1."""
    try:
        database = Database(url_of(database_url, config))
        try:
            upgrade(database)
            yield Accounts(database, SystemClock())
        finally:
            database.close()
    except GuardianError as error:
        raise click.ClickException(str(error)) from error


def url_of(given: str | None, config: Path | None) -> str:
    """Return the address of the dispatcher's database: the given one, else that of its settings."""
    environ = dict(os.environ)
    if given is not None:
        environ.pop(f"{_VARIABLE}_FILE", None)
        environ[_VARIABLE] = given
    settings = load(DatabaseSettings, environ=environ, config=config, shared=[DispatcherSettings])
    url = settings.incident_database
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.exists():
        click.echo(f"There is no {path} yet: it is made now.", err=True)
    return url


def _password(file: Path | None) -> str:
    """Return the password, which is never an argument: everybody on the machine sees those."""
    if file is not None:
        return file.read_text(encoding="utf-8", errors="replace").partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def day(ms: int | None) -> str:
    """Return the day of a time, in UTC."""
    return datetime.fromtimestamp((ms or 0) / 1000, UTC).date().isoformat()
