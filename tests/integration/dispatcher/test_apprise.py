"""Apprise with a real service on loopback."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from dispatcher.channels import apprise
from dispatcher.channels.apprise import AppriseChannel, AppriseUrlError, NotNotifiedError
from dispatcher.routing import Route
from tests.integration.dispatcher.receiver import Receiver
from tests.unit.dispatcher.channels.cap.messages import INCIDENT, message

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Apprise's own modules
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(status=200)
    yield made
    made.stop()


def channel(receiver: Receiver, **fields: Any) -> AppriseChannel:
    url = f"json://user:secret@127.0.0.1:{receiver.port}/path"
    return AppriseChannel(Route("sms"), url, **fields)


def test_a_thin_message_arrives(receiver: Receiver) -> None:
    channel(receiver).send(message())
    body = json.loads(receiver.requests[0].body)
    assert body["title"] == "Guardian: button, priority 2, raised"
    assert INCIDENT in body["message"]
    assert "25.03" not in body["message"]


def test_a_full_one_says_where(receiver: Receiver) -> None:
    channel(receiver, full=True).send(message())
    assert "25.03340" in json.loads(receiver.requests[0].body)["message"]


def test_a_service_that_refuses_is_a_failure_and_shows_no_secret(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    with pytest.raises(NotNotifiedError, match="refused"):
        channel(receiver).send(message())
    assert "secret" not in caplog.text


def test_a_service_that_hangs_is_left_alone_until_it_is_done(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise, "TOTAL_S", 0.3)
    release = Event()
    receiver.misbehave = lambda _handler: release.wait(30)
    made = channel(receiver)
    with pytest.raises(NotNotifiedError, match="no answer"):
        made.send(message())
    with pytest.raises(NotNotifiedError, match="still hangs"):
        made.send(message())
    release.set()
    assert made._busy is not None
    made._busy.join(20)
    assert not made._busy.is_alive()
    assert len(receiver.requests) == 1


def test_a_url_that_means_nothing_is_refused_without_being_shown() -> None:
    with pytest.raises(AppriseUrlError) as refused:
        AppriseChannel(Route("sms"), "nosuch://topsecret")
    assert "topsecret" not in str(refused.value)
