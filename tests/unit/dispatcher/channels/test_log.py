import logging

import pytest

from dispatcher.channels.log import LogChannel
from tests.unit.dispatcher.world import World


def test_a_line_is_thin(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Id, state and urgency; never who, where or what they said."""
    world.press("tracker-a", location=world.here(), note="he has a knife")
    world.pump()
    with caplog.at_level(logging.INFO):
        LogChannel().send(world.channels["log"].sent[0])
    (record,) = caplog.records
    assert record.getMessage() == "incident_raised"
    assert record.levelname == "WARNING"
    fields = record.__dict__["fields"]
    assert (fields["state"], fields["priority"], fields["step"]) == ("raised", 3, 0)
    for secret in ("tracker-a", "25.03", "121.56", "knife"):
        assert secret not in repr(fields)
