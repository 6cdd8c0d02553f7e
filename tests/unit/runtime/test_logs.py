import ast
import io
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import logs

_log = logs.get("guardian.test")

PARTS = (
    "contract",
    "runtime",
    "device_agent",
    "broker_config",
    "ingest",
    "telemetry_store",
    "dispatcher",
    "guardian",
)
LEVELS = ("debug", "info", "warning", "error", "exception")
LOG_CALLS = {f"{name}.{level}" for name in ("_log", "log", "self._log") for level in LEVELS}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _fail(words: str) -> None:
    raise OSError(words)


def _stream(form: str = "json", level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    logs.configure("ingest", level=level, form=form, stream=stream)
    return stream


def _entry(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    entry: dict[str, Any] = json.loads(line)
    return entry


def test_an_event_is_one_json_object_a_line() -> None:
    stream = _stream()
    _log.info("batch_written", rows=5, took_s=0.25, again=False, why=None)
    entry = _entry(stream)
    time = entry.pop("time")
    assert len(time) == len("2026-01-01T00:00:00.000Z")
    assert time.endswith("Z")
    assert entry == {
        "level": "info",
        "service": "ingest",
        "logger": "guardian.test",
        "event": "batch_written",
        "rows": 5,
        "took_s": 0.25,
        "again": False,
        "why": None,
    }


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_each_level_is_named(level: str) -> None:
    stream = _stream(level="debug")
    getattr(_log, level)("happened")
    assert _entry(stream)["level"] == level


def test_lower_levels_are_left_out() -> None:
    stream = _stream(level="warning")
    _log.info("quiet")
    assert stream.getvalue() == ""


def test_an_exception_brings_its_traceback() -> None:
    stream = _stream()
    try:
        _fail("disk\x1b[2J gone")
    except OSError:
        _log.exception("write_failed", rows=1)
    entry = _entry(stream)
    assert entry["level"] == "error"
    assert "OSError: disk\\x1b[2J gone" in entry["exception"]
    assert "\n" in entry["exception"]


def test_a_deep_traceback_keeps_its_end() -> None:
    stream = _stream()
    try:
        _fail("x" * 20_000 + "the end")
    except OSError:
        _log.exception("write_failed")
    assert len(_entry(stream)["exception"]) < logs.MAX_TRACE_CHARS + 10
    assert _entry(stream)["exception"].endswith("the end")


@pytest.mark.parametrize("field", sorted(logs.FORBIDDEN_FIELDS))
def test_personal_data_and_secrets_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match=f"happened: {field} must not be logged"):
        _log.debug("happened", **{field: "x"})


def test_a_field_never_overwrites_what_every_line_has() -> None:
    stream = _stream()
    _log.info("stepped", level=3, event="x")
    entry = _entry(stream)
    assert (entry["level"], entry["level_"], entry["event"]) == ("info", 3, "stepped")


def test_an_event_is_not_a_format() -> None:
    stream = _stream()
    _log.info("100%s of %d")
    assert _entry(stream)["event"] == "100%s of %d"


@given(st.text(), st.text(max_size=600))
def test_no_text_forges_a_line(event: str, value: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, event, None, None)
    record.__dict__["fields"] = {"value": value}
    for formatter in (logs.JsonFormatter("ingest"), logs.TextFormatter()):
        line = formatter.format(record)
        assert len(line.splitlines()) == 1
        line.encode()
        assert not any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in line)


def test_long_text_is_capped() -> None:
    stream = _stream()
    _log.info("happened", value="x" * 10_000)
    assert _entry(stream)["value"] == "x" * logs.MAX_VALUE_CHARS + "...[10000 characters]"


def test_chinese_stays_readable() -> None:
    stream = _stream()
    _log.info("happened", station="中正一分局")
    assert "中正一分局" in stream.getvalue()


def test_any_value_becomes_json() -> None:
    stream = _stream()
    _log.info(
        "happened",
        nested={"a\n": [1, (2, {3})]},
        huge=2**80,
        nan=float("nan"),
        raw=b"\x00",
        names=frozenset({"b", "a"}),
    )
    entry = _entry(stream)
    assert entry["nested"] == {"a\\x0a": [1, [2, [3]]]}
    assert entry["huge"] == str(2**80)
    assert entry["nan"] == "nan"
    assert entry["raw"] == "b'\\x00'"
    assert entry["names"] == ["a", "b"]


def test_what_libraries_log_is_forwarded() -> None:
    stream = _stream()
    logging.getLogger("uvicorn.error").warning("Started\nserver %d", 7)
    entry = _entry(stream)
    assert (entry["logger"], entry["event"]) == ("uvicorn.error", "Started\\x0aserver 7")


def test_warnings_are_logged() -> None:
    stream = _stream()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("ingest", form="json", stream=stream)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert "DeprecationWarning: old" in _entry(stream)["event"]


def test_text_is_for_human_eyes() -> None:
    stream = _stream("text")
    _log.warning("store_down", bucket="telemetry", why="no route", tries=3, quoted='a"b')
    line = stream.getvalue()
    assert line[12:] == (
        " WARNING guardian.test: store_down bucket=telemetry"
        ' why="no route" tries=3 quoted="a\\"b"\n'
    )


def test_text_has_the_traceback_below() -> None:
    stream = _stream("text")
    try:
        _fail("gone")
    except OSError:
        _log.exception("write_failed")
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("write_failed")
    assert lines[-1] == "OSError: gone"


def test_a_terminal_gets_text_and_a_pipe_json() -> None:
    terminal = Terminal()
    logs.configure("ingest", stream=terminal)
    _log.info("happened")
    assert not terminal.getvalue().startswith("{")
    pipe = _stream("auto")
    _log.info("happened")
    assert pipe.getvalue().startswith("{")


def test_configuring_twice_logs_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = _stream()
    logs.configure("ingest")
    _log.info("happened")
    assert first.getvalue() == ""
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_tests_can_read_events_and_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    _log.info("happened", rows=1)
    (record,) = caplog.records
    assert record.getMessage() == "happened"
    assert record.__dict__["fields"] == {"rows": 1}
    assert record.funcName == "test_tests_can_read_events_and_fields"


def test_no_line_of_guardian_logs_personal_data_or_secrets() -> None:
    """A forbidden field raises; this finds it before the rare line that has it is reached."""
    root = Path(logs.__file__).parent.parent
    found = []
    for path in (each for part in PARTS for each in sorted((root / part).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in LOG_CALLS:
                names = {each.arg for each in node.keywords if each.arg}
                found += [(path, name) for name in names & logs.FORBIDDEN_FIELDS]
    assert not found
