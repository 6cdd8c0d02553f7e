"""Jurisdictions from files."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dispatcher.jurisdiction.geojson import JurisdictionsError, parse, read_jurisdictions
from dispatcher.jurisdiction.table import Jurisdictions

PAGE = Path(__file__).resolve().parents[4] / "docs" / "jurisdictions.md"
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def feature(rings: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "properties": {"name": "x", **properties}, "geometry": geometry}


def collection(*features: Any) -> bytes:
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def test_the_example_of_the_page_does_what_the_page_says() -> None:
    found = re.search(
        r"a test loads this example -->\n```json\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    assert found is not None
    known = Jurisdictions(parse(found[1].encode()))
    places = {(25.0, 121.5): "city", (25.15, 121.65): "harbour"}
    for place, expected in places.items():
        jurisdiction = known.at(*place)
        assert jurisdiction is not None
        assert jurisdiction.id == expected
    assert known.at(24, 121) is None
    assert known.responsible(["log", "city-desk", "harbour-desk"], "city") == ["log", "city-desk"]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([feature([SQUARE]), feature([SQUARE[:-1]], name="y")], r"features\[1\].*closed ring"),
        ([feature([SQUARE], name="")], r"features\[0\]\.properties: .*name"),
        ([feature([SQUARE]), feature([SQUARE])], r"features\[1\]: the id 'x' .*features\[0\]"),
        ([feature([[[0, 0], [1, 1], [2, 2], [0, 0]]])], r"features\[0\], area 0, ring 0: encloses"),
        ([feature([SQUARE, [[5, 5], [6, 5], [6, 6], [5, 5]]])], r"ring 1: expected a hole within"),
        ([feature([[[0, 80], [120, 80], [-120, 80], [0, 80]]])], r"round a pole"),
        ([feature([])], r"features\[0\], area 0: expected a ring"),
        ([feature([SQUARE], stations=[{"name": "s", "lat": 91, "lon": 0}])], r"stations\[0\]\.lat"),
        ([{"type": "Feature", "geometry": {"type": "Point"}}], r"features\[0\]\.geometry\.type"),
    ],
)
def test_a_fault_is_named_with_the_number_of_its_feature(features: Any, expected: str) -> None:
    with pytest.raises(JurisdictionsError, match=expected):
        parse(collection(*features))


def test_a_file_is_named_in_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "areas.geojson"
    with pytest.raises(JurisdictionsError, match=r"areas\.geojson: cannot be read"):
        read_jurisdictions(path)
    path.write_text("[")
    with pytest.raises(JurisdictionsError, match=r"areas\.geojson: is not JSON"):
        read_jurisdictions(path)
