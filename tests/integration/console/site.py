"""A real dispatcher's API and console on loopback, with a real desk on SQLite."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from argon2 import PasswordHasher

from contract.codec import encode
from contract.ids import uuid7
from contract.messages import Location, Panic, PanicKind, Status, TrackerState
from dispatcher.accounts import Accounts
from dispatcher.desk import Desk
from dispatcher.last_statuses import Roster
from dispatcher.routing import Routing
from dispatcher.settings import HttpSettings
from dispatcher.store.engine import Database
from dispatcher.store.migrate import upgrade
from dispatcher.web import Web
from runtime.clock import SystemClock
from runtime.lifecycle import Stopping

PASSWORD = "correct horse battery"
TAIPEI_101 = (25.03375, 121.56437)
STOP_S = 10.0


@dataclass
class Site:
    """Desk, accounts and the web server of one dispatcher; the server may stop and come back."""

    folder: Path
    clock: SystemClock = field(default_factory=SystemClock)
    port: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = Database(f"sqlite:///{self.folder}/incidents.db")
        upgrade(self.database)
        self.desk = Desk(self.database, self.clock, Routing())
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.accounts = Accounts(self.database, self.clock, hasher=cheap)
        self._presses = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def app(self) -> Any:
        return self._web._app

    def start(self) -> None:
        """Serve; on the port of the time before, if there was one."""
        settings = HttpSettings(http_bind=f"127.0.0.1:{self.port}", **self.settings)
        self._web = Web(self.desk, self.accounts, self.clock, settings)
        self.port = self._web.port
        self._stopping = Stopping()
        self._threads = [
            Thread(target=work, args=[self._stopping], daemon=True)
            for work in (self._web.run, self._web.stop_with)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the server as SIGTERM does."""
        self._stopping.stop("test")
        for thread in self._threads:
            thread.join(STOP_S)
            assert not thread.is_alive(), "the server did not end"

    def close(self) -> None:
        self.stop()
        self.database.close()

    def status(self, device: str, state: TrackerState = "online", battery: int = 81) -> None:
        """Let a tracker say how it is."""
        now = self.clock.now_ms()
        status = Status(at=now, state=state, boot="00000000", connect=1, battery=battery)
        roster = Roster(self.database)
        roster.note(device, status, now, retained=False)
        roster.flush()

    def press(
        self,
        device: str = "tracker-a",
        *,
        kind: PanicKind = "button",
        silent: bool = False,
        age_ms: int = 0,
        fix_age_ms: int | None = 4000,
        place: tuple[float, float] = TAIPEI_101,
        accuracy: float | None = 9.0,
        **more: Any,
    ) -> str:
        """Let a tracker press, and return the incident's id."""
        self._presses += 1
        now = self.clock.now_ms()
        location = None
        if fix_age_ms is not None:
            location = Location(
                boot="00000000", seq=self._presses, time=now - fix_age_ms,
                lat=place[0], lon=place[1], accuracy=accuracy, speed=more.pop("speed", None),
                course=more.pop("course", None),
            )  # fmt: skip
        panic = Panic(
            panic_id=uuid7(now, self._presses.to_bytes(10, "big")), update=0,
            pressed_at=now - age_ms, sent_at=now, age_ms=age_ms, kind=kind, silent=silent,
            location=location, **more,
        )  # fmt: skip
        receipt = self.desk.take_panic(device, encode(panic), now)
        assert receipt.incident is not None
        return receipt.incident
