"""Takes the picture of the README: python -m tests.integration.console.screenshot FILE."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.site import PASSWORD, Site


def take(file: Path, folder: Path) -> None:
    """Show a press that nobody has, one in hand, a test, and one that has ended."""
    site = Site(folder)
    site.accounts.add_user("chen", PASSWORD)
    site.start()
    for device, battery in (("taxi-4711", 81), ("hiker-lin", 34), ("board-0042", 100)):
        site.status(device, battery=battery)
    held = site.press("hiker-lin", age_ms=95_000, fix_age_ms=98_000, note="twisted ankle")
    site.desk.act(held, "acknowledge", "wu")
    ended = site.press("walker-07")
    site.desk.act(ended, "acknowledge", "wu")
    site.desk.act(ended, "close", "wu", disposition="helped")
    site.press("board-0042", kind="test", age_ms=40_000, fix_age_ms=42_000)
    with chromium() as browser:
        operators = Operators(browser, site)
        page = operators.log_in()
        site.press("taxi-4711", silent=True, age_ms=2_000, fix_age_ms=3_000, speed=11.5, course=52)
        expect(page.get_by_role("article")).to_have_count(4)
        page.set_viewport_size({"width": 1280, "height": 1050})
        page.screenshot(path=file, animations="disabled")
        operators.close()
    site.close()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        take(Path(sys.argv[1]), Path(made))
