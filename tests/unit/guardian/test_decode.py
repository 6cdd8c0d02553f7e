"""`guardian decode`: recordings and pipes become one JSON line for each fix."""

import io
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from contract.messages import Location
from guardian.cli import main

LOGS = Path(__file__).parents[2] / "nmea"
WALK = LOGS / "haicom-305N.nmea"
NO_DATE = b"$GPGGA,152504.50,5547.82107,N,02334.14132,E,1,04,2.72,37.0,M,26.9,M,,*68\r\n"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["decode", *map(str, arguments)], input=stdin)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(row) for row in result.stdout.splitlines()]


def test_a_file_gives_one_object_for_each_fix() -> None:
    found = rows(run(WALK))
    assert len(found) == 68
    assert found[0] == {
        "time": 1_176_025_984_802,
        "tod": "095304.802",
        "lat": -27.210866667,
        "lon": 153.052328333,
        "alt": 3.0,
        "speed": 0.0,
        "course": 133.96,
        "accuracy": 170.0,
        "hdop": 17.0,
        "fix": "gps",
        "clock": "gps",
    }
    assert set(found[0]) - {"tod"} <= set(Location.__struct_fields__)


def test_standard_input_by_dash_and_by_default() -> None:
    data = WALK.read_bytes()
    assert rows(run("-", stdin=data)) == rows(run(stdin=data)) == rows(run(WALK))


def test_without_any_date_there_is_no_time_and_with_one_it_is_the_hosts() -> None:
    (undated,) = rows(run(stdin=NO_DATE))
    assert "time" not in undated
    assert "clock" not in undated
    assert undated["tod"] == "152504.50"
    (dated,) = rows(run("--date", "2009-12-09", stdin=NO_DATE))
    assert (dated["time"], dated["clock"]) == (1_260_372_304_500, "host")


def test_a_rollover_is_repaired_by_the_date_alone() -> None:
    (plain,) = rows(run("--date", "2009-12-09", LOGS / "udp-test.nmea"))
    assert "time_raw" not in plain
    (repaired,) = rows(run("--date", "2027-08-10", LOGS / "udp-test.nmea"))
    assert repaired["time"] - repaired["time_raw"] == 1024 * 7 * 86_400_000
    assert repaired["time_raw"] == plain["time"]


@pytest.mark.parametrize("text", ["2019-2-4", "2019-02-04T10:00:00Z", "2019-02-04T"])
def test_dates_as_people_and_logs_write_them(text: str) -> None:
    (row,) = rows(run("--date", text, stdin=NO_DATE))
    assert row["time"] // 86_400_000 == 17_931


@pytest.mark.parametrize("text", ["2019-02-30", "04.02.2019", "today", ""])
def test_what_is_no_date_is_refused_clearly(text: str) -> None:
    result = run("--date", text, stdin=NO_DATE)
    assert result.exit_code == 2
    assert "expected YYYY-MM-DD" in result.stderr


def test_a_log_without_fixes_prints_nothing() -> None:
    result = run(LOGS / "GPSmap-76S.nmea")
    assert (result.exit_code, result.output) == (0, "")
    assert run(stdin=b"").output == ""
    assert run(stdin=bytes(range(256)) * 100).output == ""


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.nmea", tmp_path):
        result = run(path)
        assert result.exit_code == 2
        assert str(path) in result.stderr
        assert result.stdout == ""


def test_a_file_that_cannot_be_opened_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", refuse)
    result = run(WALK)
    assert result.exit_code == 1
    assert "Input/output error" in result.stderr


def test_stats_go_to_stderr() -> None:
    result = run("--stats", LOGS / "triton400.nmea")
    assert len(rows(result)) == 5
    assert result.stderr.splitlines() == ["sentences 28", "epochs 5", "fixes 5", "rejected cut 1"]
    assert run(LOGS / "triton400.nmea").stderr == ""


def test_help_has_an_example() -> None:
    result = run("--help")
    assert "guardian decode --date" in result.stdout


def test_a_pipe_is_answered_while_it_is_still_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of a live receiver must not wait for the end, which never comes."""
    inward, outward = os.pipe()
    printed: list[bytes] = []
    arrived = threading.Event()

    def note(message: bytes, **_: object) -> None:
        printed.append(message)
        arrived.set()

    monkeypatch.setattr("click.echo", note)
    with open(inward, "rb") as stream, open(outward, "wb", buffering=0) as pipe:  # noqa: PTH123
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))
        worker = threading.Thread(
            target=main, args=(["decode"],), kwargs={"standalone_mode": False}
        )
        worker.start()
        pipe.write(b"".join(WALK.read_bytes().splitlines(keepends=True)[:40]))
        assert arrived.wait(4)
        assert b"095304.802" in printed[0]
        pipe.close()
        worker.join(4)


def test_memory_stays_flat_on_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.nmea"
    large.write_bytes(b"$GPGSV" + bytes(3_000_000) + b"$GP" * 20_000 + WALK.read_bytes() * 10)
    monkeypatch.setattr("click.echo", lambda *_, **__: None)
    tracemalloc.start()
    main(["decode", str(large)], standalone_mode=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (f"{WALK} > /dev/full", 1, "Error: cannot write: No space left on device"),
        ("<&-", 1, "Error: standard input is closed"),
        ("/proc/self/mem", 1, "Error: Could not open file '/proc/self/mem': Input/output error"),
        (f"{WALK} | head -1 > /dev/null", 0, ""),
        (f"{WALK} >&-", 0, ""),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line(words: str, code: int, said: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m guardian decode {words}"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (code, said)


def test_a_reader_that_has_gone_ends_it_quietly() -> None:
    inward, outward = os.pipe()
    os.close(inward)
    done = subprocess.run(
        [sys.executable, "-m", "guardian", "decode", WALK],
        stdout=outward, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(outward)
    assert (done.returncode, done.stderr) == (1, b"")
