from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract import codec
from contract.messages import Driver, Journey, JourneyMark, Receipt
from device_agent.events import Asked, Event
from guardian.cli import main
from guardian.commands import journey as command
from tests.unit.device_agent.fakes import incoming
from tests.unit.guardian.commands.test_agent import Agent


class Police(Agent):
    """An agent whose journeys are answered at once."""

    marks: list[JourneyMark] | None = None
    driver: Driver | None = Driver(name="Chen", company="Taiwan Taxi")

    def handle(self, event: Event) -> None:
        self.tracker.handle(event)
        row = self.tracker.correspondence.journeys.row
        if isinstance(event, Asked) and event.question["do"] == "journey" and row and self.receives:
            told = Receipt(
                journey_id=row.journey_id, update=row.update, version=row.update,
                stage="received", at=1, driver=self.driver, marks=self.marks,
            )  # fmt: skip
            self.tracker.handle(incoming("receipt", told))


@pytest.fixture
def police(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Police]:
    monkeypatch.setattr("device_agent.local_socket.ACCEPT_S", 0.05)
    made = Police(tmp_path)
    yield made
    made.stopping.stop("test")
    made.thread.join(3)


def call(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["journey", *arguments, "--state-dir", str(tmp_path)])


def test_a_rider_is_told_who_drives(police: Police, tmp_path: Path) -> None:
    result = call(tmp_path, "start", "--mode", "taxi", "--plate", "ABC-1234", "--due", "+30")
    assert result.exit_code == 0
    assert "Registered: you are due at " in result.output
    assert "The driver is Chen, Taiwan Taxi." in result.output


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("plate_unknown", "do not know this plate"),
        ("plate_mismatch", "Careful: the plate belongs to Chen"),
    ],
)
def test_a_plate_that_does_not_fit_is_said_plainly(
    police: Police, tmp_path: Path, mark: JourneyMark, says: str
) -> None:
    police.marks = [mark]
    result = call(tmp_path, "start", "--mode", "taxi", "--plate", "X", "--due", "+30")
    assert says in result.output


def test_without_an_answer_the_rider_is_told_that_too(
    police: Police, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_DRIVER_WAIT_S", 0.1)
    police.receives = False
    result = call(tmp_path, "start", "--mode", "taxi", "--plate", "X", "--due", "+30")
    assert "Not answered yet" in result.output


def test_a_hike_says_all_that_helps_to_find_the_party(police: Police, tmp_path: Path) -> None:
    police.receives = False
    result = call(
        tmp_path, "start", "--mode", "hike", "--due", "2126-05-01T18:00", "--party", "2",
        "--to", "Yushan", "--at", "23.47", "120.957", "--check-in", "120", "--note", "red jackets",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (letter,) = police.tracker.correspondence.letters.all()
    journey = codec.decode(Journey, letter.body.encode())
    assert (journey.party, journey.check_in_s, journey.note) == (2, 7200, "red jackets")
    assert journey.destination is not None
    assert (journey.destination.name, journey.destination.lat) == ("Yushan", 23.47)
    assert journey.vehicle is None


def test_a_journey_is_extended_checked_and_ended(police: Police, tmp_path: Path) -> None:
    call(tmp_path, "start", "--mode", "walk", "--due", "+30")
    assert "now due at" in call(tmp_path, "extend", "+60").output
    assert "Noted" in call(tmp_path, "check-in").output
    assert "over" in call(tmp_path, "arrive").output
    again = call(tmp_path, "arrive")
    assert (again.exit_code, again.output) == (1, "Error: no journey is running\n")


def test_a_journey_can_be_called_off(police: Police, tmp_path: Path) -> None:
    call(tmp_path, "start", "--mode", "walk", "--due", "+30")
    assert "called off" in call(tmp_path, "cancel").output


@pytest.mark.parametrize("due", ["tomorrow", "25:00", "+soon", ""])
def test_a_time_that_cannot_be_read_is_refused(tmp_path: Path, due: str) -> None:
    result = call(tmp_path, "start", "--mode", "walk", "--due", due)
    assert result.exit_code == 2
    assert "expected 23:30" in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("23:30", "2026-05-01T23:30"),
        ("06:00", "2026-05-02T06:00"),
        ("22:00", "2026-05-02T22:00"),
        ("2026-05-03T06:00", "2026-05-03T06:00"),
        ("+90", "2026-05-01T23:30"),
    ],
)
def test_a_time_of_day_is_the_next_one(text: str, expected: str) -> None:
    now = datetime.fromisoformat("2026-05-01T22:00").astimezone()
    due = command._due(text, now)
    assert abs(due - datetime.fromisoformat(expected).astimezone()) < timedelta(seconds=1)
