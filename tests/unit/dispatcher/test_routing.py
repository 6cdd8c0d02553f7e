from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from contract.messages import IncidentClass
from dispatcher.channels.log import LogChannel
from dispatcher.channels.mqtt import MqttChannel
from dispatcher.channels.release import ReleaseChannel
from dispatcher.records import Reason
from dispatcher.routing import ALERTS, Route, Routing

ROUTING = Routing([LogChannel.route, MqttChannel.route, ReleaseChannel.route, Route("webhook")])


@given(class_=st.sampled_from(["test", "canary"]), reason=st.sampled_from(get_args(Reason)))
def test_tests_and_canaries_reach_log_and_mqtt_at_most(
    class_: IncidentClass, reason: Reason
) -> None:
    assert set(ROUTING.channels(class_, reason)) <= {"log", "mqtt"}


@given(st.sampled_from(sorted(ALERTS)))
def test_every_alert_of_a_production_incident_reaches_every_alerting_channel(
    reason: Reason,
) -> None:
    assert {"log", "mqtt", "webhook"} <= set(ROUTING.channels("production", reason))


def test_positions_go_to_grafana_alone() -> None:
    assert ROUTING.channels("production", "position") == ["release"]
