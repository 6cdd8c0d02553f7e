"""Every query of every panel and variable, against a real InfluxDB and a real Prometheus."""

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.dashboards import boards
from tests.integration.dashboards.asking import Asker, AskingError
from tests.integration.dashboards.district import (
    CANARY,
    LOST,
    PRESSES,
    PRODUCTION,
    WEAK,
    District,
)

QUERY_VARIABLES = [
    (name, variable)
    for name in boards.BOARDS
    for variable in boards.variables(name)
    if variable["type"] == "query"
]


@pytest.mark.parametrize("target", boards.targets("influxdb"), ids=str)
def test_every_influxql_of_a_panel_finds_something(asker: Asker, target: boards.Target) -> None:
    """No error, rows, and no column without a value: a misspelt field is an empty column."""
    assert asker.rows(target)


@pytest.mark.parametrize("target", boards.targets("prometheus"), ids=str)
def test_every_promql_of_a_panel_finds_a_number(asker: Asker, target: boards.Target) -> None:
    """And not only NaN, which a histogram without an observation gives."""
    assert asker.numbers(target)


@pytest.mark.parametrize(("board", "variable"), QUERY_VARIABLES)
def test_every_variable_has_options(asker: Asker, board: str, variable: dict[str, Any]) -> None:
    """Made of the first column of text."""
    del board
    assert asker.options(variable)


def test_a_misspelt_field_fails(asker: Asker) -> None:
    """The check itself: in InfluxQL a wrong name is no error but an empty column, or no row."""
    good = boards.target("police", "Open incidents · ")
    for right, wrong in (('"priority"', '"prioritty"'), ('"class" =', '"clas" =')):
        text = good.query["query"].replace(right, wrong)
        assert text != good.query["query"]
        with pytest.raises(AskingError, match="nothing"):
            asker.rows(replace(good, query={**good.query, "query": text}))


def test_the_table_shows_what_the_dispatcher_has_open(asker: Asker, district: District) -> None:
    """Production alone: neither the trainee's test nor the canary."""
    rows = asker.rows(boards.target("police", "Open incidents · "))
    truth = [
        each
        for each in district.incidents(open="true")
        if each["class"] == "production" and each["state"] != "closed"
    ]
    assert sorted(row["incident"] for row in rows) == sorted(each["id"] for each in truth)
    assert {row["state"] for row in rows} == {"raised", "acknowledged"}
    assert {row["device"] for row in rows}.isdisjoint({CANARY, *PRESSES["test"], "test", "canary"})
    assert all(0 < row["age"] < 120 for row in rows)


def test_the_map_shows_open_production_incidents_where_their_trackers_are(asker: Asker) -> None:
    """Grafana joins the two queries: a test has a position, and no marker."""
    incidents = asker.rows(boards.target("police", "Open incidents, last", "A"))
    positions = asker.rows(boards.target("police", "Open incidents, last", "B"))
    placed = {row["incident"]: row for row in positions}
    shown = [placed[row["incident"]] for row in incidents if row["incident"] in placed]
    assert len(shown) == len(incidents) < len(positions)
    assert all(abs(row["lat"] - 25.04) < 0.1 and abs(row["lon"] - 121.56) < 0.1 for row in shown)


def test_the_variable_offers_open_incidents_and_the_track_is_of_the_chosen_one(
    asker: Asker,
) -> None:
    """In order of time."""
    ((_, variable),) = QUERY_VARIABLES
    options = asker.options(variable)
    rows = asker.rows(boards.target("police", "Open incidents · "))
    assert sorted(options) == sorted(row["incident"] for row in rows)
    track = boards.target("police", "Track of")
    for incident in options:
        times = [row["time"] for row in asker.rows(track, {"incident": incident})]
        assert times == sorted(times)


def test_trackers_to_worry_about_are_listed_and_no_others(asker: Asker) -> None:
    """The one whose power failed, and the one with 11 %."""
    rows = {row["device"]: row for row in asker.rows(boards.target("police", "Trackers"))}
    assert set(rows) == {LOST, WEAK}
    assert rows[LOST]["state"] == "lost"
    assert rows[WEAK]["battery"] == 11


def test_the_days_count_each_production_incident_once(asker: Asker) -> None:
    """By kind they are all of them; by disposition those that have ended."""
    kinds = _counted(asker, "Incidents a day by kind")
    assert sum(kinds.values()) == PRODUCTION
    assert kinds["button · 按鈕"] == len(PRESSES["button"])
    assert set(_counted(asker, "Incidents a day by disposition").values()) == {1}


def test_the_numbers_at_the_top_agree_with_the_dispatcher(asker: Asker, district: District) -> None:
    """As many as it has raised, and the oldest is not older than the test."""
    raised = [each for each in district.incidents(state="raised") if each["class"] == "production"]
    assert asker.numbers(boards.target("police", "Nobody")) == [len(raised)]
    (oldest,) = asker.numbers(boards.target("police", "The oldest"))
    assert 0 < oldest < 120
    (heartbeat,) = asker.numbers(boards.target("police", "Guardian's heartbeat"))
    assert -1 < heartbeat < 15


def test_the_waits_are_plausible(asker: Asker) -> None:
    """Seconds; a simulated press is received in a fraction of one."""
    received = boards.target("police", "Press to received")
    (median,) = asker.numbers(received)
    assert 0 < median < 5
    (row,) = asker.rows(boards.target("police", "Press to acknowledged"))
    assert 0 < row["median"] <= row["p99"] < 60


def test_grafanas_token_cannot_read_sealed_positions(asker: Asker, district: District) -> None:
    """Promise 9: the dashboards see what the dispatcher released, and nothing else."""
    sealed = replace(asker, bucket=district.world.store["GUARDIAN_TELEMETRY_BUCKET"])
    with pytest.raises(AskingError, match="not found"):
        sealed.influx('SELECT * FROM "location" LIMIT 1')


def _counted(asker: Asker, title: str) -> dict[str, int]:
    found = [each for each in boards.targets("influxdb") if each.panel["title"].startswith(title)]
    return {each.query["alias"]: sum(row["count"] for row in asker.rows(each)) for each in found}
