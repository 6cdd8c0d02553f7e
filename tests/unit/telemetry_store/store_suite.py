"""What every telemetry store does; each backend's test module runs this whole suite."""

import random
import uuid
from contextlib import suppress

import pytest

from contract.messages import Incident, Location, Status
from runtime.clock import SystemClock
from telemetry_store.errors import PartlyStoredError, RejectedError
from telemetry_store.judging import judged_track
from telemetry_store.port import TelemetryStore
from telemetry_store.rows import (
    IncidentRow,
    LocationMark,
    LocationRow,
    ReleasedPosition,
    ReleasedRow,
    StatusRow,
    TelemetryRow,
)
from telemetry_store.settings import DAY_MS

BOOT = "0a1b2c3d"


def place(seq: int, time: int, **fields: object) -> Location:
    return Location(boot=BOOT, seq=seq, time=time, lat=25.0330, lon=121.5654, **fields)  # type: ignore[arg-type]


class StoreSuite:
    """Derive from this and give a fixture `store`; all times are near the present."""

    @pytest.fixture
    def now(self) -> int:
        return SystemClock().now_ms()

    @pytest.fixture
    def device(self) -> str:
        """A tracker of this test alone, because a real server is shared by all of them."""
        return f"t-{uuid.uuid4().hex}"

    @pytest.fixture
    def incident(self) -> str:
        return str(uuid.uuid4())

    def test_a_full_position_is_read_back_as_it_was(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Every field survives with its type."""
        full = Location(
            boot=BOOT, seq=7, time=now, lat=-33.8567844, lon=151.213108, alt=-3.25, speed=0.0,
            course=359.9, accuracy=4.5, hdop=0.9, satellites=11, fix="dgps", battery=0,
            trigger="turn", clock="host", jump=False, time_raw=now - 619_315_200_000,
        )  # fmt: skip
        row = LocationRow(device, full, frozenset({"bad_clock", "low_accuracy"}))
        store.write([row])
        assert store.track(device, now, now + 1, 10) == [row]

    def test_what_is_not_known_stays_unknown(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """A position with its required fields alone comes back without any other."""
        row = LocationRow(device, place(0, now))
        store.write([row])
        assert store.track(device, now, now + 1, 10) == [row]

    @pytest.mark.parametrize("number", [0.0, -0.1, 1e-7, 1e22, 12345.678901234567])
    def test_numbers_keep_every_digit(
        self, store: TelemetryStore, device: str, now: int, number: float
    ) -> None:
        """Floats are the same bits after the way through the store."""
        row = LocationRow(device, place(0, now, alt=number))
        store.write([row])
        assert store.track(device, now, now + 1, 10) == [row]

    def test_a_whole_number_of_metres_is_still_a_float(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """An int in a float's place neither breaks the field's type nor is refused."""
        store.write([LocationRow(device, place(0, now, alt=12.5))])
        store.write([LocationRow(device, place(1, now + 1, alt=12))])
        assert [row.location.alt for row in store.track(device, now, now + 9, 9)] == [12.5, 12.0]

    def test_nothing_to_write_is_no_error(self, store: TelemetryStore) -> None:
        """An empty batch is written."""
        store.write([])
        store.release([])

    def test_replays_make_no_second_row(self, store: TelemetryStore, device: str, now: int) -> None:
        """Whatever order and however often, each report is there once."""
        rows = [LocationRow(device, place(seq, now + seq * 1000)) for seq in range(50)]
        shuffled = random.Random(1).sample(rows, len(rows))
        for batch in (rows, shuffled, rows[10:20]):
            store.write(batch)
        assert store.track(device, now, now + 60_000, 100) == rows

    def test_a_judgement_does_not_depend_on_the_arrival(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Gaps are what is missing, whatever came when and how often."""
        rows = [LocationRow(device, place(seq, now + seq * 1000)) for seq in (0, 1, 4, 5, 18)]
        for batch in (rows[3:], rows[:2], rows, rows[::-1]):
            store.write(batch)
        judged = judged_track(store, device, now, now + 60_000, 100)
        assert [each.row for each in judged] == rows
        assert [each.missing for each in judged] == [0, 0, 2, 0, 12]

    def test_reports_of_one_millisecond_are_both_kept(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """The sequence number keeps them apart, and in order."""
        rows = [LocationRow(device, place(seq, now, battery=seq)) for seq in range(3)]
        store.write(rows[::-1])
        assert store.track(device, now, now + 1, 10) == rows

    def test_a_mark_outlives_a_replay_without_it(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """A future time is marked at its first arrival; later it is no longer the future."""
        location = place(1, now)
        store.write([LocationRow(device, location, frozenset({"bad_clock"}))])
        store.write([LocationRow(device, location, frozenset({"low_accuracy"}))])
        (row,) = store.track(device, now, now + 1, 10)
        assert row.marks == {"bad_clock", "low_accuracy"}

    def test_a_track_is_a_half_open_interval_in_order(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """The start belongs to it, the end does not."""
        rows = [LocationRow(device, place(seq, now + seq)) for seq in range(10)]
        store.write(rows)
        assert store.track(device, now + 2, now + 5, 100) == rows[2:5]

    def test_a_track_is_cut_at_the_limit_from_its_start(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """The next page starts where this one ends."""
        rows = [LocationRow(device, place(seq, now + seq)) for seq in range(10)]
        store.write(rows)
        assert store.track(device, now, now + 100, 4) == rows[:4]

    def test_a_track_holds_no_other_tracker(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Not even one whose id begins in the same way."""
        store.write([LocationRow(device + "x", place(0, now))])
        assert store.track(device, 0, 2**53, 10) == []
        assert store.last_position(device, now) is None

    def test_the_last_position_is_the_newest(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """By the time of the fix, not by the order of arrival."""
        rows = [LocationRow(device, place(seq, now - 1000 + seq)) for seq in range(5)]
        store.write(rows[::-1])
        assert store.last_position(device, now) == rows[4]

    def test_the_last_position_is_plausible(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Neither from the future nor from a clock known to be wrong, however many such are."""
        good = LocationRow(device, place(0, now - 600_000))
        wrong: frozenset[LocationMark] = frozenset({"bad_clock"})
        store.write([good])
        store.write([LocationRow(device, place(1, now + 60_000))])
        store.write(
            [
                LocationRow(
                    device,
                    place(
                        n,
                        now - n,
                    ),
                    wrong,
                )
                for n in range(1, 251)
            ]
        )
        assert store.last_position(device, now) == good

    def test_a_clock_a_little_ahead_is_still_plausible(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Clocks may disagree by five seconds."""
        row = LocationRow(device, place(0, now + 5_000))
        store.write([row])
        assert store.last_position(device, now) == row
        assert store.last_position(device, now - 1) is None

    def test_a_value_that_no_store_can_hold_is_refused(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """The error tells the caller to look for the bad row; the batch was not written."""
        good = LocationRow(device, place(0, now))
        bad = LocationRow(device, place(1, now, time_raw=2**70))
        with pytest.raises(RejectedError):
            store.write([good, bad])
        store.write([good])
        assert store.track(device, now, now + 1, 10) == [good]

    def test_the_newest_status_is_found(self, store: TelemetryStore, device: str, now: int) -> None:
        """With all that it said; an older one that arrives later does not replace it."""
        full = Status(
            at=now, state="online", boot=BOOT, connect=3, version='1.0 "beta"\\', gps="fix",
            pending=0, dropped=2, battery=99, charging=True, interval_s=30, next_report_by=now + 1,
            commands=["0190f5fe-1111-7000-8000-000000000001"], faults=[],
        )  # fmt: skip
        old = Status(at=now - 5000, state="offline", boot=BOOT, connect=2, faults=["clock"])
        store.write([StatusRow(device, full, now + 10)])
        store.write([StatusRow(device, old, now + 20)])
        assert store.last_status(device) == StatusRow(device, full, now + 10)

    def test_a_lost_tracker_is_lost_from_the_arrival_on(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Its last will was written at the start of the connection, before it was online."""
        lost = Status(at=now - 9000, state="lost", boot=BOOT, connect=1)
        online = Status(at=now - 8000, state="online", boot=BOOT, connect=1)
        store.write([StatusRow(device, online, now - 7900), StatusRow(device, lost, now)])
        assert store.last_status(device) == StatusRow(device, lost, now)

    def test_an_unset_clock_does_not_hide_a_status(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """A status of 1970 is dated by its arrival, inside every retention."""
        status = Status(at=12_000, state="online", boot=BOOT, connect=0, faults=["clock"])
        store.write([StatusRow(device, status, now)])
        assert store.last_status(device) == StatusRow(device, status, now)

    def test_an_unknown_tracker_has_no_status(self, store: TelemetryStore, device: str) -> None:
        """None, and no error."""
        assert store.last_status(device) is None

    def test_versions_of_an_incident_may_arrive_in_any_order(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """The highest counts, and what an earlier one knew does not shine through."""
        closed = _incident(incident, device, now, 2, state="closed", closed_at=now + 5)
        reopened = _incident(incident, device, now, 3, state="raised")
        store.release([IncidentRow(reopened, now + 9, presses=2)])
        store.release([IncidentRow(closed, now + 5, dispatched_at=now + 1, on_scene_at=now + 2)])
        assert store.incident(incident) == IncidentRow(reopened, now + 9, presses=2)

    def test_an_incident_keeps_every_field(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """Texts with quotes and line breaks too."""
        full = _incident(
            incident, device, now, 12, state="closed", kind="fall", pressed_at=now - 100,
            acknowledged_at=now + 1, closed_at=now + 2, disposition="false_alarm",
            jurisdiction='Da\'an "3"\\\nTaipei 台北', marks=["late", "no_fix"],
        )  # fmt: skip
        row = IncidentRow(full, now + 2, 4, now + 1, now + 2)
        store.release([row])
        assert store.incident(incident) == row

    def test_an_unknown_incident_is_none(self, store: TelemetryStore, incident: str) -> None:
        """None, and no error."""
        assert store.incident(incident) is None

    def test_released_positions_are_read_in_order(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """However often and in whatever order they were released."""
        rows = [ReleasedPosition(incident, device, place(seq, now + seq)) for seq in range(5)]
        store.release(rows[::-1])
        store.release(rows)
        assert store.released_positions(incident, 10) == rows
        assert store.released_positions(incident, 2) == rows[:2]

    def test_a_sealed_incident_shows_no_position(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """Its record stays, and so does everything of other incidents and of the telemetry."""
        other = str(uuid.uuid4())
        kept = ReleasedPosition(other, device, place(2, now))
        telemetry = LocationRow(device, place(1, now))
        record = IncidentRow(_incident(incident, device, now, 1), now)
        store.write([telemetry])
        store.release([ReleasedPosition(incident, device, place(1, now)), kept, record])
        store.seal(incident)
        store.seal(incident)
        assert store.released_positions(incident, 10) == []
        assert store.released_positions(other, 10) == [kept]
        assert store.incident(incident) == record
        assert store.track(device, now, now + 1, 10) == [telemetry]

    def test_trackers_with_positions_are_known(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Each once; the time is looked at roughly."""
        store.write([LocationRow(device + mark, place(1, now - 9)) for mark in "ab"])
        store.write([LocationRow(device + "a", place(2, now - 8))])
        found = store.devices(now - 1000, now)
        assert [each for each in found if each.startswith(device)] == [device + "a", device + "b"]

    def test_everything_three_times_changes_nothing(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """Positions, statuses, incidents and released positions, forwards and backwards."""
        rows = [LocationRow(device, place(seq, now - 9 + seq)) for seq in range(5)]
        states = [
            StatusRow(device, Status(at=now - 9 + n, state="online", boot=BOOT, connect=n), now)
            for n in range(3)
        ]
        versions = [IncidentRow(_incident(incident, device, now, n), now + n) for n in range(1, 4)]
        shown = [ReleasedPosition(incident, device, row.location) for row in rows]
        written: list[TelemetryRow] = [*rows, *states]
        released: list[ReleasedRow] = [*versions, *shown]
        for step in (1, -1, 1):
            store.write(written[::step])
            store.release(released[::step])
        assert store.track(device, now - 99, now + 99, 99) == rows
        assert store.last_status(device) == states[-1]
        assert store.incident(incident) == versions[-1]
        assert store.released_positions(incident, 99) == shown

    def test_what_is_past_its_retention_is_not_kept(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Thirty days here; whether it is refused or deleted is the store's own matter."""
        old, new = (LocationRow(device, place(1, now - days * DAY_MS)) for days in (31, 29))
        with suppress(PartlyStoredError):
            store.write([old, new])
        store.prune(now)
        assert store.track(device, 0, now, 9) == [new]

    def test_a_reopened_incident_can_show_positions_again(
        self, store: TelemetryStore, device: str, incident: str, now: int
    ) -> None:
        """Sealing is for what was released until then, the same position included."""
        position = ReleasedPosition(incident, device, place(1, now))
        store.release([position])
        store.seal(incident)
        store.release([position])
        assert store.released_positions(incident, 10) == [position]

    def test_an_incident_may_have_an_awkward_name(
        self, store: TelemetryStore, device: str, now: int
    ) -> None:
        """Commas, blanks, equals signs and quotes are characters like others."""
        name = f"case 7, Da'an = {uuid.uuid4()} 案"
        position = ReleasedPosition(name, device, place(1, now))
        store.release([position])
        assert store.released_positions(name, 10) == [position]
        store.seal(name)
        assert store.released_positions(name, 10) == []


def _incident(name: str, device: str, now: int, version: int, **fields: object) -> Incident:
    known: dict[str, object] = {
        "class_": "production", "origin": "panic", "state": "raised", "priority": 1, "marks": [],
        **fields,
    }  # fmt: skip
    return Incident(incident=name, version=version, device=device, opened_at=now, **known)  # type: ignore[arg-type]
