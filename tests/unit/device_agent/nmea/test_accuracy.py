"""An accuracy is given where a position was measured and its geometry is known."""

import pytest

from contract.messages import FixKind
from device_agent.nmea.accuracy import radius_from_hdop


def test_corrections_make_it_better() -> None:
    gps, dgps, rtk = (radius_from_hdop(1.0, kind) or 0.0 for kind in ("gps", "dgps", "rtk"))
    assert gps > dgps > rtk > 0
    assert radius_from_hdop(2.5, "gps") == 2.5 * gps


@pytest.mark.parametrize("kind", ["estimated", "manual", "simulated"])
def test_a_position_that_is_not_measured_has_none(kind: FixKind) -> None:
    assert radius_from_hdop(1.0, kind) is None


def test_no_hdop_no_accuracy() -> None:
    assert radius_from_hdop(None, "gps") is None
