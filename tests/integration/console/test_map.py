"""The map in a real browser: where the marks are, and whose view it is."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.integration.console.browsing import Operators, chromium
from tests.integration.console.charting import chart, mark, middle, near
from tests.integration.console.site import TAIPEI_101, Site

pytestmark = [pytest.mark.integration, pytest.mark.browser]

KAOHSIUNG = (22.6273, 120.3014)
KINMEN = (24.4493, 118.3765)
HUALIEN = (23.9911, 121.6112)
AT_SEA = (22.5, 123.5)
MANY = 500
FRAMES = 40
FLUID_MS = 100
"""Of work for each change of the view, on a processor that does not draw by a graphics card."""


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


def press_keys(page: Page, *keys: str) -> None:
    page.locator("#surface").focus()
    for key in keys:
        page.keyboard.press(key)


def test_the_projection_is_the_one_that_tiles_have(site: Site, operators: Operators) -> None:
    """The example of IOGP's guidance note 7-2 for EPSG:3857, and the tile of a well known place."""
    page = operators.log_in()
    easting, northing, back = page.evaluate("""async () => {
      const { project, unproject } = await import("./mercator.js");
      const point = project(24.381787, -100.333333);
      const equator = 2 * Math.PI * 6378137;
      return [(point.x - 0.5) * equator, (0.5 - point.y) * equator, unproject(point)];
    }""")
    assert easting == pytest.approx(-11_169_055.58, abs=0.1)
    assert northing == pytest.approx(2_800_000.00, abs=0.1)
    assert (back["lat"], back["lon"]) == (pytest.approx(24.381787), pytest.approx(-100.333333))
    column, row = page.evaluate("""async () => {
      const { project } = await import("./mercator.js");
      const { x, y } = project(51.5074, -0.1278);
      return [x * 2 ** 10, y * 2 ** 10].map(Math.floor);
    }""")
    assert (column, row) == (511, 340), "London's tile at zoom 10"


def test_a_mark_is_where_its_position_is_however_the_map_is_moved(
    site: Site, operators: Operators
) -> None:
    places = {"tracker-a": TAIPEI_101, "tracker-b": KAOHSIUNG, "tracker-c": KINMEN}
    for who, place in places.items():
        site.press(who, place=place)
    page = operators.log_in()
    expect(mark(page, "tracker-a")).to_be_visible()
    for keys in ([], ["+", "ArrowRight"], ["-", "-", "ArrowUp"], ["+", "+", "+", "ArrowLeft"]):
        press_keys(page, *keys)
        seen = chart(page)
        for who, place in places.items():
            assert near(middle(mark(page, who)), seen.pixel(*place))


def test_the_circle_and_the_scale_bar_are_to_scale(site: Site, operators: Operators) -> None:
    incident = site.press("tracker-a", accuracy=4000.0)
    page = operators.log_in()
    circle = page.locator(f'circle[data-incident="{incident}"]')
    for keys in ([], ["+"], ["+", "ArrowDown"]):
        press_keys(page, *keys)
        seen = chart(page)
        box = circle.bounding_box()
        assert box is not None
        metres = float(circle.get_attribute("r") or 0) * seen.metres_per_pixel(TAIPEI_101[0])
        assert metres == pytest.approx(4000, rel=0.001)
        centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert near(centre, seen.pixel(*TAIPEI_101))
        bar = page.locator("#scale")
        number, unit = bar.inner_text().split()
        bar_box = bar.bounding_box()
        assert bar_box is not None
        shown = bar_box["width"] * seen.metres_per_pixel(seen.lat)
        assert shown == pytest.approx(float(number) * {"m": 1, "km": 1000}[unit], rel=0.01)


def test_a_circle_larger_than_the_view_is_still_told(site: Site, operators: Operators) -> None:
    site.press("tracker-a", accuracy=4000.0)
    page = operators.log_in()
    inside = page.locator("#inside")
    expect(mark(page, "tracker-a")).to_be_visible()
    expect(inside).to_be_empty()
    press_keys(page, "n", *"++++++")
    expect(inside).to_have_text("All that is seen lies within the accuracy of tracker-a (4 km)")
    assert page.locator(".circles circle").count() == 1
    press_keys(page, "0")
    expect(inside).to_be_empty()


def test_what_has_no_place_is_listed_and_not_drawn(site: Site, operators: Operators) -> None:
    site.press("tracker-a", fix_age_ms=None)
    page = operators.log_in()
    missing = page.get_by_role("button", name="tracker-a: Nobody has it, without a place")
    expect(missing).to_be_visible()
    assert page.locator(".mark").count() == 0
    press_keys(page, *"------")
    assert page.locator(".mark, circle, .way").count() == 0
    missing.click()
    expect(card(page, "tracker-a")).to_have_attribute("aria-current", "true")
    site.press("tracker-a")
    expect(mark(page, "tracker-a")).to_be_visible()
    expect(page.locator("#placeless")).to_be_hidden()


def test_a_mark_leads_to_its_card_and_a_card_to_its_mark(site: Site, operators: Operators) -> None:
    for number in range(6):
        site.press(f"tracker-{number}", place=(25.0 - number / 3, 121.3))
    page = operators.log_in()
    mark(page, "tracker-5").click()
    expect(card(page, "tracker-5")).to_have_attribute("aria-current", "true")
    expect(card(page, "tracker-5")).to_be_in_viewport()
    card(page, "tracker-0").locator(".who").click()
    expect(page.locator(".mark.chosen")).to_have_attribute("aria-label", re.compile("^tracker-0"))
    expect(page.locator("article[aria-current]")).to_have_count(1)
    press_keys(page, *"++++++")
    expect(mark(page, "tracker-3")).not_to_be_in_viewport()
    card(page, "tracker-3").locator(".who").click()
    expect(mark(page, "tracker-3")).to_be_in_viewport()


def test_moving_the_map_keeps_what_is_chosen(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    site.press("tracker-b", place=KAOHSIUNG)
    page = operators.log_in()
    mark(page, "tracker-b").click()
    chosen = page.locator(".mark.chosen")
    page.get_by_role("button", name="Zoom in").click()
    drag(page, 60, 40)
    page.mouse.wheel(0, 200)
    site.press("tracker-c", place=HUALIEN)
    expect(mark(page, "tracker-c")).to_be_attached()
    expect(chosen).to_have_attribute("aria-label", re.compile("^tracker-b"))
    expect(card(page, "tracker-b")).to_have_attribute("aria-current", "true")


def drag(page: Page, dx: float, dy: float) -> None:
    """Take the map where nothing else is, and move it."""
    seen = chart(page)
    x, y = seen.left + seen.width - 30, seen.top + 30
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


def test_the_map_follows_what_is_open_until_an_operator_moves_it(
    site: Site, operators: Operators
) -> None:
    page = operators.log_in()
    whole = chart(page)
    site.press("tracker-a")
    expect(mark(page, "tracker-a")).to_be_in_viewport()
    assert chart(page).zoom > whole.zoom
    site.press("tracker-b", place=KINMEN)
    for who in ("tracker-a", "tracker-b"):
        expect(mark(page, who)).to_be_in_viewport()
    drag(page, -50, 80)
    press_keys(page, *"+++")
    mine = chart(page)
    site.press("tracker-c", place=KAOHSIUNG)
    expect(page.get_by_role("button", name="Show all (3 outside)")).to_be_visible()
    assert chart(page) == mine, "an operator's view was taken away"
    page.get_by_role("button", name="Show all").click()
    for who in ("tracker-a", "tracker-b", "tracker-c"):
        expect(mark(page, who)).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show all", exact=True)).to_be_visible()


def test_dragging_and_the_wheel_move_what_is_under_the_pointer(
    site: Site, operators: Operators
) -> None:
    site.press("tracker-a")
    page = operators.log_in()
    x, y = middle(mark(page, "tracker-a"))
    drag(page, -70, 40)
    chart(page)
    assert near(middle(mark(page, "tracker-a")), (x - 70, y + 40))
    page.mouse.move(x - 70, y + 40)
    before = chart(page)
    page.mouse.wheel(0, -300)
    page.wait_for_function("zoom => surface.dataset.zoom > zoom", arg=before.zoom)
    assert near(middle(mark(page, "tracker-a")), (x - 70, y + 40), 2)
    expect(page.locator("article[aria-current]")).to_have_count(0)


def test_two_fingers_zoom_where_they_are(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    page = operators.log_in(has_touch=True, width=390)
    x, y = middle(mark(page, "tracker-a"))
    before = chart(page)
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {
            "type": kind, "touchPoints": [] if kind == "touchEnd" else points,
        })  # fmt: skip

    fingers("touchStart", 20)
    for apart in (25, 30, 35, 40):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    page.wait_for_function("zoom => surface.dataset.zoom > zoom + 0.9", arg=before.zoom)
    assert chart(page).zoom == pytest.approx(before.zoom + 1, abs=0.15)
    assert near(middle(mark(page, "tracker-a")), (x, y), 6)


def test_several_on_one_spot_can_each_be_chosen(site: Site, operators: Operators) -> None:
    site.desk.act(site.press("tracker-a"), "acknowledge", "chen")
    site.press("tracker-b")
    site.press("tracker-c", place=(TAIPEI_101[0], TAIPEI_101[1] + 0.0001))
    for step in range(4):  # where the list will be
        place = (TAIPEI_101[0] - 0.03 * (step + 1), TAIPEI_101[1] + 0.14)
        site.press(f"other-{step}", place=place, silent=True)
    page = operators.log_in()
    expect(page.locator(".mark")).to_have_count(5)
    one = page.locator(".mark").filter(has=page.locator(".more:not(:empty)"))
    expect(one).to_have_attribute("data-shape", "alone")
    expect(one.locator(".more")).to_have_text("3")
    for who in ("tracker-a", "tracker-b", "tracker-c"):
        one.click()
        stack = page.get_by_role("group", name=re.compile("^3 incidents close together"))
        expect(stack.get_by_role("button").first).to_be_focused()
        assert stack.evaluate(COVERED) == 0, "marks lie on the list"
        stack.get_by_role("button", name=who).click()
        expect(card(page, who)).to_have_attribute("aria-current", "true")
        expect(stack).to_be_hidden()
        expect(one).to_have_attribute("aria-label", re.compile(who))
    one.click()
    page.keyboard.press("Escape")
    expect(stack).to_be_hidden()
    expect(page.locator("#surface")).to_be_focused()


COVERED = """(list) => {
  const { left, top, width, height } = list.getBoundingClientRect();
  let covered = 0;
  for (let x = 4; x < width - 4; x += 4) {
    for (let y = 4; y < height - 4; y += 4) {
      covered += !list.contains(document.elementFromPoint(left + x, top + y));
    }
  }
  return covered;
}"""


def test_state_age_silence_and_tests_are_told_by_more_than_colour(
    site: Site, operators: Operators
) -> None:
    places = iter([(25.2 - number / 2, 121.2) for number in range(8)])
    stages = {"acknowledged": 1, "dispatched": 2, "on_scene": 3}
    for state, steps in stages.items():
        incident = site.press(state, place=next(places))
        for step in ("acknowledge", "dispatch", "on_scene")[:steps]:
            site.desk.act(incident, step, "chen")  # type: ignore[arg-type]
    site.press("alone", place=next(places))
    site.press("hushed", place=next(places), silent=True)
    site.press("aged", place=next(places), fix_age_ms=70_000)
    site.press("tried", place=next(places), kind="test")
    site.press("ageing", place=next(places), fix_age_ms=57_000)
    page = operators.log_in()
    for state in stages:
        expect(mark(page, state)).to_have_attribute("data-shape", state)
    for who, shape in {"alone": "alone", "hushed": "alone", "tried": "test"}.items():
        expect(mark(page, who)).to_have_attribute("data-shape", shape)
    paths = {shape: page.locator(f'.mark[data-shape="{shape}"] .shape').first.get_attribute("d")
             for shape in (*stages, "alone", "test")}  # fmt: skip
    assert len(set(paths.values())) == 5
    expect(mark(page, "hushed")).to_contain_text("SILENT")
    expect(mark(page, "hushed")).to_have_attribute("aria-label", re.compile("silent"))
    expect(mark(page, "alone")).not_to_have_class(re.compile(r"\bold\b"))
    for old in ("aged", "ageing"):  # the second one while it is looked at
        expect(mark(page, old)).to_have_class(re.compile(r"\bold\b"))
        dashes = (
            mark(page, old)
            .locator(".shape")
            .evaluate("each => getComputedStyle(each).strokeDasharray")
        )
        assert dashes != "none"
    expect(mark(page, "aged").locator(".words span")).to_have_text(re.compile(r"^\d\d s$"))


def test_the_area_is_named_on_the_card(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    site.press("tracker-b", place=KINMEN)
    site.press("tracker-c", place=AT_SEA)
    page = operators.log_in()
    expect(card(page, "tracker-a").locator(".area")).to_have_text("台北市 Taipei City")
    expect(card(page, "tracker-b").locator(".area")).to_have_text("金門縣 Kinmen County")
    expect(card(page, "tracker-c").locator(".area")).to_be_hidden()
    said = (
        card(page, "tracker-a")
        .locator(".area")
        .evaluate("each => getComputedStyle(each, '::after').content")
    )
    assert "by the map's outline" in said


def test_a_closed_incident_leaves_the_map(site: Site, operators: Operators) -> None:
    incident = site.press("tracker-a", accuracy=5000.0)
    page = operators.log_in()
    expect(page.locator(".circles circle")).to_have_count(1)
    site.desk.act(incident, "acknowledge", "chen")
    site.desk.act(incident, "close", "chen", disposition="helped")
    expect(page.locator("#closed article")).to_have_count(1)
    expect(page.locator(".mark, circle, .way")).to_have_count(0)
    assert "25.0337" not in page.locator("#map").inner_html()


def test_the_keyboard_alone_reaches_everything(site: Site, operators: Operators) -> None:
    site.press("tracker-a", place=KAOHSIUNG)
    site.press("tracker-b")
    page = operators.log_in()
    expect(page.locator(".mark")).to_have_count(2)
    stops = page.evaluate(
        "[...surface.querySelectorAll('button')].filter((each) => each.tabIndex >= 0).length"
    )
    assert stops == 3, "however many marks there are, Tab passes the map in four steps"
    press_keys(page, "n")
    expect(card(page, "tracker-a")).to_have_attribute("aria-current", "true")
    press_keys(page, "n")
    expect(card(page, "tracker-b")).to_have_attribute("aria-current", "true")
    press_keys(page, "n", "p", "Enter")
    expect(card(page, "tracker-b")).to_be_focused()
    mark(page, "tracker-a").click()
    page.keyboard.press("n")  # the mark has the focus
    expect(card(page, "tracker-b")).to_have_attribute("aria-current", "true")
    before = chart(page)
    press_keys(page, "ArrowLeft", "ArrowUp")
    moved = chart(page)
    assert moved.lon < before.lon
    assert moved.lat > before.lat


def test_what_people_and_trackers_write_is_only_ever_text(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    page.get_by_role("button", name="Open from a call").click()
    dialog = page.get_by_role("dialog", name="Open an incident from a call")
    dialog.get_by_label("Case number").fill("<img src=x onerror=alert(1)>")
    dialog.get_by_role("button", name="Open it").click()
    expect(page.locator("#placeless")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#map img, #map script").count() == 0


def test_nothing_is_loaded_from_elsewhere(site: Site, operators: Operators) -> None:
    asked: list[str] = []
    page = operators.visit()
    page.context.on("request", lambda request: asked.append(request.url))
    page = operators.log_in()
    page.context.on("request", lambda request: asked.append(request.url))
    page.reload()
    site.press("tracker-a")
    expect(mark(page, "tracker-a")).to_be_visible()
    press_keys(page, *"+++++---")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(site.url)] == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 800), (390, 844)])
def test_the_map_is_seen_beside_or_above_the_first_card(
    site: Site, operators: Operators, width: int, height: int
) -> None:
    site.press("tracker-a")
    page = operators.log_in(width=width)
    page.set_viewport_size({"width": width, "height": height})
    expect(page.get_by_role("button", name="Acknowledge: tracker-a")).to_be_visible()
    chart(page)
    shown, first = page.locator("#surface").bounding_box(), card(page, "tracker-a").bounding_box()
    assert shown is not None
    assert first is not None
    assert shown["y"] + shown["height"] <= height
    beside = first["x"] + first["width"] <= shown["x"]
    above = shown["y"] + shown["height"] <= first["y"]
    assert beside if width > 1000 else above
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Hide the map").click()
    expect(page.locator("#surface")).to_be_hidden()
    page.reload()
    expect(card(page, "tracker-a")).to_be_visible()
    expect(page.locator("#surface")).to_be_hidden()
    page.get_by_role("button", name="Show the map").click()
    expect(mark(page, "tracker-a")).to_be_visible()


def test_a_map_that_breaks_costs_nobody_a_card(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    page.add_init_script("CanvasRenderingContext2D.prototype.measureText = undefined")
    page.reload()
    site.press("tracker-a")
    expect(card(page, "tracker-a")).to_be_visible()
    page.get_by_role("button", name="Acknowledge: tracker-a").click()
    expect(page.locator("#held article")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    assert operators.errors
    operators.errors.clear()  # they were provoked


def test_a_browser_that_stores_nothing_shows_the_map(site: Site, operators: Operators) -> None:
    page = operators.log_in()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page.reload()
    site.press("tracker-a")
    expect(mark(page, "tracker-a")).to_be_visible()


def test_who_wants_no_motion_gets_none(site: Site, operators: Operators) -> None:
    site.press("tracker-a")
    page = operators.log_in(reduced_motion="reduce")
    expect(mark(page, "tracker-a")).to_be_visible()
    moving = "document.getAnimations().filter((each) => each.playState === 'running').length"
    assert page.evaluate(moving) == 0


def board_of(page: Page, count: int) -> None:
    """Let the page see so many incidents over all of the island, each seen moved a little."""
    page.unroute_all()
    turn = itertools.count()

    def answer(route: Any) -> None:
        board = route.fetch().json()
        (one,) = board["items"]
        step = next(turn)
        board["items"] = [moved(one, number, step) for number in range(count)]
        route.fulfill(json=board)

    page.route("**/api/v1/board", answer)


def moved(one: dict[str, Any], number: int, step: int) -> dict[str, Any]:
    place = one["place"] | {
        "lat": 22.0 + (number * 0.618 + step * 0.001) % 1 * 3.2,
        "lon": 120.2 + (number * 0.7548) % 1 * 1.6,
        "accuracy": 10.0 * (number % 100),
    }
    identity = f"00000000-0000-4000-8000-{number:012}"
    return one | {"id": identity, "device": f"tracker-{number:03}", "place": place}


def test_five_hundred_incidents_stay_fluid_and_leave_nothing_behind(
    site: Site, operators: Operators
) -> None:
    site.desk.act(site.press(), "acknowledge", "chen")
    page = operators.log_in()
    board_of(page, MANY)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(MANY, timeout=20_000)
    expect(page.locator(".mark").first).to_be_visible()
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(MOVE_FOR_FRAMES, FRAMES)
    press_keys(page, "0")
    before = footprint(tools)
    page.evaluate(MOVE_FOR_FRAMES, FRAMES)
    press_keys(page, "0")
    after = footprint(tools)
    busy_ms = (after["TaskDuration"] - before["TaskDuration"]) * 1000 / FRAMES
    assert 0 < busy_ms < FLUID_MS
    assert after["Nodes"] <= before["Nodes"] * 1.1
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.3 + 2e6
    assert page.locator(".mark").count() <= MANY
    assert page.locator(".circles circle").count() <= MANY


MOVE_FOR_FRAMES = """async (frames) => {
  const { left, top, width, height } = surface.getBoundingClientRect();
  const at = { clientX: left + width / 2, clientY: top + height / 2, cancelable: true };
  for (let number = 0; number < frames; number++) {
    const deltaY = number % 40 < 20 ? -40 : 40;
    surface.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""


def footprint(tools: CDPSession) -> dict[str, float]:
    """Return what the page occupies and has worked, after what it no longer needs was collected.

    Work is the processor's time, not the clock's: other programs on the machine do not count.
    """
    tools.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
