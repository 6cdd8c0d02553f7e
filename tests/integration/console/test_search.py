"""The search circle and the way in a real browser."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.salvage import Place
from dispatcher.following.circle import DEFAULT_TOP_SPEED
from dispatcher.jurisdiction.taiwan import taiwan
from dispatcher.routing import Routing
from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.charting import chart, mark, middle, near
from tests.integration.console.site import TAIPEI_101, Site

pytestmark = [pytest.mark.integration, pytest.mark.browser]

MOVED = (25.06, 121.6)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def operators(browser: Browser, site: Site) -> Iterator[Operators]:
    made = Operators(browser, site)
    yield made
    made.close()


def radius_m(page: Page) -> float:
    circle = page.locator("circle[data-search]")
    return float(circle.get_attribute("r") or 0) * chart(page).metres_per_pixel(TAIPEI_101[0])


def test_the_circle_grows_with_the_age_of_the_fix(site: Site, operators: Operators) -> None:
    site.press("tracker-a", accuracy=50.0, fix_age_ms=60_000)
    page = operators.log_in()
    expect(page.locator("circle[data-search]")).to_have_count(1)
    first = radius_m(page)
    assert first >= 50 + DEFAULT_TOP_SPEED * 60 - 1
    page.wait_for_function(
        "before => document.querySelector('circle[data-search]').getAttribute('r') > before",
        arg=float(page.locator("circle[data-search]").get_attribute("r") or 0),
    )
    words = page.get_by_text(re.compile(r"^Search within "))
    said = words.inner_text()
    expect(words).not_to_have_text(said, timeout=20_000)
    measured: list[Any] = page.evaluate("""async () => {
      const { radiusAt } = await import("./search.js");
      const circle = { at: 61000, age_ms: 60000, accuracy: 50, speed: 13.9 };
      return [0, 1000, 61000, 121000, 1e15].map((now) => radiusAt(circle, now));
    }""")
    assert measured[:4] == pytest.approx([50, 50, 50 + 13.9 * 60, 50 + 13.9 * 120])
    assert all(a <= b for a, b in pairwise(measured))
    assert measured[4] == 20_037_508


def test_a_followed_tracker_moves_on_card_and_map(site: Site, operators: Operators) -> None:
    incident = site.press("tracker-a")
    page = operators.log_in()
    expect(mark(page, "tracker-a")).to_be_visible()
    now = site.clock.now_ms()
    place = Place(lat=MOVED[0], lon=MOVED[1], time=now, accuracy=20.0)
    site.desk.moved(incident, place, now)
    expect(page.locator("article .place a")).to_have_text("25.06000, 121.60000")
    assert near(middle(mark(page, "tracker-a")), chart(page).pixel(*MOVED))
    assert len((page.locator(".way").get_attribute("points") or "").split()) >= 1


def test_the_station_and_those_near_are_named(site: Site, operators: Operators) -> None:
    site.desk._routing = Routing(jurisdictions=taiwan())
    site.press("tracker-a")
    page = operators.log_in()
    expect(page.locator("article .station")).to_have_text("Taipei City")
    expect(page.locator("article .near")).to_contain_text("臺北市政府警察局")
    expect(page.locator("article .near")).to_contain_text("110")
