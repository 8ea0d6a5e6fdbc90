"""Every page, for everybody: read aloud, by keyboard alone, in any theme, language and
width, with large fingers, and for those whom movement makes ill."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from scripts.stage import POST, Stage, Stop
from scripts.tour import STOPS
from tests.browser.every_page import AXE_TAGS, CONTROLS, ICONS, LOOKS, MOVING, RUN_AXE, TARGETS
from tests.browser.sentences import in_another_language

pytestmark = pytest.mark.browser

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
    assert sorted(reached) == page.evaluate(_REACHABLE, CONTROLS)
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
    assert len(page.evaluate(TARGETS, CONTROLS)) == 1
    assert page.evaluate(ICONS) == ["#none"]
    assert page.evaluate(MOVING) == ["A"]
    assert page.evaluate("document.scrollingElement.scrollWidth") > 1000


def test_a_sentence_in_another_language_would_be_found() -> None:
    texts = ["Home", "ホーム", "Alice", "In the channel Bob’s Home"]
    assert in_another_language(texts, "ja") == ["Home", "In the channel Bob’s Home"]
    assert in_another_language(texts, "en") == ["ホーム"]
