"""Every page, for everybody: read aloud, by keyboard alone, in any theme, language and
width, with large fingers, and for those whom movement makes ill."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from scripts.tour import POST, STOPS, Look, Stage, Stop
from tests.browser.sentences import TEXTS, in_another_language

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 720, 1280)

# WCAG 2.2 A and AA, and what axe counts as good practice.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
    // The colours people give their own words are theirs.
    const found = await axe.run({exclude: [["[class*='mv-']"]]}, {
        runOnly: {type: "tag", values: tags}, resultTypes: ["violations"],
    });
    return found.violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""

_CONTROLS = "a[href], button, input, select, textarea, summary"

# Everything a finger may aim at. A choice is as large as its label; a link in the midst
# of a sentence is as large as its words (WCAG 2.5.8 excepts it).
TARGETS = """() => {
    const found = [];
    const controls = "a[href], button, input, select, textarea, summary";
    for (const element of document.querySelectorAll(controls)) {
        const target = element.closest("label") || element;
        const box = target.getBoundingClientRect();
        if (element.type === "hidden" || box.right < 0 || !element.checkVisibility()) continue;
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


LOOKS = {language: Look(language=language, javascript=True) for language in ("en", "ja")}


@dataclass
class Seen:
    """What was seen of a page in one language; each list is best empty."""

    stop: Stop
    asked_language: str
    status: int
    language: str | None
    too_wide: dict[int, int]
    too_wide_when_large: int
    small_targets: list[str]
    axe_by_day: list[str]
    axe_by_night: list[str]
    undrawn_icons: list[str]
    moving: list[str]
    in_another_language: list[str]
    complaints: list[str]


@pytest.fixture(
    scope="module",
    params=[(stop, language) for language in LOOKS for stop in STOPS],
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def seen(request: pytest.FixtureRequest, running_stage: Stage) -> Seen:
    """Each page in each language, opened once and looked at from all sides, going from
    narrow to wide but once, for a window takes longer to resize than a test to run."""
    stop, language = request.param
    running_stage.troubles.clear()
    page = running_stage.visit(stop, LOOKS[language])
    # What is folded away is part of the page. All notes are alike, so some will do.
    page.evaluate("document.querySelectorAll('details').forEach((d, i) => d.open = i < 12)")
    page.evaluate(AXE_SCRIPT)
    too_wide: dict[int, int] = {}
    small_targets: list[str] = []
    axe_by_day: list[str] = []
    axe_by_night: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        needed = page.evaluate("document.scrollingElement.scrollWidth")
        if needed > width:
            too_wide[width] = needed
        small_targets += [f"{width}: {target}" for target in page.evaluate(TARGETS, _CONTROLS)]
        if width == 360:
            axe_by_day = page.evaluate(RUN_AXE, AXE_TAGS)
        if width == 1280:
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            axe_by_night = page.evaluate(RUN_AXE, AXE_TAGS)
    # The browser's own setting would also move the widths at which pages change; here only
    # the text grows, which is harder.
    page.set_viewport_size({"width": 640, "height": 780})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    too_wide_when_large = page.evaluate("document.scrollingElement.scrollWidth") - 640
    status = page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    return Seen(
        stop,
        language,
        status,
        page.locator("html").get_attribute("lang"),
        too_wide,
        too_wide_when_large,
        small_targets,
        axe_by_day,
        axe_by_night,
        page.evaluate(_ICONS),
        page.evaluate(_MOVING),
        in_another_language(page.evaluate(TEXTS), language),
        list(running_stage.troubles),
    )


def test_it_has_the_status_and_the_language_it_should(seen: Seen) -> None:
    assert seen.status == seen.stop.status
    assert seen.language == seen.asked_language


def test_nothing_is_wider_than_the_window(seen: Seen) -> None:
    assert seen.too_wide == {}


def test_text_twice_as_large_stays_within_the_window(seen: Seen) -> None:
    assert seen.too_wide_when_large <= 0


def test_axe_finds_nothing_by_day_on_a_phone(seen: Seen) -> None:
    assert seen.axe_by_day == []


def test_axe_finds_nothing_by_night_on_a_desk(seen: Seen) -> None:
    assert seen.axe_by_night == []


def test_fingers_find_what_they_aim_at(seen: Seen) -> None:
    assert seen.small_targets == []


def test_every_icon_is_drawn(seen: Seen) -> None:
    assert seen.undrawn_icons == []


def test_nothing_moves_for_those_who_want_it_still(seen: Seen) -> None:
    assert seen.moving == []


def test_no_sentence_is_in_another_language(seen: Seen) -> None:
    assert seen.in_another_language == []


def test_the_browser_complains_of_nothing(seen: Seen) -> None:
    assert seen.complaints == []


_FOCUSED = """() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        index: [...document.querySelectorAll("*")].indexOf(element),
        html: element.outerHTML.slice(0, 100),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        // A choice is drawn under its label's words.
        shown: element.contains(at) || (at !== null && at.contains(element)
            && at.closest("nav, header") === element.closest("nav, header")),
    };
}"""

_REACHABLE = """() => [...document.querySelectorAll(
        "a[href], button, input, select, textarea, summary")]
    .filter(element => element.type !== "hidden" && element.checkVisibility()
        && !(element.type === "radio" && !element.checked))
    .map(element => [...document.querySelectorAll("*")].indexOf(element))"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["sign-in", "compose", "home", "accounts"])
def test_the_keyboard_reaches_everything_and_is_seen_there(
    stage: Stage, name: str, width: int
) -> None:
    page = stage.visit(stop_called(name), LOOKS["en"])
    page.set_viewport_size({"width": width, "height": 640})
    reached: list[int] = []
    unseen: list[str] = []
    while True:
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused["index"] in reached:
            break
        if focused["html"].startswith("<body"):
            continue  # The browser's own controls come between the last and the first.
        reached.append(focused["index"])
        if not (focused["ring"] and focused["shown"]):
            unseen.append(focused["html"])
    assert sorted(reached) == page.evaluate(_REACHABLE, _CONTROLS)
    # In the order of the page, wherever it began.
    first = reached.index(min(reached))
    assert reached[first:] + reached[:first] == sorted(reached)
    assert unseen == []


def stop_called(name: str) -> Stop:
    return next(stop for stop in STOPS if stop.name == name)


def test_the_first_tab_leads_past_what_every_page_repeats(stage: Stage) -> None:
    page = stage.visit(stop_called("home"), LOOKS["en"])
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#main"
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_note_is_written_by_keyboard_alone(stage: Stage, key: str) -> None:
    page = stage.page(LOOKS["en"], "one")
    page.goto(f"{stage.url}/compose")
    # The browser gives the field its focus when it first paints, which may be after the load.
    page.locator("#text:focus").wait_for()
    page.keyboard.type(f"By {key}")
    for folded, field in (("#warning", "#cw"), ("#audience", '[name="visibility"]:checked')):
        tab_to(page, f"{folded} > summary")
        page.keyboard.press(key)
        tab_to(page, field)
        if field == "#cw":
            page.keyboard.type("A warning")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#more > summary")
    page.keyboard.press(key)
    tab_to(page, '[name="local_only"]')
    page.keyboard.press("Space")
    tab_to(page, POST, key="Shift+Tab")
    with page.expect_navigation():
        page.keyboard.press(key)
    written = [note for note in stage.sandbox.world.newest_first() if note.text == f"By {key}"]
    (posted,) = written
    assert (posted.cw, posted.visibility, posted.local_only) == ("A warning", "home", True)


def tab_to(page: Page, selector: str, *, key: str = "Tab") -> None:
    """Press `key` until what `selector` names has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not lead to {selector}")


def test_what_is_wrong_would_be_found(stage: Stage) -> None:
    """The tests above rely on it."""
    page = stage.page(LOOKS["en"])
    page.goto("about:blank")
    page.set_content(
        """<!doctype html><html><head><title>Wrong</title><style>
        a { display: block; width: 10px; height: 10px; transition: all 1s; color: #eee }
        div { width: 2000px }</style></head>
        <body><main><h1>Wrong</h1><div><a href="/">words</a></div>
        <svg class="icon" width="9" height="9"><use href="#none"></use></svg></main></body>"""
    )
    page.evaluate(AXE_SCRIPT)
    found = " ".join(page.evaluate(RUN_AXE, AXE_TAGS))
    assert "html-has-lang" in found
    assert "color-contrast" in found
    assert len(page.evaluate(TARGETS, _CONTROLS)) == 1
    assert page.evaluate(_ICONS) == ["#none"]
    assert page.evaluate(_MOVING) == ["A"]
    assert page.evaluate("document.scrollingElement.scrollWidth") > 1000


def test_a_sentence_in_another_language_would_be_found() -> None:
    texts = ["Home", "ホーム", "Alice", "In the channel Bob’s Home"]
    assert in_another_language(texts, "ja") == ["Home", "In the channel Bob’s Home"]
    assert in_another_language(texts, "en") == ["ホーム"]
