"""`guardian dispatcher jurisdictions check`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from guardian.commands.jurisdictions import jurisdictions
from runtime.lifecycle import EXIT_SETTINGS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "areas.geojson"
    path.write_text(
        '{"type": "Feature", "properties": {"name": "City"}, "geometry": {"type": "Polygon", '
        '"coordinates": [[[121, 25], [122, 25], [122, 26], [121, 26], [121, 25]]]}}'
    )
    return path


def check(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(jurisdictions, ["check", *map(str, arguments)])
    return result.exit_code, result.output


def test_it_shows_what_a_file_says_and_whose_a_place_is(file: Path) -> None:
    code, said = check(file, "--place", "25.0339,121.5645")
    assert code == 0
    assert "City: 0 stations, all channels" in said
    assert "25.0339, 121.5645: City" in said
    assert "nobody: all are alerted" in check(file, "--place", "0,0")[1]


def test_it_names_what_is_wrong(file: Path) -> None:
    file.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature"}]}')
    code, said = check(file)
    assert code == EXIT_SETTINGS
    assert "areas.geojson: features[0].geometry.type: expected Polygon" in said
    assert check(file, "--place", "north")[0] == 2
    assert check(file, "--place", "91,0")[0] == 2
