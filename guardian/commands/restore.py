"""`guardian restore`: a backup becomes an installation again."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from contract.errors import GuardianError
from guardian.backup import archive
from guardian.backup.places import Places
from guardian.backup.restore import Restored, below
from guardian.backup.restore import restore as put_back
from guardian.commands.backup import FOLDER, database_url, scratch, which_database
from runtime.clock import SystemClock


@click.command()
@click.argument("archive_path", metavar="ARCHIVE", type=click.Path(allow_dash=True, path_type=Path))
@click.option(
    "--to", type=FOLDER, help="All that no other option places goes into this new folder."
)
@which_database
@click.option("--pki", type=FOLDER, help="The folder of the PKI.")
@click.option("--broker-dir", type=FOLDER, help="What the broker reads, if it was elsewhere.")
@click.option("--settings", type=FOLDER, help="Settings go below it under their whole paths: /")
@click.option("--dead-letters", type=FOLDER, help="Ingest's state directory.")
@click.option("--telemetry", type=click.Path(dir_okay=False, path_type=Path), help="SQLite file.")
@scratch
@click.option(
    "--replace", is_flag=True, help="Put aside what is there already; nothing is deleted."
)
def restore(archive_path: Path, **options: Any) -> None:
    """Check an archive and put back what options give a place; the rest is left out, and named.

    Stop every dispatcher and ingest first. Everything is checked before anything is written, and a
    database of an earlier version is migrated. An archive is as good as the place where it lay: its
    digests find damage, not malice.

    \b
    Examples:
      guardian restore guardian.tar --to /root/look
      guardian restore guardian.tar --pki /etc/guardian/pki --settings / \\
          --database-url sqlite:////var/lib/guardian/dispatcher/incidents.db
      age -d -i KEY guardian.tar.age | guardian restore - --to look
    """
    try:
        done = _restore(archive_path, **options)
    except (GuardianError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for part, where in done.put.items():
        click.echo(f"restored   {part}: {where}")
    for part in done.left:
        click.echo(f"left out   {part}: no option says where to")
    for note in done.notes:
        click.echo(f"note       {note}")


def _restore(
    path: Path, *, to: Path | None, scratch: Path | None, replace: bool, **options: Any
) -> Restored:
    with (
        archive.given_archive(path) as source,
        TemporaryDirectory(dir=scratch, prefix=".guardian-restore-") as folder,
    ):
        unpacked = archive.unpack(source, Path(folder))
        places = _places(to=to, **options)
        if to is not None:
            places = below(to, places, unpacked.manifest)
        return put_back(unpacked, places, SystemClock().now_ms(), replace=replace)


def _places(
    *, to: Path | None, config: Path | None, database_url: str | None, broker_dir: Path | None,
    settings: Path | None, **places: Any,
) -> Places:  # fmt: skip
    """Return what the options say; with --to, variables place nothing in the running system."""
    asked = to is None or config is not None or database_url is not None
    return Places(
        database_url=_database_url(database_url, config) if asked else None,
        broker=broker_dir,
        settings=(settings,) if settings else (),
        **places,
    )


_database_url = database_url
