"""When a batch is due."""

import pytest

from ingest.batch import Arrival, Batch, BatchLimits
from ingest.reading import Reading
from runtime.mqtt.link import Incoming
from tests.unit.ingest.doubles import row

LIMITS = BatchLimits(rows=10, messages=5, size=1000, age_s=0.2)


def arrival(packet: int = 0, rows: int = 1, size: int = 10) -> Arrival:
    reading = Reading("t", tuple(row(seq) for seq in range(rows)))
    return Arrival(Incoming("x", bytes(size), False, 1, packet), reading)


def test_an_empty_batch_is_never_due() -> None:
    """There is nothing to wait for."""
    assert Batch(LIMITS).due_in(100.0) is None
    assert Batch(LIMITS).room() == 5


def test_a_lone_row_waits_for_its_age_at_most() -> None:
    """Counted from the first row, not from the last."""
    batch = Batch(LIMITS)
    batch.add([arrival()], 100.0)
    assert batch.due_in(100.0) == pytest.approx(0.2)
    batch.add([arrival()], 100.15)
    assert batch.due_in(100.15) == pytest.approx(0.05)
    assert batch.due_in(100.2) == pytest.approx(0.0)
    assert batch.due_in(107.0) == 0.0


@pytest.mark.parametrize(
    ("each", "needed"),
    [(arrival(), 5), (arrival(rows=5), 2), (arrival(rows=0), 5), (arrival(size=600), 2)],
)
def test_rows_messages_and_bytes_make_it_due_at_once(each: Arrival, needed: int) -> None:
    """Whichever comes first; messages without rows count too, they wait for their turn."""
    batch = Batch(LIMITS)
    for number in range(needed):
        assert not batch.is_full(), number
        batch.add([each], 100.0)
    assert batch.is_full()
    assert batch.room() == 0
    assert batch.due_in(100.0) == 0.0


def test_what_is_taken_is_in_order_and_gone() -> None:
    """The next one counts from its own first row."""
    batch = Batch(LIMITS)
    for packet in range(5):
        batch.add([arrival(packet)], 100.0)
    assert [each.message.packet for each in batch.take()] == [0, 1, 2, 3, 4]
    assert len(batch) == 0
    batch.add([arrival(9)], 200.0)
    assert batch.due_in(200.0) == pytest.approx(0.2)
    assert not batch.is_full()
