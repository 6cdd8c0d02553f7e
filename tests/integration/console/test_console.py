"""The console in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from dispatcher.answers import DeskEvent, IncidentSummary
from dispatcher.errors import StoreUnavailableError
from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.relay import Relay
from tests.integration.console.site import PASSWORD, Site
from tests.services.choice import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.browser]

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
LOUD_MS = 5_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def operators(browser: Browser, site: Site) -> Iterator[Operators]:
    made = Operators(browser, site)
    yield made
    made.close()


def card(page: Page, who: str, state: str = "") -> Locator:
    """Find an incident as somebody does who hears the page read aloud."""
    name = f"{who}: {state}" if state else re.compile(f"^{re.escape(who)}: ")
    return page.get_by_role("article", name=name, exact=True)


def stage(site: Site, incident: str) -> str:
    return site.desk.incident(incident).press_list[-1].stage


def test_an_incident_from_its_alarm_to_its_end(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    expect(page.get_by_text("No open incidents.")).to_be_visible()
    page.evaluate("window.samePage = true")
    incident = site.press("tracker-a", speed=11.5, course=52.0)
    alone = card(page, "tracker-a", "Nobody has it")
    expect(alone.get_by_role("link", name="25.03375, 121.56437")).to_be_visible()
    expect(alone).to_contain_text("within 9 m, going 41 km/h north-east")
    expect(alone.locator(".fix")).to_have_text(re.compile(r"^\d s old$"))
    expect(page).to_have_title("(1) NOBODY HAS IT - Guardian")
    expect(page.locator("#news")).to_have_text("New incident: tracker-a")
    wait_until(lambda: stage(site, incident) == "presented", "the press to be presented")
    for button, state in [
        ("Acknowledge", "Acknowledged"),
        ("Help sent", "Help is on its way"),
        ("Help arrived", "Help has arrived"),
    ]:
        page.get_by_role("button", name=f"{button}: tracker-a").click()
        expect(card(page, "tracker-a", state)).to_be_visible()
    expect(page.locator("#held .has")).to_have_text(re.compile(r"^chen, for \d+ s$"))
    page.get_by_role("button", name="Close: tracker-a").click()
    dialog = page.get_by_role("dialog", name="Close the incident of tracker-a")
    dialog.get_by_label("How did it end?").select_option("Helped")
    dialog.get_by_label("Note").fill("taken home")
    dialog.get_by_role("button", name="Close it").click()
    expect(page.locator("#closed").get_by_role("article")).to_contain_text("helped")
    expect(page.get_by_text("25.03375")).to_have_count(0)
    detail = site.desk.incident(incident)
    assert (detail.disposition, detail.history[-1].note) == ("helped", "taken home")
    page.get_by_role("button", name="Reopen: tracker-a").click()
    expect(card(page, "tracker-a", "Nobody has it")).to_be_visible()
    assert page.evaluate("window.samePage"), "the page was loaded anew"


def test_a_wrong_password_is_said_and_the_right_one_works(site: Site, operators: Operators) -> None:
    page = operators.visit()
    expect(page).to_have_url(f"{site.url}/login")
    page.get_by_label("Name").fill("chen")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name and password do not belong together")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No open incidents.")).to_be_visible()
    (cookie,) = page.context.cookies()
    assert cookie["name"].startswith("__Host-")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")


def test_a_browser_that_keeps_no_secure_cookie_on_loopback_can_log_in(
    site: Site, operators: Operators
) -> None:
    """As Safari does; its refusal of the cookie is played here."""
    page = operators.visit()

    def refuse_secure(route: Route) -> None:
        answer = route.fetch()
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name != "set-cookie" or "Secure" not in value
        }
        page.context.clear_cookies(name=re.compile("__Host-.*"))  # `fetch` has kept it
        route.fulfill(response=answer, headers=kept)

    page.route("**/login", refuse_secure)
    page.get_by_label("Name").fill("chen")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("No open incidents.")).to_be_visible()
    assert [each["name"] for each in page.context.cookies()] == ["guardian-loopback"]
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{site.url}/login")
    assert page.context.cookies() == []


def test_the_ages_count_by_the_servers_clock(site: Site, operators: Operators) -> None:
    page = operators.visit("/login")
    page.clock.install(time=0)
    page.clock.resume()
    page.get_by_label("Name").fill("chen")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    site.press("tracker-a", age_ms=90_000)
    age = card(page, "tracker-a").locator(".age b")
    expect(age).to_have_text("92 s ago")
    expect(age).to_have_text("94 s ago")


def test_the_second_operator_is_told_who_has_it(site: Site, operators: Operators) -> None:
    chen, wu = operators.log_in("chen"), operators.log_in("wu")
    site.press("tracker-a")
    button = wu.get_by_role("button", name="Acknowledge: tracker-a")
    expect(button).to_be_visible()
    wu.route("**/board", lambda route: route.abort())  # so that wu's page is a moment behind
    chen.get_by_role("button", name="Acknowledge: tracker-a").click()
    expect(card(chen, "tracker-a", "Acknowledged")).to_be_visible()
    button.click()
    expect(wu.locator("#refused")).to_have_text(
        re.compile(r"^Tracker-a: chen has it: acknowledged \d+ s ago\.$")
    )
    wu.unroute("**/board")
    site.press("tracker-b")
    expect(card(wu, "tracker-a", "Acknowledged")).to_be_visible()


@pytest.mark.parametrize("part", ["tiles.js", "console.css", "api/v1/session"])
def test_a_part_that_does_not_come_is_asked_for_again(
    site: Site, operators: Operators, part: str
) -> None:
    """A network that changes while the page loads must not leave a page that shows nothing."""
    page = operators.log_in()
    site.press("tracker-a")
    page.route(f"**/{part}", lambda route: route.abort(), times=1)
    page.reload(wait_until="commit")
    expect(page.locator("#count.alarm")).to_have_text(re.compile("^This page is not complete"))
    expect(card(page, "tracker-a")).to_be_visible()
    expect(page.locator("#count")).to_have_text("1 open, 1 that nobody has")


def test_a_login_page_that_is_not_complete_is_asked_for_again(
    site: Site, operators: Operators
) -> None:
    page = operators.visit()
    page.route("**/login.js", lambda route: route.abort(), times=1)
    page.goto(f"{site.url}/login?ended", wait_until="commit")
    expect(page.get_by_role("alert")).to_contain_text("New incidents are NOT shown")
    operators.enter(page)


def test_a_stopped_server_is_said_loudly_and_its_return_too(
    site: Site, operators: Operators
) -> None:
    page = operators.log_in()
    loud = page.get_by_text(re.compile(r"^NO CONNECTION for \d+ s\."))
    expect(page.locator("#live")).to_be_visible()
    expect(loud).to_be_hidden()
    site.stop()
    expect(loud).to_be_visible(timeout=LOUD_MS)
    site.start()
    expect(loud).to_be_hidden()
    site.press("tracker-a")
    expect(card(page, "tracker-a")).to_be_visible()


def test_a_line_that_goes_dead_is_said_loudly_and_made_anew(
    site: Site, operators: Operators
) -> None:
    """No error reaches the browser: the connection is open, and nothing comes."""
    relay = Relay(site.port)
    page = operators.log_in(url=f"http://127.0.0.1:{relay.port}")
    expect(page.locator("#live")).to_be_visible()
    relay.die()
    loud = page.locator("#stopped")
    expect(loud).to_be_visible(timeout=LOUD_MS)
    site.press("tracker-a")
    expect(loud).to_be_hidden()
    expect(card(page, "tracker-a")).to_be_visible(timeout=20_000)
    page.context.close()
    relay.close()


def test_a_dead_database_is_said_loudly_and_its_alerts_stay_until_they_are_read(
    site: Site, operators: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = operators.log_in()
    seen = site.press("tracker-a")
    expect(card(page, "tracker-a")).to_be_visible()
    wait_until(lambda: stage(site, seen) == "presented", "the last commit that is under way")
    with monkeypatch.context() as broken:
        broken.setattr(site.database, "writing", full_disk)
        with pytest.raises(StoreUnavailableError):
            site.desk.probe()
        for device in ("tracker-b", HOSTILE):
            site.desk.announcements.from_memory(from_memory(site, device))
        expect(page.locator("#database")).to_be_visible(timeout=LOUD_MS)
        expect(page.locator("#alarm")).to_contain_text("alerts are given from memory")
        memory = page.locator("#memory")
        expect(memory).to_contain_text("tracker-b calls for help")
        expect(memory).to_contain_text(f"{HOSTILE} calls for help")
    site.press("tracker-b")
    expect(page.locator("#database")).to_be_hidden()
    expect(memory.get_by_role("listitem")).to_have_count(1)
    memory.get_by_role("button", name="I have read this").click()
    expect(memory).to_be_hidden()


def full_disk(**_: object) -> None:
    raise StoreUnavailableError("disk full")


def from_memory(site: Site, device: str) -> DeskEvent:
    """Return what the dispatcher tells consoles about a press that it cannot commit."""
    (known,) = site.desk.incidents(None, None, 1).items
    fields = {name: getattr(known, name) for name in known.__struct_fields__}
    summary = IncidentSummary(**{**fields, "device": device})
    now = site.clock.now_ms()
    return DeskEvent(id=0, at=now, type="raised", incident=known.id, summary=summary)


def test_the_page_says_when_the_browser_withholds_the_sound(
    site: Site, operators: Operators
) -> None:
    page = operators.log_in().context.new_page()
    operators.watch(page)
    page.goto(site.url)  # opened by nobody's press
    banner = page.locator("#sound")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="Turn the sound on").click()
    expect(banner).to_be_hidden()


def test_what_a_device_sends_is_only_ever_text(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    incident = site.press("tracker-a", note=HOSTILE)
    site.desk.act(incident, "acknowledge", "wu", note=HOSTILE)
    shown = card(page, "tracker-a", "Acknowledged")
    expect(shown.locator(".note")).to_have_text(HOSTILE)
    shown.get_by_text("What happened").click()
    said = shown.locator(".history li").filter(has_text="acknowledged · wu")
    expect(said).to_contain_text(f"acknowledged · wu · {HOSTILE}")
    assert page.locator("article img, article script").count() == 0


def test_what_a_tired_person_must_not_overlook(site: Site, operators: Operators) -> None:
    site.press("tracker-test", kind="test")
    site.press("tracker-a", silent=True, age_ms=400_000, fix_age_ms=500_000)
    site.press("tracker-b", fix_age_ms=None)
    site.status("tracker-b")
    page = operators.log_in()
    silent = page.locator("#alone").get_by_role("article").first
    expect(silent).to_contain_text("SILENT: do not call or message the holder")
    expect(silent).to_contain_text("arrived late")
    expect(silent.locator(".fix.old")).to_have_text(re.compile(r"^8 min \d+ s old$"))
    expect(card(page, "tracker-b").locator(".place")).to_have_text("not known")
    expect(card(page, "tracker-b").locator(".tracker")).to_have_text("online, battery 81 %")
    site.status("tracker-b", "lost", 80)
    site.press("tracker-c")  # a list is drawn at once with an event, else every ten seconds
    expect(card(page, "tracker-b").locator(".tracker.old")).to_have_text(
        re.compile(r"^connection lost \d\d:\d\d:\d\d, battery 80\s%$")
    )
    expect(page.locator("#count")).to_have_text("4 open, 3 that nobody has")
    test = page.get_by_role("region", name="Tests: nobody is in danger").get_by_role("article")
    expect(test).to_contain_text("TEST · Test press")


def test_an_observer_sees_everything_and_can_press_nothing(
    site: Site, operators: Operators
) -> None:
    page = operators.log_in("lin")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    incident = site.press("tracker-a")
    expect(card(page, "tracker-a")).to_be_visible()
    expect(page.locator("#top, #lists").get_by_role("button")).to_have_text(["Log out"])
    assert stage(site, incident) == "received", "nobody who can act has seen it"
    assert not [url for url in asked if url.endswith("/presented")]


def test_only_what_has_been_on_the_screen_is_presented(site: Site, operators: Operators) -> None:
    """The holder is told so, and may stop trying to be seen."""
    page = operators.log_in(width=390)
    first, *_, last = [site.press(f"tracker-{number}") for number in range(6)]
    expect(page.get_by_role("article")).to_have_count(6)
    wait_until(lambda: stage(site, first) == "presented", "the first to be presented")
    assert stage(site, last) == "received"
    card(page, "tracker-5").scroll_into_view_if_needed()
    wait_until(lambda: stage(site, last) == "presented", "the last to be presented")


def test_an_alerts_link_leads_to_its_incident_also_through_the_login(
    site: Site, operators: Operators
) -> None:
    closed = site.press("tracker-old")
    site.desk.act(closed, "acknowledge", "wu")
    site.desk.act(closed, "close", "wu", disposition="helped")
    for number in range(6):
        ended = site.press(f"tracker-{number}")
        site.desk.act(ended, "acknowledge", "wu")
        site.desk.act(ended, "close", "wu", disposition="helped")
    opened = site.press("tracker-a")
    page = operators.log_in(path=f"/#{opened}")
    expect(card(page, "tracker-a")).to_be_focused()
    page.evaluate(f"location.hash = '{closed}'")
    expect(card(page, "tracker-old")).to_be_focused()


def test_a_call_opens_an_incident(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    page.get_by_role("button", name="Open from a call").click()
    dialog = page.get_by_role("dialog", name="Open an incident from a call")
    dialog.get_by_role("button", name="Open it").click()
    expect(page.locator("#refused")).to_contain_text("Nothing was filled in")
    page.get_by_role("button", name="Open from a call").click()
    dialog.get_by_label("Telephone").fill("+886 900 000 000")
    dialog.get_by_label("Note").fill("whispers")
    dialog.get_by_role("button", name="Open it").click()
    expect(card(page, "+886 900 000 000", "Nobody has it")).to_contain_text("whispers")


def test_the_keyboard_alone_is_enough(site: Site, operators: Operators) -> None:
    page = operators.visit()
    for keys in ("chen", "Tab", PASSWORD, "Enter"):
        if keys in ("Tab", "Enter"):
            page.keyboard.press(keys)
        else:
            page.keyboard.type(keys)
    site.press("tracker-a")
    site.press("tracker-b")
    expect(page.get_by_role("article")).to_have_count(2)
    tab_to(page, "Acknowledge: tracker-a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Help sent: tracker-a")).to_be_focused()
    tab_to(page, "Close: tracker-a")
    page.keyboard.press("Enter")
    expect(page.get_by_label("How did it end?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Close: tracker-a")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("False")
    tab_to(page, "Close it")
    page.keyboard.press("Enter")
    expect(page.locator("#closed").get_by_role("article")).to_contain_text("false alarm")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button has the focus; fail when it is never reached."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()
    for _ in range(30):
        if button.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{name} is not reached by Tab")


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2560])
def test_nothing_is_cut_off_or_overlaps(site: Site, operators: Operators, width: int) -> None:
    site.press("tracker-with-a-very-long-name-that-has-sixty-three-characters-00", note="W" * 200)
    site.desk.act(site.press("tracker-b"), "acknowledge", "chen")
    page = operators.log_in(width=width)
    expect(page.get_by_role("article")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [each.bounding_box() for each in page.get_by_role("article").all()]
    (first, second) = [box for box in boxes if box is not None]
    below = first["y"] + first["height"] <= second["y"]
    beside = first["x"] + first["width"] <= second["x"]
    assert below or beside


def test_logging_out_ends_it_also_for_the_back_button(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    page = operators.log_in()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{site.url}/login")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.go_back()
    expect(page.get_by_text("25.03375")).to_have_count(0)


def test_a_login_that_has_ended_says_that_incidents_are_not_shown(
    site: Site, operators: Operators
) -> None:
    page = operators.log_in()
    expect(page.locator("#live")).to_be_visible()
    site.accounts.disable_user("chen")
    expect(page.get_by_role("alert")).to_contain_text("New incidents are NOT shown")
    expect(page).to_have_title("LOGGED OUT - Guardian: log in")
