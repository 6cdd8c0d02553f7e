"""`guardian simulate`."""

import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import click
import msgspec

from broker_config.enrolment import Enrolment
from contract.errors import GuardianError
from contract.messages import PanicKind
from device_agent.settings import AgentSettings
from guardian.demo.scene import Scene
from guardian.simulator.run import Plan, Result, Simulation
from runtime import logs
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping
from runtime.settings import load

MAX_DEVICES = 2000
"""Each has a network thread of its own; beyond this the simulator measures itself."""


class Number(click.FloatRange):
    """A number in a range; click's own lets NaN through, which compares with nothing."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail as click does."""
        number = float(super().convert(cast("float", value), param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


@click.command()
@click.option("--devices", type=click.IntRange(1, MAX_DEVICES), default=10, show_default=True)
@click.option(
    "--rate",
    type=Number(0, 10),
    default=1.0,
    show_default=True,
    help="positions per second of each tracker",
)
@click.option(
    "--duration",
    type=Number(1, 86_400),
    default=30.0,
    show_default=True,
    help="seconds",
)
@click.option(
    "--panics", type=click.IntRange(0), default=1, show_default=True, help="presses in all"
)
@click.option(
    "--kind",
    type=click.Choice(["button", "test"]),
    default="button",
    show_default=True,
    help="`test` alerts no production channel",
)
@click.option(
    "--pki",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="the PKI of a running Guardian, where the trackers sim-1, sim-2 ... are enrolled; "
    "without it a broker, ingest and dispatcher are started for the run",
)
@click.option("--broker", help="the trackers' listener, if not the one that the PKI names")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def simulate(
    *,
    devices: int,
    rate: float,
    duration: float,
    panics: int,
    kind: PanicKind,
    pki: Path | None,
    broker: str | None,
    as_json: bool,
) -> None:
    """Drive simulated trackers through real MQTT connections; print press -> received.

    They walk, ride and rest in Taipei. Exits with 1 when a press was not answered.

    \b
    Example:  guardian simulate --devices 20 --rate 1 --duration 30 --panics 5
              guardian simulate --pki /etc/guardian/pki --kind test --json
    """
    logs.configure("simulate", level="error", form="auto")
    plan = Plan(rate=rate, duration_s=duration, panics=panics, kind=kind)
    try:
        with _trackers(devices, pki, broker) as settings, _progress(as_json=as_json) as progress:
            result = Simulation(settings, plan, SystemClock()).run(progress)
    except GuardianError as error:
        raise click.ClickException(str(error)) from error
    click.echo(msgspec.json.encode(result).decode() if as_json else _text(result))
    sys.exit(1 if result.panics_unanswered else 0)


@contextmanager
def _trackers(count: int, pki: Path | None, broker: str | None) -> Iterator[list[AgentSettings]]:
    if pki is not None:
        yield _enrolled(count, Enrolment(pki), pki / "simulated", [broker] if broker else [])
        return
    with tempfile.TemporaryDirectory(prefix="guardian-simulate-") as name:
        scene = Scene(Path(name), SystemClock(), Stopping(), temporary=True)
        try:
            scene.prepare()
            bundles = Path(name) / "simulated"
            settings = _enrolled(count, scene.enrolment, bundles, [broker or scene.broker_url])
            scene.start_broker()
            scene.start_ingest()
            scene.start_dispatcher()
            yield settings
            scene.children.check()
        finally:
            scene.children.stop()


def _enrolled(
    count: int, enrolment: Enrolment, bundles: Path, brokers: list[str]
) -> list[AgentSettings]:
    """Enrol what is not enrolled yet; the bundles of an earlier run are used again."""
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    enrolment.list(now)  # refuses a folder without a PKI before anything is made in it
    bundles.mkdir(mode=0o700, exist_ok=True)
    settings = []
    for number in range(1, count + 1):
        bundle = bundles / f"sim-{number}"
        if not bundle.exists():
            enrolment.add(bundle.name, now, out=bundle, brokers=brokers)
        environ = {"GUARDIAN_BROKERS": brokers[0]} if brokers else {}
        settings.append(load(AgentSettings, environ=environ, config=bundle / "agent.toml"))
    return settings


@contextmanager
def _progress(*, as_json: bool) -> Iterator[Callable[[float], None]]:
    hidden = as_json or not sys.stderr.isatty()
    with click.progressbar(length=1000, label="Walking", file=sys.stderr, hidden=hidden) as bar:
        yield lambda share: bar.update(int(share * 1000) - bar.pos)


def _text(result: Result) -> str:
    text = f"""\
trackers   {result.devices}
positions  {result.positions_made} made, {result.positions_stored} named as stored by now
panics     {result.panics_pressed} pressed, {result.panics_received} received, \
{result.panics_unanswered} unanswered"""
    if result.median_ms is None:
        return text
    return (
        f"{text}\npress -> received   median {result.median_ms} ms, p99 {result.p99_ms} ms, "
        f"max {result.max_ms} ms"
    )
