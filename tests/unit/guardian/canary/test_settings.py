"""The canary's settings refuse what could be taken for a person."""

import pytest

from guardian.canary.settings import CanarySettings
from runtime.settings import SettingsError, load

GOOD = {
    "GUARDIAN_BROKERS": "mqtt://a.example:1883,mqtt://b.example:1883",
    "GUARDIAN_CANARY_SECRET": "whsec_c2VjcmV0IG9mIHRoZSBjYW5hcnkncyBob29r",
}


def test_it_has_a_reserved_id_and_presses_every_minute() -> None:
    settings = load(CanarySettings, environ=GOOD, config=None)
    assert (settings.device, settings.canary_period_s) == ("canary-1", 60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUARDIAN_DEVICE", "taxi-1"),
        ("GUARDIAN_CANARY_SECRET", "secret"),
        ("GUARDIAN_CANARY_PERIOD_S", "10"),
    ],
)
def test_it_refuses_what_cannot_work(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(CanarySettings, environ=GOOD | {name: value}, config=None)
