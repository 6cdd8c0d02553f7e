"""The units agree with the settings, with each other and with the pages that install them."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from broker_config.mosquitto import MAX_SERVICE_SESSIONS, MAX_TRACKERS
from tests.integration.systemd.page import blocks, unmarked

UNITS = Path(__file__).resolve().parents[3] / "systemd"
SERVICES = sorted(path.stem for path in UNITS.glob("*.service"))
OURS = [name for name in SERVICES if name != "guardian-broker"]
PARTS = {
    "guardian-ingest": "ingest",
    "guardian-dispatcher": "dispatcher",
    "guardian-watch": "watch",
}


def unit(name: str) -> dict[str, list[str]]:
    """Return every key of a unit with its values; sections do not share keys."""
    found = defaultdict(list)
    for line in (UNITS / f"{name}.service").read_text().splitlines():
        if re.match(r"[A-Za-z]+=", line):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def test_all_units_are_known_here() -> None:
    assert {"guardian-broker", "guardian-agent", *PARTS} == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_comes_back_whatever_happens(name: str) -> None:
    assert unit(name)["Restart"] == ["always"]
    assert unit(name)["StartLimitIntervalSec"] == ["0"]
    assert unit(name)["Type"] == ["notify"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_without_the_others(name: str) -> None:
    assert not {"Requires", "Requisite", "BindsTo"} & set(unit(name))


@pytest.mark.parametrize("name", OURS)
def test_a_hung_process_of_ours_ends(name: str) -> None:
    assert unit(name)["WatchdogSec"]
    assert unit(name)["WatchdogSignal"] == ["SIGKILL"]


def test_the_dispatcher_knows_nothing_of_influxdb() -> None:
    assert "influxdb" not in "".join(unit("guardian-dispatcher")["After"])


def test_the_broker_has_a_file_descriptor_for_everybody() -> None:
    limit = int(unit("guardian-broker")["LimitNOFILE"][0])
    assert limit > MAX_TRACKERS + MAX_SERVICE_SESSIONS


@pytest.mark.parametrize(("name", "part"), PARTS.items())
def test_a_service_is_shown_exactly_the_files_that_its_settings_name(name: str, part: str) -> None:
    shown = {value.partition(":")[2] for value in unit(name)["LoadCredential"]}
    text = (UNITS / f"{part}.toml").read_text()
    named = re.findall(r'^#?\w+_file = "(.+)"$', text, re.MULTILINE)
    assert shown == {f"/etc/guardian/{each}" for each in named}


@pytest.mark.parametrize("name", OURS)
def test_every_file_that_is_shown_is_used(name: str) -> None:
    shown = {value.partition(":")[0] for value in unit(name)["LoadCredential"]}
    used = {each.partition("%d/")[2] for each in unit(name)["Environment"]}
    if name == "guardian-agent":  # its settings name the files beside them
        assert "--config %d/agent.toml" in unit(name)["ExecStart"][0]
        assert shown == {"agent.toml", "ca.crt", "tracker.crt", "tracker.key"}
    else:
        assert shown == used


def test_the_pages_install_every_file_that_is_here() -> None:
    typed = "".join(block.text for block in blocks())
    assert [path.name for path in UNITS.iterdir() if path.name not in typed] == []


def test_every_command_of_the_page_says_where_it_is_typed() -> None:
    assert unmarked("install.md") == []
    assert {block.where for block in blocks()} == {
        "server", "tracker", "influxdb", "influxdb package, not tried", "sqlite", "postgresql",
        "update", "uninstall", "own certificate",
    }  # fmt: skip
