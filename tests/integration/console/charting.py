"""What a test reads off the map, by formulas of its own."""

import math
import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

EQUATOR_M = 40_075_016.686
"""Of WGS 84's ellipsoid, 2 pi 6378137 m."""
TILE_PX = 256
MORE_THAN_NOTHING = re.compile(".")


@dataclass(frozen=True)
class Chart:
    """What the map shows: its centre, its zoom and where it is on the page."""

    lat: float
    lon: float
    zoom: float
    left: float
    top: float
    width: float
    height: float

    def pixel(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where on the page a position must be (spherical Mercator of EPSG:3857)."""
        across = TILE_PX * 2**self.zoom
        x = (lon - self.lon) / 360 * across
        y = (_north(self.lat) - _north(lat)) / (2 * math.pi) * across
        return self.left + self.width / 2 + x, self.top + self.height / 2 + y

    def metres_per_pixel(self, lat: float) -> float:
        return EQUATOR_M * math.cos(math.radians(lat)) / (TILE_PX * 2**self.zoom)


def _north(lat: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def chart(page: Page) -> Chart:
    """Read what the map shows, once it has drawn."""
    surface = page.locator("#surface")
    expect(surface).to_have_attribute("data-zoom", MORE_THAN_NOTHING)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    box = surface.bounding_box()
    assert box is not None
    shown = {name: float(surface.get_attribute(f"data-{name}") or "nan")
             for name in ("lat", "lon", "zoom")}  # fmt: skip
    border = 1
    return Chart(
        **shown, left=box["x"] + border, top=box["y"] + border,
        width=box["width"] - 2 * border, height=box["height"] - 2 * border,
    )  # fmt: skip


def mark(page: Page, who: str) -> Locator:
    """Find an incident's mark as somebody does who hears the page read aloud."""
    return page.locator(".marks").get_by_role("button", name=who)


def middle(found: Locator) -> tuple[float, float]:
    """Return the middle of what is drawn."""
    box = found.locator("svg").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def near(first: tuple[float, float], second: tuple[float, float], pixels: float = 1.0) -> bool:
    return math.dist(first, second) <= pixels
