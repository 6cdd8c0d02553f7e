"""`make env`: secrets that exist nowhere but in a file of their owner's."""

import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECRETS = ("FIRST_PASSWORD", "GRAFANA_ADMIN_PASSWORD", "GRAFANA_SECRET_KEY")


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def make(file: Path) -> str:
    done = subprocess.run(
        ["sh", ROOT / "tools" / "make-env.sh", file], check=True, capture_output=True, text=True
    )
    return done.stdout


def values(file: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in file.read_text().splitlines())
    return {name: value for name, _, value in lines if not name.startswith("#")}


def test_secrets_are_random_and_their_owners_alone(env_file: Path, tmp_path: Path) -> None:
    make(env_file)
    make(tmp_path / "another")
    first, second = values(env_file), values(tmp_path / "another")
    for name in SECRETS:
        assert re.fullmatch(r"[0-9a-f]{48}", first[name]), name
    assert len({each[name] for each in (first, second) for name in SECRETS}) == 6
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_nothing_that_is_there_is_changed(env_file: Path) -> None:
    """Also a line that was emptied on purpose, and a file without a newline at its end."""
    env_file.write_text("GUARDIAN_HOST=broker.example\nFIRST_USER=\nFIRST_PASSWORD=mine")
    said = make(env_file)
    after = values(env_file)
    assert after["GUARDIAN_HOST"] == "broker.example"
    assert (after["FIRST_USER"], after["FIRST_PASSWORD"]) == ("", "mine")
    assert "GRAFANA_ADMIN_PASSWORD" in said
    assert "FIRST_PASSWORD" not in said
    before = env_file.read_bytes()
    assert make(env_file) == f"{env_file}: nothing was missing\n"
    assert env_file.read_bytes() == before


def test_a_file_that_others_could_read_is_closed(env_file: Path) -> None:
    env_file.touch(0o644)
    make(env_file)
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_no_secret_is_said_aloud(env_file: Path) -> None:
    said = make(env_file)
    assert [name for name in SECRETS if values(env_file)[name] in said] == []


def test_compose_has_a_default_for_no_secret_and_names_every_setting_that_it_writes(
    env_file: Path,
) -> None:
    """Whoever forgets `make env` is told so; a line that nothing reads would mislead."""
    make(env_file)
    compose = (ROOT / "docker-compose.yml").read_text()
    for name in values(env_file):
        assert f"${{{name}" in compose, name
    for name in SECRETS:
        assert set(re.findall(rf"\$\{{{name}[^}}]*\}}", compose)) == {
            f"${{{name}:?run make env first}}"
        }


def test_every_image_of_others_has_a_version() -> None:
    """An update is somebody's decision."""
    compose = (ROOT / "docker-compose.yml").read_text()
    images = re.findall(r"^ +image: (\S+)$", compose, re.MULTILINE)
    others = [image for image in images if not image.startswith("guardian:")]
    assert len(others) == 4
    assert [image for image in others if not re.search(r":v?\d+\.\d+\.\d+$", image)] == []
