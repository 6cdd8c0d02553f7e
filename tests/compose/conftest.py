"""One installation for all tests here: bringing it up is what takes the time."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from tests.compose.installation import ROOT, Installation, Stopwatch, compose_command, docker
from tests.compose.tracker import Tracker

TAG = "test"
BOARD = "tracker-1"
measured: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is end to end, and has the time that containers need."""
    for item in items:
        if "tests/compose" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def tags() -> Iterator[tuple[str, str]]:
    """Two tags of an image of this checkout; the other images are there, or get pulled.

    They are of this run alone: several may run at once. `guardian:test` stays, and with it what the
    next build need not do again.
    """
    compose_command()
    built = subprocess.run([ROOT / "tools/make-image.sh", TAG], capture_output=True, check=False)
    assert built.returncode == 0, built.stderr.decode(errors="replace")
    run = token_hex(4)
    made = (f"{TAG}-{run}", f"{TAG}-{run}-next")
    for each in made:
        docker("tag", f"guardian:{TAG}", f"guardian:{each}")
    yield made
    for each in made:
        docker("rmi", f"guardian:{each}")


@pytest.fixture(scope="session")
def image(tags: tuple[str, str]) -> str:
    """What is installed."""
    return tags[0]


@pytest.fixture(scope="session")
def second_tag(tags: tuple[str, str]) -> str:
    """The same image under another tag, as an upgrade brings one."""
    return tags[1]


@pytest.fixture(scope="session")
def fresh(
    image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Installation, Tracker]]:
    """An installation that was nothing before, and a tracker whose first press has arrived."""
    installation = Installation(tmp_path_factory.mktemp("c"), image)
    watch = Stopwatch()
    try:
        installation.up()
        up_s = watch()
        tracker = Tracker(installation.enrol(BOARD))
        try:
            enrolled_s = watch()
            tracker.press()
            tracker.await_newest("received")
            measured.append(
                "from `docker compose up` with empty volumes to the first *received*: "
                f"{watch():.1f} s (up after {up_s:.1f} s, enrolled after {enrolled_s:.1f} s)",
            )
            installation.await_health()
            yield installation, tracker
        finally:
            tracker.stop()
    finally:
        installation.remove()


@pytest.fixture
def installation(fresh: tuple[Installation, Tracker]) -> Installation:
    return fresh[0]


@pytest.fixture
def tracker(fresh: tuple[Installation, Tracker]) -> Tracker:
    """A tracker that is connected and has no open press."""
    installation, tracker = fresh
    console = installation.console(tracker.ca_file)
    for item in console.api("incidents")["items"]:
        if item["state"] == "raised":
            console.api(f"incidents/{item['id']}/acknowledge", {})
        if item["state"] != "closed":
            console.api(f"incidents/{item['id']}/close", {"disposition": "test"})
    tracker.await_connection()
    tracker.await_rest()
    return tracker


@pytest.fixture
def say() -> Callable[[str], None]:
    """Print a measured number at the end of the run."""
    return measured.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    for sentence in measured:
        terminalreporter.write_line(f"compose: {sentence}")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name, for sockets."""
    return tmp_path_factory.mktemp("c")
