"""`guardian journey`: the holder's journeys, said to the agent on this machine."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from contract.messages import JourneyMode
from guardian.commands.agent import ask, config_option, find_state_dir, state_dir_option

_MODES: tuple[JourneyMode, ...] = ("taxi", "hike", "walk", "other")


def _due_ms(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """Return ms since 1970 of a local time of day (the next one), a date and time, or minutes."""
    del ctx, param
    now = datetime.now(UTC).astimezone()
    try:
        return round(_due(value, now).timestamp() * 1000)
    except ValueError:
        expected = "expected 23:30, 2026-05-01T06:00 or +90 (minutes)"
        raise click.BadParameter(f"{value!r}: {expected}") from None


@click.group()
def journey() -> None:
    """Register where you are going and when you arrive; help comes if you do not.

    \b
    Try it:  guardian journey start --mode taxi --plate ABC-1234 --due 23:30
    """


@journey.command()
@config_option
@state_dir_option
@click.option("--mode", type=click.Choice(_MODES), required=True)
@click.option(
    "--due", callback=_due_ms, required=True, help="23:30, 2026-05-01T06:00, or +90 minutes."
)
@click.option("--plate", help="Of the vehicle, as it stands there.")
@click.option("--vehicle", help="What it looks like.")
@click.option("--driver", help="The name on the card in the car.")
@click.option("--to", "destination", help="The destination's name.")
@click.option("--at", nargs=2, type=float, metavar="LAT LON", help="Where the destination is.")
@click.option("--route", help="The id of a route that was uploaded before.")
@click.option("--check-in", type=click.IntRange(1), help="The longest normal silence, minutes.")
@click.option("--party", type=click.IntRange(1), help="How many you are.")
@click.option("--note", help="Anything else that helps to find you.")
def start(*, config: Path | None, state_dir: Path | None, **said: Any) -> None:
    """Begin a journey.

    \b
    Try it:  guardian journey start --mode hike --due 2026-05-01T18:00 --party 2 --to 'Yushan'
    """
    folder = find_state_dir(config, state_dir)
    made = ask(folder, {"do": "journey", "action": "start", "plan": _plan(said)})
    click.echo(f"Registered: you are due at {_clock(made['due_at'])}.")
    driver = _wait_for_driver(folder) if said["plate"] else None
    if driver:
        click.echo(driver)


@journey.command()
@config_option
@state_dir_option
@click.argument("due", callback=_due_ms)
def extend(due: int, config: Path | None, state_dir: Path | None) -> None:
    """Arrive later: a new time of arrival.

    \b
    Try it:  guardian journey extend 23:59
    """
    question = {"do": "journey", "action": "extend", "due_at": due}
    made = ask(find_state_dir(config, state_dir), question)
    click.echo(f"You are now due at {_clock(made['due_at'])}.")


@journey.command("check-in")
@config_option
@state_dir_option
def check_in(config: Path | None, state_dir: Path | None) -> None:
    """Say that all is well.

    \b
    Try it:  guardian journey check-in
    """
    made = ask(find_state_dir(config, state_dir), {"do": "journey", "action": "check_in"})
    click.echo(f"Noted; you are due at {_clock(made['due_at'])}.")


@journey.command()
@config_option
@state_dir_option
def arrive(config: Path | None, state_dir: Path | None) -> None:
    """Say that you have arrived.

    \b
    Try it:  guardian journey arrive
    """
    ask(find_state_dir(config, state_dir), {"do": "journey", "action": "arrive"})
    click.echo("Good. The journey is over.")


@journey.command()
@config_option
@state_dir_option
def cancel(config: Path | None, state_dir: Path | None) -> None:
    """Call the journey off.

    \b
    Try it:  guardian journey cancel
    """
    ask(find_state_dir(config, state_dir), {"do": "journey", "action": "cancel"})
    click.echo("The journey is called off.")


_DRIVER_WAIT_S = 5.0
"""A working path answers within a second; a holder at a taxi's door waits no longer."""
_POLL_S = 0.2


def _wait_for_driver(folder: Path) -> str | None:
    """Return what the police know of the plate, if they say so soon."""
    until = time.monotonic() + _DRIVER_WAIT_S
    while time.monotonic() < until:
        row = ask(folder, {"do": "status"})["journey"]
        if row and row.get("stage"):
            return _driver_text(row)
        time.sleep(_POLL_S)
    return "Not answered yet; `guardian agent status` will show the driver."


def _driver_text(row: dict[str, Any]) -> str | None:
    driver, marks = row.get("driver") or {}, row.get("marks") or []
    if "plate_unknown" in marks:
        return "The police do not know this plate. Look again, or take another taxi."
    known = ", ".join(driver[key] for key in ("name", "company") if driver.get(key))
    if "plate_mismatch" in marks:
        return f"Careful: the plate belongs to {known or 'somebody else'}."
    return f"The driver is {known}." if known else None


def _plan(said: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, in the fields of the contract's `Journey`."""
    at = said["at"] or (None, None)
    plan = {
        "mode": said["mode"],
        "due_at": said["due"],
        "vehicle": _without_none(plate=said["plate"], description=said["vehicle"]),
        "driver": _without_none(name=said["driver"]),
        "destination": _without_none(name=said["destination"], lat=at[0], lon=at[1]),
        "route_id": said["route"],
        "check_in_s": said["check_in"] and said["check_in"] * 60,
        "party": said["party"],
        "note": said["note"],
    }
    return {key: value for key, value in plan.items() if value is not None}


def _without_none(**fields: Any) -> dict[str, Any] | None:
    return {key: value for key, value in fields.items() if value is not None} or None


def _due(text: str, now: datetime) -> datetime:
    if text.startswith("+"):
        return now + timedelta(minutes=float(text))
    try:
        due = datetime.combine(now.date(), datetime.strptime(text, "%H:%M").time(), now.tzinfo)  # noqa: DTZ007 - the zone follows
    except ValueError:
        return datetime.fromisoformat(text).astimezone()
    return due if due > now else due + timedelta(days=1)


def _clock(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
