"""What a status means for what is known of its tracker: pure."""

from contract.messages import Status
from dispatcher.store.trackers import TrackerRecord


def judge(
    known: TrackerRecord | None, device: str, status: Status, arrived_at: int, *, retained: bool
) -> TrackerRecord | None:
    """Return what is known now; None when the status is no news.

    A last will counts only for the newest connection: one that a broker held back says nothing
    about the connection that came after. A retained copy of what is known keeps its old date.
    """
    if known is not None:
        if retained and known.status == status:
            return None
        if _is_older(known, status):
            return None
    online = status.state != "lost"
    return TrackerRecord(
        device=device,
        status=status,
        arrived_at=arrived_at,
        online_boot=status.boot if online or known is None else known.online_boot,
        online_connect=status.connect if online or known is None else known.online_connect,
    )


def has_returned(before: TrackerRecord | None, now: TrackerRecord) -> bool:
    """Say whether the tracker is on a connection that was not known before."""
    if now.status.state == "lost":
        return False
    known = None if before is None else (before.online_boot, before.online_connect)
    return known != (now.online_boot, now.online_connect)


def _is_older(known: TrackerRecord, status: Status) -> bool:
    same_boot = status.boot == known.online_boot
    if status.state == "lost":
        return not same_boot or status.connect != known.online_connect
    return same_boot and status.connect < (known.online_connect or 0)
