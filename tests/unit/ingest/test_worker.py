"""The straight line of a position, with doubles at both ends."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from contract import codec
from contract.messages import Stored
from contract.topics import LOCATION, STORED
from ingest.batch import Arrival
from ingest.dead_letters import DeadLetters
from ingest.errors import StoppedError
from ingest.reading import Reader
from ingest.settings import IngestSettings
from ingest.worker import INBOX_BYTES, Parts, Worker, subscriptions
from runtime.clock import ManualClock
from runtime.lifecycle import Stopping
from runtime.mqtt.link import OVERSTEP, Incoming, Link, TooLargeError, TooManyInFlightError, Up
from runtime.mqtt.own_client import HELD_BYTES
from runtime.mqtt.stream import BULK_BYTES
from telemetry_store.errors import DeniedError, RejectedError, UnavailableError
from tests.unit.ingest.doubles import (
    BOOT,
    NOW,
    FakeLink,
    PickyStore,
    history,
    location,
    place,
    row,
    status,
)

SETTINGS = IngestSettings(
    brokers=("mqtt://localhost:1",), receive_maximum=20, stored_every_s=60.0, batch_age_s=0.2
)


class Bench:
    """A worker without its threads: the test is the network, the loops and the clock."""

    def __init__(self, letters: DeadLetters, store: PickyStore, stopping: Stopping) -> None:
        self.store = store
        self.letters = letters
        self.clock = ManualClock(now_ms=NOW)
        self.link = FakeLink()
        self.worker = Worker(
            SETTINGS, Parts(store=store, letters=letters, clock=self.clock, stopping=stopping)
        )
        (self.source,) = self.worker.sources
        self.source.attach(cast("Link", self.link))
        self.come_up(1)

    def come_up(self, connection: int) -> None:
        """Let the broker be connected."""
        self.link.connection = connection
        self.source.on_up(Up(connection, session_present=True, broker="mqtt://localhost:1"))

    def deliver(self, *messages: Incoming) -> None:
        """Let messages arrive and be written as one batch."""
        reader = Reader(30 * 86_400_000)
        self.worker.write_one(
            [
                Arrival(each, reader.read(each.topic, each.payload, self.clock.now_ms()))
                for each in messages
            ]
        )

    def stored(self) -> list[tuple[str, list[tuple[str, list[tuple[int, int]]]]]]:
        """Return whom it told what since the last call."""
        self.worker.turn(0.0)
        said = [
            (topic, [(each.boot, each.seqs) for each in codec.decode(Stored, payload).reports])
            for topic, payload in self.link.published
        ]
        self.link.published.clear()
        return said

    def seqs(self) -> list[int]:
        return sorted(each.location.seq for each in self.store.locations.values())

    def value(self, name: str, **labels: str) -> float | None:
        return self.worker.metrics.registry.get_sample_value(f"guardian_ingest_{name}", labels)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    opened = DeadLetters(tmp_path / "dead.db")
    yield opened
    opened.close()


@pytest.fixture
def make(letters: DeadLetters) -> Callable[..., Bench]:
    def bench(**store: Any) -> Bench:
        return Bench(letters, PickyStore(**store), Stopping())

    return bench


def test_positions_are_shared_among_workers_and_a_status_is_not() -> None:
    """A retained message never comes through a shared subscription."""
    assert subscriptions("s3cret") == (
        "$share/s3cret/guardian/v1/+/location",
        "$share/s3cret/guardian/v1/+/history",
        "guardian/v1/+/status",
    )


def test_a_single_worker_shares_with_nobody() -> None:
    """So no stranger can take a share."""
    assert not any(each.startswith("$share") for each in subscriptions(None))


def test_messages_are_acknowledged_in_order_when_the_store_has_them(
    make: Callable[..., Bench],
) -> None:
    """All of them: rows, dead letters and statuses."""
    bench = make()
    broken = Incoming(LOCATION.of("t"), b"?", False, 1, 3)
    bench.deliver(location(1), history(2, [10, 11]), broken, status(4), location(5))
    assert bench.link.acknowledged == [1, 2, 3, 4, 5]
    assert bench.seqs() == [1, 5, 10, 11]
    assert len(bench.store.statuses) == 1
    assert bench.letters.count() == 1


@pytest.mark.parametrize("error", [UnavailableError("gone"), DeniedError("no token")])
def test_nothing_is_acknowledged_before_the_store_has_it(
    letters: DeadLetters, error: Exception
) -> None:
    """Nor named; stopping leaves it to the broker."""
    stopping = Stopping()
    bench = Bench(letters, PickyStore(failures=[error] * 9), stopping)
    stopping.stop("the test ends it")
    with pytest.raises(StoppedError):
        bench.deliver(location(1), history(2, [5]))
    assert bench.link.acknowledged == []
    assert bench.stored() == []
    assert bench.worker.problems == [f"the store takes nothing: {error}"]


def test_a_tracker_hears_what_is_safe(make: Callable[..., Bench]) -> None:
    """The first at once, then once a minute, joined."""
    bench = make()
    bench.deliver(location(1), location(2), location(3, "u"))
    assert bench.stored() == [
        (STORED.of("t"), [(BOOT, [(1, 2)])]),
        (STORED.of("u"), [(BOOT, [(3, 3)])]),
    ]
    bench.deliver(location(4), location(5))
    assert bench.stored() == []
    bench.clock.advance(60)
    assert bench.stored() == [(STORED.of("t"), [(BOOT, [(4, 5)])])]


def test_a_history_is_named_at_once(make: Callable[..., Bench]) -> None:
    """The tracker sends one batch at a time and waits."""
    bench = make()
    bench.deliver(location(1))
    bench.stored()
    bench.deliver(history(2, [7, 8, 9, 20]))
    assert bench.stored() == [(STORED.of("t"), [(BOOT, [(7, 9), (20, 20)])])]


def test_a_rejected_row_costs_itself_alone_and_counts_as_safe(make: Callable[..., Bench]) -> None:
    """It lies among the dead letters, so it need not come again."""
    bench = make(refuse=lambda each: each == row(2))
    bench.deliver(location(1), location(2), location(3))
    assert bench.seqs() == [1, 3]
    (kept,) = bench.letters.newest(9)
    assert (kept.letter.reason, kept.letter.detail) == ("rejected", "bad line")
    assert bench.link.acknowledged == [1, 2, 3]
    assert bench.stored() == [(STORED.of("t"), [(BOOT, [(1, 3)])])]
    assert bench.value("rows_written_total") == 2
    assert bench.value("dead_letters_total", reason="rejected") == 1


def test_replays_make_no_second_row(make: Callable[..., Bench]) -> None:
    """The broker delivers again what it has no acknowledgement for."""
    bench = make()
    for _ in range(3):
        bench.deliver(location(1), history(2, [1, 2]), status(3))
    assert bench.seqs() == [1, 2]
    assert len(bench.store.statuses) == 1


def test_an_acknowledgement_of_a_lost_connection_is_only_counted(
    make: Callable[..., Bench],
) -> None:
    """Packet ids are used again: it would acknowledge another message."""
    bench = make()
    bench.come_up(2)
    bench.deliver(location(1, connection=1), location(2, connection=2))
    assert bench.link.acknowledged == [2]
    assert bench.value("stale_acknowledgements_total") == 1
    assert bench.seqs() == [1, 2]


def test_without_a_connection_nothing_is_named_and_nothing_forgotten(
    make: Callable[..., Bench],
) -> None:
    """It is said when the link is up again."""
    bench = make()
    bench.link.connection = None
    bench.deliver(location(1))
    assert bench.stored() == []
    assert bench.worker.problems == ["not connected to a broker"]
    bench.come_up(2)
    assert bench.stored() == [(STORED.of("t"), [(BOOT, [(1, 1)])])]
    assert bench.worker.problems == []


def test_a_broker_that_takes_no_more_gets_the_rest_later(make: Callable[..., Bench]) -> None:
    """Every tracker once, in order."""
    bench = make()
    bench.deliver(*(location(number, f"t-{number}") for number in range(5)))
    bench.link.refuse = TooManyInFlightError("window")
    assert bench.stored() == []
    bench.link.refuse = None
    bench.source.on_puback(1, 1, None)
    assert [topic for topic, _ in bench.stored()] == [STORED.of(f"t-{n}") for n in range(5)]


def test_a_message_too_large_for_the_broker_stops_no_other(make: Callable[..., Bench]) -> None:
    """A wrong limit in the broker's configuration is logged."""
    bench = make()
    bench.deliver(location(1))
    bench.link.refuse = TooLargeError("10 bytes at most")
    assert bench.stored() == []
    bench.link.refuse = None
    bench.deliver(location(2, "u"))
    assert [topic for topic, _ in bench.stored()] == [STORED.of("u")]


def test_a_full_disk_for_dead_letters_stops_no_position(make: Callable[..., Bench]) -> None:
    """It is counted."""
    bench = make()
    bench.letters._db.execute("PRAGMA query_only = 1")
    bench.deliver(Incoming(LOCATION.of("t"), b"?", False, 1, 1), location(2))
    assert bench.seqs() == [2]
    assert bench.link.acknowledged == [1, 2]
    assert bench.value("dead_letters_lost_total") == 1


def test_marks_are_stored_and_counted(make: Callable[..., Bench]) -> None:
    """Never a reason to drop."""
    bench = make()
    bench.deliver(location(1, accuracy=500.0, fix="simulated", time=NOW + 60_000))
    (stored,) = bench.store.locations.values()
    assert stored.marks == {"low_accuracy", "simulated", "bad_clock"}
    assert bench.value("rows_marked_total", mark="bad_clock") == 1


def test_a_flood_beyond_the_window_leaves_the_broker(make: Callable[..., Bench]) -> None:
    """Memory stays bounded, and everything comes again."""
    bench = make()
    room = OVERSTEP + 20
    for packet in range(1, room + 2):
        bench.source.on_messages([location(packet)])
    assert len(bench.link.dropped) == 1
    assert bench.value("unacknowledged_messages") == room
    assert bench.value("inbox_overflows_total") == 1


def test_a_connection_stops_reading_before_its_share_of_the_inbox_is_full() -> None:
    """However large the Receive Maximum and the payloads; else the broker would be left for it."""
    assert INBOX_BYTES > HELD_BYTES + BULK_BYTES


def test_half_a_window_makes_a_batch(make: Callable[..., Bench]) -> None:
    """So that the other half is received while it is written."""
    bench = make()
    for packet in range(1, 21):
        bench.source.on_messages([location(packet)])
    bench.worker._writer_is_free.set()
    for _ in range(4):
        bench.worker.turn(0.0)
    assert bench.worker._handover.qsize() == 1
    assert len(bench.worker._handover.get()) == 10
    assert len(bench.worker._batch) == 10


def test_the_loops_carry_a_lone_position_through(letters: DeadLetters) -> None:
    """With real threads: acknowledged and named well within a second."""
    stopping = Stopping()
    bench = Bench(letters, PickyStore(), stopping)
    acknowledged = threading.Event()
    told = threading.Event()
    take, tell = bench.link.acknowledge_all, bench.link.publish

    def acknowledge_all(messages: Sequence[Incoming]) -> int:
        acknowledged.set()
        return take(messages)

    def publish(*args: Any, **options: Any) -> int:
        told.set()
        return tell(*args, **options)

    bench.link.acknowledge_all = acknowledge_all  # type: ignore[method-assign]
    bench.link.publish = publish  # type: ignore[method-assign]
    loops = [threading.Thread(target=each) for each in (bench.worker.receive, bench.worker.write)]
    for loop in loops:
        loop.start()
    bench.source.on_messages([location(1)])
    while not acknowledged.wait(0.01):
        bench.clock.advance(0.05)
    assert told.wait(2.0)
    stopping.stop("done")
    for loop in loops:
        loop.join(2.0)
        assert not loop.is_alive()
    assert bench.seqs() == [1]


def test_a_batch_that_fails_part_way_is_written_whole_on_the_way_back(
    make: Callable[..., Bench],
) -> None:
    """Refused, then gone for a while, then back."""
    bench = make(
        failures=[RejectedError("x")] + [UnavailableError("gone")] * 2,
        refuse=lambda each: each == row(2),
    )
    bench.worker._writing._pause = lambda _: False
    bench.deliver(location(1), location(2), location(3))
    assert bench.seqs() == [1, 3]
    assert bench.value("store_retries_total", reason="unavailable") == 2
    assert place(2) not in [each.location for each in bench.store.locations.values()]


def test_the_link_s_state_is_shown(make: Callable[..., Bench]) -> None:
    """As a metric and in the log."""
    bench = make()
    assert bench.value("link_up") == 1
    bench.link.connection = None
    bench.source.on_down(1, "gone")
    assert bench.value("link_up") == 0


def test_many_bad_reports_are_said_once_and_stop_nothing(
    make: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    """The good ones are stored and all are acknowledged; silence ends the alarm."""
    bench = make()
    junk = [Incoming(LOCATION.of("t"), b"%d" % each, False, 1, each) for each in range(1, 9)]
    with caplog.at_level(logging.INFO):
        bench.deliver(*junk, location(9))
        bench.deliver(*junk, location(10))
        assert bench.value("bad_share_exceeded") == 1
        bench.deliver(*(location(each) for each in range(11, 811)))
    said = [each.message for each in caplog.records]
    assert said.count("many_bad_reports") == 1
    assert said.count("bad_reports_are_few_again") == 1
    assert bench.value("bad_share_exceeded") == 0
    assert bench.value("bad_share") == pytest.approx(16 / 818)
    assert len(bench.seqs()) == 802
    assert len(bench.link.acknowledged) == 818


def test_a_report_is_confirmed_through_the_broker_that_it_came_by(letters: DeadLetters) -> None:
    """A tracker hears at its own broker alone; one that is down is named and hinders no other."""
    settings = replace(SETTINGS, brokers=("mqtt://a:1", "mqtt://b:1"))
    parts = Parts(
        store=PickyStore(), letters=letters, clock=ManualClock(now_ms=NOW), stopping=Stopping()
    )
    worker, links = Worker(settings, parts), [FakeLink(), FakeLink()]
    reader, messages = Reader(30 * 86_400_000), [location(1, "t", 1), location(2, "u", 2)]
    for number, (source, link) in enumerate(zip(worker.sources, links, strict=True), 1):
        link.connection = number
        source.attach(cast("Link", link))
        source.on_up(Up(number, session_present=True, broker=source.broker))
    links[0].connection = None
    worker.write_one(
        [Arrival(each, reader.read(each.topic, each.payload, NOW)) for each in messages]
    )
    worker.turn(0.0)
    assert [each.acknowledged for each in links] == [[], [2]]
    assert [topic for topic, _ in links[1].published] == [STORED.of("u")]
    assert worker.problems == ["not connected to mqtt://a:1"]
    links[0].connection = 3
    worker.sources[0].on_up(Up(3, session_present=True, broker="mqtt://a:1"))
    worker.turn(0.0)
    assert [topic for topic, _ in links[0].published] == [STORED.of("t")]
    assert len(links[1].published) == 1


@pytest.mark.parametrize(("ahead_ms", "expected"), [(-2_000, 2.0), (60_000, 0.0)])
def test_the_lag_of_a_live_position_is_never_negative(
    make: Callable[..., Bench], ahead_ms: int, expected: float
) -> None:
    """A tracker's clock may be ahead of ours."""
    bench = make()
    bench.deliver(location(1, time=NOW + ahead_ms), history(2, [3]))
    assert bench.value("lag_seconds_sum") == expected
    assert bench.value("lag_seconds_count") == 1


def test_a_history_has_no_lag(make: Callable[..., Bench]) -> None:
    """It is old by nature, and would raise an alarm after every outage of a tracker's network."""
    bench = make()
    bench.deliver(history(1, [3, 4]), status(2))
    assert bench.value("lag_seconds_count") == 0
