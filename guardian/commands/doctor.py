"""`guardian doctor`: is this installation well, and if not, what mends it."""

import os
import sys
from pathlib import Path
from typing import get_args

import click

from guardian.doctor import render
from guardian.doctor.checkup import checks, only
from guardian.doctor.deployment import concrete
from guardian.doctor.discovery import Asked, find
from guardian.doctor.finding import Area, Finding, fault
from guardian.doctor.installation import Installation
from guardian.doctor.reading import PARTS, Part
from guardian.doctor.runner import LIMIT_S, examine
from runtime import logs
from runtime.clock import SystemClock

_log = logs.get(__name__)

EXIT_WELL = 0
EXIT_FAULT = 1


class _Config(click.ParamType[tuple[Part | None, Path]]):
    """FILE, or PART=FILE where the file does not say whose settings it holds."""

    name = "[part=]file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Part | None, Path]:
        """Return the part, if it is said, and the path."""
        del param, ctx
        text = str(value)
        named, equals, path = text.partition("=")
        for part in PARTS:
            if equals and part == named:
                return part, Path(path)
        return None, Path(text)


@click.command()
@click.option(
    "--config", "configs", type=_Config(), multiple=True,
    help="A settings file: agent.toml, ingest.toml, dispatcher.toml, watch.toml; repeat it. "
    "[default: those in /etc/guardian]",
)  # fmt: skip
@click.option(
    "--part", "parts", type=click.Choice(PARTS), multiple=True,
    help="A part whose settings are environment variables alone, as in a container.",
)  # fmt: skip
@click.option(
    "--pki", type=click.Path(path_type=Path, readable=False),
    help="The folder of `guardian enroll`. [default: GUARDIAN_PKI_DIR, /etc/guardian/pki]",
)  # fmt: skip
@click.option(
    "--tokens", type=click.Path(path_type=Path, readable=False),
    help="That of `guardian store init`. [default: GUARDIAN_TOKENS_DIR, /etc/guardian/tokens]",
)  # fmt: skip
@click.option(
    "--only", "areas", type=click.Choice(get_args(Area)), multiple=True, metavar="NAME",
    help=f"Look only at this; repeat it: {', '.join(get_args(Area))}.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(1, 600), default=LIMIT_S, show_default=True,
    help="Seconds for everything together.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 1 for a warning, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; see docs/doctor.md.")
def doctor(
    *, configs: tuple[tuple[Part | None, Path], ...], parts: tuple[Part, ...], pki: Path | None,
    tokens: Path | None, areas: tuple[str, ...], timeout: float, strict: bool, as_json: bool,
) -> None:  # fmt: skip
    """Say whether this installation is well; each fault with what mends it.

    It changes nothing, makes no position and no incident, and disturbs no tracker. Exits with 1
    when there is a fault.

    \b
    Try it:  guardian doctor --config agent.toml                      # on a tracker
             guardian doctor --config ingest.toml --config dispatcher.toml --pki pki --tokens tokens
             docker compose run --rm admin doctor
    """
    logs.configure("doctor", level="critical", form="auto")
    asked = Asked(configs=configs, parts=parts, pki=pki, tokens=tokens)
    findings = _examined(asked, areas, timeout)
    if as_json:
        click.echo(render.json(findings))
    else:
        click.echo(render.text(findings, colour=sys.stdout.isatty()))
    sys.exit(EXIT_WELL if render.well(findings, strict=strict) else EXIT_FAULT)


def _found(asked: Asked) -> Installation:
    try:
        return find(asked, os.environ)
    except Exception as error:  # noqa: BLE001 - the top of the command: nobody is shown a traceback
        _log.exception("doctor_found_nothing")
        says = f"cannot be found out: {type(error).__name__}: {error}"
        remedy = (
            "name the files: guardian doctor --help; and report this, it is a bug of Guardian's"
        )
        return Installation(findings=(fault("settings.read", "installation", says, remedy),))


def _examined(asked: Asked, areas: tuple[str, ...], timeout: float) -> list[Finding]:
    clock = SystemClock()
    installation = _found(asked)
    found = examine(only(checks(installation, clock), areas), limit_s=timeout, clock=clock)
    return [concrete(each, pki=installation.pki, tokens=installation.tokens) for each in found]
