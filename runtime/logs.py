"""Logging: an event's name and fields, as JSON lines or, on a terminal, as text.

A thin layer over the standard library, because a tracker has 36 MB for everything. Text from
devices is hostile: field values are capped, and characters that could forge a line are escaped.
Positions, names and plates are never logged: a field named so is a bug of ours.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

MAX_VALUE_CHARS = 500
"""Longest text of one field; ten lines of a terminal."""
MAX_TRACE_CHARS = 8000
"""Longest traceback; deeper ones keep their end, where the cause stands."""

FORBIDDEN_FIELDS = frozenset(
    {
        "lat", "lon", "latitude", "longitude", "location", "position", "coordinates", "place",
        "name", "driver", "holder", "phone", "phone_number", "plate", "plate_number", "vehicle",
        "address", "destination", "note", "text", "payload", "code", "pin", "password", "secret",
        "token", "cookie",
    }
)  # fmt: skip
"""Fields that would carry personal data or secrets into a log."""

_RESERVED = frozenset({"time", "level", "service", "logger", "event", "exception"})
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_UNSAFE_IN_TRACE = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_MAX_JSON_INT = 2**63
_PLAIN = re.compile(r"[^\s\"'=]+\Z")


class Logger:
    """Logs events of one module."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, /, **fields: Any) -> None:
        """Log what only a developer asks for."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: Any) -> None:
        """Log a change of condition."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        """Log what Guardian copes with and somebody should know."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        """Log what somebody has to act on."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, /, **fields: Any) -> None:
        """Log an error with the exception that is being handled."""
        self._log(logging.ERROR, event, fields, trace=True)

    def _log(self, level: int, event: str, fields: dict[str, Any], *, trace: bool = False) -> None:
        forbidden = FORBIDDEN_FIELDS.intersection(fields)
        if forbidden:
            raise ValueError(f"{event}: {', '.join(sorted(forbidden))} must not be logged")
        self._logger.log(level, event, extra={"fields": fields}, exc_info=trace, stacklevel=3)


def get(name: str) -> Logger:
    """Return the logger of a module (`get(__name__)`).

    Its methods take an event's name and fields. A field in FORBIDDEN_FIELDS raises ValueError.
    """
    return Logger(logging.getLogger(name))


def configure(
    service: str, *, level: str = "info", form: str = "auto", stream: TextIO | None = None
) -> None:
    """Send everything that is logged, by libraries too, to `stream` (standard error).

    `form` is `json`, `text`, or `auto`: text when `stream` is a terminal.
    """
    stream = sys.stderr if stream is None else stream
    text = form == "text" or (form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if text else JsonFormatter(service))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, service, logger, event and the fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": _rfc3339(record.created),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": clean(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            entry["exception"] = _trace(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """A line for human eyes: time, level, logger, event, field=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it."""
        pairs = " ".join(f"{key}={_quoted(value)}" for key, value in _fields(record).items())
        time = _rfc3339(record.created)[11:23]
        event = clean(record.getMessage())
        line = f"{time} {record.levelname:<7} {record.name}: {event} {pairs}".rstrip()
        if record.exc_info:
            line += "\n" + _trace(self.formatException(record.exc_info))
        return line


def clean(text: str, limit: int = MAX_VALUE_CHARS) -> str:
    """Return hostile text so that it stays on its line: capped, control characters escaped."""
    capped = text if len(text) <= limit else f"{text[:limit]}...[{len(text)} characters]"
    return _UNSAFE.sub(_escaped, capped)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return {
        f"{key}_" if key in _RESERVED else key: _loggable(value) for key, value in fields.items()
    }


def _loggable(value: Any) -> Any:
    """Return the value as JSON can hold it."""
    if value is None or isinstance(value, bool) or _is_json_number(value):
        return value
    if isinstance(value, Mapping):
        return {clean(str(key)): _loggable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_loggable(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted((_loggable(each) for each in value), key=str)
    return clean(str(value))


def _is_json_number(value: Any) -> bool:
    """Say whether every JSON reader takes it: no NaN, no infinity, no integer beyond 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) < _MAX_JSON_INT


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str) or _PLAIN.match(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _trace(text: str) -> str:
    kept = text if len(text) <= MAX_TRACE_CHARS else "..." + text[-MAX_TRACE_CHARS:]
    return _UNSAFE_IN_TRACE.sub(_escaped, kept)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte


def _rfc3339(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, tz=UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
