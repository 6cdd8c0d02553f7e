"""What the agent says of itself, and what is made of it."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from device_agent.events import Asked, Event
from device_agent.local_socket import LocalSocket
from device_agent.settings import AgentSettings
from guardian.doctor.agent import examine, may_run
from runtime.lifecycle import Stopping
from tests.unit.guardian.doctor.made import bad

WELL: dict[str, Any] = {
    "device": "tracker-1",
    "version": "0.1.0",
    "gps": "fix",
    "link": {"up": True, "broker": "mqtts://broker:8883"},
    "outbox": {"reports": 0, "dropped": 0, "on_disk": True},
    "faults": [],
}


@pytest.fixture
def settings(tmp_path: Path) -> AgentSettings:
    return AgentSettings(
        brokers=("mqtt://127.0.0.1:1",),
        device="tracker-1",
        serial_port=Path("/dev/none"),
        state_dir=tmp_path,
    )


@pytest.fixture
def running(settings: AgentSettings, request: pytest.FixtureRequest) -> Iterator[None]:
    """An agent that answers `request.param`."""
    request.getfixturevalue("monkeypatch").setattr("device_agent.local_socket.ACCEPT_S", 0.05)
    stopping = Stopping()

    def answer(event: Event) -> None:
        assert isinstance(event, Asked)
        event.answer.put(request.param)

    local = LocalSocket(settings.state_dir, answer, stopping=stopping)
    thread = Thread(target=local.run)
    thread.start()
    yield
    stopping.stop("the test is over")
    thread.join()


def test_an_agent_that_does_not_run_is_a_warning(settings: AgentSettings) -> None:
    (found,) = examine(settings)
    assert (found.name, found.level) == ("agent.running", "warning")
    assert "guardian agent run" in str(found.remedy)
    assert not may_run(settings)


@pytest.mark.parametrize("running", [WELL], indirect=True)
@pytest.mark.usefixtures("running")
def test_an_agent_that_is_well_gives_only_ok_lines(settings: AgentSettings) -> None:
    found = list(examine(settings))
    assert bad(found) == []
    assert [each.name for each in found] == ["agent.running", "agent.link"]
    assert may_run(settings)


@pytest.mark.parametrize(
    ("running", "name", "level", "words"),
    [
        (WELL | {"link": {"up": False}}, "agent.link", "fault", "not connected"),
        (WELL | {"gps": "no_data"}, "agent.gps", "warning", "nothing comes"),
        (WELL | {"gps": "no_fix"}, "agent.gps", "warning", "no fix"),
        (WELL | {"faults": ["button_stuck"]}, "agent.fault", "fault", "button_stuck"),
        (WELL | {"faults": ["unheard_of"]}, "agent.fault", "fault", "unheard_of"),
        (WELL | {"lost_buttons": ["button-1"]}, "agent.fault", "fault", "nobody can press it"),
        (WELL | {"outbox": {"on_disk": False}}, "agent.fault", "fault", "refuses the outbox"),
        (WELL | {"outbox": {"dropped": 7}}, "agent.dropped", "warning", "7 positions"),
        ({"error": "the agent is too busy to answer"}, "agent.running", "fault", "too busy"),
    ],
    indirect=["running"],
)
@pytest.mark.usefixtures("running")
def test_what_it_says_is_made_a_line(
    settings: AgentSettings, name: str, level: str, words: str
) -> None:
    (found,) = bad(list(examine(settings)))
    assert (found.name, found.level) == (name, level)
    assert words in found.says
    assert found.remedy


@pytest.mark.parametrize("running", [{}], indirect=True)
@pytest.mark.usefixtures("running")
def test_an_answer_without_anything_in_it_breaks_nothing(settings: AgentSettings) -> None:
    assert {each.name for each in examine(settings)} == {"agent.running", "agent.link"}


def test_a_damaged_outbox_is_a_fault(settings: AgentSettings) -> None:
    (settings.state_dir / "outbox.db").write_bytes(b"junk")
    (settings.state_dir / "outbox.db").chmod(0o600)
    found = [each for each in examine(settings) if each.name == "agent.outbox"]
    assert [each.level for each in found] == ["fault"]
