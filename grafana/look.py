"""How fields look: thresholds, words for values, hidden columns. The panels say what they show."""

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from contract.messages import IncidentState, TrackerState
from grafana.words import both

GREEN: Final = "green"
RED: Final = "red"
NO_ANSWER: Final = both("no data", "無資料")
"""Where a number is missing; never an empty panel, which looks like a 0."""
NONE: Final = both("none", "無")
"""Where a list or a cell is empty, and may be."""


def red_from(value: float) -> ThresholdsConfig:
    """Return green below the value, and red from it on."""
    return steps((None, GREEN), (value, RED))


def steps(*colours: tuple[float | None, str]) -> ThresholdsConfig:
    """Return colours that each begin at a value; the first begins at minus infinity."""
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in colours])
    )


def by_thresholds() -> FieldColor:
    """Return the colour mode that follows the thresholds."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def worded(
    words: Mapping[IncidentState, tuple[str, str, str]]
    | Mapping[TrackerState, tuple[str, str, str]],
) -> DynamicConfigValue:
    """Return the property that shows values in words and colours."""
    mapped: dict[str, ValueMappingResult] = {
        value: ValueMappingResult(text=both(english, chinese), color=colour, index=index)
        for index, (value, (english, chinese, colour)) in enumerate(words.items())
    }
    return DynamicConfigValue("mappings", [ValueMap(options=mapped)])


def named(english: str, chinese: str) -> DynamicConfigValue:
    """Return the property that names a column."""
    return DynamicConfigValue("displayName", both(english, chinese))


def unit(name: str) -> DynamicConfigValue:
    """Return the property that formats a column; names: Grafana's value formats."""
    return DynamicConfigValue("unit", name)


def hidden() -> list[DynamicConfigValue]:
    """Return the properties of a column that is asked for and not shown."""
    return [DynamicConfigValue("custom.hidden", value=True)]


def coloured_cell() -> DynamicConfigValue:
    """Return the property that fills a table's cell with the value's colour."""
    return DynamicConfigValue("custom.cellOptions", {"type": "color-background"})


def link(title: str, url: str) -> DynamicConfigValue:
    """Return the property that makes a column's cells links; the address is Grafana's own."""
    return DynamicConfigValue("links", [{"title": title, "url": url}])
