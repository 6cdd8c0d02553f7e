"""The radius that holds the true place with 95 %, where the receiver gives only an HDOP."""

from contract.messages import FixKind

_METRES_PER_HDOP: dict[FixKind, float] = {
    # 7.0 m signal in space (GPS SPS Performance Standard, 5th ed. 2020, 3.4: 95 %) and as much
    # again for a single-frequency receiver between houses; root sum of squares.
    "gps": 10.0,
    # Corrections take away most of the first part, nothing of the second.
    "dgps": 7.0,
    # Float solutions included, which NMEA's modes do not always tell from fixed ones.
    "rtk": 1.0,
}


def radius_from_hdop(hdop: float | None, kind: FixKind) -> float | None:
    """Return metres; None without an HDOP, or where the position is not measured."""
    if hdop is None or kind not in _METRES_PER_HDOP:
        return None
    return round(hdop * _METRES_PER_HDOP[kind], 2)
