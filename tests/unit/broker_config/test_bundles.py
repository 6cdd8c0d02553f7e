from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_config import bundles
from broker_config.errors import BundleExistsError
from runtime.settings import BrokerSettings, load, setting


@dataclass(frozen=True, kw_only=True)
class Agent(BrokerSettings):
    """The settings that a bundle must give."""

    device: str = setting("GUARDIAN_DEVICE")
    serial_port: Path = setting("GUARDIAN_SERIAL_PORT")


def test_the_agents_settings_are_read_from_the_file(tmp_path: Path) -> None:
    """Paths are those of the files beside it."""
    brokers = ["mqtts://broker.example:8883", "mqtts://[2001:db8::7]:8883"]
    files = bundles.tracker_files("tracker-a", b"cert", b"key", b"ca", brokers)
    bundles.claim(tmp_path / "bundle")
    bundles.write(tmp_path / "bundle", files)
    read = load(Agent, environ={}, config=tmp_path / "bundle" / "agent.toml")
    assert (read.device, read.brokers) == ("tracker-a", tuple(brokers))
    assert read.ca_file is not None
    assert read.cert_file is not None
    assert read.key_file is not None
    contents = [each.read_bytes() for each in (read.ca_file, read.cert_file, read.key_file)]
    assert contents == [b"ca", b"cert", b"key"]


def test_a_tracker_that_made_its_key_gets_none(tmp_path: Path) -> None:
    """There is none to give."""
    files = bundles.tracker_files("tracker-a", b"cert", None, b"ca", ["mqtts://broker:8883"])
    assert set(files) == {"ca.crt", "tracker.crt", "agent.toml"}


def test_files_and_folder_are_the_owners_alone(tmp_path: Path) -> None:
    """A bundle holds a private key."""
    out = tmp_path / "bundle"
    bundles.claim(out)
    bundles.write(out, {"x": b"1"})
    assert out.stat().st_mode & 0o777 == 0o700
    assert (out / "x").stat().st_mode & 0o777 == 0o600


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    """A folder on a memory stick, say."""
    bundles.claim(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_is_overwritten(kind: str, tmp_path: Path) -> None:
    """A key that is lost is a tracker that is lost."""
    out = tmp_path / "bundle"
    if kind == "file":
        out.write_text("x")
    else:
        out.mkdir()
        (out / "tracker.key").write_text("x")
    with pytest.raises(BundleExistsError, match="--out"):
        bundles.claim(out)
