"""`guardian backup`: one archive of all that a new server cannot make by itself."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from contract.errors import GuardianError
from dispatcher.settings import DatabaseSettings, DispatcherSettings
from guardian.backup import archive
from guardian.backup.archive import PIPE
from guardian.backup.gather import gather
from guardian.backup.manifest import Manifest
from guardian.backup.places import Places
from runtime.clock import SystemClock
from runtime.settings import load

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
_DATABASE_VARIABLES = ("GUARDIAN_DATABASE_URL", "GUARDIAN_DATABASE_URL_FILE", "GUARDIAN_STATE_DIR")
_MISSING = {
    "database": "the incident database (--config or --database-url)",
    "pki": "the PKI (--pki)",
    "settings": "settings files (--settings)",
    "dead-letters": "dead letters (--dead-letters)",
    "telemetry": "positions (--telemetry for SQLite; InfluxDB has its own: influx backup)",
}


def which_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which database; it is found as the dispatcher finds it."""
    config = click.option("--config", type=FILE, help="The dispatcher's TOML file.")
    url = click.option(
        "--database-url",
        metavar="URL",
        help="Instead of GUARDIAN_DATABASE_URL; everybody on the machine can see an option.",
    )
    return config(url(command))


scratch = click.option(
    "--scratch",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="Where copies lie meanwhile, for you alone; as large as the databases. [default: beside "
    "the archive that is made, else TMPDIR]",
)


@click.command()
@click.argument("archive_path", metavar="ARCHIVE", type=click.Path(allow_dash=True, path_type=Path))
@which_database
@click.option(
    "--pki", type=FOLDER, envvar="GUARDIAN_PKI_DIR", show_envvar=True, help="The folder of the PKI."
)
@click.option(
    "--settings", multiple=True, type=click.Path(exists=True, path_type=Path),
    help="A settings file, or a folder of them (such as the tokens); repeat it.",
)  # fmt: skip
@click.option("--dead-letters", type=FOLDER, help="Ingest's state directory; at most some 80 MB.")
@click.option("--telemetry", type=FILE, help="The SQLite telemetry store: all positions, large.")
@scratch
@click.option("--replace", is_flag=True, help="Replace an archive of this name, once it is whole.")
@click.option("--verify", is_flag=True, help="Make nothing: check the ARCHIVE that is there.")
def backup(archive_path: Path, *, verify: bool, **options: Any) -> None:
    """Put the incident database, the PKI and settings into one tar file, while everything runs.

    THE ARCHIVE HOLDS SECRETS: who has it can enrol trackers, pose as any service and read every
    incident. It is made for you alone (0600) and not encrypted. ARCHIVE - writes to a pipe, where
    age or gpg can take it.

    \b
    Examples:
      guardian backup guardian.tar --config /etc/guardian/dispatcher.toml \\
          --pki /etc/guardian/pki --settings /etc/guardian
      guardian backup - --config dispatcher.toml --pki pki | age -r KEY > guardian.tar.age
      guardian backup guardian.tar --verify
    """
    try:
        if verify:
            _say(_verified(archive_path))
        else:
            _say(_make(archive_path, **options))
    except (GuardianError, OSError) as error:
        raise click.ClickException(str(error)) from error


def database_url(given: str | None, config: Path | None) -> str | None:
    """Return the database that option, variables or file name; None when none of them does."""
    environ = dict(os.environ)
    if given is not None:
        environ.pop("GUARDIAN_DATABASE_URL_FILE", None)
        environ["GUARDIAN_DATABASE_URL"] = given
    if config is None and not any(environ.get(each) for each in _DATABASE_VARIABLES):
        return None
    settings = load(DatabaseSettings, environ=environ, config=config, shared=[DispatcherSettings])
    return settings.incident_database


def _make(path: Path, *, replace: bool, scratch: Path | None, **options: Any) -> Manifest:
    places = _places(**options)
    now_ms = SystemClock().now_ms()
    where = scratch or (None if path == PIPE else path.absolute().parent)
    with (
        archive.new_archive(path, replace=replace) as target,
        TemporaryDirectory(dir=where, prefix=".guardian-backup-") as folder,
    ):
        gathered = gather(places, Path(folder), now_ms)
        return archive.pack(gathered.head, gathered.entries, target)


def _places(
    config: Path | None, database_url: str | None, settings: tuple[Path, ...], **places: Any
) -> Places:
    files = (*settings, *([config] if config else []))
    return Places(database_url=_database_url(database_url, config), settings=files, **places)


_database_url = database_url


def _verified(path: Path) -> Manifest:
    with archive.given_archive(path) as source:
        return archive.unpack(source, None).manifest


def _say(found: Manifest) -> None:
    """Say on standard error, for standard output may be the archive, what is in it and what not."""
    for part in found.parts():
        files = [each for each in found.of(part) if each.kind == "file"]
        size = sum(each.size for each in files)
        click.echo(f"in it      {part}: {len(files)} files, {size:,} bytes", err=True)
    there = set(map(str, found.parts()))
    for missing, what in _MISSING.items():
        if missing not in there:
            click.echo(f"not in it  {what}", err=True)
    click.echo("It holds secrets: keep it where your keys may be kept.", err=True)
