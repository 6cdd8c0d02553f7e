"""The double does what the stores do."""

import pytest

from telemetry_store.memory import MemoryStore
from telemetry_store.rows import LocationRow
from telemetry_store.settings import DAY_MS, Retention
from tests.unit.telemetry_store.store_suite import StoreSuite, place


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


def test_rows_past_their_retention_are_pruned() -> None:
    """A day more than the retention is too much."""
    store = MemoryStore(Retention(telemetry_days=2, released_days=2))
    now = 1_700_000_000_000
    store.write([LocationRow("a", place(day, now - day * DAY_MS)) for day in range(5)])
    assert store.prune(now) == 2
    assert len(store.locations) == 3
