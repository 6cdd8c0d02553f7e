"""Which alert answers a press."""

from guardian.canary.press import Alerts
from runtime.clock import ManualClock


def test_an_alert_counts_for_the_press_before_it() -> None:
    clock = ManualClock()
    alerts = Alerts(clock)
    pressed = clock.monotonic()
    clock.advance(1)
    alerts.note("incident", 1)
    assert alerts.since("incident", pressed) == pressed + 1
    assert alerts.since("other", pressed) is None


def test_a_repetition_of_an_older_alert_answers_no_new_press() -> None:
    clock = ManualClock()
    alerts = Alerts(clock)
    alerts.note("incident", 1)
    clock.advance(60)
    pressed = clock.monotonic()
    alerts.note("incident", 1)
    assert alerts.since("incident", pressed) is None
    alerts.note("incident", 2)
    assert alerts.since("incident", pressed) == pressed


def test_old_alerts_are_forgotten() -> None:
    clock = ManualClock()
    alerts = Alerts(clock)
    alerts.note("incident", 1)
    began = clock.monotonic()
    clock.advance(60)
    alerts.forget(clock.monotonic())
    assert alerts.since("incident", began) is None
