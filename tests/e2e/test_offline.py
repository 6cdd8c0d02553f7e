"""The demo and the console where there is no internet: nothing is missed, nothing is asked for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.cut_off import CutOff
from tests.integration.console.browsing import chromium
from tests.integration.console.charting import chart, mark, middle, near
from tests.services.choice import CONTAINERS_ONLY, binary, missing, wait_until

pytestmark = [
    pytest.mark.skipif(CONTAINERS_ONLY, reason="the demo starts a Mosquitto of its own"),
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's"),
    pytest.mark.usefixtures("native_mosquitto"),
    pytest.mark.browser,
]

START_S = 60.0
PANIC_MS = 60_000
CALM_BROWSER = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Chromium itself asks for its maker's hosts; what the page asks for is watched by name."""
NOBODY = "192.0.2.1"
"""An address of documentation (RFC 5737): nobody answers there, and nobody is disturbed."""


@pytest.fixture
def cut_off() -> Iterator[CutOff]:
    with CutOff() as made:
        yield made


@pytest.fixture
def demo(cut_off: CutOff, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What a demo without internet says to who wants to use it."""
    ready = tmp_path / "ready.json"
    command = [*cut_off.prefix, sys.executable, "-m", "guardian", "demo", "--ready", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, "the demo", START_S)
        assert ready.exists(), process.communicate()[0]
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_an_attempt_to_reach_the_internet_is_refused_and_counted(cut_off: CutOff) -> None:
    """Otherwise the test below would prove nothing."""
    assert cut_off.interfaces() == ["lo"]
    assert cut_off.refused() == (0, 0)
    dial = f"import socket; socket.create_connection(('{NOBODY}', 443), 5)"
    tried = subprocess.run(
        [*cut_off.prefix, sys.executable, "-c", dial], capture_output=True, text=True, check=False
    )
    assert "unreachable" in tried.stderr
    assert cut_off.refused() == (1, 0)


def test_demo_and_console_need_no_internet_and_ask_for_none(
    cut_off: CutOff, demo: dict[str, Any], tmp_path: Path
) -> None:
    program = binary("chromium") or binary("chromium-browser")
    if program is None:
        missing("Chromium", "run tools/install-chromium.sh")
    wait_until(lambda: raised(cut_off, demo), "the demo's own panic", 40)
    assert cut_off.refused() == (0, 0), "the demo has looked for somebody"
    told: list[str] = []
    asked: list[str] = []
    wrapped = cut_off.wrapped(tmp_path / "chromium", str(program), CALM_BROWSER)
    with chromium(wrapped) as browser:
        page = browser.new_page()
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda each: told.append(each.text) if each.type == "error" else None)
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(demo["console"])
        page.get_by_label("Name").fill(demo["user"])
        page.get_by_label("Password").fill(demo["password"])
        page.get_by_role("button", name="Log in").click()
        expect(mark(page, "demo-walk")).to_be_visible(timeout=PANIC_MS)
        expect(page.get_by_role("article", name="demo-walk: Nobody has it")).to_be_visible()
        expect(page.locator("#credit")).to_contain_text("Ministry of the Interior")
        place = page.get_by_role("article").locator(".place a").inner_text()
        lat, lon = (float(number) for number in place.split(","))
        assert near(middle(mark(page, "demo-walk")), chart(page).pixel(lat, lon), 2)
        painted = page.locator("#surface canvas").evaluate(
            "each => each.getContext('2d').getImageData(0, 0, each.width, each.height)"
            ".data.filter((part, index) => index % 4 === 3 && part > 0).length"
        )
        assert painted > 10_000, "the outline"
        page.get_by_role("button", name="Acknowledge: demo-walk").click()
        expect(page.get_by_role("article", name="demo-walk: Acknowledged")).to_be_visible()
    assert told == []
    assert [url for url in asked if not url.startswith(demo["console"])] == []
    assert cut_off.refused()[0] == 0  # a starting Chromium looks once for IPv6, whatever it shows


def raised(cut_off: CutOff, demo: dict[str, Any]) -> bool:
    """Ask the API in there whether nobody has the demo's panic yet."""
    ask = "import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], headers={"
    ask += "'Authorization': 'Bearer ' + sys.argv[2]})).read().decode())"
    url = f"{demo['console']}/api/v1/incidents?state=raised"
    command = [*cut_off.prefix, sys.executable, "-c", ask, url, demo["token"]]
    return "demo-walk" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
