"""`guardian broker`: looking after the brokers."""

import os
import sys
from pathlib import Path

import click

from broker_config.watch import service
from broker_config.watch.settings import WatchSettings
from contract.errors import GuardianError, PermanentError
from runtime import logs
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS
from runtime.settings import help_text, load


@click.group()
def broker() -> None:
    """Look after the brokers.

    \b
    Try it:  guardian broker watch --config watch.toml
    """


@broker.command(epilog="\b\nSettings:\n" + help_text(WatchSettings))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; variables win over it.",
)
def watch(config: Path | None) -> None:
    """Show Prometheus what the brokers count, and when certificates end.

    \b
    Example:  GUARDIAN_BROKERS=mqtts://broker:8884 GUARDIAN_METRICS_BIND=127.0.0.1:9103 \\
              guardian broker watch --config watch.toml
    """
    try:
        settings = load(WatchSettings, environ=os.environ, config=config)
        logs.configure("watch", level=settings.log_level, form=settings.log_form)
        code = service.run(settings)
    except GuardianError as error:
        click.echo(f"Error: {error}", err=True)
        code = EXIT_SETTINGS if isinstance(error, PermanentError) else EXIT_FAILED
    sys.exit(code)
