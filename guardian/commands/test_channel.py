"""`guardian dispatcher test-channel`: does an alert arrive?"""

import os
import sys
from pathlib import Path

import click

from contract.errors import GuardianError, PermanentError
from dispatcher.channels.trial import find_channel, trial_message
from dispatcher.settings import DispatcherSettings
from runtime import logs
from runtime.clock import SystemClock
from runtime.lifecycle import EXIT_FAILED, EXIT_SETTINGS
from runtime.settings import SettingsError, load


@click.command("test-channel")
@click.argument("name")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The dispatcher's TOML file, with its [[channel]] tables; variables win over it.",
)
def test_channel(name: str, config: Path | None) -> None:
    """Send a test, clearly marked as one, through the alert channel NAME.

    It works beside a running dispatcher, and touches neither broker nor database. The end is 0 when
    the other side took it, 1 when it did not (try again later), 78 when a setting must change.

    \b
    Example:  guardian dispatcher test-channel duty-mail --config dispatcher.toml
    """
    clock = SystemClock()
    try:
        settings = load(DispatcherSettings, environ=os.environ, config=config)
        logs.configure("dispatcher", level="error", form=settings.log_form)
        channel = find_channel(settings, name, clock)
        message = trial_message(clock)
        began = clock.monotonic()
        channel.send(message)
    except GuardianError as error:
        click.echo(f"Error: {_words(name, error)}", err=True)
        sys.exit(EXIT_SETTINGS if isinstance(error, PermanentError) else EXIT_FAILED)
    took = clock.monotonic() - began
    click.echo(f"{name}: delivered in {took:.2f} s. Look there for the test {message.id}.")


def _words(name: str, error: GuardianError) -> str:
    """Return what went wrong, and what its class means, for a channel that did not deliver."""
    if isinstance(error, SettingsError) or name in str(error):
        return str(error)
    meaning = (type(error).__doc__ or "").strip().partition("\n")[0]
    return f"{name}: {error}\n{meaning}"
