from pathlib import Path

import pytest

from device_agent import battery
from device_agent.battery import BatteryWatch, Charge, Gauge, first_battery, read_charge
from device_agent.events import BatteryRead, Event
from runtime.lifecycle import Stopping


def supply(folder: Path, name: str, **files: str) -> Path:
    """Make a power supply as sysfs shows it."""
    made = folder / name
    made.mkdir(exist_ok=True)
    for file, text in files.items():
        (made / file).write_text(text + "\n")
    return made


def test_the_first_battery_of_the_board_is_found_and_no_mouse(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains")
    supply(tmp_path, "hid-mouse", type="Battery", scope="Device")
    board = supply(tmp_path, "max17040", type="Battery", scope="System")
    assert first_battery(tmp_path) == board


def test_a_board_without_a_battery_has_none(tmp_path: Path) -> None:
    assert first_battery(tmp_path) is None
    assert first_battery(tmp_path / "no-such-folder") is None


@pytest.mark.parametrize(
    ("capacity", "status", "expected"),
    [
        ("57", "Discharging", Charge(57, False)),
        ("100", "Full", Charge(100, True)),
        ("104", "Not charging", Charge(100, False)),
        ("12", "Unknown", Charge(12, None)),
        ("", "Charging", Charge(None, True)),
        ("-1", "Discharging", Charge(None, False)),
        ("٣", "Discharging", Charge(None, False)),
    ],
)
def test_what_the_kernel_says_is_read(
    tmp_path: Path, capacity: str, status: str, expected: Charge
) -> None:
    folder = supply(tmp_path, "BAT0")
    (folder / "capacity").write_text(capacity, encoding="utf-8")
    (folder / "status").write_text(status)
    assert read_charge(folder) == expected


def test_a_gauge_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert read_charge(tmp_path / "gone") == Charge(None, None)


def test_a_gauge_that_wavers_at_the_last_word_says_it_once() -> None:
    gauge = Gauge()
    levels = []
    for percent in (21, 20, 6, 5, 6, 8, 5, 9):
        gauge.read(Charge(percent, charging=False))
        levels.append(gauge.level)
    assert levels == ["good", "low", "low", "empty", "empty", "empty", "empty", "low"]


def test_a_charger_makes_it_good_at_once() -> None:
    gauge = Gauge()
    levels = []
    for charging in (False, True):
        gauge.read(Charge(3, charging=charging))
        levels.append(gauge.level)
    assert levels == ["empty", "good"]


def test_an_unknown_charge_changes_no_behaviour() -> None:
    gauge = Gauge()
    gauge.read(Charge(None, charging=False))
    assert gauge.level == "good"


def test_changes_are_told_and_repeats_are_not(tmp_path: Path) -> None:
    told: list[Event] = []
    folder = supply(tmp_path, "BAT0", capacity="50", status="Discharging")
    watch = BatteryWatch(folder, told.append, stopping=Stopping())
    watch.look()
    watch.look()
    (folder / "capacity").write_text("49")
    watch.look()
    assert told == [BatteryRead(50, charging=False), BatteryRead(49, charging=False)]


def test_a_battery_that_comes_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(battery, "POWER_SUPPLIES", tmp_path)
    told: list[Event] = []
    watch = BatteryWatch(None, told.append, stopping=Stopping())
    watch.look()
    assert told == []
    supply(tmp_path, "BAT0", type="Battery", capacity="50", status="Charging")
    watch.look()
    assert told == [BatteryRead(50, charging=True)]


def test_it_ends_with_the_process() -> None:
    stopping = Stopping()
    beats = []

    def beat() -> None:
        beats.append(1)
        stopping.stop("test")

    BatteryWatch(Path("/nowhere"), lambda event: None, stopping=stopping, beat=beat).run()
    assert beats == [1]
