"""What must hold of every panel, whatever it shows."""

import re
from itertools import combinations
from typing import Any, get_args

import pytest

from contract.messages import Disposition, IncidentState, PanicKind, TrackerState
from grafana.police import questions
from grafana.words import DISPOSITIONS, KINDS, STATES, TRACKERS
from tests.unit.grafana.boards import BOARDS, ROOT, TEXTS, panels, targets

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")
PAGE = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title'].partition(' · ')[0]}")
    for name, panel in panels()
]


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_dashboards_title_is_in_both_languages(board: dict[str, Any]) -> None:
    assert bilingual(board["title"])
    for variable in board["templating"]["list"]:
        assert bilingual(variable["label"])


@pytest.mark.parametrize("panel", PANELS)
def test_a_panels_title_and_columns_are_in_both_languages(panel: dict[str, Any]) -> None:
    assert bilingual(panel["title"])
    for override in panel["fieldConfig"]["overrides"]:
        for each in override["properties"]:
            if each["id"] == "displayName":
                assert bilingual(each["value"])


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_and_stands_on_the_page(panel: dict[str, Any]) -> None:
    """Under its English title: docs/dashboards.md tells when to act."""
    assert panel["description"]
    assert panel["title"].partition(" · ")[0] in PAGE


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_one_data_source_by_names_that_differ(panel: dict[str, Any]) -> None:
    names = [target["refId"] for target in panel["targets"]]
    assert len(names) == len(set(names)) > 0
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]
        assert target["datasource"]["uid"] in {"guardian-influxdb", "guardian-prometheus"}


@pytest.mark.parametrize("name", BOARDS)
def test_panels_have_a_number_and_a_place_of_their_own(name: str) -> None:
    shown = BOARDS[name]["panels"]
    assert [panel["id"] for panel in shown] == list(range(1, len(shown) + 1))
    for one, other in combinations([panel["gridPos"] for panel in shown], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in shown)


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    """No address of another host; what a map needs is Grafana's own or in the file."""
    assert "://" not in TEXTS[name]
    assert not re.search(r'"//', TEXTS[name])


def test_a_map_has_a_base_layer_that_asks_nobody() -> None:
    """Without one Grafana would take its default, which loads tiles."""
    maps = [panel for _, panel in panels() if panel["type"] == "geomap"]
    assert len(maps) == 2
    for panel in maps:
        base = panel["options"]["basemap"]
        assert base["type"] == "xyz"
        assert base["config"]["url"].startswith("data:image/")
        for layer in panel["options"]["layers"]:
            assert layer["type"] in {"geojson", "markers", "route"}
            assert layer.get("config", {}).get("src", "public/").startswith("public/")
        assert panel["options"]["view"]["layer"] in {
            layer["name"] for layer in panel["options"]["layers"]
        }


def test_every_question_about_incidents_is_about_production() -> None:
    """Tests and canaries are counted nowhere; positions are joined to incidents that are."""
    asked = [each["query"] for each in targets() if "query" in each]
    asked += [each["query"]["query"] for each in variables()]
    counted = [query for query in asked if 'FROM "incident"' in query]
    assert len(counted) == 14
    for query in counted:
        assert questions.PRODUCTION in query
    others = {query for query in asked if query not in counted}
    assert others == {questions.LAST_POSITIONS, questions.TRACK, questions.TRACKERS}


def test_the_map_keeps_only_positions_that_have_a_production_incident() -> None:
    (panel,) = [each for _, each in panels() if each.get("transformations")]
    assert panel["transformations"][-1] == {
        "id": "joinByField",
        "options": {"byField": "incident", "mode": "inner"},
    }


def test_the_oldest_is_red_from_fifteen_seconds() -> None:
    (panel,) = [each for _, each in panels() if each["title"].startswith("The oldest")]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "red", "value": 15},
    ]


def test_every_value_of_the_contract_has_words() -> None:
    """A state that is new in the contract needs a word and a colour here."""
    assert set(STATES) == set(get_args(IncidentState))
    assert set(TRACKERS) == set(get_args(TrackerState))
    assert set(DISPOSITIONS) == set(get_args(Disposition))
    assert set(KINDS) == set(get_args(PanicKind)) - {"test"}


def variables() -> list[dict[str, Any]]:
    return [
        each
        for board in BOARDS.values()
        for each in board["templating"]["list"]
        if each["type"] == "query"
    ]


def bilingual(text: str) -> bool:
    english, separator, chinese = text.partition(" · ")
    return bool(separator and LATIN.search(english) and CHINESE.search(chinese))
