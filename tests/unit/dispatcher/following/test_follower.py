"""The loop that follows, on a real database, with a session to no broker."""

from typing import Any

import pytest

from contract import topics
from contract.codec import encode
from contract.errors import TransientError
from contract.messages import Location, Status
from dispatcher.answers import CallOpening
from dispatcher.following import follower as follower_module
from dispatcher.following.earlier import Earlier
from dispatcher.following.follower import LOOK_S, Follower
from dispatcher.following.newest import Newest
from dispatcher.jurisdiction.taiwan import taiwan
from dispatcher.last_statuses import Roster
from dispatcher.routing import Routing
from dispatcher.store.commands import CommandRecord
from runtime.mqtt.interface import Incoming
from telemetry_store.rows import LocationRow
from tests.unit.dispatcher.following.test_newest import Session
from tests.unit.dispatcher.world import LOG, RELEASE, WEBHOOK, World

TAIPEI: dict[str, Any] = {"lat": 25.034, "lon": 121.5645}
TAICHUNG: dict[str, Any] = {"lat": 24.16, "lon": 120.65}
BOOT = "0a0b0c0d"


class Scene:
    """A follower and what it does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[CommandRecord] = []
        self.begun: list[str] = []
        self.seq = 0
        self.routing = Routing([LOG, WEBHOOK, RELEASE], jurisdictions=taiwan())
        world.desk._routing = self.routing
        self.start()

    def start(self) -> None:
        """Begin as a new process does."""
        self.newest, self.session = Newest(self.world.clock), Session()
        self.newest.attach(self.session)
        self.follower = Follower(
            self.world.desk, self.world.database, self.newest, self.routing, self.world.clock
        )
        self.follower.send = self.sent.extend
        self.follower.begun = lambda incident: self.begun.append(incident.id)

    def after(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.follower.turn()

    def told(self) -> list[tuple[str, int | None, int | None]]:
        """Return what was sent since the last call."""
        sent = sorted(self.sent, key=lambda each: each.action, reverse=True)
        told: list[tuple[str, int | None, int | None]]
        told = [(each.action, each.interval_s, each.for_s) for each in sent]
        self.sent.clear()
        return told

    def status(self, *commands: str, connect: int = 1, device: str = "tracker-a") -> None:
        roster = Roster(self.world.database)
        now = self.world.clock.now_ms()
        said = Status(
            at=now, state="online", boot=BOOT, connect=connect, commands=list(commands)[-8:]
        )
        roster.note(device, said, now, retained=False)
        roster.flush()

    def report(self, device: str = "tracker-a", *, age_ms: int = 0, **fields: Any) -> None:
        """Let a position arrive."""
        self.seq += 1
        time = self.world.clock.now_ms() - age_ms
        place = Location(**{"boot": BOOT, "seq": self.seq, "time": time, **TAIPEI, **fields})
        message = Incoming(topics.LOCATION.of(device), encode(place), False, 1, 1)
        self.newest.on_message(message)

    def incident(self) -> Any:
        (item,) = self.world.desk.board()
        return self.world.desk.incident(item.id)

    def close(self) -> None:
        incident = self.incident().id
        self.world.desk.act(incident, "acknowledge", "ann")
        self.world.desk.act(incident, "close", "ann", disposition="helped")


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


BEGIN = [("report", None, None), ("interval", 1, 600)]


def test_a_press_begins_it_and_the_close_ends_it(scene: Scene) -> None:
    scene.after(LOOK_S)
    assert (scene.told(), scene.session.filters) == ([], set())
    scene.world.press()
    scene.after(LOOK_S)
    assert scene.told() == BEGIN
    assert scene.session.filters == {"guardian/v1/tracker-a/location"}
    scene.close()
    scene.after(LOOK_S)
    assert scene.told() == [("interval", 5, 0)]
    assert scene.session.filters == set()
    scene.after(700)
    assert scene.told() == []


def test_a_call_begins_it_too_and_canaries_do_not(scene: Scene) -> None:
    scene.world.press("canary-1")
    scene.after(LOOK_S)
    assert scene.told() == []
    scene.world.desk.open_from_call(CallOpening(device="tracker-b"), "ann")
    scene.after(LOOK_S)
    assert scene.told() == BEGIN
    assert scene.session.filters == {"guardian/v1/tracker-b/location"}


def test_a_command_is_repeated_until_a_status_names_it(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    interval, report = sorted(scene.sent, key=lambda each: each.action)
    scene.sent.clear()
    scene.after(4)
    assert scene.told() == []
    scene.after(1)
    assert scene.told() == BEGIN
    scene.status(report.id)
    scene.after(10)
    assert [each.id for each in scene.sent] == [interval.id]
    scene.sent.clear()
    scene.status(report.id, interval.id)
    scene.after(20)
    scene.after(60)
    assert scene.told() == []


def test_repeating_survives_a_restart(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    ids = {each.id for each in scene.sent}
    scene.sent.clear()
    scene.world.crash()
    scene.world.desk._routing = scene.routing
    scene.start()
    scene.after(5)
    assert {each.id for each in scene.sent} == ids
    assert scene.session.filters == {"guardian/v1/tracker-a/location"}


def test_who_may_have_missed_it_is_told_at_once(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    scene.sent.clear()
    scene.follower.hurry({"tracker-b"})
    scene.after(0)
    assert scene.told() == []
    scene.follower.hurry({"tracker-a"})
    scene.after(0)
    assert scene.told() == BEGIN
    scene.follower.hurry(None)
    scene.after(0)
    assert scene.told() == BEGIN


def test_an_order_is_renewed_and_slower_after_ten_minutes(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    scene.status(*(each.id for each in scene.sent))
    scene.told()
    for expected in (1, 5):
        scene.after(300)
        assert scene.told() == [("interval", expected, 600)]
        scene.after(0)
        scene.world.clock.advance(1)


def test_positions_are_kept_shown_told_and_released(scene: Scene) -> None:
    scene.world.press(location=scene.world.here())
    scene.after(LOOK_S)
    for step in (1, 2, 3):
        scene.report(lat=25.034 + step / 1000, accuracy=10.0, speed=20.0)
        scene.after(1)
    detail = scene.incident()
    assert detail.place.lat == pytest.approx(25.037)
    assert [round(point.lat, 3) for point in detail.track] == [25.03, 25.035, 25.036, 25.037]
    assert (detail.circle.accuracy, detail.circle.speed) == (10.0, 20.0)
    (news,) = scene.world.desk.places.after(0)[1]
    assert news.incident == detail.id
    assert news.place.lat == pytest.approx(25.037)
    scene.world.pump()
    places = [each.position for each in scene.world.channels["release"].sent if each.position]
    assert len(places) == 4
    scene.close()
    sealed = scene.world.desk.incident(detail.id)
    assert (sealed.place, sealed.circle, sealed.track, sealed.nearest) == (None, None, [], [])
    assert scene.world.desk.places.after(0)[1] == []


def test_freshness_is_judged_by_the_fix(scene: Scene) -> None:
    """What arrives late does not put the tracker back to where it was."""
    scene.world.press()
    scene.after(LOOK_S)
    scene.report(lat=25.05)
    scene.after(1)
    scene.report(lat=25.01, age_ms=30_000)
    scene.after(1)
    detail = scene.incident()
    assert detail.place.lat == 25.05
    assert [point.lat for point in detail.track] == [25.01, 25.05]


def test_a_report_that_comes_twice_is_kept_once(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    for _ in range(2):
        scene.seq = 0
        scene.report(time=scene.world.clock.now_ms())
        scene.after(1)
    assert len(scene.incident().track) == 1


def test_nonsense_costs_nothing(scene: Scene) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    scene.newest.on_message(Incoming("guardian/v1/tracker-a/location", b"{", False, 1, 1))
    scene.after(1)
    assert scene.incident().place is None


def test_while_the_database_is_down_the_newest_position_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.press()
    scene.after(LOOK_S)
    scene.report(lat=25.07)

    def refuse(*_given: Any, **_more: Any) -> Any:
        raise TransientError("refused by the test")

    with monkeypatch.context() as patched:
        patched.setattr(scene.world.database, "writing", refuse)
        with pytest.raises(TransientError):
            scene.after(0.6)
    scene.after(1)
    assert scene.incident().place.lat == 25.07


def test_a_flood_of_trackers_is_taken_in_turns(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "AT_ONCE", 2)
    devices = ["t1", "t2", "t3"]
    for device in devices:
        scene.world.press(device)
    scene.after(LOOK_S)
    for device in devices:
        scene.report(device)
    for expected in (2, 3):
        scene.after(1)
        placed = [each for each in scene.world.desk.board() if each.place is not None]
        assert len(placed) == expected


def test_the_jurisdiction_follows_the_place_once_a_minute(scene: Scene) -> None:
    scene.world.press(location=scene.world.here(**TAIPEI))
    assert scene.incident().jurisdiction == "Taipei City"
    assert scene.incident().nearest[0].name == "Taipei City Police Department"
    scene.after(LOOK_S)
    for place, expected in ((TAICHUNG, "Taichung City"), (TAIPEI, "Taichung City")):
        scene.report(**place)
        scene.after(1)
        assert scene.incident().jurisdiction == expected
    scene.after(60)
    scene.report(**TAIPEI)
    scene.after(1)
    assert scene.incident().jurisdiction == "Taipei City"
    scene.report(lat=22.5, lon=123.5)
    scene.after(61)
    assert scene.incident().jurisdiction == "Taipei City", "the sea is nobody's"


class Telemetry:
    """A store with a way, or one that is down."""

    def __init__(self, rows: list[LocationRow]) -> None:
        self.rows = rows
        self.down = False

    def track(self, device: str, start_ms: int, end_ms: int, limit: int) -> list[LocationRow]:
        if self.down:
            raise TransientError("down")
        found = [r for r in self.rows if start_ms <= r.location.time < end_ms]
        return [each for each in found if each.device == device][:limit]

    def last_position(self, device: str, now_ms: int) -> LocationRow | None:
        return self.rows[-1] if self.rows else None


def way(scene: Scene, age_s: int, count: int) -> list[LocationRow]:
    begin = scene.world.clock.now_ms() - age_s * 1000
    return [
        LocationRow(
            "tracker-a",
            Location(boot=BOOT, seq=seq, time=begin + seq * 1000, lat=25 + seq / 1000, lon=121.5),
        )
        for seq in range(count)
    ]


@pytest.mark.parametrize(("age_s", "count", "kept"), [(200, 100, 26), (86_400, 1, 1)])
def test_the_way_to_the_press_or_else_the_last_place_is_looked_up(
    scene: Scene, age_s: int, count: int, kept: int
) -> None:
    rows = way(scene, age_s, count)
    telemetry = Telemetry(rows)
    earlier = Earlier(
        telemetry, scene.follower.keep_way, scene.world.clock, scene.world.metrics
    )  # fmt: skip
    scene.follower.begun = earlier.want
    scene.world.press()
    scene.after(LOOK_S)
    telemetry.down = True
    earlier.turn(0)
    assert scene.incident().place is None, "a store that is down costs the way, nothing else"
    telemetry.down = False
    scene.start()
    scene.follower.begun = earlier.want
    scene.after(LOOK_S)
    earlier.turn(0)
    detail = scene.incident()
    assert detail.place.lat == rows[-1].location.lat
    assert len(detail.track) == kept
    assert detail.circle.age_ms == scene.world.clock.now_ms() - rows[-1].location.time
    scene.world.pump()
    places = [each.position for each in scene.world.channels["release"].sent if each.position]
    assert len(places) == 1
