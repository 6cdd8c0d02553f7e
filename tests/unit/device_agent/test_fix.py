"""A fix becomes a position report, and nothing unknown becomes a number on the way."""

import msgspec
import pytest

from contract.codec import encode
from contract.messages import Location
from device_agent.fix import Fix, UntimedFixError

TAIPEI = Fix(
    lat=25.0339, lon=121.5645, tod="235959.500", time=1_751_414_399_500, clock="gps", fix="gps"
)


def test_a_fix_becomes_a_location_with_what_the_agent_adds() -> None:
    location = TAIPEI.to_location(boot="0a1b2c3d", seq=7, trigger="turn", battery=81, jump=True)
    assert location == Location(
        boot="0a1b2c3d",
        seq=7,
        time=1_751_414_399_500,
        lat=25.0339,
        lon=121.5645,
        fix="gps",
        clock="gps",
        trigger="turn",
        battery=81,
        jump=True,
    )


def test_everything_the_fix_knows_arrives() -> None:
    known = msgspec.structs.replace(
        TAIPEI,
        alt=9.5,
        speed=0.0,
        course=0.0,
        accuracy=4.2,
        hdop=0.8,
        satellites=11,
        fix="dgps",
        time_raw=1_131_795_199_500,
    )
    location = known.to_location(boot="0a1b2c3d", seq=0)
    for field in Fix.__struct_fields__:
        if field != "tod":
            assert getattr(location, field) == getattr(known, field), field


def test_what_is_not_known_is_absent_on_the_wire() -> None:
    """Never null and never 0."""
    payload = msgspec.json.decode(encode(TAIPEI.to_location(boot="0a1b2c3d", seq=0)))
    assert set(payload) == {"boot", "seq", "time", "lat", "lon", "fix", "clock"}


def test_a_fix_without_time_is_refused_by_name() -> None:
    untimed = msgspec.structs.replace(TAIPEI, time=None, clock=None)
    with pytest.raises(UntimedFixError, match="needs a time"):
        untimed.to_location(boot="0a1b2c3d", seq=0)
