"""How a test gets a service: an address that was given, a binary on the machine, a container.

An address can be given for InfluxDB (`GUARDIAN_TEST_INFLUXDB_URL`, `_ORG`, `_TOKEN`) and PostgreSQL
(`GUARDIAN_TEST_POSTGRES_URL`); a test that kills the server then has none. Mosquitto is always
started by the tests, because it is our configuration of it that they try.

`GUARDIAN_TEST_REQUIRE=all` makes a missing service a failure; `GUARDIAN_TEST_SERVICES=container`
allows containers only.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

CONTAINERS_ONLY = os.environ.get("GUARDIAN_TEST_SERVICES") == "container"
REQUIRED = os.environ.get("GUARDIAN_TEST_REQUIRE") == "all"
CACHE = Path(os.environ.get("GUARDIAN_CACHE", Path.home() / ".cache" / "guardian"))
BIND = "0.0.0.0" if CONTAINERS_ONLY else "127.0.0.1"
"""The address that a service binds: in a container all, since only loopback is published."""


def missing(service: str, how: str) -> NoReturn:
    """Skip the test, or fail it where every service is required."""
    sentence = f"{service} is not to be had here: {how}"
    if REQUIRED or CONTAINERS_ONLY:
        pytest.fail(sentence)
    pytest.skip(sentence)


def binary(name: str, *folders: Path | str) -> Path | None:
    """Return the program's path, looking also in folders that a user's PATH often lacks."""
    places = os.pathsep.join(
        [os.environ.get("PATH", ""), *map(str, folders), "/usr/sbin", "/opt/homebrew/sbin"]
    )
    found = None if CONTAINERS_ONLY else shutil.which(name, path=places)
    return Path(found) if found else None


@cache
def docker_answers() -> bool:
    """Say whether a container engine is running."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until the condition is true; fail with what was waited for.

    For states of other processes, which cannot signal an event into this one.
    """
    import time  # noqa: PLC0415 - the one place in the tests that polls

    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)
