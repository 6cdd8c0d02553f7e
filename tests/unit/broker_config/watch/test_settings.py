import pytest

from broker_config.watch.settings import WatchSettings
from runtime.settings import SettingsError, load

NEEDED = {"GUARDIAN_BROKERS": "mqtt://a:1,mqtt://b:1", "GUARDIAN_METRICS_BIND": "127.0.0.1:0"}


def read(**environ: str) -> WatchSettings:
    return load(WatchSettings, environ={**NEEDED, **environ})


def test_brokers_and_an_address_are_all_that_must_be_said() -> None:
    assert read().service == "svc.tool.1"
    assert read().pki_dir is None
    assert read(GUARDIAN_INSTANCE="7").service == "svc.tool.7"


def test_without_an_address_it_would_do_nothing() -> None:
    with pytest.raises(SettingsError, match="GUARDIAN_METRICS_BIND"):
        read(GUARDIAN_METRICS_BIND="")


def test_its_instance_is_that_of_a_certificate() -> None:
    with pytest.raises(SettingsError, match=r"GUARDIAN_INSTANCE.*a-z"):
        read(GUARDIAN_INSTANCE="A.1")
