"""InfluxDB's answers as our errors; a proxy's page condemns no row.

InfluxDB's own words quote the line that it refused, coordinates and all, so they go no further.
"""

import json
import re

from telemetry_store.errors import (
    DeniedError,
    PartlyStoredError,
    RejectedError,
    TooLargeError,
    UnavailableError,
)

_DROPPED = re.compile(r"dropped=(\d+)")
_DENIED = frozenset({401, 403, 404})


def fault(status: int, body: bytes | str, retry_after: str | None) -> Exception:
    """Return our error; 400, 404 and 422 mean something only when InfluxDB itself says them."""
    said = _said(body)
    if status in _DENIED and (said or status != 404):  # noqa: PLR2004 - HTTP
        return DeniedError(f"InfluxDB refuses the token, or has no such bucket ({status})")
    if status == 413:  # noqa: PLR2004 - HTTP
        return TooLargeError("InfluxDB takes fewer rows at a time")
    if status == 400 and said:  # noqa: PLR2004 - HTTP
        return RejectedError("InfluxDB cannot read a line")
    if status == 422 and said:  # noqa: PLR2004 - HTTP
        dropped = _DROPPED.search(said)
        return PartlyStoredError(_cause(said), dropped=int(dropped[1]) if dropped else None)
    return UnavailableError(f"InfluxDB answered {status}", retry_after_s=_pause(retry_after))


def _said(body: bytes | str) -> str:
    """Return InfluxDB's message; a proxy's page gives an empty one."""
    try:
        found = json.loads(body or "")
    except ValueError:
        return ""
    return str(found.get("message") or found.get("code") or "") if isinstance(found, dict) else ""


def _cause(said: str) -> str:
    """Name the known causes, because the message itself may hold a position."""
    if "field type conflict" in said:
        return "a field has another type in the bucket"
    if "retention policy" in said:
        return "the time is outside the bucket's retention"
    return "InfluxDB dropped a row"


def _pause(retry_after: str | None) -> float | None:
    """Return Retry-After in seconds; as a date it is left to our own backoff."""
    try:
        return max(0.0, float(retry_after or ""))
    except ValueError:
        return None
