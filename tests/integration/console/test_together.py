"""What operators do together on the console, in a real browser and by keyboard."""

import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Locator, Page, expect

from contract.messages import CancelCode
from dispatcher.answers import CallOpening
from dispatcher.holder_codes import CodeChecks, HolderCodesBook
from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def operators(browser: Browser, site: Site) -> Iterator[Operators]:
    made = Operators(browser, site)
    yield made
    made.close()


def card(page: Page, who: str) -> Locator:
    return page.get_by_role("article", name=re.compile(f"^{re.escape(who)}: "))


def more(page: Page, who: str, what: str, **fields: str) -> None:
    """Do something that stands behind "More ...", by keyboard alone."""
    page.get_by_role("button", name=f"More: {who}").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"More about {who}")
    dialog.get_by_label("What?").select_option(what)
    for label, text in fields.items():
        dialog.get_by_role("textbox", name=label.replace("_", " ")).fill(text)
    dialog.get_by_role("button", name="Do it").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_notes_assignment_and_hand_over_reach_the_other_screen(
    site: Site, operators: Operators
) -> None:
    incident = site.press("tracker-a")
    chen, wu = operators.log_in("chen"), operators.log_in("wu")
    chen.get_by_role("button", name="Acknowledge: tracker-a").click()
    more(chen, "tracker-a", "Assign a station or unit", Station_or_unit="Patrol 12")
    expect(card(wu, "tracker-a")).to_contain_text("Assigned to Patrol 12 by chen")
    more(chen, "tracker-a", "Hand over to somebody", User_name="wu", Note="end of shift")
    expect(card(wu, "tracker-a").locator(".has")).to_have_text(re.compile("^wu, for"))
    more(wu, "tracker-a", "Write a note", Note="<b>her brother called</b>")
    card(chen, "tracker-a").get_by_text("What happened").click()
    expect(card(chen, "tracker-a")).to_contain_text("note · wu · <b>her brother called</b>")
    expect(card(chen, "tracker-a").locator(".times")).to_contain_text(
        re.compile(r"press 1 · pressed .*\.\d{3} · reached us .* · safe .* · shown .* · acknowled")
    )
    more(chen, "tracker-a", "Hand over to somebody", User_name="nobody")
    expect(chen.locator("#refused")).to_contain_text("Nobody of this name may work on incidents")
    assert site.desk.incident(incident).acknowledged_by == "wu"


def test_a_transfer_is_accepted_by_the_other_operator(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    chen, wu = operators.log_in("chen"), operators.log_in("wu")
    more(chen, "tracker-a", "Transfer to another jurisdiction", Id_of_the_jurisdiction="hualien")
    expect(card(wu, "tracker-a")).to_contain_text("chen asked hualien")
    chen.get_by_role("button", name="Accept transfer: tracker-a").click()
    expect(chen.locator("#refused")).to_contain_text("somebody else has to accept it")
    wu.get_by_role("button", name="Accept transfer: tracker-a").click()
    expect(card(chen, "tracker-a").locator(".has")).to_have_text(re.compile("^wu, for"))
    expect(wu.get_by_role("button", name="Accept transfer: tracker-a")).to_have_count(0)


def test_a_call_is_merged_into_the_incident_that_it_is_about(
    site: Site, operators: Operators
) -> None:
    site.press("tracker-a")
    call = site.desk.open_from_call(CallOpening(phone="0912"), "wu").id
    page = operators.log_in("chen")
    expect(page.get_by_role("article")).to_have_count(2)
    more(page, "0912", "Merge into another incident")
    expect(card(page, "tracker-a")).to_contain_text("Another incident was merged into this one")
    expect(page.locator("#alone").get_by_role("article")).to_have_count(1)
    assert site.desk.incident(call).merged_into is not None


def test_the_duress_code_is_loud_and_the_card_says_what_to_do(
    site: Site, operators: Operators
) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    book = HolderCodesBook(site.database, site.clock, hasher=cheap)
    book.put("tracker-a", "4711", "9911")
    site.press("tracker-a", cancel=[CancelCode(code="9911", at=site.clock.now_ms())])
    page = operators.log_in("chen")
    CodeChecks(site.desk, book, site.clock).turn()
    shown = page.get_by_role("article", name="tracker-a: DURESS: nobody has that")
    expect(shown).to_contain_text("DURESS CODE: somebody makes the holder cancel.")
    expect(shown).to_contain_text("SILENT")
    shown.get_by_text("What to do").focus()
    page.keyboard.press("Enter")
    expect(shown.locator(".guide li").first).to_contain_text("Acknowledge, so that others know")


def test_other_needs_words(site: Site, operators: Operators) -> None:
    incident = site.press("tracker-a")
    page = operators.log_in("chen")
    page.get_by_role("button", name="Acknowledge: tracker-a").click()
    page.get_by_role("button", name="Close: tracker-a").click()
    dialog = page.get_by_role("dialog", name="Close the incident of tracker-a")
    dialog.get_by_label("How did it end?").select_option("Other (say what)")
    dialog.get_by_role("button", name="Close it").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Note").fill("a film is shot")
    dialog.get_by_role("button", name="Close it").click()
    expect(page.locator("#closed").get_by_role("article")).to_contain_text("other")
    assert site.desk.incident(incident).history[-1].note == "a film is shot"
