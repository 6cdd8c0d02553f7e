"""The sample: Taiwan's counties and cities, and their police departments.

The areas are those that the console's map draws (`console/taiwan.geojson`; its licence stands
beside it), so lines are right within 100 m and the sea belongs to nobody.
"""

from importlib.resources import files

import msgspec

from dispatcher.jurisdiction.geojson import parse
from dispatcher.jurisdiction.table import Jurisdiction, Jurisdictions, Station
from dispatcher.outline import bundled

TELEPHONE = "110"


class _Department(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    name_local: str
    lat: float
    lon: float


def taiwan() -> Jurisdictions:
    """Return the sample."""
    raw = files("dispatcher").joinpath("jurisdiction", "taiwan_stations.json").read_bytes()
    departments = msgspec.json.decode(raw, type=dict[str, _Department])
    return Jurisdictions([_with_station(each, departments[each.id]) for each in parse(bundled())])


def _with_station(area: Jurisdiction, department: _Department) -> Jurisdiction:
    station = Station(
        name=department.name,
        name_local=department.name_local,
        lat=department.lat,
        lon=department.lon,
        telephone=TELEPHONE,
        approximate=True,
    )
    return msgspec.structs.replace(area, stations=(station,))
