"""Every page, for everybody: read aloud, by keyboard alone, in any theme, language and
width, with large fingers, and for those whom movement makes ill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from scripts.tour import STOPS, Look, Stage, Stop

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 720, 1280)

# WCAG 2.2 A and AA, and what axe counts as good practice.
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """async (tags) => {
    const found = await axe.run({
        runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
    });
    return found.violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""

# Everything a finger may aim at. A choice is as large as its label; a link in the midst
# of a sentence is as large as its words (WCAG 2.5.8 excepts it).
_TARGETS = """() => {
    const found = [];
    for (const element of document.querySelectorAll("a[href], button, input, textarea, summary")) {
        const target = element.closest("label") || element;
        const box = target.getBoundingClientRect();
        if (element.type === "hidden" || box.right < 0) continue;
        const words = element.textContent.trim();
        const around = element.closest("p, li, h2, div, header, nav, body").textContent.trim();
        const inSentence = getComputedStyle(element).display === "inline"
            && around.length > words.length;
        const least = element.matches(".button, .places a") ? 44 : inSentence ? 0 : 24;
        if (box.width < least || box.height < least)
            found.push(`${element.outerHTML.slice(0, 120)} is ${box.width} x ${box.height}`);
    }
    return found;
}"""

_ICONS = """() => {
    const unseen = [];
    for (const use of document.querySelectorAll("svg.icon use")) {
        const outer = use.parentElement.getBoundingClientRect();
        const drawn = use.getBoundingClientRect();
        // In a closed <details> nothing is drawn.
        if (outer.width && !(drawn.width && drawn.height)) unseen.push(use.getAttribute("href"));
    }
    return unseen;
}"""

_MOVING = """() => {
    const moving = document.getAnimations().map(animation => String(animation));
    for (const element of document.querySelectorAll("*"))
        for (const part of [null, "::before", "::after"]) {
            const style = getComputedStyle(element, part);
            const lasts = [style.transitionDuration, style.animationDuration]
                .flatMap(text => text.split(",")).some(text => parseFloat(text) > 0);
            if (lasts || style.animationName !== "none" || style.scrollBehavior === "smooth")
                moving.push(element.tagName + (part || ""));
        }
    return moving;
}"""


@dataclass(repr=False)
class Visit:
    """A page that stands open, and how it was come to."""

    page: Page
    stop: Stop
    stage: Stage
    language: str


@pytest.fixture(
    scope="module",
    params=[(stop, language) for stop in STOPS for language in ("en", "ja")],
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def visit(request: pytest.FixtureRequest, running_stage: Stage) -> Iterator[Visit]:
    """Each page in each language, opened once for all tests of it."""
    stop, language = request.param
    running_stage.troubles.clear()
    with running_stage.visit(stop, Look(language=language, javascript=True)) as page:
        # The page that waits for another device looks again; here it stays as it is.
        page.route("**/sign-in/device?look=1", lambda route: route.fulfill(status=204))
        page.evaluate(AXE_SCRIPT)
        yield Visit(page, stop, running_stage, language)


def test_it_has_the_status_and_the_language_it_should(visit: Visit) -> None:
    shown = visit.page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    assert shown == visit.stop.status
    assert visit.page.locator("html").get_attribute("lang") == visit.language


def test_nothing_is_wider_than_the_window(visit: Visit) -> None:
    too_wide = {}
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 780})
        needed = visit.page.evaluate("document.scrollingElement.scrollWidth")
        if needed > width:
            too_wide[width] = needed
    assert too_wide == {}


def test_axe_finds_nothing_by_day_on_a_phone(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    visit.page.set_viewport_size({"width": 360, "height": 780})
    assert visit.page.evaluate(_RUN_AXE, _AXE_TAGS) == []


def test_axe_finds_nothing_by_night_on_a_desk(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    assert visit.page.evaluate(_RUN_AXE, _AXE_TAGS) == []


def test_fingers_find_what_they_aim_at(visit: Visit) -> None:
    for width in (320, 1280):
        visit.page.set_viewport_size({"width": width, "height": 780})
        assert visit.page.evaluate(_TARGETS) == [], width


def test_every_icon_is_drawn(visit: Visit) -> None:
    visit.page.wait_for_load_state("load")
    assert visit.page.evaluate(_ICONS) == []


def test_nothing_moves_for_those_who_want_it_still(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    assert visit.page.evaluate(_MOVING) == []


def test_the_browser_complains_of_nothing(visit: Visit) -> None:
    assert visit.stage.troubles == []
