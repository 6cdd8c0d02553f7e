"""A dispatcher that is killed in the middle of a ladder goes on with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.dispatcher.process import DispatcherProcess
from tests.integration.dispatcher.receiver import Receiver
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

LADDER = """
ladder_repeat_s = 10

[[ladder]]
after_s = 0
roles = ["operator"]

[[ladder]]
after_s = 2
roles = ["supervisor"]

[[ladder]]
after_s = 12
channels = ["webhook"]
"""
SECRET = "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29rIGhlcmU="


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def dispatcher(tmp_path: Path, receiver: Receiver) -> Iterator[DispatcherProcess]:
    made = DispatcherProcess(
        tmp_path, "mqtt://127.0.0.1:9", f"sqlite:///{tmp_path / 'incidents.db'}",
        GUARDIAN_WEBHOOK_URL=f"http://127.0.0.1:{receiver.port}/alerts",
        GUARDIAN_WEBHOOK_SECRET=SECRET,
        GUARDIAN_WEBHOOK_ALLOW="127.0.0.0/8",
    )  # fmt: skip
    made.config = tmp_path / "dispatcher.toml"
    made.config.write_text(LADDER)
    yield made
    made.kill()


def test_a_killed_dispatcher_goes_on_with_the_ladder(
    dispatcher: DispatcherProcess, receiver: Receiver
) -> None:
    def notes() -> list[str]:
        history = dispatcher.api(f"incidents/{incident}")["history"]
        return [each["note"] or "" for each in history if each["event"] == "escalated"]

    def answers() -> bool:
        return dispatcher.healthz()[0] != 0

    dispatcher.launch()
    wait_until(answers, "the dispatcher")
    incident = dispatcher.api("incidents", {"origin": "call", "phone": "0900000000"})["id"]
    wait_until(lambda: bool(notes()), "the second step")
    before = len(receiver.requests)
    dispatcher.kill()
    dispatcher.launch()
    wait_until(answers, "the dispatcher")
    wait_until(lambda: len(receiver.requests) > before, "the last step's webhook")
    wait_until(lambda: len(notes()) >= 2, "the last step")
