"""Settings of ingest."""

import pytest

from ingest.settings import IngestSettings
from runtime.settings import SettingsError, load

NEEDED = {"GUARDIAN_BROKERS": "mqtt://broker:1883", "INFLUXDB_V2_TOKEN": "t"}


def read(**environ: str) -> IngestSettings:
    return load(IngestSettings, environ={**NEEDED, **environ})


def test_the_broker_is_all_that_must_be_said() -> None:
    """Everything else has a default that works."""
    settings = read()
    assert settings.client_id == "svc.ingest.1"
    assert settings.stored_every_s == 60.0


def test_the_instance_becomes_the_client_id() -> None:
    """The broker keeps a worker's messages under it."""
    assert read(GUARDIAN_INSTANCE="north-2").client_id == "svc.ingest.north-2"
    with pytest.raises(SettingsError, match=r"GUARDIAN_INSTANCE.*a-z"):
        read(GUARDIAN_INSTANCE="Nord 2")


def test_trackers_may_hear_more_often_and_never_less() -> None:
    """They send again what is not named after two minutes."""
    assert read(GUARDIAN_STORED_EVERY_S="5").stored_every_s == 5.0
    with pytest.raises(SettingsError, match="GUARDIAN_STORED_EVERY_S"):
        read(GUARDIAN_STORED_EVERY_S="61")


def test_a_lone_position_is_never_held_for_long() -> None:
    """It is visible within a second."""
    with pytest.raises(SettingsError, match="GUARDIAN_BATCH_AGE_S"):
        read(GUARDIAN_BATCH_AGE_S="2")


def test_a_share_name_is_one_level_of_a_topic() -> None:
    """And is not shown."""
    assert read(GUARDIAN_SHARE_NAME="0aF_-9").share_name == "0aF_-9"
    assert "0aF_-9" not in repr(read(GUARDIAN_SHARE_NAME="0aF_-9"))
    with pytest.raises(SettingsError, match="GUARDIAN_SHARE_NAME"):
        read(GUARDIAN_SHARE_NAME="a/+")


def test_secrets_are_not_shown() -> None:
    """Not even in a traceback."""
    assert "hush" not in repr(read(INFLUXDB_V2_TOKEN="hush", GUARDIAN_PASSWORD="hush"))
