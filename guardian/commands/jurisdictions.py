"""`guardian dispatcher jurisdictions`: is a file of areas sound, and whose is a place."""

import sys
from pathlib import Path

import click

from dispatcher.jurisdiction.geojson import JurisdictionsError, read_jurisdictions
from dispatcher.jurisdiction.table import Jurisdictions
from runtime.lifecycle import EXIT_SETTINGS

LAT_MAX, LON_MAX = 90, 180


@click.group()
def jurisdictions() -> None:
    """Look at files for GUARDIAN_JURISDICTIONS_FILE."""


@jurisdictions.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--place", metavar="LAT,LON", help="Say also whose this place is.")
def check(file: Path, place: str | None) -> None:
    """Read FILE as the dispatcher would, and show what it says. Exit code 78: it is refused.

    \b
    Example:  guardian dispatcher jurisdictions check areas.geojson --place 25.03,121.56
    """
    position = None if place is None else _position(place)
    try:
        known = read_jurisdictions(file)
    except JurisdictionsError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_SETTINGS)
    for each in known.all():
        channels = "all channels" if each.channels is None else ", ".join(each.channels)
        click.echo(f"{each.id}: {len(each.stations)} stations, {channels}")
    if position is not None:
        _show(known, *position)


def _show(known: Jurisdictions, lat: float, lon: float) -> None:
    found = known.at(lat, lon)
    click.echo(f"{lat}, {lon}: {'nobody: all are alerted' if found is None else found.id}")
    for near in known.nearest(lat, lon):
        click.echo(f"  {near.station.name}: {near.distance / 1000:.1f} km")


def _position(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(each) for each in text.split(","))
    except ValueError:
        raise click.BadParameter("expected LAT,LON in degrees, as 25.03,121.56") from None
    if not (abs(lat) <= LAT_MAX and abs(lon) <= LON_MAX):
        raise click.BadParameter("latitudes end at 90, longitudes at 180 degrees")
    return lat, lon
