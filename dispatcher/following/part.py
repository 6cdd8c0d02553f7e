"""Following as one part of the process: its session's handler, its loops, and who wakes them."""

from typing import TYPE_CHECKING, Final

from dispatcher.following.earlier import Earlier, Reader
from dispatcher.following.follower import Follower
from dispatcher.following.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatcher.desk import Desk
    from dispatcher.routing import Routing
    from dispatcher.sessions import Sessions
    from dispatcher.store.engine import Database
    from dispatcher.tracker_session import Trackers
    from runtime.clock import Clock
    from runtime.lifecycle import Stopping

SUFFIX: Final = ".follow"
"""Of the session's client id; it begins clean, and nothing waits for it while we are away."""


class Following:
    """Everything that follows trackers."""

    def __init__(
        self, desk: "Desk", database: "Database", routing: "Routing", reader: Reader, clock: "Clock"
    ) -> None:
        """Take the telemetry store to read the way to a press from."""
        self._newest = Newest(clock)
        self._follower = Follower(desk, database, self._newest, routing, clock)
        self._earlier = Earlier(reader, self._follower.keep_way, clock, desk.metrics)
        self._follower.begun = self._earlier.want
        self.wake = self._follower.wake

    def connect(self, sessions: "Sessions", trackers: "Trackers") -> None:
        """Take a session to hear by, and the trackers' session to give orders by."""
        self._newest.attach(sessions.add("follow", self._newest, suffix=SUFFIX, clean=True))
        self._follower.send = trackers.send_commands
        trackers.on_missed = self._follower.hurry

    def loops(self, stopping: "Stopping") -> "dict[str, Callable[[], None]]":
        """Return the targets of its loops."""
        return {
            "follow": lambda: self._follower.run(stopping),
            "earlier": lambda: self._earlier.run(stopping),
        }
