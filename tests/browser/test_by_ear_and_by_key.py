"""One whole visit by keyboard alone, and one through the accessibility tree alone, as a
screen reader hears it: sign in, read home, open a note, react, answer it, read the
notifications, sign out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from sandbox.records import Note
from scripts.stage import Look, Stage, sign_in

pytestmark = pytest.mark.browser

SCRIPT = pytest.mark.parametrize("javascript", [False, True], ids=["nojs", "js"])
MOST_STOPS = 400


@pytest.fixture
def page(stage: Stage, javascript: bool) -> Iterator[Page]:
    """A browser nobody has signed in with."""
    with stage.context(Look(width=1280, height=900, javascript=javascript)) as context:
        yield context.new_page()


@pytest.fixture
def asked(stage: Stage) -> Note:
    """A note of bob's nobody has reacted to, the newest on alice's home."""
    world = stage.sandbox.world
    return world.create_note(world.person("bob"), text="Who puts the kettle on?")


def answers(stage: Stage, note: Note) -> list[str | None]:
    """What was answered to `note`."""
    return [one.text for one in stage.sandbox.world.newest_first() if one.reply_id == note.id]


# By keyboard alone --------------------------------------------------------------------

_HERE = """() => {
    const here = document.activeElement;
    const label = here.labels && here.labels.length ? here.labels[0].textContent : "";
    return {
        name: (here.getAttribute("aria-label") || label || here.textContent).trim(),
        note: (here.closest(".note") || {id: ""}).id,
        ring: here === document.body || here.matches("main")
            || getComputedStyle(here).outlineStyle !== "none",
    };
}"""


def tab_to(page: Page, name: str, *, within: str = "", back: bool = False) -> None:
    """Press Tab, or with `back` Shift+Tab, until the control of that name has the focus;
    `within` is a note's id. Whatever has the focus on the way shows it."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        here = page.evaluate(_HERE)
        assert here["ring"], f"nobody sees that {here['name']} has the focus"
        if re.match(name, here["name"]) and within in here["note"]:
            return
    raise AssertionError(f"no way by keyboard to {name}")


def go(page: Page, key: str = "Enter") -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


@SCRIPT
def test_a_visit_by_keyboard_alone(stage: Stage, page: Page, asked: Note, javascript: bool) -> None:
    page.goto(stage.url)
    tab_to(page, "Sign in with your server")
    go(page)
    # The field has the focus already.
    page.locator("#server:focus").wait_for()
    page.keyboard.type(stage.sandbox.host)
    go(page)
    tab_to(page, "Sign in as Alice")
    go(page)
    if page.url.startswith(stage.sandbox.url):  # Unless alice allowed Engawa before.
        tab_to(page, "Accept")
        go(page)
    expect(page.get_by_role("status")).to_contain_text("You are signed in")

    tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    tab_to(page, r"\S.* ago|just now", within=asked.id)
    go(page)
    react_by_keyboard(page, asked, javascript)
    alice = stage.sandbox.person("alice")
    assert list(asked.reactions) == [alice.id]
    tab_to(page, r".*\(yours: take it back\)", within=asked.id, back=True)
    if javascript:
        page.keyboard.press("Space")
        expect(page.locator("body > .said")).to_contain_text("taken back")
    else:
        go(page, "Space")
        expect(page.locator(".notice")).to_contain_text("taken back")
    assert asked.reactions == {}

    tab_to(page, "Reply", within=asked.id, back=javascript)
    go(page)
    page.locator("#text:focus").wait_for()
    # The answer begins with bob's name. The script goes behind it; without, the person does.
    if not javascript:
        page.keyboard.press("Control+End")
    page.keyboard.type("I do, with both hands on the keys")
    tab_to(page, "Who can see it")
    page.keyboard.press("Enter")
    tab_to(page, "Public|Home|Followers")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Post$|Reply$", back=True)
    go(page)
    assert answers(stage, asked) == ["@bob I do, with both hands on the keys"]

    page.reload()
    tab_to(page, "Notifications")
    go(page)
    expect(page.locator("h1")).to_have_text("Notifications")
    tab_to(page, "Menu", back=True)
    go(page)
    tab_to(page, "Sign out")
    go(page)
    tab_to(page, "Sign out")
    go(page, "Space")
    expect(page.locator(".me")).to_have_count(0)


def react_by_keyboard(page: Page, note: Note, javascript: bool) -> None:
    """Open the menu, choose the second emoji, and be told."""
    tab_to(page, "React", within=note.id)
    page.keyboard.press("Space")
    tab_to(page, r"\S+", within=note.id)
    tab_to(page, r"\S+", within=note.id)
    if javascript:
        page.keyboard.press("Enter")
        expect(page.locator("body > .said")).to_contain_text("You reacted.")
    else:
        go(page)
        expect(page.locator(".notice")).to_contain_text("You reacted.")
        # The keyboard goes on from the note.
        page.keyboard.press("Tab")
        assert note.id in page.evaluate(_HERE)["note"]


# As a screen reader hears it ----------------------------------------------------------

CONTROLS = {
    "button", "checkbox", "combobox", "link", "radio", "searchbox", "textbox", "DisclosureTriangle",
}  # fmt: skip
LANDMARKS = {"banner", "navigation", "main", "contentinfo"}


@dataclass
class Heard:
    """One thing of the accessibility tree."""

    role: str
    name: str
    level: int
    element: int
    """Chromium's number of the element, to act on it."""
    inside: list[str] = field(default_factory=list)
    """The roles around it, from the outermost."""


class Reader:
    """A page as its accessibility tree tells it. Nothing is looked up by selector."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wire: CDPSession = page.context.new_cdp_session(page)
        self.wire.send("DOM.enable")
        self.wire.send("Accessibility.enable")

    def hear(self) -> list[Heard]:
        """Everything that is told, from top to bottom."""
        nodes = self.wire.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {node["nodeId"]: node for node in nodes}
        told: list[Heard] = []

        def walk(node: dict[str, Any], inside: list[str]) -> None:
            role = node.get("role", {}).get("value", "")
            if not node.get("ignored"):
                told.append(
                    Heard(
                        role,
                        node.get("name", {}).get("value", "").strip(),
                        _property(node, "level") or 0,
                        node.get("backendDOMNodeId", 0),
                        inside,
                    )
                )
                inside = [*inside, role]
            for child in node.get("childIds", []):
                if child in by_id:
                    walk(by_id[child], inside)

        walk(nodes[0], [])
        return told

    def arrive(self, title: str) -> list[Heard]:
        """The page, after what is true of every page was heard to be so."""
        expect(self.page).to_have_title(re.compile(title))
        told = self.hear()
        roles = [one.role for one in told]
        assert roles.count("main") == 1
        assert roles.count("banner") == roles.count("contentinfo") == 1
        navigations = [one.name for one in told if one.role == "navigation"]
        assert len(set(navigations)) == len(navigations), "two navigations sound the same"
        assert all(navigations)
        levels = [one.level for one in told if one.role == "heading"]
        assert levels.count(1) == 1
        assert levels[0] == 1
        # Going down, no level is left out.
        assert all(now <= before + 1 for before, now in pairwise(levels))
        nameless = [one for one in told if one.role in CONTROLS and not one.name]
        assert nameless == []
        # Whatever is told stands in one of the regions one can jump to.
        outside = [
            one.name
            for one in told
            if one.role in CONTROLS and not LANDMARKS.intersection(one.inside)
        ]
        assert outside in ([], ["Skip to the content"])
        return told

    def find(self, role: str, name: str, *, after: str = "") -> Heard:
        """The first thing of that role and name; with `after`, the first after the text."""
        told = self.hear()
        start = next((index for index, one in enumerate(told) if after and after in one.name), 0)
        for one in told[start:]:
            if one.role == role and re.search(name, one.name):
                return one
        heard = [f"{one.role}: {one.name}" for one in told]
        raise AssertionError(f"no {role} {name} after {after!r} in {heard}")

    def focus(self, role: str, name: str, *, after: str = "") -> None:
        """Go to it, as a screen reader does."""
        found = self.find(role, name, after=after)
        self.wire.send("DOM.focus", {"backendNodeId": found.element})

    def press(self, role: str, name: str, *, after: str = "", leads: bool = True) -> None:
        """Activate it. Where it `leads` to another page, wait for that."""
        self.focus(role, name, after=after)
        if leads:
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        else:
            self.page.keyboard.press("Enter")


def _property(node: dict[str, Any], name: str) -> Any:
    for one in node.get("properties", []):
        if one["name"] == name:
            return one["value"].get("value")
    return None


@SCRIPT
def test_a_visit_by_ear_alone(stage: Stage, page: Page, asked: Note, javascript: bool) -> None:
    page.goto(stage.url)
    reader = Reader(page)
    reader.arrive("A light client for Misskey")
    reader.press("link", "^Sign in with your server")
    reader.arrive("Sign in")
    reader.focus("textbox", "^Your Misskey server")
    page.keyboard.type(stage.sandbox.host)
    reader.press("button", "^Go to my server")
    reader.press("button", "^Sign in as Alice")
    if page.url.startswith(stage.sandbox.url):  # Unless alice allowed Engawa before.
        reader.press("button", "^Accept")

    told = reader.arrive("Home")
    assert_said(reader, "status", "You are signed in")
    assert {"Places", "Timelines", "Newer", "Older"} <= {
        one.name for one in told if one.role == "navigation"
    }
    # A note is an article, and its heading says whose it is.
    assert [one.name for one in told if one.role == "heading"][1].startswith("Bob")
    assert sum(one.role == "article" for one in told) >= 20
    reader.press("link", "ago|just now", after="@bob")

    reader.arrive("Bob")
    reader.press("DisclosureTriangle", "^React", leads=False)
    reader.press("button", r"^👍", leads=not javascript)
    assert_said(reader, "status", "You reacted.")
    reader.find("button", r"👍.*yours: take it back")
    alice = stage.sandbox.person("alice")
    assert asked.reactions == {alice.id: "👍"}

    reader.press("link", "^Reply", after=asked.text or "")
    reader.arrive("Reply|Write")
    reader.focus("textbox", "^Your (note|reply|answer)")
    if not javascript:
        page.keyboard.press("Control+End")
    page.keyboard.type("I heard you")
    reader.press("button", "^(Post|Reply)$")
    reader.arrive("Bob")
    assert_said(reader, "status", "Posted.")
    assert answers(stage, asked) == ["@bob I heard you"]

    reader.press("link", "^Notifications")
    told = reader.arrive("Notifications")
    assert sum(one.role == "listitem" for one in told) > 5
    reader.press("link", "^Menu")
    reader.arrive("Menu")
    reader.press("link", "^Sign out")
    reader.arrive("Sign out")
    reader.press("button", "^Sign out")
    told = reader.arrive("A light client")
    assert not [one for one in told if one.name == "Places"]


def assert_said(reader: Reader, role: str, words: str) -> None:
    """A message is told by itself, as it comes: it stands in a region of that role."""
    reader.page.get_by_role("status").filter(has_text=words).wait_for()
    assert [one for one in reader.hear() if words in one.name and role in one.inside]


@SCRIPT
def test_a_description_is_heard_once(stage: Stage, page: Page, javascript: bool) -> None:
    world = stage.sandbox.world
    file = next(file for file in world.files.values() if file.comment and file.content.is_picture)
    owner = world.people[file.user_id]
    note = world.create_note(owner, text="Look", files=[file])
    sign_in(page, stage, "alice")
    page.goto(f"{stage.url}/notes/{note.id}")
    heard = page.locator(f"#note-{note.id}").aria_snapshot()
    # The link is called by the picture in it, and they are one thing to hear.
    words = str(file.comment)
    assert re.findall(f'- (.*?) "?{re.escape(words)}', heard) == ["link", "img"]
    assert heard.count(words) == 2
