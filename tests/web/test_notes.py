"""A note as pages show it, a note's own page, and deleting one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import Json, a_file, a_note, a_renote, a_reply, a_user
from tests.tabs import another_tab, at_once

Show = Callable[[Json], Element]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    return let_in(browser, "alice")


def text_of(element: Element) -> str:
    """The text of an element, white space folded."""
    return " ".join("".join(element.itertext()).split())


def name_of(element: Element) -> str:
    """`svg` for `{http://www.w3.org/2000/svg}svg`."""
    return str(element.tag).rpartition("}")[2]


def within(element: Element, tag: str, class_: str | None = None) -> list[Element]:
    """The elements of that kind inside."""
    return [
        found
        for found in element.iter(tag)
        if class_ is None or class_ in found.get("class", "").split()
    ]


def only(found: list[Element]) -> Element:
    """The only one."""
    assert len(found) == 1, found
    return found[0]


def article(page: Page, note_id: str) -> Element:
    """The element of that note."""
    return page.one("article", id=f"note-{note_id}")


@pytest.fixture
def show(alice: Browser, sandbox: Sandbox) -> Show:
    """Shows one note in home, as the server sends it."""

    def show(note: Json) -> Element:
        sandbox.misbehave("notes/timeline", "answer", body=[note])
        page = alice.get("/")
        assert page.status == 200, page.text
        return article(page, note["id"])

    return show


# What a note shows ---------------------------------------------------------


def test_author_and_time(show: Show) -> None:
    note = a_note()
    shown = show(note)
    assert text_of(only(within(shown, "h2"))) == "Momo @momo"
    time = only(within(shown, "time"))
    assert time.get("datetime") == "2026-01-02T03:04:05Z"
    assert "2026" in str(time.get("title"))
    assert "UTC" in str(time.get("title"))
    when = only(within(shown, "a", "when"))
    assert when.get("href") == f"/notes/{note['id']}"
    picture = only(within(shown, "img"))
    assert picture.get("src") == "https://pictures.example/momo.png"
    assert picture.get("alt") == "", "the name beside it says it"


def test_an_author_far_away_without_name_and_picture(show: Show) -> None:
    shown = show(a_note(user=a_user(name=None, host="far.example", avatarUrl=None)))
    assert text_of(only(within(shown, "h2"))) == "momo @momo@far.example"
    assert not within(shown, "img")


def test_text_is_text_with_line_breaks_and_links(show: Show) -> None:
    said = "1 < 2 & <i2>no tag</i2>\nsee https://tea.example/a?b=1&c=2#d, then\n\n  rest"
    text = only(within(show(a_note(text=said)), "div", "text"))
    assert "".join(text.itertext()) == said.replace("\n", "")
    assert len(within(text, "br")) == 3
    assert not within(text, "b")
    link = only(within(text, "a"))
    assert link.get("href") == "https://tea.example/a?b=1&c=2#d"
    assert {"nofollow", "noopener", "noreferrer", "ugc"} <= set(str(link.get("rel")).split())


@pytest.mark.parametrize(
    ("said", "links"),
    [
        ("(https://tea.example/a)", ["https://tea.example/a"]),
        ("https://tea.example/a_(b)", ["https://tea.example/a_(b)"]),
        ("「https://tea.example/」と", ["https://tea.example/"]),
        ("http://old.example: yes", ["http://old.example:"]),
        ("https://a.example https://b.example", ["https://a.example", "https://b.example"]),
        ('https://tea.example/"onclick="x', ["https://tea.example/"]),
        ("https://tea.example/<script>", ["https://tea.example/"]),
        ("javascript:alert(1) data:text/html,x ftp://a.example", []),
        ("https:// https://? http:///path", []),
        ("https://[broken", []),
        ("https://", []),
    ],
)
def test_only_web_addresses_become_links(show: Show, said: str, links: list[str]) -> None:
    text = only(within(show(a_note(text=said)), "div", "text"))
    assert [link.get("href") for link in within(text, "a")] == links


def test_an_address_without_end_costs_no_time(show: Show) -> None:
    # Half a million brackets to take off its end; with care that is a moment.
    note = a_note(text="https://tea.example/" + ")" * 500_000)
    assert only(within(show(note), "div", "text")) is not None


def test_a_content_warning_is_opened_by_the_reader(show: Show) -> None:
    shown = show(a_note(cw="spiders", text="eight legs", files=[a_file()]))
    details = only(within(shown, "details", "cw"))
    assert details.get("open") is None
    assert text_of(only(within(details, "summary"))) == "spiders"
    assert "eight legs" in text_of(details)
    assert within(details, "ul", "media")
    outside = text_of(shown).replace(text_of(details), "")
    assert "eight legs" not in outside


def test_an_empty_content_warning_still_hides(show: Show) -> None:
    details = only(within(show(a_note(cw="", text="eight legs")), "details", "cw"))
    assert text_of(only(within(details, "summary"))) == "Content warning"


def test_a_renote_says_who_passed_it_on_and_shows_it_whole(show: Show) -> None:
    target = a_note(user=a_user(id="u2", username="kiku", name="Kiku"), text="Original words")
    renote = a_renote(target)
    shown = show(renote)
    assert text_of(within(shown, "div", "why")[0]).startswith("Renoted by Momo")
    assert text_of(only(within(shown, "h2"))) == "Kiku @kiku"
    assert "Original words" in text_of(only(within(shown, "div", "text")))
    assert not within(shown, "blockquote")
    links = [link.get("href") for link in within(shown, "a", "when")]
    assert links == [f"/notes/{renote['id']}", f"/notes/{target['id']}"]
    # A reply answers the note, not the passing on.
    answer = [a.get("href") for a in within(shown, "a") if "/compose" in str(a.get("href"))]
    assert f"reply_id={target['id']}" in str(answer[0])


def test_a_quote_is_shown_once_and_not_what_it_quotes_in_turn(show: Show) -> None:
    first = a_note(text="first of all")
    second = a_renote(first, text="second thought", files=[a_file(), a_file(id="file2")])
    shown = show(a_renote(second, text="third opinion"))
    quote_ = only(within(shown, "blockquote"))
    assert "second thought" in text_of(quote_)
    assert len(within(only(within(quote_, "ul", "media")), "li")) == 2
    assert "Momo" in text_of(quote_)
    assert "first of all" not in text_of(shown)
    assert f"/notes/{first['id']}" in [a.get("href") for a in within(quote_, "a")]


def test_a_quoted_note_keeps_its_content_warning_and_its_circle(show: Show) -> None:
    target = a_note(cw="spiders", text="eight legs", visibility="followers")
    shown = show(a_renote(target, text="brave"))
    quote_ = only(within(shown, "blockquote"))
    assert "eight legs" in text_of(only(within(quote_, "details")))
    assert "Followers" in text_of(quote_)


def test_a_reply_says_whom_it_answers(show: Show) -> None:
    target = a_note(user=a_user(id="u2", username="kiku", name="Kiku"))
    line = only(within(show(a_reply(target)), "p", "why"))
    assert text_of(line) == "In reply to Kiku"
    assert only(within(line, "a")).get("href") == f"/notes/{target['id']}"


def test_a_reply_to_a_note_that_is_gone_has_nowhere_to_lead(show: Show) -> None:
    line = only(within(show(a_reply(None)), "p", "why"))
    assert text_of(line) == "In reply to a note that is not there any more"
    assert not within(line, "a")


def test_a_reply_whose_target_was_not_sent_leads_there(show: Show) -> None:
    # Old servers leave the key out; that says nothing about the target (FACTS C.4).
    note = a_reply(None)
    del note["reply"]
    line = only(within(show(note), "p", "why"))
    assert text_of(line) == "In reply to a note"
    assert only(within(line, "a")).get("href") == "/notes/goneaway"


def test_a_renote_of_a_note_that_is_gone_says_so(show: Show) -> None:
    assert "The renoted note is not there any more." in text_of(show(a_renote(None)))


def test_a_renote_whose_target_was_not_sent_does_not_break(show: Show) -> None:
    note = a_renote(None)
    del note["renote"]
    assert "Renoted by Momo" in text_of(show(note))


def test_a_quote_of_a_note_that_is_gone_keeps_its_own_words(show: Show) -> None:
    shown = show(a_renote(None, text="my words"))
    assert "my words" in text_of(shown)
    assert "The quoted note is not there any more." in text_of(shown)


def test_files_that_are_no_pictures_are_links_with_their_alt_text(show: Show) -> None:
    files = [
        a_file(type="text/plain", comment="A list", url="https://pictures.example/1.txt"),
        a_file(id="f2", type="text/plain", url="https://pictures.example/2", isSensitive=True),
        a_file(id="f3", name="lost.ogg", type="audio/ogg", url=None, size=999),
    ]
    items = within(only(within(show(a_note(files=files)), "ul", "media")), "li")
    assert only(within(items[0], "a")).get("href") == "https://pictures.example/1.txt"
    assert text_of(items[0]) == "A list text/plain, 20.5 kB"
    assert text_of(items[1]) == "garden.png sensitive, text/plain, 20.5 kB"
    assert text_of(items[2]) == "lost.ogg audio/ogg, 999 B"
    assert not within(items[2], "a")


def pills_of(shown: Element) -> list[Element]:
    """The reactions under a note."""
    (pills,) = (ul for ul in within(shown, "ul") if ul.get("aria-label") == "Reactions")
    return within(pills, "li")


def names_of(pills: list[Element]) -> list[str]:
    """What each says, a picture by its words."""
    return [
        " ".join([*(str(img.get("alt")) for img in within(pill, "img")), text_of(pill)])
        for pill in pills
    ]


def test_reactions_stand_with_their_counts_most_first(show: Show) -> None:
    counts = {"🍵": 1, ":onigiri@.:": 1200, ":wave@far.example:": 7, "💤": 0, "like": 3, "x": -2}
    pills = pills_of(show(a_note(reactions=counts, myReaction=":onigiri@.:")))
    assert names_of(pills) == [
        ":onigiri: 1,200 (yours: take it back)",
        ":wave@far.example: 7",
        "👍 3",
        "🍵 1",
    ]
    mine = [bool(within(pill, "button", "mine")) for pill in pills]
    assert mine == [True, False, False, False]


def test_the_names_of_old_reactions_become_emoji(show: Show) -> None:
    old = ["like", "love", "laugh", "hmm", "surprise", "congrats", "angry", "confused", "rip"]
    counts = {name: 20 - number for number, name in enumerate([*old, "pudding", "star"])}
    pills = pills_of(show(a_note(reactions=counts, myReaction="pudding")))
    assert [text_of(pill)[0] for pill in pills] == list("👍❤😆🤔😮🎉💢😥😇🍮⭐")
    mine = only([pill for pill in pills if within(pill, "button", "mine")])
    assert text_of(mine) == "🍮 11 (yours: take it back)"


def test_without_a_count_there_are_no_reactions(show: Show) -> None:
    for reactions in ({}, None, {"like": 0}):
        shown = show(a_note(reactions=reactions))
        assert not [ul for ul in within(shown, "ul") if ul.get("aria-label") == "Reactions"]


@pytest.mark.parametrize(
    ("visibility", "mark"),
    [("home", "Home"), ("followers", "Followers"), ("specified", "Direct"), ("moon", "moon")],
)
def test_a_circle_smaller_than_everybody_is_marked(show: Show, visibility: str, mark: str) -> None:
    marks = within(show(a_note(visibility=visibility)), "span", "circle")
    assert [text_of(m) for m in marks] == [mark]


def test_a_public_note_is_not_marked(show: Show) -> None:
    assert not within(show(a_note()), "span", "circle")


def test_local_only_is_marked(show: Show) -> None:
    marks = within(show(a_note(visibility="home", localOnly=True)), "span", "circle")
    assert [text_of(mark) for mark in marks] == ["Home", "Local only"]


def test_a_poll_shows_its_choices(show: Show) -> None:
    choices = [{"text": "tea", "votes": 1234, "isVoted": True}, {"text": "<b>nap</b>", "votes": 0}]
    poll = {"choices": choices, "multiple": False, "expiresAt": None}
    items = within(only(within(show(a_note(poll=poll)), "ul", "results")), "li")
    assert [text_of(item) for item in items] == ["tea 1,234 (your vote)", "<b>nap</b> 0"]


def test_a_note_not_meant_for_this_account_says_so(show: Show) -> None:
    note = a_note(text=None, isHidden=True, visibility="followers")
    assert "This note is not shown to this account." in text_of(show(note))


def test_the_shortest_note_there_can_be(show: Show) -> None:
    user = {"id": "u", "username": "momo"}
    assert "momo" in text_of(show({"id": "a", "createdAt": "2026-01-02T03:04:05Z", "user": user}))


def test_replies_are_counted(show: Show) -> None:
    acts = only(within(show(a_note(repliesCount=3)), "div", "acts"))
    assert text_of(acts).startswith("Reply 3")


# Hostile notes -------------------------------------------------------------

HARMLESS: dict[str, set[str]] = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "content", "media", "name"},
    "title": set(),
    "link": {"crossorigin", "href", "rel", "title", "type"},
    "body": {"class"},
    "header": {"class"},
    "nav": {"aria-label", "class"},
    "main": {"id", "tabindex"},
    "footer": {"class"},
    "section": {"aria-label", "class", "id"},
    "article": {"class", "id", "tabindex"},
    "h1": {"class"},
    "h2": {"class"},
    "p": {"aria-hidden", "class"},
    "div": {"class", "dir", "id", "role"},
    "span": {"class", "data-ended", "id", "lang"},
    "b": set(),
    "bdi": {"class"},
    "a": {"aria-current", "class", "data-live", "data-stream", "href", "lang", "rel"},
    "img": {"alt", "class", "decoding", "height", "loading", "src", "title", "width"},
    "figure": set(),
    "rect": {"fill", "height", "width"},
    "video": {"aria-label", "controls", "poster", "preload", "src"},
    "audio": {"aria-label", "controls", "preload", "src"},
    "meter": {"aria-hidden", "max", "min", "value"},
    "br": set(),
    "small": {"class"},
    "select": {"aria-describedby", "aria-label", "autofocus", "class", "id", "name"},
    "option": {"selected", "value"},
    "datalist": {"id"},
    "ol": {"class"},
    "time": {"datetime", "title"},
    "svg": {"aria-hidden", "class", "focusable", "viewBox"},
    "use": {"href"},
    "path": {"d", "fill", "stroke", "stroke-linecap", "stroke-width"},
    "details": {"class", "id", "open"},
    "summary": set(),
    "blockquote": {"class"},
    "ul": {"aria-label", "class"},
    "li": {"class"},
    "form": {
        "action",
        "class",
        "data-accounts",
        "data-emoji",
        "data-longest",
        "data-most-choices",
        "data-people",
        "data-sent",
        "data-words",
        "enctype",
        "method",
    },
    "input": {
        "aria-describedby",
        "aria-invalid",
        "aria-label",
        "autocapitalize",
        "autocomplete",
        "autofocus",
        "checked",
        "class",
        "dir",
        "id",
        "inputmode",
        "list",
        "name",
        "placeholder",
        "readonly",
        "spellcheck",
        "type",
        "value",
        "multiple",
    },
    "label": {"class", "for"},
    "textarea": {
        "aria-describedby",
        "aria-invalid",
        "autofocus",
        "dir",
        "id",
        "name",
        "readonly",
        "rows",
    },
    "fieldset": {"aria-describedby", "class"},
    "legend": set(),
    "button": {"aria-pressed", "class", "formaction", "name", "title", "value"},
    "template": {
        "data-behind",
        "data-deleted",
        "data-live",
        "data-votes-one",
        "data-votes-other",
        "data-close",
        "data-copied",
        "data-copy",
        "data-found-one",
        "data-found-other",
        "data-just-now",
        "data-keys",
        "data-new-icon",
        "data-new-one",
        "data-new-other",
        "data-no-answer",
        "data-not-copied",
        "data-not-loaded",
        "data-now",
        "data-strange-answer",
        "data-stream",
        "data-told",
        "data-write",
        "id",
    },
    "script": {"src", "type"},
    "noscript": set(),
    "iframe": {"class", "src", "tabindex", "title"},
}
"""Every element and attribute that these pages may hold."""

CLASSES = {
    "skip", "top", "brand", "me", "places", "icon", "note", "why", "when", "by", "who", "name",
    "handle", "facts", "circle", "cw", "text", "files", "soft", "poll", "count", "quote",
    "by-line", "reactions", "media", "frame", "file", "veiled", "menu", "pill", "act", "link",
    "small", "results", "voted", "emoji", "plain", "mention", "hashtag", "url", "mfm-text",
    "media-1", "media-2", "mfm-host", "mfm-url", "mfm-link", "emoji-grid",
    "as-whom",
    "mine", "votes", "unseen", "acts", "foot", "turn", "this-note", "replies",
    "ancestors", "panel", "compose", "field", "hint", "option", "choices", "button", "bad",
    "avatar", "gone", "notice",
    "attached", "choice", "copyable", "drafts", "drive", "ends", "parts", "preview", "short",
    "what",
    "badge", "caption", "in", "mark", "newer", "out", "switches", "tabs",
}  # fmt: skip


def assert_harmless(page: Page) -> None:
    """No element, attribute, class or address that our own templates would not write."""
    assert page.foreign_scripts() == []
    for element in page.root.iter():
        name = name_of(element)
        assert name in HARMLESS, f"<{name}> in {page.path}"
        assert set(element.attrib) <= HARMLESS[name], f"<{name} {element.attrib}>"
        assert set(element.get("class", "").split()) <= CLASSES, element.attrib
        for attribute in ("href", "src", "action"):
            address = element.get(attribute)
            if address is not None:
                assert address.startswith(("https://", "http://", "/", "#")), address
                assert not address.startswith("//"), address
        if name == "img":
            assert str(element.get("src")).startswith(("https://", "http://"))


SCRIPT = "</title></textarea></style><script>alert(1)</script><img src=x onerror=alert(1)>"
BROKEN_OUT = "\"'><svg onload=alert(1)><!-- <![CDATA["
TEMPLATE = "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>"
WORDS = [SCRIPT, BROKEN_OUT, TEMPLATE, "\u202eexe.gpj\u2066", "%(name)s %s {0}", "&lt;b&gt;&#x3c;"]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "//evil.example/x",
    "/\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "https://",
    "file:///etc/passwd",
    "https://pictures.example/ onerror=alert(1)",
    'https://pictures.example/" onerror="alert(1)',
    "https://[",
    "blob:https://pictures.example/x",
]


def hostile_note(words: str, address: str, **changes: Any) -> Json:
    """A note with `words` in everything that is text, `address` in every address."""
    user = a_user(id=words, username=words, name=words, host=words, avatarUrl=address)
    file = a_file(id=words, name=words, type=words, comment=words, url=address)
    bare = a_file(id="f2", name=words, comment=None, url="https://pictures.example/x")
    poll = {"choices": [{"text": words, "votes": 1}], "expiresAt": None}
    return a_note(
        **{
            "user": user,
            "text": f"{words} {address.lstrip(chr(1))} https://x.example/{words}",
            "cw": words,
            "visibility": words,
            "files": [file, bare],
            "reactions": {words: 2, f":{words}@.:": 1},
            "myReaction": words,
            "poll": poll,
            **changes,
        }
    )


@pytest.mark.parametrize("words", WORDS)
def test_hostile_words_stay_words(alice: Browser, sandbox: Sandbox, words: str) -> None:
    target = hostile_note(words, "https://pictures.example/x", id="a" + words)
    note = hostile_note(words, "https://pictures.example/x", renoteId=words, renote=target)
    answer = hostile_note(words, "https://pictures.example/x", replyId=words, reply=target)
    renote = hostile_note(
        words, "", text=None, cw=None, files=[], poll=None, renoteId="r", renote=target
    )
    sandbox.misbehave("notes/timeline", "answer", body=[note, answer, renote])
    page = alice.get("/")
    assert page.status == 200
    assert_harmless(page)
    folded = " ".join(words.split())
    assert page.text.count(folded) > 20, "it is shown, as it is"


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_addresses_become_no_links_and_no_pictures(
    alice: Browser, sandbox: Sandbox, address: str
) -> None:
    note = hostile_note("x", address)
    sandbox.misbehave("notes/timeline", "answer", body=[note, a_renote(note, text="quoted")])
    page = alice.get("/")
    assert_harmless(page)
    evil = [a for a in page.links() if "evil" in a or "alert" in a or "passwd" in a]
    assert not evil
    assert not page.all("img", class_="avatar")[1:], "only the one who quotes has a picture"


def test_a_hostile_note_is_harmless_on_every_page_that_shows_it(
    alice: Browser, sandbox: Sandbox
) -> None:
    mine = a_user(id=sandbox.person("alice").id, username=SCRIPT, name=BROKEN_OUT, host=SCRIPT)
    note = hostile_note(SCRIPT, "javascript:alert(1)", user=mine, replyId="r", repliesCount=1)
    note |= {"reply": hostile_note(BROKEN_OUT, "data:text/html,x"), "id": "abc"}
    sandbox.misbehave("notes/show", "answer", body=note)
    sandbox.misbehave("notes/conversation", "answer", body=[note["reply"]])
    sandbox.misbehave("notes/children", "answer", body=[hostile_note(SCRIPT, BROKEN_OUT)])
    for path in ("/notes/abc", "/notes/abc/delete", "/compose?reply_id=abc"):
        page = alice.get(path)
        assert page.status == 200
        assert_harmless(page)
        assert "<script>alert(1)</script>" in page.text


def test_a_hostile_person_is_harmless_where_accounts_are_named(
    browser: Browser, sandbox: Sandbox
) -> None:
    person = sandbox.person("alice")
    person.name = person.username = SCRIPT
    token = browser.begin_sign_in()
    sandbox.consent(token, SCRIPT)
    assert_harmless(browser.get(f"/sign-in/callback?token={token}"))
    assert "<script>" in browser.get("/").one("a", class_="me").itertext().__next__()
    sandbox.misbehave("notes/timeline", "authentication-failed")
    for path in ("/compose", "/"):
        assert_harmless(browser.get(path))


# A note's own page ---------------------------------------------------------


def told(sandbox: Sandbox, text: str) -> str:
    """The id of the sandbox's note that says this."""
    return only_id([n.id for n in sandbox.world.notes.values() if n.text and text in n.text])


def only_id(ids: list[str]) -> str:
    """The only one."""
    assert len(ids) == 1, ids
    return ids[0]


def endpoints(sandbox: Sandbox) -> list[str]:
    """The calls so far, by name."""
    return [call.endpoint for call in sandbox.calls]


def test_a_lonely_note_costs_one_call(alice: Browser, sandbox: Sandbox) -> None:
    note_id = _lonely(sandbox)
    page = alice.get(f"/notes/{note_id}")
    assert page.note_ids() == [note_id]
    assert "nobody answers" in page.text
    assert [(call.endpoint, call.body["noteId"]) for call in sandbox.calls] == [
        ("notes/show", note_id)
    ]


def _lonely(sandbox: Sandbox) -> str:
    return sandbox.world.create_note(sandbox.person("bob"), text="nobody answers").id


def _thread(sandbox: Sandbox, above: int, below: int) -> tuple[list[str], str, list[str]]:
    """A conversation: ids above in order, the note, ids of its replies in order."""
    world, bob = sandbox.world, sandbox.person("bob")
    began = world.clock.now() - 10_000
    note, before = None, []
    for number in range(above):
        note = world.create_note(bob, text=f"above {number}", reply=note, at=began + number)
        before.append(note.id)
    here = world.create_note(bob, text="here", reply=note, at=began + 1000)
    after = [
        world.create_note(bob, text=f"below {number}", reply=here, at=began + 2000 + number).id
        for number in range(below)
    ]
    return before, here.id, after


def test_the_conversation_stands_above_and_the_replies_below(
    alice: Browser, sandbox: Sandbox
) -> None:
    before, here, after = _thread(sandbox, above=3, below=3)
    page = alice.get(f"/notes/{here}")
    assert page.note_ids() == [*before, here, *after]
    assert endpoints(sandbox) == ["notes/show", "notes/conversation", "notes/children"]
    assert [n.get("id") for n in page.one("section", class_="ancestors").iter("article")] == [
        f"note-{note_id}" for note_id in before
    ]
    assert "Earlier replies" not in page.text
    assert page.title.startswith("Bob 🐱: here")


def test_quotes_stand_among_the_replies(alice: Browser, sandbox: Sandbox) -> None:
    world = sandbox.world
    note = world.create_note(sandbox.person("bob"), text="quotable")
    quoted = world.create_note(sandbox.person("carol"), text="look at this", renote=note)
    assert alice.get(f"/notes/{note.id}").note_ids() == [note.id, quoted.id]


def test_more_replies_than_a_page_holds_can_be_turned_to(alice: Browser, sandbox: Sandbox) -> None:
    _, here, after = _thread(sandbox, above=0, below=65)
    page = alice.get(f"/notes/{here}")
    assert page.note_ids() == [here, *after[-30:]]
    seen = after[-30:]
    for expected in (after[5:35], after[:5]):
        sandbox.clear_calls()
        earlier = only_id([a for a in page.links() if "until=" in a and "next=" not in a])
        page = alice.get(earlier)
        assert page.note_ids() == [here, *expected]
        assert sandbox.calls_of("notes/children")[0].body["untilId"] == seen[0]
        assert len(sandbox.calls) <= 3
        seen = expected + seen
    assert seen == after
    assert "Earlier replies" not in page.text
    assert alice.get(f"/notes/{here}").note_ids()[1:] == after[-30:]
    assert f"/notes/{here}" in page.links(), "and back to the latest"


def test_one_reply_that_can_not_be_read_does_not_end_the_turning(
    alice: Browser, sandbox: Sandbox
) -> None:
    replies = [a_note() for _ in range(29)]
    sandbox.misbehave("notes/show", "answer", body=a_note(id="abc", repliesCount=50))
    sandbox.misbehave("notes/children", "answer", body=[*replies, {"id": "odd"}])
    page = alice.get("/notes/abc")
    assert page.note_ids() == ["abc", *[note["id"] for note in reversed(replies)]]
    assert "Earlier replies" in page.text


def test_junk_where_an_id_should_be_means_the_latest_replies(
    alice: Browser, sandbox: Sandbox
) -> None:
    _, here, after = _thread(sandbox, above=0, below=2)
    page = alice.get(f"/notes/{here}?until=../%00")
    assert page.note_ids() == [here, *after]
    assert "untilId" not in sandbox.calls_of("notes/children")[0].body


def test_an_answer_to_something_gone_still_has_a_page(alice: Browser, sandbox: Sandbox) -> None:
    held = told(sandbox, "I am holding you to it.")
    page = alice.get(f"/notes/{held}")
    assert page.status == 200
    assert "In reply to a note that is not there any more" in page.text
    assert len(sandbox.calls) <= 3


def test_a_renote_has_a_page(alice: Browser, sandbox: Sandbox) -> None:
    world = sandbox.world
    renote = world.create_note(
        sandbox.person("bob"), renote=world.notes[told(sandbox, "The first tomato")]
    )
    page = alice.get(f"/notes/{renote.id}")
    assert "Renoted by Bob" in page.text
    assert "The first tomato" in page.text
    assert page.note_ids() == [renote.id]


def test_a_note_for_others_is_a_shell(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get(f"/notes/{told(sandbox, 'noticed the surprise')}")
    assert page.status == 200
    assert "This note is not shown to this account." in page.text
    assert "surprise" not in page.text


def test_a_note_that_is_not_there_is_not_found(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/notes/zzzzzzzz")
    assert page.status == 404
    assert f"{sandbox.host} does not have this" in page.text
    assert endpoints(sandbox) == ["notes/show"]
    assert alice.is_signed_in


BAD_IDS = ["a-b", "a.b", "..", "%00", "a%0Ab", "あ", "a%20b", "<script>", "a" * 65, "a'b", "$id"]


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_can_not_be_an_id_is_not_found_without_a_call(
    alice: Browser, sandbox: Sandbox, bad: str
) -> None:
    alice.get("/compose")
    token = alice.page.form("/compose").fields["csrf_token"]  # type: ignore[union-attr]
    sandbox.clear_calls()
    path = f"/notes/{quote(bad, safe='%')}"
    assert alice.get(path).status == 404
    assert alice.get(f"{path}/delete").status == 404
    assert alice.post(f"{path}/delete", {"csrf_token": token}).status == 404
    assert sandbox.calls == []


def test_nobody_reads_or_deletes_a_note_without_being_signed_in(
    browser: Browser, sandbox: Sandbox
) -> None:
    for path in ("/notes/abc", "/notes/abc/delete"):
        page = browser.get(path)
        assert page.path.startswith("/sign-in?next=%2Fnotes%2Fabc")
    browser.get("/sign-in")
    token = browser.page.forms()[0].fields["csrf_token"]  # type: ignore[union-attr]
    page = browser.post("/notes/abc/delete", {"csrf_token": token})
    assert page.path.startswith("/sign-in")
    assert sandbox.calls == []


PARTS = {
    "notes/conversation": "The conversation before this note could not be loaded",
    "notes/children": "The replies could not be loaded",
}


@pytest.mark.parametrize("failing", PARTS)
@pytest.mark.parametrize(
    ("how", "options"),
    [
        ("internal-error", {}),
        ("rate-limited", {}),
        ("missing", {}),
        ("html", {"status": 503}),
        ("garbage", {}),
        ("shape", {"shape": "object"}),
        ("redirect", {"location": "https://elsewhere.example/"}),
        ("down", {}),
        ("error", {"code": "NO_SUCH_NOTE"}),
        ("error", {"code": "PERMISSION_DENIED", "status": 403}),
    ],
)
def test_when_only_a_part_fails_the_note_and_the_other_part_stand(
    alice: Browser, sandbox: Sandbox, failing: str, how: str, options: dict[str, Any]
) -> None:
    before, here, after = _thread(sandbox, above=2, below=2)
    sandbox.misbehave(failing, how, **options)
    page = alice.get(f"/notes/{here}")
    assert page.status == 200
    assert f"{PARTS[failing]} from {sandbox.host}" in page.text
    stands = after if failing == "notes/conversation" else before
    assert set(page.note_ids()) == {here, *stands}
    assert alice.is_signed_in


@pytest.mark.parametrize("failing", PARTS)
def test_a_refused_credential_signs_out_even_if_only_a_part_met_it(
    alice: Browser, sandbox: Sandbox, failing: str
) -> None:
    _, here, _ = _thread(sandbox, above=1, below=1)
    sandbox.misbehave(failing, "authentication-failed")
    page = alice.get(f"/notes/{here}")
    assert page.status == 401
    assert "no longer accepts this sign-in" in page.text
    assert not alice.is_signed_in


# Deleting ------------------------------------------------------------------


def mine(sandbox: Sandbox) -> str:
    """A note of alice's."""
    return sandbox.world.create_note(sandbox.person("alice"), text="to be taken back").id


def test_deleting_asks_first_and_then_deletes_once(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    page = alice.get(f"/notes/{note_id}/delete?next=/?until=zzz")
    assert page.status == 200
    assert "to be taken back" in text_of(page.one("blockquote"))
    assert endpoints(sandbox) == ["notes/show"]
    assert "/?until=zzz" in page.links(), "the way back without deleting"
    sandbox.clear_calls()
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.path == "/?until=zzz"
    assert "The note is deleted." in page.text
    assert note_id not in sandbox.world.notes
    assert sandbox.calls_of("notes/delete")[0].body["noteId"] == note_id
    assert endpoints(sandbox) == ["notes/delete", "notes/timeline"]


def test_the_way_to_deleting_is_on_ones_own_note(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    page = alice.get("/")
    more = next(link for link in page.links() if link.startswith(f"/notes/{note_id}/more"))
    page = alice.get(more)
    way = next(link for link in page.links() if link.startswith(f"/notes/{note_id}/delete"))
    assert alice.get(way).status == 200
    assert alice.submit(f"/notes/{note_id}/delete").path == "/"


@pytest.mark.parametrize("query", ["", "?next=/notes/{}", "?next=/notes/{}%3Funtil%3Dabc"])
def test_deleted_from_its_own_page_the_way_leads_home(
    alice: Browser, sandbox: Sandbox, query: str
) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete" + query.format(note_id))
    assert alice.submit(f"/notes/{note_id}/delete").path == "/"


@pytest.mark.parametrize("bad", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_never_leaves_this_site(alice: Browser, sandbox: Sandbox, bad: str) -> None:
    note_id = mine(sandbox)
    page = alice.get(f"/notes/{note_id}/delete?next={quote(bad)}")
    assert "/" in page.links()
    assert not [link for link in page.links() if "evil" in link]
    page = alice.submit(f"/notes/{note_id}/delete", next=bad, follow=False)
    assert page.response.headers["Location"] == "/"


def test_another_persons_note_is_not_asked_about(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get(f"/notes/{_lonely(sandbox)}/delete")
    assert page.status == 404
    assert endpoints(sandbox) == ["notes/show"]


def test_another_persons_note_stays_and_the_server_says_why(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id, other = mine(sandbox), _lonely(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    fields = alice.page.form(f"/notes/{note_id}/delete").fields  # type: ignore[union-attr]
    sandbox.clear_calls()
    page = alice.post(f"/notes/{other}/delete", fields)
    assert page.status == 403
    assert f"{sandbox.host} lets only the owner do this." in page.text
    assert other in sandbox.world.notes
    assert endpoints(sandbox) == ["notes/delete"]
    assert alice.is_signed_in


def test_without_its_csrf_token_nothing_is_deleted(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    sandbox.clear_calls()
    page = alice.submit(f"/notes/{note_id}/delete", csrf_token=None)
    assert page.status == 400
    assert "nothing was done" in page.text
    assert sandbox.calls == []


def test_getting_the_address_of_deleting_deletes_nothing(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    for _ in range(2):
        alice.get(f"/notes/{note_id}/delete")
    assert note_id in sandbox.world.notes


def test_pressed_twice_it_is_deleted_once_and_both_say_so(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    sandbox.misbehave("notes/delete", "slow", seconds=0.3)
    tabs = [another_tab(alice) for _ in range(4)]
    pages = at_once(
        *[lambda tab=tab: tab.submit(f"/notes/{note_id}/delete", follow=False) for tab in tabs]
    )
    assert [(page.status, page.response.headers["Location"]) for page in pages] == [(303, "/")] * 4
    assert len(sandbox.calls_of("notes/delete")) == 1


def test_sent_again_after_it_worked_it_is_not_sent_again(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    tab = another_tab(alice)
    alice.submit(f"/notes/{note_id}/delete")
    page = tab.submit(f"/notes/{note_id}/delete")
    assert "The note is deleted." in page.text
    assert len(sandbox.calls_of("notes/delete")) == 1


def test_a_note_deleted_meanwhile_elsewhere_counts_as_deleted(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    sandbox.world.delete_note(sandbox.world.notes[note_id])
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.path == "/"
    assert "The note is deleted." in page.text


def test_a_deletion_that_failed_says_so_and_is_not_tried_again_by_itself(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    tab = another_tab(alice)
    sandbox.misbehave("notes/delete", "rate-limited", retry_after=7, times=1)
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.status == 429
    assert page.response.headers["Retry-After"] == "7"
    assert "Try again in 7 seconds." in page.text
    # The same form again: its note's page, which shows that it is still there.
    assert tab.submit(f"/notes/{note_id}/delete").path == f"/notes/{note_id}"
    assert len(sandbox.calls_of("notes/delete")) == 1
    # Asked anew, it is done.
    alice.get(f"/notes/{note_id}/delete")
    assert "The note is deleted." in alice.submit(f"/notes/{note_id}/delete").text


def test_when_the_answer_was_lost_the_notes_page_tells(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    tab = another_tab(alice)
    sandbox.misbehave("notes/delete", "lost", times=1)
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.status == 504
    assert "did not answer in time" in page.text
    page = tab.submit(f"/notes/{note_id}/delete")
    assert page.status == 404
    assert len(sandbox.calls_of("notes/delete")) == 1


def test_a_credential_refused_at_deleting_signs_out(alice: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    alice.get(f"/notes/{note_id}/delete")
    sandbox.revoke("alice")
    page = alice.submit(f"/notes/{note_id}/delete")
    assert page.status == 401
    assert "no longer accepts this sign-in" in page.text
    assert note_id in sandbox.world.notes
    assert not alice.is_signed_in


@pytest.fixture
def both(alice: Browser, sandbox: Sandbox) -> Iterator[Browser]:
    """A browser signed in as alice and as bob, acting as alice."""
    alice.sign_in("bob")
    switch(alice, "alice")
    sandbox.clear_calls()
    return alice


def switch(browser: Browser, username: str) -> None:
    """Act as that account from now on, by the button."""
    page = browser.get("/accounts")
    for form in page.forms():
        if form.action.endswith("/switch"):
            browser.post(form.action, form.fields)
    assert f"@{username}@" in text_of(browser.get("/").one("a", class_="me"))


def test_it_is_deleted_as_the_account_that_was_asked(both: Browser, sandbox: Sandbox) -> None:
    note_id = mine(sandbox)
    both.get(f"/notes/{note_id}/delete")
    tab = another_tab(both)
    switch(both, "bob")
    assert "The note is deleted." in tab.submit(f"/notes/{note_id}/delete").text
    assert [call.account for call in sandbox.calls_of("notes/delete")] == ["alice"]


def test_signed_out_of_that_account_meanwhile_nobody_else_deletes_for_it(
    both: Browser, sandbox: Sandbox
) -> None:
    note_id = mine(sandbox)
    both.get(f"/notes/{note_id}/delete")
    tab = another_tab(both)
    account = tab.page.form(f"/notes/{note_id}/delete").fields["account"]  # type: ignore[union-attr]
    both.get("/accounts")
    token = both.page.forms()[0].fields["csrf_token"]  # type: ignore[union-attr]
    both.post("/sign-out", {"csrf_token": token, "account": account})
    switch(both, "bob") if not both.is_signed_in else None
    sandbox.clear_calls()
    tab.submit(f"/notes/{note_id}/delete", follow=False)
    assert sandbox.calls_of("notes/delete") == []
    assert note_id in sandbox.world.notes


# What real servers sent ----------------------------------------------------

SHARED = Path(__file__).resolve().parents[3] / "shared" / "misskey"
VERSIONS = {"2025.11": "recordings", "v12": "recordings-v12", "v11": "recordings-v11"}


def recordings(version: str) -> list[tuple[str, Any]]:
    """Names and answers of all that was recorded of that version."""
    folder = SHARED / VERSIONS[version]
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"in CI the recordings have to be at hand, but {folder} is not")
        pytest.skip(f"the recordings are not beside the repository ({folder})")
    read = [(path.stem, json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    return [(name, value.get("response")) for name, value in read if isinstance(value, dict)]


def is_note(value: object) -> bool:
    """Whether this is a note as servers send them."""
    return isinstance(value, dict) and {"id", "createdAt", "user", "visibility", "reactions"} <= (
        value.keys()
    )


def notes_in(value: object) -> Iterator[Json]:
    """Every note anywhere in an answer, outermost first."""
    if is_note(value):
        yield value  # type: ignore[misc]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from notes_in(part)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_note_of_a_list_is_shown(
    alice: Browser, sandbox: Sandbox, version: str
) -> None:
    lists = {
        name: answer
        for name, answer in recordings(version)
        if isinstance(answer, list) and answer and all(map(is_note, answer))
    }
    assert {"notes-timeline", "notes-local-timeline", "notes-children"} <= lists.keys()
    # Many lists hold the same notes; what counts is every note in every state.
    notes = list({json.dumps(n): n for answer in lists.values() for n in answer}.values())
    sandbox.misbehave("notes/timeline", "answer", body=notes)
    page = alice.get("/")
    assert page.status == 200
    assert page.note_ids() == [note["id"] for note in notes]
    assert "could not be read" not in page.text
    mine = [note for note in notes if shown_of(note).get("myReaction")]
    assert len(page.all("button", class_="mine")) == len(mine)


def shown_of(note: Json) -> Json:
    """The note that is shown whole: of a pure renote what it passes on."""
    pure = note.get("renote") and not (note["text"] or note["cw"] or note["files"])
    return note["renote"] if pure and not note.get("poll") else note


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_note_has_a_page(alice: Browser, sandbox: Sandbox, version: str) -> None:
    sandbox.misbehave("notes/conversation", "answer", body=[])
    sandbox.misbehave("notes/children", "answer", body=[])
    notes = {note["id"]: note for _, answer in recordings(version) for note in notes_in(answer)}
    assert len(notes) > 20
    for note_id, note in notes.items():
        sandbox.misbehave("notes/show", "answer", body=note)
        page = alice.get(f"/notes/{note_id}")
        assert page.status == 200, note
        # Not parsed: that would be most of the time, and the lists above are.
        assert page.html.count("<article") == page.html.count(f'id="note-{note_id}"') == 1
