"""The outline that the console's map draws: GeoJSON read, checked and written anew (RFC 7946)."""

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from contract.errors import PermanentError
from contract.plain_text import plain

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 4 * 1024 * 1024
"""Every console loads it at its start, perhaps over a telephone."""
MAX_POINTS: Final = 100_000
"""As many as a browser without a graphics card draws while the map is moved."""
MIN_RING: Final = 4
MAX_LON: Final = 180
MAX_LAT: Final = 90
MAX_NAME_CHARS: Final = 80
MAX_ATTRIBUTION_CHARS: Final = 200

Ring: TypeAlias = list[tuple[float, float]]


class OutlineError(PermanentError):
    """The file cannot be drawn as outline; see GUARDIAN_MAP_OUTLINE_FILE."""


def bundled() -> bytes:
    """Return the outline of Taiwan's counties."""
    return files("dispatcher").joinpath("console", "taiwan.geojson").read_bytes()


def read_outline(path: "Path") -> bytes:
    """Return a file's areas and their names as GeoJSON, without anything else that it has.

    Raises:
        OutlineError: naming the file, the place in it and what was expected there.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        return rewritten(raw)
    except OSError as error:
        raise OutlineError(f"{path}: cannot be read: {error.strerror}") from error
    except OutlineError as error:
        raise OutlineError(f"{path}: {error}") from None


def rewritten(raw: bytes) -> bytes:
    """Return GeoJSON with areas alone: a MultiPolygon, `name` and `name_local` of each feature.

    Raises:
        OutlineError: naming the place and what was expected there.
    """
    whole = _decoded(raw)
    features = [_feature(where, each) for where, each in _features(whole)]
    points = sum(len(ring) for each in features for area in _areas(each) for ring in area)
    if points > MAX_POINTS:
        raise OutlineError(f"has {points} points; simplify it to {MAX_POINTS} at most")
    attribution = _text(whole, "attribution", MAX_ATTRIBUTION_CHARS)
    return msgspec.json.encode(
        {"type": "FeatureCollection", "attribution": attribution, "features": features}
    )


def areas_with_properties(raw: bytes) -> list[tuple[str, dict[str, Any], list[list[Ring]]]]:
    """Return each feature's place in the file, its properties as they are, and its polygons.

    Raises:
        OutlineError: as for `rewritten`.
    """
    found = []
    for where, feature in _features(_decoded(raw)):
        polygons = _areas(_feature(where, feature))
        properties = feature.get("properties")
        found.append((where, properties if isinstance(properties, dict) else {}, polygons))
    return found


def _decoded(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES:
        raise OutlineError(f"is larger than {MAX_BYTES >> 20} MiB; simplify it")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OutlineError(f"is not JSON: {error}") from None


def _features(whole: Any) -> list[tuple[str, Any]]:
    """Return what is to be drawn, each with its place in the file."""
    kind = whole.get("type") if isinstance(whole, dict) else None
    if kind == "FeatureCollection":
        return [(f"features[{i}]", each) for i, each in enumerate(_list("features", whole))]
    if kind in ("Feature", "Polygon", "MultiPolygon"):
        return [("the feature", whole if kind == "Feature" else {"geometry": whole})]
    raise OutlineError(f"type: expected GeoJSON's FeatureCollection, found {_shown(kind)}")


def _feature(where: str, feature: Any) -> dict[str, Any]:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise OutlineError(
            f"{where}.geometry.type: expected Polygon or MultiPolygon, found {_shown(kind)}"
        )
    where = f"{where}.geometry.coordinates"
    areas = _list("coordinates", geometry, where)
    if kind == "Polygon":
        made = [_area(where, areas)]
    else:
        made = [_area(f"{where}[{i}]", each) for i, each in enumerate(areas)]
    known = feature.get("properties")
    names = {name: _text(known, name, MAX_NAME_CHARS) for name in ("name", "name_local")}
    return {
        "type": "Feature",
        "properties": names,
        "geometry": {"type": "MultiPolygon", "coordinates": made},
    }


def _areas(feature: dict[str, Any]) -> list[list[Ring]]:
    found: list[list[Ring]] = feature["geometry"]["coordinates"]
    return found


def _area(where: str, rings: Any) -> list[Ring]:
    if not isinstance(rings, list):
        raise OutlineError(f"{where}: expected a list of rings, found {_shown(rings)}")
    return [_ring(f"{where}[{i}]", ring) for i, ring in enumerate(rings)]


def _ring(where: str, ring: Any) -> Ring:
    if not isinstance(ring, list) or len(ring) < MIN_RING:
        raise OutlineError(f"{where}: expected a ring of at least {MIN_RING} points")
    points = [_point(where, i, each) for i, each in enumerate(ring)]
    if points[0] != points[-1]:
        raise OutlineError(f"{where}: expected a closed ring, whose last point is its first")
    return points


def _point(where: str, index: int, point: Any) -> tuple[float, float]:
    match point:
        case [int() | float() as lon, int() | float() as lat, *_] if (
            abs(lon) <= MAX_LON and abs(lat) <= MAX_LAT
        ):
            return float(lon), float(lat)
    raise OutlineError(
        f"{where}[{index}]: expected [longitude, latitude] in degrees (WGS 84), "
        f"found {_shown(point)}"
    )


def _list(name: str, holder: dict[str, Any], where: str = "") -> list[Any]:
    found = holder.get(name)
    if not isinstance(found, list):
        raise OutlineError(f"{where or name}: expected a list, found {_shown(found)}")
    return found


def _text(holder: Any, name: str, most: int) -> str:
    found = holder.get(name) if isinstance(holder, dict) else None
    return plain(found, most) if isinstance(found, str) else ""


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_NAME_CHARS else text[:MAX_NAME_CHARS] + "..."
