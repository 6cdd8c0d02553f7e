"""What the console is told about its map, and what its policy lets it load."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dispatcher.api.app import create_app
from dispatcher.api.console_map import Background
from dispatcher.settings import MapSettings
from tests.unit.dispatcher.api.conftest import Office

TILES = "https://tiles.example/{z}/{x}/{y}.png"


def client_of(office: Office, settings: MapSettings) -> TestClient:
    background = Background.of(settings)
    app = create_app(office.desk, office.accounts, office.clock, background=background)
    client = TestClient(app, base_url="https://console.example")
    token = office.accounts.add_token("wall", scopes=("incidents:read",))
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def policy(client: TestClient, path: str = "/login") -> dict[str, str]:
    words = client.get(path).headers["content-security-policy"].split("; ")
    return {word.split(" ", 1)[0]: word.split(" ", 1)[1] for word in words}


def test_without_settings_there_is_taiwan_and_nothing_is_loaded_from_elsewhere(
    office: Office,
) -> None:
    client = client_of(office, MapSettings())
    told = {"tiles": None, "tiles_max_zoom": 19, "attribution": None, "problem": None}
    assert client.get("/api/v1/map").json() == told
    answer = client.get("/api/v1/map/outline")
    assert answer.headers["content-type"] == "application/geo+json"
    assert len(answer.json()["features"]) == 22
    assert policy(client)["img-src"] == "'self'"


def test_tiles_are_let_in_from_their_origin_and_nowhere_else(office: Office) -> None:
    settings = MapSettings(
        map_tiles_url=TILES, map_tiles_attribution="© Someone", map_tiles_max_zoom=14
    )
    client, plain = client_of(office, settings), client_of(office, MapSettings())
    assert client.get("/api/v1/map").json() == {
        "tiles": TILES, "tiles_max_zoom": 14, "attribution": "© Someone", "problem": None,
    }  # fmt: skip
    for path in ("/login", "/", "/console.css", "/api/v1/board", "/absent"):
        assert policy(client, path) == policy(plain) | {"img-src": "'self' https://tiles.example"}


def test_an_outline_that_cannot_be_drawn_is_said_and_everything_else_works(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "outline.geojson"
    file.write_text('{"type": "FeatureCollection", "features": [{}]}')
    client = client_of(office, MapSettings(map_outline_file=file))
    problem = client.get("/api/v1/map").json()["problem"]
    assert problem.startswith(f"GUARDIAN_MAP_OUTLINE_FILE: {file}: features[0].geometry.type")
    assert "map_without_outline" in caplog.text
    assert client.get("/api/v1/map/outline").status_code == 404
    assert client.get("/api/v1/board").status_code == 200


def test_a_file_of_ones_own_is_drawn(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "outline.geojson"
    file.write_text('{"type": "FeatureCollection", "features": [], "attribution": "Ours"}')
    client = client_of(office, MapSettings(map_outline_file=file))
    assert client.get("/api/v1/map/outline").json()["attribution"] == "Ours"


def test_strangers_are_told_nothing(office: Office) -> None:
    for path in ("/api/v1/map", "/api/v1/map/outline", "/map.js", "/taiwan.geojson"):
        assert office.client().get(path).status_code in (401, 404)
