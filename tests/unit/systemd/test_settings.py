"""The settings that docs/install.md copies to /etc/guardian are ones that the processes take."""

from pathlib import Path
from typing import Any

import pytest

from broker_config.watch.settings import WatchSettings
from dispatcher.settings import DispatcherSettings
from ingest.settings import IngestSettings
from runtime.settings import load

UNITS = Path(__file__).resolve().parents[3] / "systemd"
PARTS: dict[str, type[Any]] = {
    "ingest": IngestSettings,
    "dispatcher": DispatcherSettings,
    "watch": WatchSettings,
}
WEBHOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """/etc/guardian with the samples, and what enrolment and `store init` leave there."""
    for part in PARTS:
        (tmp_path / f"{part}.toml").write_text((UNITS / f"{part}.toml").read_text())
    secrets = {
        "tokens/ingest": "token",
        "tokens/dispatcher": "token",
        "tokens/webhook": WEBHOOK,
        "pki/services/svc.ingest.1/share_name": "c0ffee",
    }
    for name, secret in secrets.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secret)
    return tmp_path


@pytest.mark.parametrize("part", PARTS)
def test_a_sample_is_complete(etc: Path, part: str) -> None:
    settings = load(PARTS[part], environ={}, config=etc / f"{part}.toml")
    name = "tool" if part == "watch" else part
    assert settings.key_file == etc / f"pki/services/svc.{name}.1/service.key"


@pytest.mark.parametrize("part", PARTS)
def test_what_a_sample_offers_in_comments_is_taken_too(etc: Path, part: str) -> None:
    """Every line `#key = value` is let in, in place of the key's other line."""
    sample = etc / f"{part}.toml"
    lines = sample.read_text().splitlines()
    offered = [line[1:] for line in lines if line.startswith("#") and line[1:2].isalpha()]
    keys = {line.partition(" =")[0] for line in offered}
    kept = [line for line in lines if line.partition(" =")[0] not in keys]
    sample.write_text("\n".join([*kept, *offered]))
    load(PARTS[part], environ={}, config=sample)


def test_sqlite_and_influxdb_are_chosen_for_both_at_once(etc: Path) -> None:
    settings = [load(PARTS[part], environ={}, config=etc / f"{part}.toml") for part in PARTS]
    assert settings[0].telemetry_store == settings[1].telemetry_store == "influxdb"
    stores = {
        line
        for part in ("ingest", "dispatcher")
        for line in (UNITS / f"{part}.toml").read_text().splitlines()
        if line.startswith("#telemetry_store")
    }
    assert len(stores) == 1
