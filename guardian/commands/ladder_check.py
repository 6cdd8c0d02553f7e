"""`guardian dispatcher check`: is the ladder sound, and who would be alerted when."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from contract.errors import GuardianError, PermanentError
from dispatcher.accounts import Accounts
from dispatcher.escalation.check import Problem, refusals, said, warnings
from dispatcher.escalation.preview import Line, preview
from dispatcher.routing import Route, Routing
from dispatcher.settings import DispatcherSettings
from dispatcher.store.engine import Database
from runtime.clock import SystemClock
from runtime.lifecycle import EXIT_SETTINGS
from runtime.settings import load


class LadderError(PermanentError):
    """The ladder in the settings cannot be relied on; `guardian dispatcher check` says why."""


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The dispatcher's TOML file.",
)
@click.option("--at", "instant", metavar="INSTANT", help="As 2026-01-31T22:00+08:00; absent: now.")
@click.option(
    "--place", "where", metavar="LAT,LON", help="Where the incident would be; absent: unknown."
)
def check(config: Path | None, instant: str | None, where: str | None) -> None:
    """Check the ladder and the channels, and show who would be alerted when.

    Exit code 0: sound; 1: a step that nobody receives now; 78: the settings are refused.

    \b
    Example:  guardian dispatcher check --config dispatcher.toml --at 2026-01-31T22:00+08:00
    """
    at, place = _instant(instant), _place(where)
    try:
        settings = load(DispatcherSettings, environ=os.environ, config=config)
        refuse_unsound(settings, config, at)
        routing = Routing(
            [Route(name) for name in channel_names(settings)],
            ladder=settings.read_ladder(),
            jurisdictions=settings.read_jurisdictions(),
        )
        doubts = _doubts(settings)
    except GuardianError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_SETTINGS if isinstance(error, PermanentError) else 1)
    _show(routing, at, place)
    for each in doubts:
        click.echo(f"Warning: {_located(each, config)}", err=True)
    sys.exit(1 if any("nobody receives" in each.words for each in doubts) else 0)


def refuse_unsound(settings: DispatcherSettings, config: Path | None, now: int) -> None:
    """Refuse a ladder that cannot be relied on.

    Raises:
        LadderError: a line for each problem, naming file, table and key.
    """
    found = [_located(each, config) for each in refusals(settings, channel_names(settings), now)]
    if found:
        raise LadderError("\n".join(found))


def channel_names(settings: DispatcherSettings) -> list[str]:
    """Return the names of the channels that a ladder may name."""
    shorthand = [] if settings.webhook is None else [settings.webhook.name]
    return [*shorthand, *(each.name for each in settings.channel if "production" in each.classes)]


def _doubts(settings: DispatcherSettings) -> list[Problem]:
    """Ask the database who has which role; without one nobody can tell."""
    database = Database(settings.incident_database)
    try:
        users = Accounts(database, SystemClock()).users()
    except GuardianError as error:
        click.echo(f"Warning: the users cannot be asked: {error}".splitlines()[0], err=True)
        return []
    finally:
        database.close()
    held = {role for each in users if each.disabled_at is None for role in each.roles}
    return list(warnings(settings, held))


def _show(routing: Routing, at: int, place: tuple[float, float] | None) -> None:
    found = None if place is None else routing.jurisdictions.at(*place)
    named = "unknown" if place is None else f"{place[0]}, {place[1]}"
    responsible = (
        "nobody is named: every channel" if found is None else f"{found.name} ({found.id})"
    )
    click.echo(f"A production incident raised at {said(at)}; place: {named}; {responsible}")
    for line in preview(routing, at, None if found is None else found.id):
        click.echo(_words(line, routing))
    click.echo("Every console, the log and MQTT show every step.")


def _words(line: Line, routing: Routing) -> str:
    channels = ", ".join(line.channels) or "no channel"
    roles = f"; roles: {', '.join(line.roles)}" if line.roles else ""
    beyond = line.step > routing.ladder.last
    again = f", then every {routing.ladder.repeat_s} s" if beyond else ""
    note = "" if line.reason == f"step {line.step}" else f" ({line.reason})"
    return f"  {line.after_s:>5} s{again}: {channels}{roles}{note}"


def _located(problem: Problem, config: Path | None) -> str:
    return f"{config}: {problem}" if config is not None else str(problem)


def _instant(text: str | None) -> int:
    if text is None:
        return SystemClock().now_ms()
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("expected 2026-01-31T22:00+08:00", param_hint="--at") from None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)


def _place(text: str | None) -> tuple[float, float] | None:
    """Read latitude and longitude in degrees, WGS 84."""
    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter("expected 25.03,121.56", param_hint="--place") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - degrees
        raise click.BadParameter("expected -90..90 and -180..180", param_hint="--place")
    return lat, lon
