"""A run of the simulator: connect all, let them walk and press, wait for the last receipt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from random import Random
from statistics import median

import msgspec

from contract.errors import GuardianError
from contract.messages import PanicKind
from device_agent.events import Event
from device_agent.settings import AgentSettings
from guardian.simulator.motion import Walker
from guardian.simulator.tracker import SimulatedTracker
from runtime.clock import Clock

TAIPEI = (25.0375, 121.5637)
CONNECT_S = 60.0
"""A hundred TLS handshakes a second are what one core of a broker does."""
ANSWER_S = 30.0
"""How long the last press may wait for its receipt: three of the longest resends."""
STEP_S = 0.1
"""How often every tracker looks what is due by time: a fifth of the shortest resend."""


class NotConnectedError(GuardianError):
    """Not every simulated tracker reached the broker."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen: positions per second of each tracker, seconds, presses in all."""

    rate: float
    duration_s: float
    panics: int
    kind: PanicKind
    centre: tuple[float, float] = TAIPEI
    seed: int = 1


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What happened; latencies in ms from the press to *received* at the tracker."""

    devices: int
    duration_s: float
    positions_made: int
    positions_stored: int
    panics_pressed: int
    panics_received: int
    panics_unanswered: int
    median_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


class Simulation:
    """All simulated trackers, worked by one loop."""

    def __init__(self, trackers: Sequence[AgentSettings], plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._random = Random(plan.seed)  # noqa: S311 - who presses when, not a secret
        self._inbox: SimpleQueue[tuple[SimulatedTracker, Event]] = SimpleQueue()
        self._trackers = [
            SimulatedTracker(settings, Walker(plan.seed + n, *plan.centre), clock, self._post)
            for n, settings in enumerate(trackers)
        ]

    def run(self, progress: Callable[[float], None]) -> Result:
        """Run the plan; `progress` is told the share that is done, 0 to 1.

        Raises:
            NotConnectedError: some trackers never connected.
        """
        try:
            self._connect()
            self._walk(progress)
            self._await_receipts()
        finally:
            for tracker in self._trackers:
                tracker.stop()
        return self._result()

    def _connect(self) -> None:
        for tracker in self._trackers:
            tracker.start()
        self._work_until(CONNECT_S, lambda: all(each.connected for each in self._trackers))
        missing = sum(not each.connected for each in self._trackers)
        if missing:
            raise NotConnectedError(
                f"{missing} of {len(self._trackers)} trackers did not reach the broker"
            )

    def _walk(self, progress: Callable[[float], None]) -> None:
        """Work through all moves and presses in order of time."""
        begin = self._clock.monotonic()
        for at, act in self._agenda():
            self._work_until(begin + at - self._clock.monotonic(), lambda: False)
            act()
            progress(at / self._plan.duration_s)
        self._work_until(begin + self._plan.duration_s - self._clock.monotonic(), lambda: False)
        progress(1.0)

    def _agenda(self) -> list[tuple[float, Callable[[], None]]]:
        plan, duration = self._plan, self._plan.duration_s
        agenda: list[tuple[float, Callable[[], None]]] = []
        for tracker in self._trackers:
            begin = self._random.uniform(0, 1 / plan.rate) if plan.rate else duration
            count = int((duration - begin) * plan.rate)
            agenda += [(begin + n / plan.rate, tracker.move) for n in range(count)]
        pressers = self._random.sample(self._trackers, len(self._trackers))
        for number in range(plan.panics):
            presser = pressers[number % len(pressers)]
            agenda.append((duration * (number + 0.5) / plan.panics, self._press(presser)))
        return sorted(agenda, key=lambda entry: entry[0])

    def _press(self, tracker: SimulatedTracker) -> Callable[[], None]:
        return lambda: tracker.press(self._plan.kind)

    def _await_receipts(self) -> None:
        self._work_until(
            ANSWER_S,
            lambda: all(len(each.received) == len(each.pressed) for each in self._trackers),
        )

    def _work_until(self, seconds: float, done: Callable[[], bool]) -> None:
        """Handle events for so long, or until it is done."""
        end = self._clock.monotonic() + seconds
        step_due = 0.0
        while (left := end - self._clock.monotonic()) > 0 and not done():
            if self._clock.monotonic() >= step_due:
                step_due = self._clock.monotonic() + STEP_S
                for tracker in self._trackers:
                    tracker.step()
            try:
                tracker, event = self._inbox.get(timeout=min(left, STEP_S))
            except Empty:
                continue
            tracker.handle(event)

    def _post(self, tracker: SimulatedTracker, event: Event) -> None:
        self._inbox.put((tracker, event))

    def _result(self) -> Result:
        waits = sorted(
            (at - tracker.pressed[panic_id]) * 1000
            for tracker in self._trackers
            for panic_id, at in tracker.received.items()
        )
        pressed = sum(len(each.pressed) for each in self._trackers)
        return Result(
            devices=len(self._trackers),
            duration_s=self._plan.duration_s,
            positions_made=sum(each.made for each in self._trackers),
            positions_stored=sum(each.stored for each in self._trackers),
            panics_pressed=pressed,
            panics_received=len(waits),
            panics_unanswered=pressed - len(waits),
            median_ms=round(median(waits), 2) if waits else None,
            p99_ms=round(percentile(waits, 0.99), 2) if waits else None,
            max_ms=round(waits[-1], 2) if waits else None,
        )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the ordered values that at least this share does not exceed."""
    rank = -(-len(ordered) * share // 1)
    return ordered[max(0, int(rank) - 1)]
