"""34 real receivers: what the reader makes of them against gpsd's own expected output.

`pytest -k overall -s` prints what is missed in which log.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from device_agent.fix import Fix
from device_agent.nmea.dates import Instant
from device_agent.nmea.reader import Epoch, NmeaReader

LOGS = Path(__file__).parents[3] / "nmea"
NAMES = sorted(path.stem for path in LOGS.glob("*.nmea"))
DEGREES = 1e-7
RECORDED = Instant(0.0)
AIM = 0.99
GPSD_WRONG = {("unicore-um621", "2024-06-09T00:07:05.000Z")}
"""gpsd mixes the next second's RMC (status V) into this one, of which all sentences say fix."""


def expected(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (LOGS / f"{name}.fixes.jsonl").read_text().splitlines()]


def reference_date(name: str) -> dt.date:
    for row in (LOGS / "manifest.jsonl").read_text().splitlines():
        entry = json.loads(row)
        if entry["log"] == name:
            year, month, day = entry["ref_date"].rstrip("T").split("-")
            return dt.date(int(year), int(month), int(day))
    raise AssertionError(name)


def epochs_of(name: str, *, chunk: int = 4096) -> list[Epoch]:
    data = (LOGS / f"{name}.nmea").read_bytes()
    reader = NmeaReader(floor_ms=None, reference=reference_date(name))
    epochs = []
    for start in range(0, len(data), chunk):
        epochs += reader.feed(data[start : start + chunk], RECORDED)
    return [*epochs, *reader.end(RECORDED)]


def fixes_of(name: str) -> list[Fix]:
    return [epoch.fix for epoch in epochs_of(name) if epoch.fix is not None]


def to_ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


def told_ms(row: dict[str, Any]) -> int:
    return to_ms(row.get("time_rx") or row["time"])


def misses(name: str) -> tuple[int, list[str]]:
    """Return how many timed fixes gpsd expects, and those of them that differ here."""
    wanted = [row for row in expected(name) if row["fix"] and row["time"]]
    found: dict[int, list[Fix]] = {}
    for fix in fixes_of(name):
        if fix.time is not None:
            found.setdefault(fix.time_raw or fix.time, []).append(fix)
    missed = [row["time"] for row in wanted if not _same(row, found.get(told_ms(row), []))]
    return len(wanted), missed


def _same(row: dict[str, Any], fixes: list[Fix]) -> bool:
    return (
        len(fixes) == 1
        and abs(fixes[0].lat - row["lat"]) <= DEGREES
        and abs(fixes[0].lon - row["lon"]) <= DEGREES
    )


def test_overall_the_aim_is_reached() -> None:
    total, missed = 0, {}
    for name in NAMES:
        count, wrong = misses(name)
        total += count
        if wrong:
            missed[name] = wrong
            print(f"{name}: {len(wrong)} of {count} missed: {wrong}")  # noqa: T201
    assert len(NAMES) == 34
    assert total >= 600
    assert sum(map(len, missed.values())) <= (1 - AIM) * total, missed


@pytest.mark.parametrize("name", NAMES)
def test_no_fix_where_the_receiver_has_none(name: str) -> None:
    without = {told_ms(row) for row in expected(name) if not row["fix"] and row["time"]}
    wrong = {fix.time for fix in fixes_of(name)} & without
    assert wrong == {to_ms(time) for log, time in GPSD_WRONG if log == name}


@pytest.mark.parametrize("name", NAMES)
def test_every_epoch_is_one_record(name: str) -> None:
    tods = [epoch.tod for epoch in epochs_of(name) if epoch.tod is not None]
    assert len(set(tods)) == len(tods)


@pytest.mark.parametrize("name", NAMES)
def test_a_fix_before_the_first_date_is_found_by_its_time_of_day(name: str) -> None:
    """In gpsd it has no time; the reader may have waited for the date."""
    untimed = [row for row in expected(name) if row["fix"] and not row["time"]]
    found = [(fix.lat, fix.lon) for fix in fixes_of(name)]
    for row in untimed:
        near = [
            (lat, lon)
            for lat, lon in found
            if abs(lat - row["lat"]) < 1e-5 and abs(lon - row["lon"]) < 1e-5
        ]
        assert near, row["tod"]


@pytest.mark.parametrize("name", ["GPSmap-76S", "eXplorist110", "skytraq"])
def test_a_log_without_a_fix_gives_none(name: str) -> None:
    """One of them simulates, and says so only in the mode."""
    epochs = epochs_of(name)
    assert len(epochs) >= 10
    assert {epoch.state for epoch in epochs} == {"no_fix"}


@pytest.mark.parametrize("name", ["triton400", "st-teseo-liv4f", "bt451", "unicore-um621"])
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_real_bytes_in_any_chunking(name: str, chunk: int) -> None:
    assert epochs_of(name, chunk=chunk) == epochs_of(name)


def test_fixes_have_what_the_receiver_sent() -> None:
    """Speed and altitude of sentences, not gpsd's own derivations."""
    for name in NAMES:
        sent = {
            told_ms(row): row
            for row in expected(name)
            if row["fix"] and row["time"] and row["src"].get("alt_msl") == "rx"
        }
        for fix in fixes_of(name):
            row = sent.get(fix.time_raw or fix.time or -1)
            if row and fix.alt is not None:
                assert fix.alt == pytest.approx(row["alt_msl"], abs=0.06), (name, fix.tod)
