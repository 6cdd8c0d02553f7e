"""What lies behind the marks: an outline of one's own, tiles of one's own, and nothing else."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.charting import Chart, chart, mark
from tests.integration.console.site import TAIPEI_101, Site
from tests.integration.console.tile_server import TileServer
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.browser]

HOSTILE = "<img src=x onerror=alert(1)>"
SQUARE = [[7.0, 50.0], [8.0, 50.0], [8.0, 51.0], [7.0, 51.0], [7.0, 50.0]]
HOLE = [[7.4, 50.4], [7.6, 50.4], [7.6, 50.6], [7.4, 50.6], [7.4, 50.4]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def operators(browser: Browser, site: Site) -> Iterator[Operators]:
    made = Operators(browser, site)
    yield made
    made.close()


@pytest.fixture
def tiles() -> Iterator[TileServer]:
    made = TileServer()
    yield made
    made.close()


def configured(site: Site, **settings: object) -> None:
    site.stop()
    site.settings = settings
    site.start()


def outline_of(folder: Path, *rings: list[list[float]], **more: object) -> Path:
    file = folder / "outline.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": f"Bonn {HOSTILE}", "name_local": "波恩"},
        "geometry": {"type": "Polygon", "coordinates": rings},
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], **more}))
    return file


def colour(page: Page, seen: Chart, lat: float, lon: float) -> list[int]:
    """Return what the outline's canvas has at a position."""
    x, y = seen.pixel(lat, lon)
    painted: list[int] = page.evaluate(
        "([x, y]) => [...surface.querySelector('canvas').getContext('2d')"
        ".getImageData(x, y, 1, 1).data]",
        [x - seen.left, y - seen.top],
    )
    return painted


def test_the_outline_of_another_country_is_drawn_where_it_is(
    site: Site, operators: Operators, tmp_path: Path
) -> None:
    configured(
        site, map_outline_file=outline_of(tmp_path, SQUARE, HOLE, attribution=f"Bonn {HOSTILE}")
    )
    site.press("tracker-a", place=(50.2, 7.2))
    page = operators.log_in()
    area = page.get_by_role("article").locator(".area")
    expect(area).to_have_text(f"波恩 Bonn {HOSTILE}")
    expect(page.locator("#credit")).to_have_text(f"Bonn {HOSTILE}")
    assert page.locator("#map img").count() == 0
    for _ in range(4):
        page.get_by_role("button", name="Zoom out").click()
    seen = chart(page)
    land, empty = colour(page, seen, 50.2, 7.8), [0, 0, 0, 0]
    assert land[3] == 255
    assert colour(page, seen, 50.8, 7.2) == land
    assert colour(page, seen, 50.2, 6.9) == empty
    assert colour(page, seen, 51.1, 7.5) == empty
    assert colour(page, seen, 50.5, 7.55) == empty, "the hole"


def test_an_outline_that_cannot_be_drawn_is_said_and_the_rest_works(
    site: Site, operators: Operators, tmp_path: Path
) -> None:
    configured(site, map_outline_file=outline_of(tmp_path, SQUARE[:3]))
    site.press("tracker-a")
    page = operators.log_in()
    expect(page.locator("#map-problem")).to_have_text(
        re.compile(r"^The map has no outline\. GUARDIAN_MAP_OUTLINE_FILE: .*outline\.geojson: ")
    )
    expect(mark(page, "tracker-a")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge: tracker-a")).to_be_visible()


def test_tiles_are_those_of_the_place_and_come_from_their_server_alone(
    site: Site, operators: Operators, tiles: TileServer
) -> None:
    configured(site, map_tiles_url=tiles.url, map_tiles_attribution=f"© {HOSTILE}")
    site.press("tracker-a")
    page = operators.visit()
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    operators.enter(page)
    expect(mark(page, "tracker-a")).to_be_visible()
    expect(page.locator("#credit")).to_contain_text(f"© {HOSTILE}")
    expect(page.locator("#credit")).to_contain_text("Ministry of the Interior")
    seen = chart(page)
    assert seen.zoom == 16
    column, row = tile_of(*TAIPEI_101, 16)
    picture = page.locator(f'.tiles img[src="{tiles.origin}/16/{column}/{row}.png"]')
    page.wait_for_function(
        "each => each.complete && each.naturalWidth", arg=picture.element_handle()
    )
    box = picture.bounding_box()
    x, y = seen.pixel(*TAIPEI_101)
    assert box is not None
    assert box["x"] <= x <= box["x"] + box["width"]
    assert box["y"] <= y <= box["y"] + box["height"]
    assert box["width"] == pytest.approx(256, abs=1)
    elsewhere = [url for url in asked if not url.startswith((site.url, tiles.origin))]
    assert elsewhere == []
    for _, headers in tiles.asked:
        assert "referer" not in headers
        assert "cookie" not in headers


def tile_of(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    """Return column and row of a tile (the formula of the OpenStreetMap wiki)."""
    x = (lon + 180) / 360
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(x * 2**zoom), int(y * 2**zoom)


def test_the_tiles_of_a_long_look_around_do_not_pile_up(
    site: Site, operators: Operators, tiles: TileServer
) -> None:
    configured(site, map_tiles_url=tiles.url, map_tiles_max_zoom=12)
    site.press("tracker-a")
    page = operators.log_in()
    page.locator("#surface").focus()
    for key in (*["+"] * 5, *["-"] * 9, *["ArrowLeft"] * 30, *["+"] * 6, *["ArrowUp"] * 30):
        page.keyboard.press(key)
    wait_until(lambda: page.locator(".tiles img").count() < 64, "the old tiles to go", 20)
    depths = {int(path.split("/")[1]) for path, _ in tiles.asked}
    assert max(depths) == 12, "no deeper than the server has"


def test_a_tile_server_that_is_gone_leaves_outline_and_marks(
    site: Site, operators: Operators, tiles: TileServer
) -> None:
    configured(site, map_tiles_url=tiles.url)
    tiles.close()
    site.press("tracker-a")
    page = operators.log_in()
    expect(mark(page, "tracker-a")).to_be_visible()
    page.get_by_role("button", name="Zoom out").click()
    seen = chart(page)
    assert seen.zoom == pytest.approx(15)


def test_the_policy_lets_in_no_other_server(
    site: Site, operators: Operators, tiles: TileServer
) -> None:
    """Neither another port with tiles nor anything but pictures from the one that is let in."""
    stranger = TileServer()
    configured(site, map_tiles_url=tiles.url)
    page = operators.log_in()
    expect(page.locator(".tiles img").first).to_be_attached()
    refused = page.evaluate(
        """async ([stranger, known]) => {
          const told = [];
          addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
            told.push(effectiveDirective);
          });
          const image = new Image();
          image.src = `${stranger}/1/1/1.png`;
          const script = document.createElement("link");
          script.rel = "stylesheet";
          script.href = `${known}/1/1/1.css`;
          document.head.append(script);
          await fetch(`${known}/1/1/1.json`).catch(() => {});
          while (told.length < 3) await new Promise((done) => setTimeout(done, 20));
          return told.sort();
        }""",
        [stranger.origin, tiles.origin],
    )
    assert refused == ["connect-src", "img-src", "style-src-elem"]
    assert stranger.asked == []
    assert not [path for path, _ in tiles.asked if not path.endswith(".png")]
    assert len(operators.errors) >= 3
    operators.errors.clear()  # they were provoked
    stranger.close()
