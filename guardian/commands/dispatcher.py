"""`guardian dispatcher`: panics become incidents, incidents alerts; who may look at them."""

import os
import sys
from pathlib import Path

import click

from contract.errors import GuardianError, PermanentError
from dispatcher import service
from dispatcher.settings import DispatcherSettings
from guardian.commands.accounts import token, user
from guardian.commands.holder_codes import codes
from guardian.commands.jurisdictions import jurisdictions
from guardian.commands.ladder_check import check, refuse_unsound
from guardian.commands.test_channel import test_channel
from runtime import logs
from runtime.clock import SystemClock
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS
from runtime.settings import help_text, load


@click.group()
def dispatcher() -> None:
    """Turn panics into incidents and alerts, and serve the console.

    \b
    Try it:  guardian dispatcher run --config dispatcher.toml
    """


@dispatcher.command(epilog="\b\nSettings:\n" + help_text(DispatcherSettings))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; variables win over it.",
)
def run(config: Path | None) -> None:
    """Take panics from the broker, alert until somebody has them, and serve the console.

    \b
    Example:  GUARDIAN_BROKERS=mqtts://broker:8884 guardian dispatcher run --config dispatcher.toml
    """
    try:
        settings = load(DispatcherSettings, environ=os.environ, config=config)
        refuse_unsound(settings, config, SystemClock().now_ms())
        logs.configure("dispatcher", level=settings.log_level, form=settings.log_form)
        code = service.run(settings)
    except GuardianError as error:
        click.echo(f"Error: {error}", err=True)
        code = EXIT_SETTINGS if isinstance(error, PermanentError) else EXIT_FAILED
    sys.exit(code)


dispatcher.add_command(user)
dispatcher.add_command(check)
dispatcher.add_command(codes)
dispatcher.add_command(token)
dispatcher.add_command(jurisdictions)
dispatcher.add_command(test_channel)
