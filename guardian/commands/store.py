"""`guardian store`: make the telemetry store ready."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from contract.errors import GuardianError
from dispatcher.settings import DispatcherSettings
from ingest.settings import IngestSettings
from runtime import logs
from runtime.clock import Clock, SystemClock
from runtime.lifecycle import Stopping
from runtime.settings import LogSettings, SettingsError, load
from telemetry_store.errors import UnavailableError
from telemetry_store.port import open_store
from telemetry_store.settings import DAY_MS, StoreSettings
from telemetry_store.setup import set_up
from telemetry_store.step import Step
from telemetry_store.thinning import Thinned, thin

MARGIN_MS = 3_600_000
"""What is just at the end of its retention may be refused before it is written."""
AGAIN_S = 0.5
"""A fresh InfluxDB answers after 2 s."""


@dataclass(frozen=True, kw_only=True)
class _InitSettings(StoreSettings, LogSettings):
    """What `store init` needs to know."""


@click.group()
def store() -> None:
    """Make the telemetry store ready.

    \b
    Try it:  GUARDIAN_TELEMETRY_STORE=sqlite:///telemetry.db guardian store init
    """


@store.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; it may be that of ingest or dispatcher.",
)
@click.option(
    "--tokens",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tokens"),
    show_default=True,
    help="The folder for the tokens that InfluxDB makes, one file (0400) for each part.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Go on trying for so long while the store does not answer.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
def init(config: Path | None, tokens: Path, wait_s: float, *, dry_run: bool) -> None:
    """Make organisation, buckets with retention, and scoped tokens; again does no harm.

    A retention that was changed in the settings is given to the bucket by the next run. SQLite's is
    kept by ingest itself, every hour.

    A fresh InfluxDB is set up, its administrator's token left in --tokens. For one in use give an
    administrator's token in INFLUXDB_V2_TOKEN or INFLUXDB_V2_TOKEN_FILE. A part's token is a file
    of its name, in a folder of its name if there is one. For SQLite, the file is made.

    \b
    Example:  INFLUXDB_V2_URL=http://127.0.0.1:8086 guardian store init --tokens tokens
    """
    try:
        others = (IngestSettings, DispatcherSettings)
        settings = load(_InitSettings, environ=os.environ, config=config, shared=others)
        logs.configure("store", level=settings.log_level, form=settings.log_form)
        steps = set_up_within(
            wait_s, settings, tokens, SystemClock(), Stopping().wait, dry_run=dry_run
        )
    except GuardianError as error:
        raise click.ClickException(str(error)) from error
    for step in steps:
        outcome = f"would be {step.outcome}" if dry_run and step.outcome != "kept" else step.outcome
        click.echo(f"{outcome:{17 if dry_run else 8}}{step.what}")


@store.command("thin")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with settings; it may be that of ingest or dispatcher.",
)
@click.option(
    "--days",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How far back; longer after days without a run, or when trackers were cut off.",
)
def thin_(config: Path | None, days: int) -> None:
    """Keep one position of each tracker in GUARDIAN_THINNED_EVERY_S for longer than all.

    Run it every night; again does no harm. How long they are kept says
    GUARDIAN_THINNED_RETENTION_DAYS, and without it there are none. With InfluxDB it needs the
    token `thinning`, which `store init` makes.

    \b
    Example:  INFLUXDB_V2_TOKEN_FILE=tokens/thinning guardian store thin --config ingest.toml
    """
    try:
        others = (IngestSettings, DispatcherSettings)
        settings = load(_InitSettings, environ=os.environ, config=config, shared=others)
        logs.configure("store", level=settings.log_level, form=settings.log_form)
        if not settings.thinned_retention_days:
            raise SettingsError(["GUARDIAN_THINNED_RETENTION_DAYS is 0: nothing is to be thinned"])
        done = _thin(settings, days, SystemClock().now_ms())
    except GuardianError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{done.kept} positions of {done.devices} trackers kept")


def _thin(settings: StoreSettings, days: int, now_ms: int) -> Thinned:
    """Thin the last days, as far as both stores keep them."""
    days = min(days, settings.telemetry_retention_days, settings.thinned_retention_days)
    with closing(open_store(settings)) as source, closing(open_store(settings.thinned)) as target:
        target.prune(now_ms)
        every_ms = settings.thinned_every_s * 1000
        return thin(source, target, now_ms - days * DAY_MS + MARGIN_MS, now_ms, every_ms)


def set_up_within(
    wait_s: float,
    settings: StoreSettings,
    tokens: Path,
    clock: Clock,
    pause: Callable[[float], object],
    *,
    dry_run: bool = False,
) -> list[Step]:
    """Set up, trying again until `wait_s` is over; what an attempt has made the next one keeps.

    Raises:
        UnavailableError: the store has not answered in that time.
        DeniedError: it has, and refuses; waiting cannot help.
    """
    end = clock.monotonic() + wait_s
    while True:
        try:
            return set_up(settings, tokens, dry_run=dry_run)
        except UnavailableError:
            if clock.monotonic() >= end:
                raise
        pause(AGAIN_S)
