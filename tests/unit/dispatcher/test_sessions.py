"""The sessions of one dispatcher: which exist, under which names, and what health says."""

from dispatcher.inbox import Inbox
from dispatcher.metrics import Metrics
from dispatcher.sessions import LINK_WITHIN_S, SESSION_EXPIRY_S, Sessions, _link_settings
from dispatcher.settings import DispatcherSettings
from runtime.clock import ManualClock
from tests.unit.dispatcher.world import World

SETTINGS = DispatcherSettings(
    brokers=("mqtt://a.example:1", "mqtt://b.example:2"),
    instance="7",
    state_dir=".",  # type: ignore[arg-type]
)


def _beat(_loop: str) -> None:
    pass


def made(world: World, metrics: Metrics) -> Sessions:
    sessions = Sessions(SETTINGS, ManualClock(), metrics, _beat)
    inbox = Inbox(world.desk, world.memory, world.desk.alarm, world.clock, world.metrics)
    sessions.add("panics", inbox, ("x",))
    sessions.add("follow", inbox, suffix=".follow", clean=True)
    return sessions


def test_each_session_is_at_each_broker_and_watched_there(world: World) -> None:
    assert made(world, Metrics()).within == {
        "mqtt-panics-1": LINK_WITHIN_S,
        "mqtt-panics-2": LINK_WITHIN_S,
        "mqtt-follow-1": LINK_WITHIN_S,
        "mqtt-follow-2": LINK_WITHIN_S,
    }


def test_health_names_sessions_without_any_broker(world: World) -> None:
    sessions = made(world, Metrics())
    assert sessions.problems() == ["no broker for panics", "no broker for follow"]
    assert sessions.brokers_down() == 2


def test_each_connection_is_a_metric(world: World) -> None:
    metrics = Metrics()
    made(world, metrics)
    for session in ("panics", "follow"):
        for broker in SETTINGS.brokers:
            labels = {"session": session, "broker": broker}
            value = metrics.registry.get_sample_value("guardian_dispatcher_broker_up", labels)
            assert value == 0


def test_a_session_knows_one_broker_its_own_name_and_what_it_leaves_behind() -> None:
    panics = _link_settings(SETTINGS, "mqtt://b.example:2", "", clean=False)
    assert (panics.brokers, panics.client_id) == (("mqtt://b.example:2",), "svc.dispatcher.7")
    assert (panics.clean_start, panics.session_expiry_s) == (False, SESSION_EXPIRY_S)
    follow = _link_settings(SETTINGS, "mqtt://b.example:2", ".follow", clean=True)
    assert follow.client_id == "svc.dispatcher.7.follow"
    assert (follow.clean_start, follow.session_expiry_s) == (True, 0)
