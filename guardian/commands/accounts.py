"""`guardian dispatcher user ...` and `token ...`: who may log in, which programs may call."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from contract.errors import GuardianError
from dispatcher.accounts import ROLES, SCOPES, Accounts, Role, Scope
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from runtime.clock import SystemClock

DAY_MS = 86_400_000

_database = click.option(
    "--database-url",
    envvar="GUARDIAN_DATABASE_URL",
    required=True,
    help="the incident database, as the dispatcher has it",
)


@click.group()
def user() -> None:
    """Add, list and disable the people who may log in."""


@click.group()
def token() -> None:
    """Add, list and revoke the bearer tokens of programs."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(sorted(ROLES)), default="operator", show_default=True)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="first line is the password; without it you are asked (or it is read from a pipe)",
)
@_database
def add_user(name: str, role: Role, password_file: Path | None, database_url: str) -> None:
    """Add a user.

    \b
    Example:  guardian dispatcher user add chen --role operator
    """
    password = _password(password_file)
    with _accounts(database_url) as accounts:
        accounts.add_user(name, password, role)
    click.echo(f"{name} may log in as {role}.")


@user.command("password")
@click.argument("name")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_database
def set_password(name: str, password_file: Path | None, database_url: str) -> None:
    """Give a user a new password; their logins end.

    \b
    Example:  guardian dispatcher user password chen
    """
    password = _password(password_file)
    with _accounts(database_url) as accounts:
        accounts.set_password(name, password)
    click.echo(f"{name} has a new password.")


@user.command("disable")
@click.argument("name")
@_database
def disable_user(name: str, database_url: str) -> None:
    """End a user's logins and tokens for good.

    \b
    Example:  guardian dispatcher user disable chen
    """
    with _accounts(database_url) as accounts:
        accounts.disable_user(name)
    click.echo(f"{name} can no longer log in.")


@user.command("list")
@_database
def list_users(database_url: str) -> None:
    """List the users.

    \b
    Example:  guardian dispatcher user list
    """
    with _accounts(database_url) as accounts:
        for each in accounts.users():
            disabled = f"  disabled {_day(each.disabled_at)}" if each.disabled_at else ""
            click.echo(f"{each.name}  {', '.join(each.roles)}{disabled}")


@token.command("add")
@click.argument("name")
@click.option("--user", "owner", help="act as this user; without it the token is its own name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="default: all")
@click.option("--days", type=click.IntRange(min=1), help="valid for so long; without it for ever")
@_database
def add_token(
    name: str, owner: str | None, scopes: tuple[Scope, ...], days: int | None, database_url: str
) -> None:
    """Make a bearer token and print it, this once.

    \b
    Example:  guardian dispatcher token add cad-system --scope incidents:read --days 365
    """
    expires_at = SystemClock().now_ms() + days * DAY_MS if days else None
    with _accounts(database_url) as accounts:
        made = accounts.add_token(name, user=owner, scopes=scopes or SCOPES, expires_at=expires_at)
    click.echo(made)


@token.command("list")
@_database
def list_tokens(database_url: str) -> None:
    """List the tokens; their secrets are not kept.

    \b
    Example:  guardian dispatcher token list
    """
    with _accounts(database_url) as accounts:
        for each in accounts.tokens():
            ends = f"  until {_day(each.expires_at)}" if each.expires_at else ""
            revoked = f"  revoked {_day(each.revoked_at)}" if each.revoked_at else ""
            click.echo(f"{each.id}  {each.name}  {' '.join(each.scopes)}{ends}{revoked}")


@token.command("revoke")
@click.argument("token_id")
@_database
def revoke_token(token_id: str, database_url: str) -> None:
    """Revoke a token by its id (see `token list`).

    \b
    Example:  guardian dispatcher token revoke 0191d2c4-...
    """
    with _accounts(database_url) as accounts:
        accounts.revoke_token(token_id)
    click.echo("Revoked.")


@contextmanager
def _accounts(database_url: str) -> Iterator[Accounts]:
    database = Database(database_url)
    try:
        upgrade(database)
        yield Accounts(database, SystemClock())
    except GuardianError as error:
        raise click.ClickException(str(error)) from error
    finally:
        database.close()


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text().splitlines()[0]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _day(ms: int | None) -> str:
    return datetime.fromtimestamp((ms or 0) / 1000, UTC).date().isoformat()
