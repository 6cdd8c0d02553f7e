from typing import get_args

import pytest
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


@pytest.mark.parametrize("classes", [{"production", "test"}, {"canary", "production"}, set()])
def test_a_channel_of_people_that_would_take_both_cannot_be_made(
    classes: set[IncidentClass],
) -> None:
    with pytest.raises(ValueError, match="production alone, or not"):
        Route("duty-mail", classes=frozenset(classes))


@given(
    class_=st.sampled_from(["test", "canary"]),
    reason=st.sampled_from(get_args(Reason)),
    classes=st.sets(st.sampled_from(["production", "test", "canary"]), min_size=1),
)
def test_no_route_takes_a_test_beside_production(
    class_: IncidentClass, reason: Reason, classes: set[IncidentClass]
) -> None:
    try:
        route = Route("any", classes=frozenset(classes))
    except ValueError:
        return
    takes_test = "any" in Routing([route]).channels(class_, reason)
    takes_production = "any" in Routing([route]).channels("production", reason)
    assert not (takes_test and takes_production)
