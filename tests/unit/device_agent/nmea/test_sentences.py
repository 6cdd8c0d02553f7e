"""What one sentence says: the raw fields decide, and nothing that is empty becomes a number."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea import sentences
from device_agent.nmea.fields import Tod
from device_agent.nmea.sentences import Reading, SentenceReader

RMC = "GPRMC,145243.000,A,3401.9764,N,11744.8274,W,0.50,119.27,030610,,,D"
GGA = "GPGGA,145243.000,3401.9764,N,11744.8274,W,2,10,0.87,234.7,M,-33.2,M,0000,0000"
GNS = "GNGNS,145243.000,3401.9764,N,11744.8274,W,ADN,14,1.3,250.8,50.0,,,V"
GLL = "GPGLL,3401.9764,N,11744.8274,W,145243.000,A,A"
PLACE = (34.03294, -117.747123333)


def read(body: str) -> Reading:
    reader = SentenceReader()
    reading = reader.read(b"$" + body.encode())
    assert reading is not None, reader.rejects
    return reading


def refused(body: str) -> dict[str, int]:
    reader = SentenceReader()
    assert reader.read(b"$" + body.encode()) is None
    return dict(reader.rejects)


def place(reading: Reading) -> tuple[float | None, float | None]:
    return reading.lat, reading.lon


def test_rmc() -> None:
    reading = read(RMC)
    assert place(reading) == PLACE
    assert reading.tod == Tod("145243.000", 53_563_000)
    assert (reading.valid, reading.fix) == (True, "dgps")
    assert (reading.speed, reading.course) == (0.257, 119.27)
    assert reading.date == dt.date(2010, 6, 3)


def test_gga() -> None:
    reading = read(GGA)
    assert place(reading) == PLACE
    assert (reading.valid, reading.fix, reading.satellites) == (True, "dgps", 10)
    assert (reading.alt, reading.hdop) == (234.7, 0.87)


def test_gns_with_one_letter_for_each_constellation() -> None:
    reading = read(GNS)
    assert place(reading) == PLACE
    assert (reading.valid, reading.fix, reading.satellites, reading.hdop, reading.alt) == (
        True,
        "dgps",
        14,
        1.3,
        250.8,
    )


def test_gll_of_each_age() -> None:
    assert place(read(GLL)) == PLACE
    assert read("GPGLL,5029.3800,N,10441.0389,W,021613.949,A").valid is True
    assert read("GPGLL,4916.45,N,12311.12,W") == Reading(talker="GP", kind="GLL")


@pytest.mark.parametrize("status", ["V", "S", "C", "U"])
def test_the_last_field_of_nmea_4_1_is_not_about_the_fix(status: str) -> None:
    """It is about the ship's navigation; pynmea2's `is_valid` takes V there for no fix."""
    body = "GNRMC,000653.00,A,4404.12994,N,12118.84613,W,0.052,,090624,,,A," + status
    assert read(body).valid is True


@pytest.mark.parametrize(
    "body",
    [
        RMC.replace(",A,", ",V,"),
        RMC[:-1] + "N",
        RMC.replace(",A,", ",V,")[:-1] + "E",
        "GPRMC,,V,,,,,,,,,,N",
        "GPRMC,145243.000,,3401.9764,N,11744.8274,W,0.00,119.27,030610,,,",
        GGA.replace("W,2,", "W,0,"),
        GGA.replace("W,2,", "W,,"),
        "GPGGA,,,,,,0,00,99.99,,,,,,",
        GNS.replace("ADN", "NNN"),
        GNS.replace("ADN", ""),
        GLL.replace(",A,A", ",V,N"),
        GLL.replace(",A,A", ",A,N"),
        "GPGLL,,,,,,V,N",
    ],
)
def test_no_fix_is_said_without_a_position_or_date(body: str) -> None:
    reading = read(body)
    assert reading.valid is False
    assert place(reading) == (None, None)
    assert reading.date is None


@pytest.mark.parametrize(
    ("letter", "kind"),
    [
        ("A", "gps"),
        ("D", "dgps"),
        ("E", "estimated"),
        ("F", "rtk"),
        ("M", "manual"),
        ("P", "gps"),
        ("R", "rtk"),
        ("S", "simulated"),
        ("", "gps"),
    ],
)
def test_mode_letters(letter: str, kind: str) -> None:
    assert read(RMC[:-1] + letter).fix == kind
    assert read(GLL[:-1] + letter).fix == kind


@pytest.mark.parametrize(
    ("quality", "kind"),
    [
        ("1", "gps"),
        ("01", "gps"),
        ("2", "dgps"),
        ("3", "gps"),
        ("4", "rtk"),
        ("5", "rtk"),
        ("6", "estimated"),
        ("7", "manual"),
        ("8", "simulated"),
        ("9", "dgps"),
    ],
)
def test_qualities(quality: str, kind: str) -> None:
    assert read(GGA.replace("W,2,", f"W,{quality},")).fix == kind


def test_one_simulated_constellation_makes_the_fix_simulated() -> None:
    assert read(GNS.replace("ADN", "ARS")).fix == "simulated"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (GGA.replace("W,2,", "W,12,"), "quality"),
        (GGA.replace("W,2,", "W,A,"), "quality"),
        (RMC.replace("3401.9764", "9401.9764"), "position"),
        (RMC.replace("11744.8274", "18744.8274"), "position"),
        (RMC.replace("145243.000", "245243.000"), "time"),
        (RMC.replace("3401.9764,N,11744.8274,W", ",,,"), "no_position"),
        (GLL.replace("3401.9764,N,11744.8274,W", "0000.0,N,00000.0,E"), "no_position"),
        ("GPRMC,a*b", "time"),
    ],
)
def test_a_sentence_without_meaning_is_refused_and_counted(body: str, reason: str) -> None:
    assert refused(body) == {reason: 1}


def test_a_bad_optional_field_costs_that_field_alone() -> None:
    reader = SentenceReader()
    bad = RMC.replace("0.50,119.27,030610", "9999,400,310210")
    reading = reader.read(b"$" + bad.encode())
    assert reading is not None
    assert place(reading) == PLACE
    assert (reading.speed, reading.course, reading.date) == (None, None, None)
    assert reader.rejects == {"speed": 1, "course": 1, "date": 1}


def test_empty_is_absent_and_zero_is_zero() -> None:
    """pynmea2's own reading of empty coordinates would be 0.0, in the Gulf of Guinea."""
    bare = read("GPGGA,145243.000,3401.9764,N,11744.8274,W,1,,,,M,,M,,")
    assert (bare.alt, bare.hdop, bare.satellites) == (None, None, None)
    still = read(RMC.replace("0.50,119.27", "0.00,0.00"))
    assert (still.speed, still.course) == (0.0, 0.0)
    assert read(RMC.replace("0.50,119.27", ",")).speed is None
    assert read(GGA.replace("234.7", "0.0")).alt == 0.0


@pytest.mark.parametrize("dop", ["0", "0.0", "00.0", "99", "99.0", "99.9", "99.99", "100", ""])
def test_no_dop_is_no_dop(dop: str) -> None:
    assert read(GGA.replace("0.87", dop)).hdop is None
    assert read(f"GPGSA,A,3,23,04,,,,,,,,,,,2.1,{dop},1.8").hdop is None


def test_no_fix_is_made_of_no_satellites() -> None:
    assert read(GGA.replace(",10,", ",00,")).satellites is None


@pytest.mark.parametrize(
    "tail",
    ["," * 13 + "2.1,1.5,1.8", "," * 13 + "2.1,1.5,1.8,4", "," * 25 + "2.1,1.5,1.8"],
)
def test_gsa_of_12_satellites_with_system_id_and_of_24(tail: str) -> None:
    reading = read(f"GNGSA,A,2{tail}")
    assert (reading.mode, reading.hdop, reading.valid) == (2, 1.5, None)


def test_a_short_gsa_has_a_mode_at_most() -> None:
    reading = read("GPGSA,A,1,,")
    assert (reading.mode, reading.hdop) == (1, None)
    assert read("GPGSA,A,E,,").mode is None


@pytest.mark.parametrize(
    ("body", "speed", "course"),
    [
        ("GPVTG,133.96,T,,M,1.93,N,3.57,K,A", 0.993, 133.96),
        ("GPVTG,133.96,T,,,1.93,N,3.57,K,A", 0.993, 133.96),
        ("GPVTG,,T,,M,,N,3.60,K,A", 1.0, None),
        ("GPVTG,133.96,131.2,1.93,3.57", 0.993, 133.96),
        ("GPVTG,,,,,,,,,N", None, None),
        ("GPVTG,133.96,T,,M,1.93,N,3.57,K,N", None, None),
        ("GPVTG,0.00,T,,M,0.00,N,0.0,K", 0.0, 0.0),
    ],
)
def test_vtg_of_each_form(body: str, speed: float | None, course: float | None) -> None:
    reading = read(body)
    assert (reading.speed, reading.course) == (speed, course)


def test_gst_and_gbs_give_a_95_percent_radius() -> None:
    assert read("GPGST,135806.000,6.1,4.0,4.0,61.0,3.0,4.0,4.8").accuracy == 10.0
    assert read("GPGBS,194907.00,3.0,4.0,4.2,,,,").accuracy == 10.0
    assert read("GPGST,212407.000,,,,,,,").accuracy is None
    assert read("GPGST,212407.000,,,,,0.0,0.0,").accuracy is None


def test_zda_has_the_century() -> None:
    reading = read("GPZDA,164520.99,28,03,2019,,")
    assert (reading.date, reading.valid) == (dt.date(2019, 3, 28), None)
    assert read("GPZDA,,,,,00,00").date is None


@pytest.mark.parametrize(
    "body",
    [
        "GPGSV,1,1,00",
        "PGRME,19.9,M,50.0,M,53.8,M",
        "PARMC,145243.000,A,3401.9764,N,11744.8274,W,0.50,119.27,030610,,,D",  # a maker's own
        "GPTXT,01,01,02,x",
        "GP",
        "",
        "gprmc,1",
        "GPRMC",
    ],
)
def test_other_kinds_are_skipped_before_pynmea2(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "_TYPES", {})
    reader = SentenceReader()
    assert reader.read(b"$" + body.encode()) is None
    assert reader.read(b"!AIVDM,1,1,,B,13njCt031t0DA=lN2:jKmad60l1p,0") is None
    assert (reader.skipped, dict(reader.rejects)) == (2, {})


@pytest.mark.parametrize("talker", ["GP", "GN", "GL", "GA", "GB", "BD", "GQ", "QZ", "GI", "II"])
def test_any_talker(talker: str) -> None:
    reading = read(talker + RMC[2:])
    assert (reading.key, place(reading)) == (talker + "RMC", PLACE)


BODIES = [RMC, GGA, GNS, GLL, "GPZDA,1,2,3,4", "GPGSA,A,3", "GPVTG,1,T", "GPGST,1", "GPGBS,1"]


@given(st.sampled_from(BODIES), st.data())
def test_a_mutated_sentence_never_raises_and_stays_in_range(body: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    until = data.draw(st.integers(at, min(len(body), at + 8)))
    patch = data.draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8))
    reading = SentenceReader().read(("$" + body[:at] + patch + body[until:]).encode())
    if reading is None:
        return
    assert reading.lat is None or -90 <= reading.lat <= 90
    assert reading.lon is None or -180 <= reading.lon <= 180
    assert reading.course is None or 0 <= reading.course <= 360
    assert (reading.lat is None) == (not reading.valid)


def test_a_gsa_that_comes_again_says_the_same_and_many_are_not_kept_for_ever() -> None:
    reader = SentenceReader()
    bodies = [f"$GNGSA,A,3,{n},,,,,,,,,,,,1.21,{n}.5,1.02,1".encode() for n in range(1, 90)]
    first = [reader.read(body) for body in bodies]
    assert [reader.read(body) for body in bodies] == first
    assert len({reading.hdop for reading in first if reading}) == len(bodies)
    assert len(reader._satellites_used) <= 16
