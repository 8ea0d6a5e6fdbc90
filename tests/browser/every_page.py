"""Every page, for everybody: what is looked at on each, in whichever language. The tests of
one language are a file, so that two can run side by side."""

from __future__ import annotations

from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT

from scripts.stage import Look, Stage, Stop
from tests.browser.sentences import TEXTS, in_another_language

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

CONTROLS = "a[href], button, input, select, textarea, summary"

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

ICONS = """() => {
    const unseen = [];
    for (const use of document.querySelectorAll("svg.icon use")) {
        const outer = use.parentElement.getBoundingClientRect();
        const drawn = use.getBoundingClientRect();
        // In a closed <details> nothing is drawn.
        if (outer.width && !(drawn.width && drawn.height)) unseen.push(use.getAttribute("href"));
    }
    return unseen;
}"""

MOVING = """() => {
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
AXE_BY_DAY, AXE_BY_NIGHT = "en", "ja"
"""The languages in which axe looks at a page by day on a phone, and by night on a desk. What
it finds does not depend on the language, and it is what takes longest."""


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
    axe: list[str]
    undrawn_icons: list[str]
    moving: list[str]
    in_another_language: list[str]
    complaints: list[str]


def look_at(stop: Stop, language: str, stage: Stage) -> Seen:
    """Open the page once and look at it from all sides, going from narrow to wide but once,
    for a window takes longer to resize than a test to run."""
    stage.troubles.clear()
    page = stage.visit(stop, LOOKS[language])
    # What is folded away is part of the page. All notes are alike, so some will do.
    page.evaluate("document.querySelectorAll('details').forEach((d, i) => d.open = i < 12)")
    page.evaluate(AXE_SCRIPT)
    too_wide: dict[int, int] = {}
    small_targets: list[str] = []
    axe: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        needed = page.evaluate("document.scrollingElement.scrollWidth")
        if needed > width:
            too_wide[width] = needed
        small_targets += [f"{width}: {target}" for target in page.evaluate(TARGETS, CONTROLS)]
        if width == 360 and language == AXE_BY_DAY:
            axe += page.evaluate(RUN_AXE, AXE_TAGS)
        if width == 1280:
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            if language == AXE_BY_NIGHT:
                axe += page.evaluate(RUN_AXE, AXE_TAGS)
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
        axe,
        page.evaluate(ICONS),
        page.evaluate(MOVING),
        in_another_language(page.evaluate(TEXTS), language),
        list(stage.troubles),
    )


class EveryPage:
    """What holds of `seen`, which is a fixture of the file that takes these tests."""

    def test_it_has_the_status_and_the_language_it_should(self, seen: Seen) -> None:
        assert seen.status == seen.stop.status
        assert seen.language == seen.asked_language

    def test_nothing_is_wider_than_the_window(self, seen: Seen) -> None:
        assert seen.too_wide == {}

    def test_text_twice_as_large_stays_within_the_window(self, seen: Seen) -> None:
        assert seen.too_wide_when_large <= 0

    def test_axe_finds_nothing(self, seen: Seen) -> None:
        assert seen.axe == []

    def test_fingers_find_what_they_aim_at(self, seen: Seen) -> None:
        assert seen.small_targets == []

    def test_every_icon_is_drawn(self, seen: Seen) -> None:
        assert seen.undrawn_icons == []

    def test_nothing_moves_for_those_who_want_it_still(self, seen: Seen) -> None:
        assert seen.moving == []

    def test_no_sentence_is_in_another_language(self, seen: Seen) -> None:
        assert seen.in_another_language == []

    def test_the_browser_complains_of_nothing(self, seen: Seen) -> None:
        assert seen.complaints == []
