"""What other systems are told, in CloudEvents 1.0 envelopes."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from contract.errors import EncodeError
from contract.messages import CloudEvent, Incident

NoticeKind = Literal["system_alarm", "audit_head", "canary"]
NoticeData = dict[str, str | int | float | bool]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def incident_event(incident: Incident, *, source: str, at: int) -> CloudEvent[Incident]:
    """Say that an incident changed, at `at` (ms); repeats of one version have the same id."""
    return CloudEvent(
        id=f"{incident.incident}.{incident.version}",
        source=source,
        type=f"org.guardian.incident.{incident.state}",
        time=rfc3339(at),
        subject=incident.incident,
        data=incident,
    )


def notice_event(
    kind: NoticeKind, data: NoticeData, *, event_id: str, source: str, at: int
) -> CloudEvent[NoticeData]:
    """Say something about Guardian itself, at `at` (ms); repeats have the same `event_id`."""
    return CloudEvent(
        id=event_id,
        source=source,
        type=f"org.guardian.notice.{kind}",
        time=rfc3339(at),
        data=data,
    )


def rfc3339(at: int) -> str:
    """Return ms since 1970 as RFC 3339, UTC.

    Raises:
        EncodeError: it lies before 1970 or after the year 9999.
    """
    try:
        when = _EPOCH + timedelta(milliseconds=at)
    except OverflowError as error:
        raise EncodeError(f"{at} ms is no time that RFC 3339 can write") from error
    if when < _EPOCH:
        raise EncodeError(f"{at} ms is before 1970")
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
