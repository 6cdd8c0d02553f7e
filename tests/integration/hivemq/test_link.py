"""The link, with both clients, against HiveMQ CE: the suite of Mosquitto."""

import pytest

from tests.integration.hivemq.conftest import Fresh
from tests.integration.mqtt.conftest import Broker, MakeBroker, _short_pauses
from tests.integration.mqtt.test_broker import *  # noqa: F403 - the suite, as it is

__all__ = ["_short_pauses"]

pytestmark = pytest.mark.integration

# An access file and a refusal without a password are Mosquitto's settings.
del test_a_message_that_the_broker_denies  # noqa: F821
del test_a_client_that_the_broker_does_not_know  # noqa: F821
# These wait for a message though an earlier one is unacknowledged: HiveMQ may keep it till then.
del test_drop_leaves_the_will_and_stop_does_not  # noqa: F821
del test_the_broker_sends_no_more_than_the_receive_maximum  # noqa: F821
del test_stop_loses_nothing_that_was_published  # noqa: F821
del test_what_is_not_acknowledged_comes_again  # noqa: F821


@pytest.fixture
def broker(fresh: Fresh) -> MakeBroker:
    """Return a server whatever the lines say: they are Mosquitto's."""

    def start(*_lines: str) -> Broker:
        server = fresh.take()
        return Broker(server.url, server.port, server)

    return start
