"""Other ways of looking at the pages: with forced colours, on paper, without
pictures, with the stylesheets of browsers that are ten years old."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route

from scripts.stage import Look, Stage, Stop
from scripts.tour import STOPS

pytestmark = pytest.mark.browser

PAGES = ("welcome", "sign-in-problem", "home", "compose-preview", "design", "accounts")
ICONS = "**/*.{png,webp,jpg,gif,svg}*"

_SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) sum += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 300);
})"""
_WIDTH = "document.scrollingElement.scrollWidth"
_CONTRAST = """async () => (await axe.run({exclude: [["[class*='mv-']"]]}, {
    runOnly: ["color-contrast"], resultTypes: ["violations"],
})).violations.flatMap(rule => rule.nodes.map(node => node.failureSummary))"""


def stop_called(name: str) -> Stop:
    return next(stop for stop in STOPS if stop.name == name)


def style(page: Page, selector: str, name: str) -> str:
    """The computed value of a property of the first such element."""
    found: str = page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element)[name]", name
    )
    return found


def test_nothing_moves_when_the_pictures_come(stage: Stage) -> None:
    """By the browser's own count, from the first paint on."""
    # The count comes by a timer, which needs scripts.
    page = stage.page(Look(javascript=True), "one")
    page.goto(stage.url)
    assert page.locator("article img.avatar").count() > 10
    assert page.evaluate(_SHIFT) < 0.01
    unsized = page.evaluate("""() => [...document.images]
        .filter(image => !image.matches(".emoji") && !(image.width && image.height))
        .map(image => image.outerHTML)""")
    assert unsized == []


@pytest.mark.parametrize("name", PAGES)
def test_without_pictures_everything_has_words(stage: Stage, name: str) -> None:
    page = stage.page(Look(width=320), stop_called(name).who)
    page.route(ICONS, lambda route: route.abort("blockedbyclient"))
    stop_called(name).go(page, stage)
    page.wait_for_load_state()  # Until the stylesheet is there.
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(_WIDTH) <= 320
    nameless = page.evaluate("""() => [...document.querySelectorAll("a[href], button, summary")]
        .filter(control => ![...control.querySelectorAll("img")].some(image => image.alt)
            && !control.textContent.trim())
        .map(control => control.outerHTML)""")
    assert nameless == []
    page.wait_for_load_state("networkidle")
    page.unroute_all()
    stage.troubles.clear()


def test_colours_of_ones_own_lose_nothing(stage: Stage) -> None:
    page = stage.page(Look(width=1280), "one")
    page.emulate_media(forced_colors="active")
    stop_called("design").go(page, stage)
    for control in (".button", ".button.plain", "button.pill", "main input", ".notice"):
        assert style(page, control, "borderTopStyle") != "none", control
    assert style(page, ".pill.mine", "outlineStyle") == "solid"
    page.goto(stage.url)
    assert "underline" in style(page, ".places [aria-current]", "textDecorationLine")
    page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_gets_the_words_in_ink(stage: Stage, theme: str) -> None:
    page = stage.page(Look(theme="dark" if theme == "dark" else "light", width=720), "one")
    page.goto(stage.url)
    page.emulate_media(media="print")
    for repeated in (".top", ".places", ".foot", ".acts", ".turn", ".skip"):
        assert not page.locator(repeated).first.is_visible(), repeated
    assert style(page, "body", "backgroundColor") == "rgb(255, 255, 255)"
    red, green, blue = map(int, re.findall(r"\d+", style(page, ".text", "color"))[:3])
    assert red + green + blue < 200
    page.emulate_media(media="screen")


@pytest.mark.parametrize("name", PAGES)
def test_browsers_without_newer_css_show_it_all(stage: Stage, name: str) -> None:
    """No custom properties, nothing within @supports, no newer selectors."""
    page = stage.page(Look(width=320, javascript=True), stop_called(name).who)
    page.route("**/*.css*", answer_as_of_2015)
    stop_called(name).go(page, stage)
    page.wait_for_load_state()  # Until the stylesheet is there.
    page.evaluate(AXE_SCRIPT)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        assert page.evaluate(_WIDTH) <= width
        assert page.evaluate(_CONTRAST) == []
    assert style(page, ".button, .places a", "display") != "inline"
    page.unroute_all()


def answer_as_of_2015(route: Route) -> None:
    sheet = as_of_2015(route.fetch().text())
    assert "var(" not in sheet
    route.fulfill(body=sheet, content_type="text/css")


def as_of_2015(sheet: str) -> str:
    """What a browser without var() and @supports takes of `sheet`."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"@supports[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet)
    sheet = re.sub(r"@media (?:\(prefers|screen)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet)
    sheet = re.sub(r":focus-visible[^{]*\{[^{}]*\}", "", sheet)
    return re.sub(r"[-\w]+:[^;{}]*var\([^;{}]*;", "", sheet)
