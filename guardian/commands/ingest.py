"""`guardian ingest`: positions from the broker into the telemetry store."""

import os
import sys
from pathlib import Path

import click

from contract.errors import GuardianError, PermanentError
from guardian.commands.dead_letters import dead_letters
from ingest import service
from ingest.settings import IngestSettings
from runtime import logs
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS
from runtime.settings import help_text, load


@click.group()
def ingest() -> None:
    """Store what trackers report.

    \b
    Try it:  guardian ingest run --config ingest.toml
    """


@ingest.command(epilog="\b\nSettings:\n" + help_text(IngestSettings))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; variables win over it.",
)
def run(config: Path | None) -> None:
    """Take positions from the broker, store them, and tell the trackers what is safe.

    \b
    Example:  GUARDIAN_BROKERS=mqtts://broker:8884 guardian ingest run --config ingest.toml
    """
    try:
        settings = load(IngestSettings, environ=os.environ, config=config)
        logs.configure("ingest", level=settings.log_level, form=settings.log_form)
        code = service.run(settings)
    except GuardianError as error:
        click.echo(f"Error: {error}", err=True)
        code = EXIT_SETTINGS if isinstance(error, PermanentError) else EXIT_FAILED
    sys.exit(code)


ingest.add_command(dead_letters)
