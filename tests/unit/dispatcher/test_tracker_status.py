from contract.messages import Status, TrackerState
from dispatcher.store.trackers import TrackerRecord
from dispatcher.tracker_status import judge

BOOT, OTHER = "0a0b0c0d", "11111111"


def status(state: TrackerState, boot: str = BOOT, connect: int = 1, at: int = 5) -> Status:
    return Status(at=at, state=state, boot=boot, connect=connect)


def known(*statuses: Status) -> TrackerRecord:
    record: TrackerRecord | None = None
    for number, each in enumerate(statuses):
        record = judge(record, "tracker-a", each, number, retained=False) or record
    assert record is not None
    return record


def test_lost_is_dated_by_its_arrival() -> None:
    record = judge(known(status("online")), "tracker-a", status("lost", at=1), 99, retained=False)
    assert record is not None
    assert (record.status.state, record.arrived_at) == ("lost", 99)


def test_lost_counts_only_for_the_newest_connection() -> None:
    """A broker's last will may come after the tracker has connected anew."""
    now = known(status("online", connect=1), status("online", connect=2))
    assert judge(now, "tracker-a", status("lost", connect=1), 9, retained=False) is None
    assert judge(now, "tracker-a", status("lost", OTHER, 2), 9, retained=False) is None
    assert judge(now, "tracker-a", status("lost", connect=2), 9, retained=False) is not None


def test_lost_and_online_again_on_the_next_connection() -> None:
    record = known(status("online"), status("lost"), status("online", connect=2))
    assert (record.status.state, record.online_connect) == ("online", 2)


def test_a_status_of_an_older_connection_is_no_news() -> None:
    now = known(status("online", connect=3))
    assert judge(now, "tracker-a", status("offline", connect=2), 9, retained=False) is None
    assert judge(now, "tracker-a", status("online", OTHER, 0), 9, retained=False) is not None


def test_a_retained_copy_of_what_is_known_keeps_its_date() -> None:
    now = known(status("online"))
    assert judge(now, "tracker-a", status("online"), 9, retained=True) is None
    assert judge(now, "tracker-a", status("online"), 9, retained=False) is not None


def test_a_tracker_never_heard_of_may_be_lost() -> None:
    assert judge(None, "tracker-a", status("lost"), 9, retained=True) is not None
