"""The columns of the police's tables and tooltips: each has one name and one form everywhere."""

from typing import Final

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana import look
from grafana.look import named, unit
from grafana.words import STATES

Column = tuple[str, list[DynamicConfigValue]]

OPENED: Final = ("opened", "開案時間")

INCIDENT: Final[tuple[Column, ...]] = (
    ("incident", [named("incident", "案件")]),
    ("opened_at", [named(*OPENED), unit("dateTimeAsLocal")]),
    ("age", [named("age", "歷時"), unit("dtdhms")]),
    ("state", [named("state", "狀態"), look.worded(STATES)]),
    ("priority", [named("priority", "優先順序")]),
    ("marks", [named("marks", "註記")]),
    ("jurisdiction", [named("station", "轄區")]),
    ("device", [named("tracker", "追蹤器")]),
)

POSITION: Final[tuple[Column, ...]] = (
    ("lat", [named("latitude", "緯度"), unit("degree"), DynamicConfigValue("decimals", 5)]),
    ("lon", [named("longitude", "經度"), unit("degree"), DynamicConfigValue("decimals", 5)]),
    ("accuracy", [named("within", "誤差半徑"), unit("lengthm")]),
    ("speed", [named("speed", "速度"), unit("velocityms")]),
)
"""Five decimals of a degree are a metre."""
