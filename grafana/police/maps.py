"""Where the open incidents are, and the way that one of them took."""

from typing import Final

from grafana_foundation_sdk.builders import geomap
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, MatcherConfig

from grafana import look
from grafana.look import named, unit
from grafana.map_layers import markers, no_tiles, outlines, route
from grafana.police import columns, questions
from grafana.sources import INFLUXDB, InfluxQuery
from grafana.words import both

_INCIDENTS: Final = both("Open incidents", "未結案件")
_POSITIONS: Final = both("Positions", "位置")
_NEAREST_ZOOM: Final = 15
"""A single marker would otherwise fill the map with one house."""


def open_incidents() -> geomap.Panel:
    """One marker for each; an incident without a position is in the table alone."""
    panel = (
        _map("Open incidents, last released position", "未結案件最後公開位置", _INCIDENTS)
        .description(
            "One marker for each open incident whose position is known, coloured by its state and "
            "labelled with the radius that holds the true place with 95 %. Hover over it for the "
            "time of the fix. The table beside it also has those without a position."
        )
        .with_target(InfluxQuery(ref_id="A", query=questions.OPEN))
        .with_target(InfluxQuery(ref_id="B", query=questions.LAST_POSITIONS))
        .transformations(_join())
        .layers([outlines(), markers(_INCIDENTS, colour="state", text="accuracy")])
        .override_by_name("fixed", [named("position of", "位置時間"), unit("dateTimeFromNow")])
        .height(16)
    )
    for name, form in columns.INCIDENT:
        panel.override_by_name(name, form)
    return panel


def track() -> geomap.Panel:
    """The way of the incident chosen by the variable."""
    return (
        _map("Track of the chosen incident", "所選案件的軌跡", _POSITIONS)
        .description(
            "All released positions of the incident chosen above, whatever the time range. They "
            "are deleted when it ends."
        )
        .with_target(InfluxQuery(ref_id="A", query=questions.TRACK))
        .layers([outlines(), route(both("Route", "路徑")), markers(_POSITIONS)])
        .height(12)
    )


def _map(english: str, chinese: str, shown: str) -> geomap.Panel:
    """Return a map that shows what this layer has, without a single request to elsewhere."""
    controls = geomap.ControlsOptions().show_zoom(show_zoom=True)
    panel = (
        geomap.Panel()
        .title(both(english, chinese))
        .datasource(INFLUXDB)
        .no_value(look.NONE)
        .view(_fit(shown))
        .controls(controls.mouse_wheel_zoom(mouse_wheel_zoom=True).show_scale(show_scale=True))
        .basemap(no_tiles())
        .span(12)
    )
    for name, form in columns.POSITION:
        panel.override_by_name(name, form)
    return panel


def _fit(layer: str) -> geomap.MapViewConfig:
    view = geomap.MapViewConfig().id("fit").zoom(_NEAREST_ZOOM).padding(20)
    return view.all_layers(all_layers=False).layer(layer)


def _join() -> list[DataTransformerConfig]:
    """Only what both have stays: a test's position has no production incident."""
    return [
        _organize("A", {"excludeByName": {"Time": True}, "renameByName": {}}),
        _organize("B", {"excludeByName": {}, "renameByName": {"Time": "fixed"}}),
        DataTransformerConfig(
            id_val="joinByField", options={"byField": "incident", "mode": "inner"}
        ),
    ]


def _organize(ref_id: str, how: dict[str, object]) -> DataTransformerConfig:
    return DataTransformerConfig(
        id_val="organize",
        filter_val=MatcherConfig(id_val="byRefId", options=ref_id),
        options={"indexByName": {}, **how},
    )
