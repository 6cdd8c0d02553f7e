"""Raw fields become numbers, times and places, or are absent; they never become 0 by default."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.nmea.fields import Fields, RefusedError, Tod


def of(*raw: str) -> Fields:
    return Fields(raw, Counter())


def test_a_field_that_is_not_there_is_empty() -> None:
    assert of("a").text(5) == ""
    assert of("").number(0, "x", 0, 1) is None
    assert of().tod(0) is None
    assert of("", "", "", "").position(0) is None


def test_padding_is_no_value() -> None:
    assert of("  ").number(0, "x", 0, 1) is None
    assert of(" 0.5 ").number(0, "x", 0, 1) == 0.5


@pytest.mark.parametrize("text", ["nan", "inf", "1e3", "1_0", "--1", "0x1", "1,", "٣", "1.2.3"])
def test_only_plain_decimals_are_numbers(text: str) -> None:
    """Python's float() would take most of these."""
    rejects: Counter[str] = Counter()
    assert Fields([text], rejects).number(0, "speed", -1e9, 1e9) is None
    assert rejects == {"speed": 1}


def test_out_of_range_is_absent_and_counted() -> None:
    rejects: Counter[str] = Counter()
    fields = Fields(["360.1", "-0.1", "360"], rejects)
    assert [fields.number(i, "course", 0, 360) for i in range(3)] == [None, None, 360]
    assert rejects == {"course": 2}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("000000", 0),
        ("235959.999", 86_399_999),
        ("123519.", 45_319_000),
        ("030129.0", 10_889_000),
        ("164516.99", 60_316_990),
        ("235960", 86_400_000),
        ("152504.5", 55_504_500),
    ],
)
def test_times_of_day(text: str, ms: int) -> None:
    assert of(text).tod(0) == Tod(text, ms)


@pytest.mark.parametrize("text", ["24000", "240000", "236000", "235961", "1235", "12:35:19", "x"])
def test_what_is_no_time_refuses_the_sentence(text: str) -> None:
    with pytest.raises(RefusedError, match="time"):
        of(text).tod(0)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (("4916.45", "N", "12311.12", "W"), (49.274166667, -123.185333333)),
        (("2712.6404", "S", "15303.1201", "E"), (-27.210673333, 153.052001667)),
        (("0000.0000", "N", "00000.0001", "E"), (0.0, 0.000001667)),
        (("9000", "N", "18000.000", "W"), (90.0, -180.0)),
        (("51.6", "S", "4.8", "E"), (-0.86, 0.08)),
        (("2460.0000", "N", "12100.00", "E"), (25.0, 121.0)),
        (("4404.1271062", "N", "12118.8438377", "W"), (44.068785103, -121.314063962)),
    ],
)
def test_places(raw: tuple[str, ...], place: tuple[float, float]) -> None:
    assert of(*raw).position(0) == place


@pytest.mark.parametrize(
    "raw",
    [
        ("", "N", "12311.12", "W"),
        ("4916.45", "N", "", ""),
        ("0000.0000", "N", "00000.0000", "E"),
        ("0.0", "S", "0", "W"),
    ],
)
def test_no_place_and_null_island_are_absent(raw: tuple[str, ...]) -> None:
    assert of(*raw).position(0) is None


@pytest.mark.parametrize(
    "raw",
    [
        ("9000.0001", "N", "0", "E"),
        ("4916.45", "N", "18000.01", "W"),
        ("4961.00", "N", "12311.12", "W"),
        ("4916.45", "", "12311.12", "W"),
        ("4916.45", "n", "12311.12", "W"),
        ("4916.45", "NS", "12311.12", "W"),
        ("-4916.45", "N", "12311.12", "W"),
        ("4916.45", "E", "12311.12", "W"),
        ("4916.4x", "N", "12311.12", "W"),
        ("123456.7", "N", "12311.12", "W"),
    ],
)
def test_an_impossible_place_refuses_the_sentence(raw: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError, match="position"):
        of(*raw).position(0)


def test_short_dates_begin_with_gps() -> None:
    assert of("060180").date(0) == dt.date(1980, 1, 6)
    assert of("311299").date(0) == dt.date(1999, 12, 31)
    assert of("010100").date(0) == dt.date(2000, 1, 1)
    assert of("290224").date(0) == dt.date(2024, 2, 29)
    assert of("").date(0) is None


@pytest.mark.parametrize("text", ["000000", "310211", "290223", "1201", "0106116", "1a0203"])
def test_an_impossible_date_is_absent_and_counted(text: str) -> None:
    rejects: Counter[str] = Counter()
    assert Fields([text], rejects).date(0) is None
    assert rejects == {"date": 1}


def test_full_dates() -> None:
    assert of("28", "03", "2019").full_date(0) == dt.date(2019, 3, 28)
    assert of("28", "", "2019").full_date(0) is None


@pytest.mark.parametrize(
    "raw", [("28", "03", "19"), ("00", "00", "0000"), ("31", "11", "2019"), ("1", "1", "20190")]
)
def test_an_impossible_full_date_is_absent_and_counted(raw: tuple[str, ...]) -> None:
    rejects: Counter[str] = Counter()
    assert Fields(raw, rejects).full_date(0) is None
    assert rejects == {"date": 1}


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_text_gives_values_in_range_or_the_documented_error(raw: list[str]) -> None:
    fields = of(*raw)
    value = fields.number(0, "x", -5, 5)
    assert value is None or -5 <= value <= 5
    fields.date(1)
    fields.full_date(2)
    for read in (fields.tod, fields.position):
        try:
            read(0)
        except RefusedError:
            continue


@given(
    st.integers(0, 89), st.integers(0, 5_999_999), st.integers(0, 179), st.integers(0, 5_999_999)
)
def test_a_place_survives_its_notation(lat: int, lat_min: int, lon: int, lon_min: int) -> None:
    raw = (
        f"{lat:02}{lat_min // 100_000:02}.{lat_min % 100_000:05}",
        "S",
        f"{lon:03}{lon_min // 100_000:02}.{lon_min % 100_000:05}",
        "E",
    )
    place = of(*raw).position(0) or (0.0, 0.0)
    assert place[0] == pytest.approx(-(lat + lat_min / 6e6), abs=1e-9)
    assert place[1] == pytest.approx(lon + lon_min / 6e6, abs=1e-9)
