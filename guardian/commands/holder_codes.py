"""`guardian dispatcher codes ...`: what a tracker's holder types to cancel."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from contract.errors import GuardianError
from dispatcher.holder_codes import HolderCodesBook
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from guardian.commands.accounts import database_options, day, url_of
from runtime.clock import SystemClock


@click.group()
def codes() -> None:
    """Set, show and clear the codes with which the holder of a tracker cancels.

    Whatever is typed looks the same on the tracker. The PIN asks to stand down; the duress code
    calls for help, also after the close; anything else is marked as wrong.

    \b
    Example:  guardian dispatcher codes set tracker-a
    """


@codes.command("set")
@click.argument("device")
@database_options
def set_codes(device: str, **where: Any) -> None:
    """Set both codes, in place of those that were; you are asked, or two lines are read.

    \b
    Example:  guardian dispatcher codes set tracker-a
    """
    pin, duress = _ask()
    with _book(**where) as book:
        book.put(device, pin, duress)
    click.echo(f"{device} has a PIN and a duress code; they count from now on.")


@codes.command("show")
@click.argument("device")
@database_options
def show_codes(device: str, **where: Any) -> None:
    """Say whether a tracker's holder has codes; the codes themselves are not kept.

    \b
    Example:  guardian dispatcher codes show tracker-a
    """
    with _book(**where) as book:
        set_at = book.set_at(device)
    if set_at is None:
        click.echo(f"{device} has no codes: a cancel is a request that nothing verifies.")
    else:
        click.echo(f"{device} has a PIN and a duress code since {day(set_at)}.")


@codes.command("clear")
@click.argument("device")
@database_options
def clear_codes(device: str, **where: Any) -> None:
    """Forget both codes.

    \b
    Example:  guardian dispatcher codes clear tracker-a
    """
    with _book(**where) as book:
        book.clear(device)
    click.echo(f"{device} has no codes any more.")


@contextmanager
def _book(**where: Any) -> Iterator[HolderCodesBook]:
    """Open the dispatcher's database; an error becomes one line and exit code 1."""
    try:
        database = Database(url_of(where["database_url"], where["config"]))
        try:
            upgrade(database)
            yield HolderCodesBook(database, SystemClock())
        finally:
            database.close()
    except GuardianError as error:
        raise click.ClickException(str(error)) from error


def _ask() -> tuple[str, str]:
    """Return PIN and duress code; never as arguments, which all on the machine see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n"), sys.stdin.readline().rstrip("\r\n")
    pin: str = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    duress: str = click.prompt("Duress code", hide_input=True, confirmation_prompt=True)
    return pin, duress
