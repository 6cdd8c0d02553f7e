"""Layers of the maps. None loads anything from elsewhere: no tiles, unless you add them."""

from typing import Any, Final

from grafana_foundation_sdk.builders.common import FrameGeometrySource, MapLayerOptions
from grafana_foundation_sdk.models.common import FrameGeometrySourceMode

_EMPTY_TILE: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
"""One transparent pixel: a map without a base layer takes Grafana's default, from elsewhere."""

_OUTLINES: Final = "public/maps/countries.geojson"
"""Part of Grafana and served by it; docs/dashboards.md says how to put a finer one in its place."""


def no_tiles() -> MapLayerOptions:
    """Return a base layer that shows nothing and asks nobody."""
    config = {"url": _EMPTY_TILE, "attribution": ""}
    return _layer("xyz", "No tiles · 無底圖", config)


def outlines() -> MapLayerOptions:
    """Return the coast lines, in grey."""
    style = {"color": {"fixed": "#8e8e8e"}, "opacity": 0.1, "lineWidth": 1}
    config = {"src": _OUTLINES, "rules": [], "style": style}
    return _layer("geojson", "Outlines · 輪廓", config).tooltip(False)


def markers(name: str, *, colour: str | None = None, text: str | None = None) -> MapLayerOptions:
    """Return a marker for each row, coloured and labelled by columns."""
    style: dict[str, Any] = {
        "color": {"field": colour, "fixed": "red"} if colour else {"fixed": "blue"},
        "opacity": 0.8,
        "size": {"fixed": 10, "min": 2, "max": 15},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
    }
    if text:
        style["text"] = {"mode": "field", "field": text, "fixed": ""}
        style["textConfig"] = {"fontSize": 12, "offsetY": -14, "textAlign": "center"}
    config = {"style": style, "showLegend": True}
    return _layer("markers", name, config).location(_coordinates())


def route(name: str) -> MapLayerOptions:
    """Return a line through the rows in their order, with arrows."""
    style = {"color": {"fixed": "blue"}, "opacity": 1, "size": {"fixed": 3}, "lineWidth": 2}
    return _layer("route", name, {"style": style, "arrow": 1}).location(_coordinates())


def _layer(kind: str, name: str, config: dict[str, Any]) -> MapLayerOptions:
    return MapLayerOptions().type(kind).name(name).config(config)


def _coordinates() -> FrameGeometrySource:
    return (
        FrameGeometrySource().mode(FrameGeometrySourceMode.COORDS).latitude("lat").longitude("lon")
    )
