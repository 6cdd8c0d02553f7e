"""Operators at their browsers; a script error or a violation of the page's policy is remembered."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.integration.console.site import PASSWORD, Site
from tests.services.choice import binary, missing

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTH, HEIGHT = 1280, 800
PATIENCE_MS = 10_000
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`);
});
"""
NETWORK = "Failed to load resource"
"""What the browser says about each answer that is an error; the page says so itself."""


@contextmanager
def chromium(given: Path | None = None) -> Iterator[Browser]:
    """Start a headless Chromium, or the one that is given."""
    program = given or binary("chromium") or binary("chromium-browser")
    if program is None:
        missing("Chromium", "run tools/install-chromium.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Operators:
    """Opens browsers for operators."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def visit(self, path: str = "/", *, url: str = "", width: int = WIDTH, **options: Any) -> Page:
        """Open a browser of its own on a page, without a login."""
        viewport: ViewportSize = {"width": width, "height": HEIGHT}
        context = self._browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        self.watch(page)
        page.goto((url or self._site.url) + path)
        return page

    def log_in(self, name: str = "chen", path: str = "/", **where: object) -> Page:
        """Open a browser and log in."""
        page = self.visit(path, **where)  # type: ignore[arg-type]
        self.enter(page, name)
        return page

    def enter(self, page: Page, name: str = "chen") -> None:
        """Log in on a page that was opened."""
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#count")).not_to_have_text("Loading ...", timeout=PATIENCE_MS)

    def watch(self, page: Page) -> None:
        """Remember what goes wrong on a page."""
        page.add_init_script(TELL_VIOLATIONS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text)
                if message.type == "error" and NETWORK not in message.text
                else None
            ),
        )

    def close(self) -> None:
        """Close all browsers; fail when a page was not as clean as it must be."""
        for context in self._contexts:
            context.close()
        assert self.errors == []
