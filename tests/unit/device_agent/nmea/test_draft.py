"""What the sentences of one epoch say together: who wins, and who may object."""

import pytest

from contract.messages import FixKind
from device_agent.fix import Fix
from device_agent.nmea.dates import Dated
from device_agent.nmea.draft import Draft
from device_agent.nmea.fields import Tod
from device_agent.nmea.sentences import Reading

TOD = Tod("120000.000", 43_200_000)
TIME = Dated(1_782_907_200_000, "gps")


def said(key: str, **values: object) -> Reading:
    defaults: dict[str, object] = {"tod": TOD} if key[2:] not in ("VTG", "GSA") else {}
    return Reading(talker=key[:2], kind=key[2:], **(defaults | values))  # type: ignore[arg-type]


def valid(key: str, lat: float = 25.0, fix: FixKind = "gps", **values: object) -> Reading:
    return said(key, valid=True, lat=lat, lon=121.5, fix=fix, **values)


def draft(*readings: Reading) -> Draft:
    made = Draft(0.0)
    for reading in readings:
        made.add(reading)
    return made


def fix(*readings: Reading) -> Fix:
    made = draft(*readings).to_fix(TIME)
    assert made is not None
    return made


def test_the_sentences_add_up_to_one_fix() -> None:
    made = fix(
        valid("GPRMC", speed=1.5, course=90.0),
        valid("GPGGA", alt=9.0, hdop=0.8, satellites=9),
        said("GPGST", accuracy=3.5),
    )
    assert made == Fix(
        time=TIME.time,
        clock="gps",
        tod="120000.000",
        lat=25.0,
        lon=121.5,
        alt=9.0,
        speed=1.5,
        course=90.0,
        accuracy=3.5,
        hdop=0.8,
        satellites=9,
        fix="gps",
    )


def test_without_a_date_the_fix_has_no_time_and_no_clock() -> None:
    made = draft(valid("GPGGA")).to_fix(None)
    assert made is not None
    assert (made.time, made.clock, made.tod) == (None, None, "120000.000")


def test_the_last_position_is_the_epochs() -> None:
    assert fix(valid("GPRMC", 25.0), valid("GPGGA", 25.1), valid("GPGLL", 25.2)).lat == 25.2
    assert fix(valid("GPGLL", 25.2), valid("GPRMC", 25.0)).lat == 25.0


@pytest.mark.parametrize(
    "readings",
    [
        (valid("GPGGA"), said("GPRMC", valid=False)),
        (said("GPRMC", valid=False), valid("GPGGA")),
        (valid("GPRMC"), said("GPGGA", valid=False)),
        (valid("GPRMC"), said("GPGLL", valid=False)),
        (valid("GPRMC"), said("GPRMC", valid=False)),
        (valid("GPRMC"), said("GPGSA", mode=1)),
        (said("GNGSA", mode=1), said("GNGSA", mode=1), valid("GNRMC")),
        (said("GPZDA"), said("GPVTG", speed=1.0)),
        (),
    ],
)
def test_no_fix_where_a_kind_objects_or_none_claims_it(readings: tuple[Reading, ...]) -> None:
    made = draft(*readings)
    assert not made.has_fix
    assert made.to_fix(TIME) is None


@pytest.mark.parametrize(
    "readings",
    [
        (valid("GPGGA"), said("GAGGA", valid=False)),
        (said("GLGGA", valid=False), valid("GPGGA"), valid("GNRMC")),
        (said("GNGSA", mode=1), said("GNGSA", mode=3), said("GNGSA", mode=1), valid("GNRMC")),
        (said("GLGSA", mode=1), said("GPGSA", mode=2), valid("GPRMC")),
    ],
)
def test_a_constellation_without_satellites_is_no_objection(readings: tuple[Reading, ...]) -> None:
    assert draft(*readings).has_fix


def test_no_fix_without_a_time_of_day() -> None:
    assert not draft(valid("GPRMC", tod=None)).has_fix


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("gps", "dgps", "dgps"),
        ("rtk", "dgps", "rtk"),
        ("rtk", "estimated", "estimated"),
        ("estimated", "gps", "estimated"),
        ("manual", "gps", "manual"),
        ("simulated", "manual", "simulated"),
    ],
)
def test_what_is_made_up_never_passes_as_measured(
    first: FixKind, second: FixKind, kind: FixKind
) -> None:
    assert fix(valid("GPGGA", fix=first), valid("GPRMC", fix=second)).fix == kind
    assert fix(valid("GPRMC", fix=second), valid("GPGGA", fix=first)).fix == kind


def test_speed_is_rmcs_or_else_vtgs_and_may_be_zero() -> None:
    vtg = said("GPVTG", speed=2.0, course=10.0)
    assert fix(vtg, valid("GPRMC", speed=0.0, course=0.0)).speed == 0.0
    made = fix(valid("GPRMC", speed=1.0), vtg)
    assert (made.speed, made.course) == (1.0, 10.0)
    assert fix(valid("GPGGA"), vtg).speed == 2.0


def test_accuracy_is_gsts_then_gbss_then_the_hdops() -> None:
    gga, gst, gbs = (
        valid("GPGGA", hdop=2.0),
        said("GPGST", accuracy=3.0),
        said("GPGBS", accuracy=4.0),
    )
    assert fix(gbs, gga, gst).accuracy == 3.0
    assert fix(gga, gbs).accuracy == 4.0
    assert fix(gga).accuracy == 20.0
    assert fix(valid("GPGGA")).accuracy is None


def test_the_worst_dop_and_the_largest_count_of_satellites() -> None:
    made = fix(
        said("GPGSA", hdop=0.9),
        valid("GPGGA", hdop=0.4, satellites=5),
        valid("GAGGA", hdop=0.4, satellites=1),
        said("GNGSA", hdop=None),
    )
    assert (made.hdop, made.satellites) == (0.9, 5)


def test_zda_comes_before_rmc_for_the_date() -> None:
    rmc, zda = valid("GPRMC", date=1), said("GPZDA", date=2)
    for pair in ((rmc, zda), (zda, rmc)):
        dated = draft(*pair).dated
        assert dated is zda
    assert draft(valid("GPGGA")).dated is None


def test_a_repaired_week_keeps_what_the_receiver_said() -> None:
    made = draft(valid("GPGGA")).to_fix(Dated(2, "gps", 1))
    assert made is not None
    assert (made.time, made.time_raw) == (2, 1)
