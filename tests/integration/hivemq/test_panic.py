"""The dispatcher with HiveMQ CE: from the press to the close."""

import pytest

from tests.integration.dispatcher.test_process import (
    dispatcher,
    receiver,
    test_from_the_press_to_the_close,
    tracker,
)
from tests.integration.hivemq.conftest import Fresh
from tests.integration.hivemq.test_ingest import Broker

__all__ = ["dispatcher", "receiver", "test_from_the_press_to_the_close", "tracker"]

pytestmark = pytest.mark.integration


@pytest.fixture
def broker(fresh: Fresh) -> Broker:
    return Broker(fresh.take())
