from contract import panic_text
from device_agent.events import TextGiven
from device_agent.panic import Panics
from device_agent.press import Press
from device_agent.text_fallback import AGAIN_S, FIRST_S, RETRY_S, Fallback
from tests.unit.device_agent.fakes import location, make_pace, moment, receipt


class Program:
    """The program for texts, as the working loop sees it."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    def give(self, panic_id: str, text: str) -> None:
        self.given.append((panic_id, text))


class Bench:
    def __init__(self) -> None:
        self.program = Program()
        self.panics = Panics(lambda: 0.0, make_pace())
        self.fallback = Fallback("tracker-a", self.program)
        self._made = 0

    def press(self, now: float = 0.0) -> Press:
        self._made += 1
        return self.panics.press(
            "button",
            silent=False,
            pressed=now,
            moment=moment(now),
            location=location(1),
            fresh=True,
            randomness=self._made.to_bytes(10, "big"),
        )

    def step(self, now: float, *, ok: bool | None = True) -> list[str]:
        """Let time pass; return which presses were given away. None: the program hangs."""
        self.fallback.step(self.panics, moment(now))
        given, self.program.given = self.program.given, []
        for panic_id, _ in given if ok is not None else ():
            self.fallback.given(TextGiven(panic_id, ok=bool(ok)), now)
        return [panic_id for panic_id, _ in given]


def test_a_press_that_nobody_receives_is_given_away_after_half_a_minute() -> None:
    bench = Bench()
    press = bench.press()
    assert bench.step(FIRST_S - 0.1) == []
    assert bench.step(FIRST_S) == [press.row.panic_id]
    assert bench.step(FIRST_S + AGAIN_S - 0.1) == []
    assert bench.step(FIRST_S + AGAIN_S) == [press.row.panic_id], "with the newest place"


def test_the_text_can_be_read_by_the_gateway() -> None:
    bench = Bench()
    press = bench.press()
    bench.fallback.step(bench.panics, moment(FIRST_S))
    ((_, text),) = bench.program.given
    assert len(text) <= 140
    read = panic_text.from_text(text)
    assert (read.device, read.panic_id) == ("tracker-a", press.row.panic_id)
    assert (read.age_s, read.lat) == (FIRST_S, 25.0)


def test_a_program_that_failed_is_tried_again_soon() -> None:
    bench = Bench()
    bench.press()
    assert len(bench.step(FIRST_S, ok=False)) == 1
    assert bench.step(FIRST_S + RETRY_S - 0.1) == []
    assert len(bench.step(FIRST_S + RETRY_S)) == 1


def test_one_text_at_a_time_and_the_newest_press_first() -> None:
    bench = Bench()
    old, new = bench.press(0.0), bench.press(1.0)
    assert bench.step(40.0, ok=None) == [new.row.panic_id]
    assert bench.step(41.0) == []
    bench.fallback.given(TextGiven(new.row.panic_id, ok=True), 42.0)
    assert bench.step(42.0) == [old.row.panic_id]


def test_a_press_that_was_received_is_not_given_away() -> None:
    bench = Bench()
    press = bench.press()
    bench.panics.receipt(receipt(press.row.panic_id), 29.0)
    assert bench.step(1000.0) == []


def test_a_press_of_an_earlier_run_waits_from_the_restart() -> None:
    bench = Bench()
    row = bench.press().row
    bench.panics = Panics(lambda: 0.0, make_pace())
    bench.panics.restore([row], 500.0)
    assert bench.step(500.0 + FIRST_S - 0.1) == []
    assert bench.step(500.0 + FIRST_S) == [row.panic_id]


def test_without_a_program_nothing_happens() -> None:
    bench = Bench()
    bench.press()
    Fallback("tracker-a", None).step(bench.panics, moment(1000.0))
