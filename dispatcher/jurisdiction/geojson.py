"""Jurisdictions from GeoJSON (RFC 7946): docs/jurisdictions.md describes the format."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from contract.errors import PermanentError
from contract.messages import Latitude, Longitude
from dispatcher.jurisdiction.polygon import FlatError, PoleError, Polygon, Ring
from dispatcher.jurisdiction.table import Jurisdiction, Jurisdictions, Station
from dispatcher.outline import OutlineError, areas_with_properties

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dispatcher.jurisdiction.polygon import Positions

MAX_READ: Final = 4 * 1024 * 1024 + 1
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Channel = Annotated[str, Meta(min_length=1, max_length=64)]


class JurisdictionsError(PermanentError):
    """The jurisdictions cannot be read; see GUARDIAN_JURISDICTIONS_FILE."""


class _Station(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    lat: Latitude
    lon: Longitude
    name_local: str = ""
    telephone: Annotated[str, Meta(max_length=32)] | None = None
    approximate: bool = False


class _Properties(Struct, frozen=True, kw_only=True):
    """Further properties are somebody else's business."""

    name: Name
    id: Name | None = None
    name_local: str = ""
    priority: int = 0
    stations: list[_Station] = []
    channels: list[Channel] | None = None


def read_jurisdictions(path: "Path") -> Jurisdictions:
    """Read a file.

    Raises:
        JurisdictionsError: naming the file, the feature in it and what was expected there.
    """
    try:
        with path.open("rb") as file:
            return Jurisdictions(parse(file.read(MAX_READ)))
    except OSError as error:
        raise JurisdictionsError(f"{path}: cannot be read: {error.strerror}") from error
    except JurisdictionsError as error:
        raise JurisdictionsError(f"{path}: {error}") from None


def parse(raw: bytes) -> list[Jurisdiction]:
    """Return what the features say.

    Raises:
        JurisdictionsError: naming the feature by its number and what was expected there.
    """
    try:
        features = areas_with_properties(raw)
    except OutlineError as error:
        raise JurisdictionsError(str(error)) from None
    found = [_jurisdiction(*each) for each in features]
    seen: dict[str, str] = {}
    for (where, *_), each in zip(features, found, strict=True):
        if each.id in seen:
            raise JurisdictionsError(f"{where}: the id {each.id!r} is that of {seen[each.id]} too")
        seen[each.id] = where
    return found


def _jurisdiction(
    where: str, properties: dict[str, Any], polygons: "Sequence[Sequence[Positions]]"
) -> Jurisdiction:
    try:
        said = msgspec.convert(properties, _Properties)
    except msgspec.ValidationError as error:
        raise JurisdictionsError(f"{where}.properties: {error}") from None
    return Jurisdiction(
        id=said.id or said.name,
        name=said.name,
        name_local=said.name_local,
        priority=said.priority,
        areas=tuple(_polygon(f"{where}, area {i}", each) for i, each in enumerate(polygons)),
        stations=tuple(Station(**msgspec.structs.asdict(each)) for each in said.stations),
        channels=None if said.channels is None else tuple(said.channels),
    )


def _polygon(where: str, rings: "Sequence[Positions]") -> Polygon:
    if not rings:
        raise JurisdictionsError(f"{where}: expected a ring")
    outer, *holes = [_ring(f"{where}, ring {i}", each) for i, each in enumerate(rings)]
    for i, (hole, positions) in enumerate(zip(holes, rings[1:], strict=True)):
        if not any(outer.holds(lat, lon) for lon, lat in positions):
            raise JurisdictionsError(f"{where}, ring {i + 1}: expected a hole within ring 0")
        if hole.area > outer.area:
            raise JurisdictionsError(f"{where}, ring {i + 1}: the hole is larger than ring 0")
    return Polygon(outer, tuple(holes))


def _ring(where: str, positions: "Positions") -> Ring:
    try:
        return Ring.of(positions)
    except (PoleError, FlatError) as error:
        raise JurisdictionsError(f"{where}: {error}") from None
