from contract.codec import decode
from contract.messages import CloudEvent
from dispatcher.alarms import REPEAT_S, StoreAlarm
from dispatcher.announcements import Announcements
from dispatcher.metrics import Metrics
from runtime.clock import ManualClock


class Office:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.announcements = Announcements()
        self.metrics = Metrics()
        self.alarm = StoreAlarm(self.announcements, self.clock, self.metrics, "/guardian/test")
        self.notices: list[tuple[str, bytes]] = []
        self.alarm.notify = lambda topic, payload: self.notices.append((topic, payload))

    def heard(self) -> list[str | None]:
        return [event.text for event in self.announcements.memory_after(0)[1]]


def test_it_is_said_to_consoles_and_on_mqtt_at_once_and_every_two_minutes() -> None:
    office = Office()
    for _ in range(int(REPEAT_S)):
        office.alarm.down(OSError("disk full"))
        office.clock.advance(1)
    assert len(office.heard()) == len(office.notices) == 1
    office.alarm.down(OSError("disk full"))
    assert len(office.heard()) == 2
    topic, payload = office.notices[0]
    assert topic == "guardian/v1/dispatch/notice"
    event = decode(CloudEvent[dict[str, str]], payload)
    assert (event.type, event.data["part"]) == (
        "org.guardian.notice.system_alarm", "incident database",
    )  # fmt: skip
    assert len({decode(CloudEvent[dict[str, str]], each).id for _, each in office.notices}) == 2


def test_its_end_is_said_once() -> None:
    office = Office()
    office.alarm.up()
    assert office.heard() == []
    office.alarm.down(OSError("disk full"))
    assert office.alarm.is_down
    office.alarm.up()
    office.alarm.up()
    assert not office.alarm.is_down
    assert office.heard()[1:] == ["the incident database commits again"]


def test_the_words_name_no_cause_that_could_hold_an_address() -> None:
    """The log has the error; consoles and MQTT must not carry a database's URL."""
    office = Office()
    office.alarm.down(OSError("postgresql://guardian:secret@db/incidents"))
    assert b"secret" not in office.notices[0][1]
    assert "secret" not in (office.heard()[0] or "")
