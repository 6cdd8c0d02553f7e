"""`guardian demo`."""

import sys
from pathlib import Path

import click

from guardian.demo.run import run


@click.command()
@click.option(
    "--ready",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write addresses, a token and the trackers' folders to this file when all is up",
)
def demo(ready: Path | None) -> None:
    """Run all of Guardian on loopback until Ctrl-C: three trackers, and a panic after 15 s.

    Needs Mosquitto. Keeps everything in a temporary folder, which is removed at the end; several
    demos can run at once.

    \b
    Example:  guardian demo --ready /tmp/guardian.json
    """
    sys.exit(run(ready, click.echo))
