from threading import Thread

from dispatcher.announcements import REMEMBERED, Announcements
from dispatcher.answers import DeskEvent


def event(number: int) -> DeskEvent:
    return DeskEvent(id=0, at=number, type="alarm", text=str(number))


def test_waiting_ends_with_the_next_event() -> None:
    announcements = Announcements(5)
    assert announcements.wait(4, 0, 0)
    assert not announcements.wait(5, 0, 0)
    heard: list[bool] = []
    thread = Thread(target=lambda: heard.append(announcements.wait(5, 4, 0)))
    thread.start()
    announcements.committed(6)
    thread.join(4)
    assert heard == [True]


def test_an_older_number_is_no_news() -> None:
    announcements = Announcements(5)
    announcements.committed(4)
    assert not announcements.wait(5, 0, 0)


def test_what_is_said_from_memory_is_heard_once_by_each() -> None:
    announcements = Announcements()
    announcements.from_memory(event(1))
    assert announcements.wait(0, 0, 0)
    sequence, events = announcements.memory_after(0)
    assert events == [event(1)]
    assert not announcements.wait(0, 0, sequence)
    announcements.from_memory(event(2))
    assert announcements.memory_after(sequence)[1] == [event(2)]


def test_memory_is_bounded() -> None:
    announcements = Announcements()
    for number in range(REMEMBERED + 5):
        announcements.from_memory(event(number))
    sequence, events = announcements.memory_after(0)
    assert (sequence, len(events)) == (REMEMBERED + 5, REMEMBERED)
    assert events[-1] == event(REMEMBERED + 4)


def test_listeners_are_called_until_they_end() -> None:
    announcements = Announcements()
    heard: list[int] = []
    end = announcements.listen(lambda: heard.append(1))
    announcements.committed(1)
    announcements.from_memory(event(1))
    end()
    announcements.committed(2)
    assert heard == [1, 1]
