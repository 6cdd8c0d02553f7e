from contract import codec
from contract.limits import MAX_PAYLOAD_BYTES, ROUTINE_IN_FLIGHT, UNSTORED_RESEND_S
from contract.messages import Location, Reports, Stored
from device_agent.backlog import Backlog
from device_agent.letters import Letters
from device_agent.panic import Panics
from device_agent.press import Press
from device_agent.sending import FIRST_BATCH_BYTES, REFUSED_RETRY_S, Outgoing, Sender
from device_agent.status import StatusBoard
from tests.unit.device_agent.fakes import BOOT, location, make_pace, moment, receipt


class Desk:
    """A sender on connection 1 whose first Status is out of the way."""

    def __init__(self, *, connected: bool = True) -> None:
        self.panics = Panics(lambda: 0.0, make_pace())
        self.backlog = Backlog(10_000)
        self.status = StatusBoard(BOOT, "1")
        self.letters = Letters()
        self.sender = Sender(self.panics, self.backlog, self.status, self.letters)
        self.packet = 0
        self.seq = 0
        if connected:
            self.sender.up(1, 0.0)
            self.status.sent(0.0)

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            self.backlog.add(BOOT, self.seq, codec.encode(location(self.seq)))
            self.seq += 1

    def press(self, now: float = 0.0, *, saved: bool = True) -> Press:
        press = self.panics.press(
            "button",
            silent=False,
            pressed=now,
            moment=moment(now),
            location=None,
            fresh=False,
            randomness=bytes(10),
        )
        if saved:
            self.panics.saved(press.row.panic_id, 0)
        return press

    def send(self, now: float = 0.0) -> list[Outgoing]:
        """Send all that goes out now; packets count from 1."""
        sent = []
        self.backlog.wake(now)
        while (out := self.sender.next(moment(now))) is not None:
            self.packet += 1
            self.sender.sent(out, self.packet, now)
            sent.append(out)
        return sent

    def names(self, now: float = 0.0) -> list[str]:
        return [out.topic.name for out in self.send(now)]

    def pubacks(self, now: float = 0.0, *, failure: str | None = None) -> None:
        for packet in range(1, self.packet + 1):
            self.sender.puback(packet, 1, failure, now)

    def stored(self, first: int, last: int) -> None:
        self.sender.stored(Stored(reports=[Reports(boot=BOOT, seqs=[(first, last)])]))


def seqs(out: Outgoing) -> list[int]:
    return [report.seq for report in out.reports]


def test_without_a_connection_nothing_goes_out() -> None:
    desk = Desk(connected=False)
    desk.add()
    desk.press()
    assert desk.names() == []
    assert desk.sender.deadline(0.0) is None


def test_a_press_goes_first_then_status_the_newest_position_and_the_backlog() -> None:
    desk = Desk()
    desk.add(3)
    desk.status.up(1)
    press = desk.press()
    assert desk.names() == ["panic", "status"], "one routine message beside a press"
    desk.pubacks()
    assert press.puback
    assert desk.names() == ["location"]
    desk.pubacks()
    assert desk.names() == ["history"]


def test_nothing_routine_slips_before_a_press_that_waits_for_the_disk() -> None:
    desk = Desk()
    desk.add()
    press = desk.press(saved=False)
    assert desk.names(0.5) == []
    desk.panics.saved(press.row.panic_id, 0)
    assert desk.names(0.5) == ["panic", "location"]


def test_at_most_four_routine_messages_are_unacknowledged_and_a_press_passes_them() -> None:
    desk = Desk()
    for _ in range(10):
        desk.add()
        desk.send()
    assert desk.packet == ROUTINE_IN_FLIGHT
    desk.press()
    assert desk.names() == ["panic"]
    for packet in range(1, ROUTINE_IN_FLIGHT):
        desk.sender.puback(packet, 1, None, 0.0)
        assert desk.names() == [], "one at a time beside a press that is followed"
    desk.sender.puback(ROUTINE_IN_FLIGHT, 1, None, 0.0)
    assert desk.names() == ["location"]


def test_positions_of_an_outage_follow_the_newest_as_history() -> None:
    desk = Desk()
    desk.add(5)
    location_out, history_out = desk.send()
    assert codec.decode(Location, location_out.payload) == location(4)
    assert codec.decode(list[Location], history_out.payload) == [location(n) for n in range(4)]


def test_one_batch_at_a_time_and_the_next_when_the_store_names_some() -> None:
    desk = Desk()
    desk.add(100)
    _, first = desk.send()
    desk.pubacks()
    assert desk.names() == []
    desk.stored(seqs(first)[0], seqs(first)[0])
    (second,) = desk.send()
    assert seqs(second)[-1] == seqs(first)[0] - 1, "newest first"


def test_a_batch_of_another_boot_or_of_nothing_known_does_not_open_the_gate() -> None:
    desk = Desk()
    desk.add(100)
    desk.send()
    desk.pubacks()
    desk.stored(99, 99)
    assert desk.names() == []


def test_while_the_store_is_silent_batches_come_after_growing_pauses() -> None:
    desk = Desk()
    desk.add(1000)
    desk.send()
    times, now = [], 0.0
    while now < 3000:
        now += 10.0
        desk.backlog.wake(now)
        if "history" in desk.names(now):
            times.append(now)
        desk.pubacks(now)
    assert times == [120.0, 360.0, 840.0, 1800.0]
    desk.stored(0, 999)
    desk.add(100)
    assert desk.names(now) == ["location", "history"], "a store that speaks is used at once"
    desk.pubacks(now)
    assert "history" in desk.names(now + 120.0), "and the pauses begin anew"


def test_batches_grow_while_the_link_is_quick_and_stay_within_the_limit() -> None:
    desk = Desk()
    desk.add(2000)
    sizes = []
    for _ in range(8):
        batches = [out for out in desk.send() if out.topic.name == "history"]
        sizes += [len(out.payload) for out in batches]
        desk.pubacks(0.1)
        for out in batches:
            desk.stored(seqs(out)[0], seqs(out)[-1])
    assert sizes[0] <= FIRST_BATCH_BYTES
    assert sizes == sorted(sizes)
    assert MAX_PAYLOAD_BYTES - 200 < sizes[-1] <= MAX_PAYLOAD_BYTES


def test_a_slow_link_gets_small_batches() -> None:
    desk = Desk()
    desk.add(2000)
    for seconds in (0.1, 0.1, 5.0, 5.0, 5.0):
        out = desk.send()[-1]
        desk.pubacks(seconds)
        desk.stored(seqs(out)[0], seqs(out)[-1])
    assert len(desk.send()[-1].payload) <= FIRST_BATCH_BYTES


def test_an_unnamed_position_comes_again_in_history() -> None:
    desk = Desk()
    desk.add()
    desk.send()
    desk.pubacks()
    desk.backlog.wake(UNSTORED_RESEND_S)
    desk.status.sent(UNSTORED_RESEND_S)
    assert desk.names(UNSTORED_RESEND_S) == ["history"]


def test_what_a_lost_connection_took_with_it_goes_out_again_at_once() -> None:
    desk = Desk()
    desk.add(3)
    before = [seqs(out) for out in desk.send()]
    desk.sender.down(1.0)
    assert desk.names(1.0) == []
    desk.sender.up(2, 2.0)
    status, *again = desk.send(2.0)
    assert status.topic.name == "status"
    assert [seqs(out) for out in again] == before


def test_a_puback_of_an_earlier_connection_counts_for_nothing() -> None:
    desk = Desk()
    press = desk.press()
    desk.send()
    desk.sender.down(1.0)
    desk.sender.up(2, 1.0)
    desk.packet = 0
    desk.send(1.0)
    assert desk.sender.puback(1, 1, None, 1.0) is None
    assert not press.puback
    assert desk.sender.puback(99, 2, None, 1.0) is None
    assert desk.sender.puback(1, 2, None, 1.0) is not None
    assert press.puback


def test_a_refused_press_counts_as_not_acknowledged() -> None:
    desk = Desk()
    press = desk.press()
    desk.send()
    desk.pubacks(failure="no matching subscribers")
    assert desk.sender.failures == 1
    assert not press.puback
    assert desk.panics.overdue(3.0) is not None


def test_refused_positions_come_again_soon() -> None:
    """After a broker's restart the trackers are there before ingest."""
    desk = Desk()
    desk.add(3)
    assert desk.names() == ["location", "history"]
    desk.pubacks(failure="no matching subscribers")
    assert desk.names(REFUSED_RETRY_S - 0.1) == []
    assert desk.sender.deadline(REFUSED_RETRY_S - 0.1) == REFUSED_RETRY_S
    assert desk.names(REFUSED_RETRY_S) == ["location", "history"]


def test_a_broker_that_takes_no_more_is_asked_again_after_a_puback() -> None:
    desk = Desk()
    desk.press()
    desk.send()
    desk.add()
    desk.sender.block()
    assert desk.names() == []
    assert desk.sender.deadline(0.0) is None
    desk.pubacks()
    assert desk.names() == ["location"]


def test_a_batch_too_large_for_the_broker_is_made_smaller() -> None:
    desk = Desk()
    desk.add(2000)
    desk.send()
    desk.pubacks()
    desk.stored(1980, 1999)
    out = desk.sender.next(moment(0.0))
    assert out is not None
    assert len(out.payload) > FIRST_BATCH_BYTES
    desk.sender.too_large(out, 0.0)
    smaller = desk.sender.next(moment(0.0))
    assert smaller is not None
    assert len(smaller.payload) <= FIRST_BATCH_BYTES


def test_the_status_counts_what_is_still_to_be_confirmed() -> None:
    desk = Desk()
    desk.add(2)
    desk.press()
    desk.status.up(1)
    out = next(out for out in desk.send() if out.topic.name == "status")
    assert out.retained
    assert b'"pending":3' in out.payload


def test_the_deadline_is_the_next_thing_that_time_alone_brings() -> None:
    desk = Desk()
    desk.send()
    assert desk.sender.deadline(0.0) == 60.0, "the Status"
    desk.add(3)
    desk.send()
    desk.pubacks()
    assert desk.sender.deadline(0.0) == 60.0
    press = desk.press()
    desk.send()
    assert desk.sender.deadline(0.0) == 0.5
    desk.panics.receipt(receipt(press.row.panic_id), 0.0)
    desk.status.sent(100.0)
    assert desk.sender.deadline(0.0) == 120.0, "the batch"


def test_a_deadline_never_lies_in_the_past_while_nothing_can_be_done() -> None:
    """A working loop that woke for it would spin."""
    desk = Desk()
    desk.add(50)
    desk.press()
    desk.send()
    desk.backlog.wake(0.4)
    desk.status.sent(0.4)
    deadline = desk.sender.deadline(0.4)
    assert desk.names(0.4) == []
    assert deadline is not None
    assert deadline > 0.4
