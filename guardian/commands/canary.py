"""`guardian canary`: a press every minute through the whole path."""

import os
import sys
from pathlib import Path

import click

from contract.errors import GuardianError, PermanentError
from guardian.canary import service
from guardian.canary.settings import CanarySettings
from runtime import logs
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS
from runtime.settings import help_text, load


@click.group()
def canary() -> None:
    """Press every minute, and see that the press comes back.

    \b
    Try it:  guardian canary run --config canary.toml
    """


@canary.command(epilog="\b\nSettings:\n" + help_text(CanarySettings))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; variables win over it.",
)
def run(config: Path | None) -> None:
    """Press through each broker in turn, and wait for *received* and for the webhook.

    \b
    Example:  guardian canary run --config /etc/guardian/canary/canary.toml
    """
    try:
        settings = load(CanarySettings, environ=os.environ, config=config)
        logs.configure("canary", level=settings.log_level, form=settings.log_form)
        code = service.run(settings)
    except GuardianError as error:
        click.echo(f"Error: {error}", err=True)
        code = EXIT_SETTINGS if isinstance(error, PermanentError) else EXIT_FAILED
    sys.exit(code)
