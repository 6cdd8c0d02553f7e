"""Takes the picture of the README: python -m tests.integration.console.screenshot FILE [WIDTH]."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.charting import chart
from tests.integration.console.site import PASSWORD, Site

HEIGHTS = {1920: 1080, 1280: 900, 390: 844}
HEHUAN = (24.1811, 121.2817)
HUALIEN = (23.9769, 121.6044)
KAOHSIUNG = (22.6273, 120.3014)
PENGHU = (23.5654, 119.5863)


def play(site: Site) -> None:
    """Leave one in hand, one on its way, one whose place is old, a test, and one that ended."""
    site.accounts.add_user("chen", PASSWORD)
    for device, battery in (("taxi-4711", 81), ("hiker-lin", 34), ("board-0042", 100)):
        site.status(device, battery=battery)
    site.status("walker-12", battery=66)
    site.status("ferry-3", "lost", 12)
    held = site.press(
        "hiker-lin", age_ms=95_000, fix_age_ms=98_000, note="twisted ankle", place=HEHUAN,
        accuracy=1500.0,
    )  # fmt: skip
    site.desk.act(held, "acknowledge", "wu")
    sent = site.press("walker-12", age_ms=50_000, fix_age_ms=20_000, place=HUALIEN)
    lost = site.press("ferry-3", age_ms=45_000, fix_age_ms=400_000, place=PENGHU, accuracy=60.0)
    for incident in (sent, lost):
        site.desk.act(incident, "acknowledge", "wu")
    site.desk.act(sent, "dispatch", "wu")
    ended = site.press("walker-07")
    site.desk.act(ended, "acknowledge", "wu")
    site.desk.act(ended, "close", "wu", disposition="helped")
    site.press("board-0042", kind="test", age_ms=40_000, fix_age_ms=42_000, place=KAOHSIUNG)


def take(file: Path, folder: Path, width: int) -> None:
    """Show them all, and a silent press that nobody has, just come."""
    site = Site(folder)
    site.start()
    play(site)
    with chromium() as browser:
        operators = Operators(browser, site)
        page = operators.log_in(width=width)
        site.press("taxi-4711", silent=True, age_ms=2_000, fix_age_ms=3_000, speed=11.5, course=52)
        expect(page.get_by_role("article")).to_have_count(6)
        page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
        expect(page.locator(".mark")).not_to_have_count(0)
        chart(page)
        page.screenshot(path=file, animations="disabled")
        operators.close()
    site.close()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        take(Path(sys.argv[1]), Path(made), int([*sys.argv, "1280"][2]))
