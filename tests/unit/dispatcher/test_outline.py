"""Another country's outline: read, or refused with the place of what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher import outline
from dispatcher.outline import OutlineError, bundled, read_outline, rewritten

SQUARE = [[7.0, 50.0], [8.0, 50.0], [8.0, 51.0], [7.0, 50.0]]


def collection(*geometries: Any, **more: Any) -> bytes:
    features = [
        {"type": "Feature", "properties": {"name": "Bonn"}, "geometry": geometry}
        for geometry in geometries
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_areas_and_names_are_kept_and_nothing_else() -> None:
    feature = {
        "type": "Feature",
        "id": 7,
        "properties": {"name": "Bonn\u202e", "name_local": "波恩", "mayor": "secret", "area": 141},
        "geometry": polygon([[*point, 60.5] for point in SQUARE]),
    }
    made = json.loads(rewritten(json.dumps(feature).encode()))
    (kept,) = made["features"]
    assert kept["properties"] == {"name": "Bonn", "name_local": "波恩"}
    assert kept["geometry"] == {"type": "MultiPolygon", "coordinates": [[SQUARE]]}
    assert "secret" not in str(made)


@pytest.mark.parametrize("raw", [json.dumps(polygon(SQUARE)).encode(), collection()])
def test_a_bare_geometry_and_an_empty_collection_are_fine(raw: bytes) -> None:
    assert json.loads(rewritten(raw))["attribution"] == ""


def test_the_attribution_is_passed_on() -> None:
    made = json.loads(rewritten(collection(polygon(SQUARE), attribution=" © Someone\n")))
    assert made["attribution"] == "© Someone"


def test_what_we_ship_can_be_read_as_well() -> None:
    made = json.loads(rewritten(bundled()))
    assert made["features"] == json.loads(bundled())["features"]
    assert "Ministry of the Interior" in made["attribution"]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"type": "FeatureCollection", "features": [}', r"is not JSON: .* \(byte 43\)"),
        (b"[]", "type: expected GeoJSON's FeatureCollection, found null"),
        (b'{"type": "Topology"}', 'type: expected .*, found "Topology"'),
        (b'{"type": "FeatureCollection"}', "features: expected a list, found null"),
        (b'{"type": "FeatureCollection", "features": [7]}', r"features\[0\].geometry.type"),
        (
            collection(polygon(SQUARE), {"type": "Point", "coordinates": [7, 50]}),
            r'features\[1\].geometry.type: expected Polygon or MultiPolygon, found "Point"',
        ),
        (
            collection({"type": "Polygon", "coordinates": 7}),
            r"features\[0\].geometry.coordinates: expected a list, found 7",
        ),
        (
            collection({"type": "MultiPolygon", "coordinates": [[SQUARE], 8]}),
            r"features\[0\].geometry.coordinates\[1\]: expected a list of rings, found 8",
        ),
        (collection(polygon(SQUARE[:3])), r"coordinates\[0\]: expected a ring of at least 4"),
        (collection(polygon([*SQUARE[:3], [9, 9]])), r"coordinates\[0\]: expected a closed ring"),
        (
            collection(polygon(SQUARE, [*SQUARE[:2], [302_000.5, 2_770_000], SQUARE[0]])),
            r"coordinates\[1\]\[2\]: expected \[longitude, latitude\] .* \[302000.5,2770000\]",
        ),
        (collection(polygon([["7", 50]] * 4)), r"coordinates\[0\]\[0\]: expected \[longitude"),
        (collection(polygon([[7]] * 4)), r"\[0\]: expected \[longitude"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_place(
    tmp_path: Path, raw: bytes, sentence: str
) -> None:
    file = tmp_path / "outline.geojson"
    file.write_bytes(raw)
    with pytest.raises(OutlineError, match=sentence) as refused:
        read_outline(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert len(str(refused.value)) < 400


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutlineError, match=r"absent: cannot be read: No such file"):
        read_outline(tmp_path / "absent")
    with pytest.raises(OutlineError, match="cannot be read: Is a directory"):
        read_outline(tmp_path)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = collection(polygon(SQUARE), polygon(SQUARE))
    monkeypatch.setattr(outline, "MAX_POINTS", 7)
    with pytest.raises(OutlineError, match="has 8 points; simplify it to 7"):
        rewritten(raw)
    with pytest.raises(OutlineError, match="is larger than 4 MiB"):
        rewritten(b" " * (outline.MAX_BYTES + 1))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "coordinates", "properties", "name"]),
            inner | st.sampled_from(["FeatureCollection", "Feature", "Polygon", "MultiPolygon"]),
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_drawn_or_refused(value: Any) -> None:
    try:
        made = rewritten(json.dumps(value).encode())
    except OutlineError:
        return
    assert rewritten(made)
