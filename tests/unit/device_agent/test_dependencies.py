"""What `pip install guardian-safety[device]` brings onto a tracker, resolved without a network."""

import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
ON_A_TRACKER = {"click", "gpiod", "msgspec", "paho-mqtt", "pynmea2", "pyserial"}


def applies(requirement: Requirement, extras: set[str]) -> bool:
    """Say whether it is wanted on Linux with these extras."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({"extra": extra, "sys_platform": "linux", "platform_system": "Linux"})
        for extra in extras | {""}
    )


def resolved(requirements: list[str]) -> set[str]:
    """Return the names of all packages that these draw in, as the installed ones say."""
    found: set[str] = set()
    todo: list[tuple[str, set[str]]] = [("", set())]
    declared: dict[str, list[str]] = {"": requirements}
    while todo:
        package, extras = todo.pop()
        for text in declared.get(package) or requires(package) or []:
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if applies(requirement, extras) and name not in found:
                found.add(name)
                todo.append((name, set(requirement.extras)))
    return found


def test_a_tracker_gets_six_packages_and_no_server_library() -> None:
    extra = PROJECT["optional-dependencies"]
    assert resolved(PROJECT["dependencies"] + extra["device"]) == ON_A_TRACKER
    server = {canonicalize_name(Requirement(text).name) for text in extra["server"]}
    assert not server & ON_A_TRACKER


@pytest.mark.parametrize(("extra", "more"), [("server", "anyio"), ("device", "pyserial")])
def test_the_resolving_follows_what_packages_need(extra: str, more: str) -> None:
    """So that an empty answer above cannot come of looking nowhere."""
    found = resolved(PROJECT["optional-dependencies"][extra])
    assert more in found
    assert ("typing-extensions" in found) == (extra == "server")
