"""What the operator sees of an installation that was made by typing docs/install.md."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.console.browsing import chromium
from tests.integration.systemd.site import PASSWORD, Site
from tests.services.choice import binary, missing, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.browser, pytest.mark.timeout(600)]

PATIENCE_MS = 30_000


def test_a_press_reaches_the_console_and_its_acknowledgement_the_holder(
    site: Site, tmp_path: Path
) -> None:
    program = binary("chromium") or binary("chromium-browser")
    if program is None:
        missing("Chromium", "run tools/install-chromium.sh")
    with chromium(site.wrapped(program, tmp_path)) as browser:
        page = browser.new_page(ignore_https_errors=True)
        _log_in(page)
        panic = site.press()
        page.get_by_role("button", name="Acknowledge: tracker-17").click(timeout=PATIENCE_MS)
        wait_until(lambda: site.stage(panic) == "acknowledged", "the acknowledgement")


def _log_in(page: Page) -> None:
    page.goto("https://localhost:8443/")
    page.get_by_label("Name").fill("chen")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#count")).not_to_have_text("Loading ...", timeout=PATIENCE_MS)
