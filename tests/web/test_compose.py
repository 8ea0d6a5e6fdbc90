"""Writing a note: what is sent, what comes back, and never two notes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app.extensions import db
from app.models import Server, Submission
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in, open_house, trusting
from tests.sent import a_note
from tests.tabs import another_tab, at_once

TYPED = {
    "text": "  Tea & <b>rain</b>\n\n縁側で 🍵\n",
    "cw": "a “quiet” <evening>",
    "visibility": "followers",
    "local_only": "1",
}
"""Everything a person can type, of every kind that could get lost."""


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, by the quickest way. Her home is quiet, because
    reading it after every post would be most of the time these tests take."""
    sandbox.misbehave("notes/timeline", "answer", body=[])
    return let_in(browser, "alice")


@pytest.fixture(scope="module")
def hasty_house(house_settings: Settings) -> Iterator[Flask]:
    """The same, but it waits for servers half a second only."""
    with open_house(replace(house_settings, upstream_seconds=0.5)) as app:
        yield app


@pytest.fixture
def hasty(alice: Browser, hasty_house: Flask) -> Browser:
    """Alice's browser at that one."""
    return another_tab(alice, trusting(hasty_house))


def written(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What was sent to notes/create so far, without the credential."""
    bodies = [dict(call.body) for call in sandbox.calls_of("notes/create")]
    for body in bodies:
        assert len(body.pop("i")) == 64
    return bodies


def notes_saying(sandbox: Sandbox, text: str) -> int:
    """How many notes there are with that text."""
    return sum(1 for n in sandbox.world.notes.values() if n.text and text in n.text)


def problem(page: Page) -> str:
    """The sentences beside the form."""
    return " ".join("".join(page.one("div", class_="problem").itertext()).split())


def filled_in(page: Page) -> dict[str, str]:
    """What stands in the form, as it would be sent."""
    return page.form("/compose").fields


def assert_kept(page: Page, typed: dict[str, str] | None = None) -> None:
    """The form is there again with everything typed in it."""
    fields = filled_in(page)
    for name, value in (typed or TYPED).items():
        assert fields.get(name) == value, name


# What is sent --------------------------------------------------------------


def test_a_note_is_posted_and_the_way_leads_to_it(browser: Browser, sandbox: Sandbox) -> None:
    alice = let_in(browser, "alice")
    alice.get("/compose")
    assert sandbox.calls == [], "an empty form asks nobody"
    page = alice.submit("/compose", text="Hello from a test", follow=False)
    assert page.status == 303
    newest = next(sandbox.world.newest_first())
    assert page.response.headers["Location"] == f"/#note-{newest.id}"
    assert newest.text == "Hello from a test"
    assert len(sandbox.calls) == 1
    home = alice.get("/")
    assert "Posted." in home.text
    assert home.note_ids()[0] == newest.id
    assert "Posted." not in alice.get("/").text, "it is said once"


@pytest.mark.parametrize("visibility", ["public", "home", "followers"])
def test_each_visibility_is_sent_and_nothing_that_says_nothing(
    alice: Browser, sandbox: Sandbox, visibility: str
) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="plain", visibility=visibility)
    assert written(sandbox) == [{"text": "plain", "visibility": visibility}]
    assert next(sandbox.world.newest_first()).visibility == visibility


def test_a_direct_note_reaches_whom_it_names(alice: Browser, sandbox: Sandbox) -> None:
    bob, juno = sandbox.person("bob"), sandbox.person("juno", "far.example")
    alice.get("/compose")
    text = "psst @bob and @juno@far.example, not x@carol.example @bob"
    page = alice.submit("/compose", text=text, visibility="specified")
    assert "Posted." in page.text
    assert written(sandbox) == [
        {"text": text, "visibility": "specified", "visibleUserIds": [bob.id, juno.id]}
    ]
    assert next(sandbox.world.newest_first()).visible_user_ids == [bob.id, juno.id]


def test_a_direct_note_to_nobody_there_is_not_posted(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    typed = {"text": "psst @bbo", "visibility": "specified"}
    page = alice.submit("/compose", **typed)
    assert "Somebody you mention is not there." in problem(page)
    assert_kept(page, typed)
    assert written(sandbox) == []
    assert "Posted." in alice.submit("/compose", text="psst @bob").text


def test_a_direct_note_whose_names_could_not_be_asked_was_surely_not_posted(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    sandbox.misbehave("users/show", "internal-error", times=1)
    typed = {"text": "psst @bob", "visibility": "specified"}
    page = alice.submit("/compose", **typed)
    assert page.status == 502
    assert "What you wrote is still here." in problem(page)
    assert "don't know" not in page.text
    assert_kept(page, typed)
    assert "nothing was posted" in problem(tab.submit("/compose", **typed))
    assert written(sandbox) == []


def test_a_direct_note_sent_again_is_known_before_any_name_is_asked(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    typed = {"text": "psst @bob", "visibility": "specified"}
    alice.submit("/compose", **typed)
    sandbox.misbehave("users/show", "down")
    assert "Posted." in tab.submit("/compose", **typed).text
    assert len(written(sandbox)) == 1


def test_content_warning_and_local_only_are_sent(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="eight legs", cw=" spiders ", local_only="1")
    assert written(sandbox) == [
        {"text": "eight legs", "cw": "spiders", "visibility": "public", "localOnly": True}
    ]


@pytest.mark.parametrize("cw", ["", "   ", "\t"])
def test_a_blank_content_warning_is_none(alice: Browser, sandbox: Sandbox, cw: str) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="plain", cw=cw)
    assert written(sandbox) == [{"text": "plain", "visibility": "public"}]


@pytest.mark.parametrize("off", [None, "", "0", "false", "off"])
def test_local_only_is_off_unless_it_says_on(
    alice: Browser, sandbox: Sandbox, off: str | None
) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="plain", local_only=off)
    assert "localOnly" not in written(sandbox)[0]


def test_the_body_holds_the_credential_and_no_header_does(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="plain")
    call = sandbox.calls_of("notes/create")[0]
    assert sorted(call.body) == ["i", "text", "visibility"]
    assert call.body["i"] not in str(call.headers)
    assert call.headers["content-type"] == "application/json"


def test_line_breaks_are_line_feeds_and_the_first_one_stays(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="\r\nfirst\r\n\r\nsecond\r\n")
    assert written(sandbox)[0]["text"] == "\nfirst\n\nsecond\n"


def test_a_leading_line_break_survives_coming_back(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="\r\n\r\nverse", visibility="nowhere")
    assert filled_in(page)["text"] == "\n\nverse"
    alice.submit("/compose", visibility="home")
    assert written(sandbox)[0]["text"] == "\n\nverse"


def test_what_is_in_the_address_stands_in_the_form(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/compose?text=" + quote("a <b>\n“c”"))
    assert filled_in(page)["text"] == "a <b>\n“c”"
    assert sandbox.calls == []


def test_afterwards_the_way_leads_where_the_form_says(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose?next=/accounts%23top")
    page = alice.submit("/compose", text="plain", follow=False)
    newest = next(sandbox.world.newest_first())
    assert page.response.headers["Location"] == f"/accounts#note-{newest.id}"


@pytest.mark.parametrize("bad", ["https://evil.example/", "//evil.example", "/\\e", "x"])
def test_afterwards_the_way_never_leaves_this_site(
    alice: Browser, sandbox: Sandbox, bad: str
) -> None:
    page = alice.get(f"/compose?next={quote(bad)}")
    assert filled_in(page)["next"] == "/"
    page = alice.submit("/compose", text="plain", next=bad, follow=False)
    assert page.response.headers["Location"].startswith("/#note-")


def test_an_id_that_is_none_does_not_break_what_was_posted(
    alice: Browser, sandbox: Sandbox
) -> None:
    for odd in ("a\r\nSet-Cookie: x=y", "é" * 100, ""):
        created = a_note(id=odd)
        sandbox.misbehave("notes/create", "answer", body={"createdNote": created}, times=1)
        alice.get("/compose")
        page = alice.submit("/compose", text="plain", follow=False)
        assert page.status == 303, odd
        assert page.response.headers["Location"] == "/", odd


# Answering -----------------------------------------------------------------


def test_an_answer_begins_with_the_name_and_the_circle_of_its_note(
    alice: Browser, sandbox: Sandbox
) -> None:
    carol = sandbox.person("carol")
    target = sandbox.world.create_note(
        carol, text="moonflowers", cw="bees", visibility="followers", local_only=True
    )
    page = alice.get(f"/compose?reply_id={target.id}")
    assert [call.endpoint for call in sandbox.calls] == ["notes/show"]
    fields = filled_in(page)
    assert fields["text"] == "@carol "
    assert fields["cw"] == "bees"
    assert fields["visibility"] == "followers"
    assert fields["local_only"] == "1"
    assert "moonflowers" in page.text
    assert "Reply" in page.title
    page = alice.submit("/compose", text="@carol on my way", follow=False)
    assert written(sandbox) == [
        {
            "text": "@carol on my way",
            "cw": "bees",
            "visibility": "followers",
            "localOnly": True,
            "replyId": target.id,
        }
    ]
    newest = next(sandbox.world.newest_first())
    assert newest.reply_id == target.id
    assert page.response.headers["Location"] == f"/notes/{target.id}#note-{newest.id}"


def test_an_answer_to_somebody_far_away_names_their_server(
    alice: Browser, sandbox: Sandbox
) -> None:
    juno = sandbox.person("juno", "far.example")
    target = sandbox.world.create_note(juno, text="a letter")
    page = alice.get(f"/compose?reply_id={target.id}")
    assert filled_in(page)["text"] == "@juno@far.example "


def test_an_answer_to_oneself_names_nobody(alice: Browser, sandbox: Sandbox) -> None:
    target = sandbox.world.create_note(sandbox.person("alice"), text="and another thing")
    assert filled_in(alice.get(f"/compose?reply_id={target.id}"))["text"] == ""


def test_an_answer_to_a_direct_note_is_direct_and_reaches_its_author(
    alice: Browser, sandbox: Sandbox
) -> None:
    haru, me = sandbox.person("haru"), sandbox.person("alice")
    target = sandbox.world.create_note(haru, text="psst", visibility="specified", visible=[me])
    alice.get(f"/compose?reply_id={target.id}")
    alice.submit("/compose", text="@haru yes?")
    assert written(sandbox)[0]["visibility"] == "specified"
    assert haru.id in next(sandbox.world.newest_first()).visible_user_ids


def test_an_unknown_circle_becomes_public_in_the_form(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("notes/show", "answer", body=a_note(id="abc", visibility="moon"))
    assert filled_in(alice.get("/compose?reply_id=abc"))["visibility"] == "public"


def test_answering_what_is_not_there_says_so(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/compose?reply_id=zzzzzz")
    assert page.status == 404
    assert "does not have this" in page.text


@pytest.mark.parametrize("junk", ["", "../x", "a b", "%00", "a" * 65, "<script>"])
def test_what_can_not_be_an_id_gives_an_empty_form_without_a_call(
    alice: Browser, sandbox: Sandbox, junk: str
) -> None:
    page = alice.get(f"/compose?reply_id={quote(junk, safe='%')}")
    assert page.status == 200
    assert filled_in(page)["reply_id"] == ""
    assert sandbox.calls == []


# What comes back without a call --------------------------------------------


@pytest.mark.parametrize("blank", ["", "   ", "\n\n", "\t \r\n", "\u3000"])
def test_nothing_written_is_nothing_posted(alice: Browser, sandbox: Sandbox, blank: str) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", **{**TYPED, "text": blank})
    assert page.status == 400
    assert problem(page) == "Write something first."
    assert_kept(page, {**TYPED, "text": blank.replace("\r\n", "\n")})
    assert sandbox.calls == []


def test_what_is_too_long_comes_back_whole(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    typed = {**TYPED, "text": "🍵" * 3001}
    page = alice.submit("/compose", **typed)
    assert page.status == 400
    assert "3,001 characters long" in problem(page)
    assert f"{sandbox.host} takes up to 3,000" in problem(page)
    assert_kept(page, typed)
    assert page.one("textarea", id="text").get("aria-invalid") == "true"
    assert sandbox.calls == []


def test_an_emoji_counts_as_the_server_counts_it(alice: Browser, sandbox: Sandbox) -> None:
    # By code points: 3000 of them are 6000 UTF-16 units and 12000 bytes, and allowed.
    alice.get("/compose")
    assert "Posted." in alice.submit("/compose", text="🍵" * 3000).text
    assert len(sandbox.calls_of("notes/create")) == 1


def test_the_length_is_the_servers_own(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    with app.app_context():
        db.session.get_one(Server, sandbox.host).max_note_length = 10
        db.session.commit()
    page = alice.get("/compose")
    assert "Up to 10 characters." in page.text
    page = alice.submit("/compose", text="12345678901")
    assert "takes up to 10" in problem(page)
    assert sandbox.calls == []
    assert "Posted." in alice.submit("/compose", text="1234567890").text


def test_the_length_is_asked_at_sign_in_and_held(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("meta", "patch", values={"maxNoteTextLength": 77})
    browser.sign_in("alice")
    sandbox.clear_calls()
    assert "Up to 77 characters." in browser.get("/compose").text
    assert sandbox.calls == []


@pytest.mark.parametrize("junk", ["", "Public", "everyone", "<script>", "public ", "公開"])
def test_a_visibility_that_is_none_is_asked_for_again(
    alice: Browser, sandbox: Sandbox, junk: str
) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", **{**TYPED, "visibility": junk})
    assert page.status == 400
    assert problem(page) == "Choose who can see the note."
    kept = {name: value for name, value in TYPED.items() if name != "visibility"}
    assert_kept(page, kept)
    assert "visibility" not in filled_in(page), "none is chosen for the person"
    assert sandbox.calls == []


@pytest.mark.parametrize("junk", ["../x", "a b", "a" * 65, "<script>", "\0"])
def test_an_answer_to_what_can_not_be_an_id_can_be_posted_by_itself(
    alice: Browser, sandbox: Sandbox, junk: str
) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", reply_id=junk, **TYPED)
    assert page.status == 400
    assert problem(page) == "The note you reply to is not there."
    assert_kept(page)
    assert sandbox.calls == []
    assert "Posted." in alice.submit("/compose").text
    assert "replyId" not in written(sandbox)[0]


def test_a_field_that_is_missing_is_an_empty_one(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    token = filled_in(alice.page)["csrf_token"]  # type: ignore[arg-type]
    page = alice.post("/compose", {"csrf_token": token})
    assert problem(page) == "Write something first."
    assert sandbox.calls == []
    page = alice.post("/compose", {"csrf_token": token, "text": "only words"})
    assert "Posted." in page.text
    assert written(sandbox) == [{"text": "only words", "visibility": "public"}]


# When the server says no ---------------------------------------------------

INVALID_CW = {"param": "#/properties/cw/maxLength", "reason": "must NOT have more than 100"}
INVALID_TEXT = {"param": "#/properties/text/maxLength", "reason": "must NOT have more than 3000"}
SAYS_NO: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "cw": ("error", {"code": "INVALID_PARAM", "info": INVALID_CW}, 502, "content warning is too"),
    "cw of old": (
        "error",
        {"code": "INVALID_PARAM", "info": {"param": "cw", "reason": "must-be-shorter"}},
        502,
        "content warning is too long",
    ),
    "text": ("error", {"code": "INVALID_PARAM", "info": INVALID_TEXT}, 502, "too long, empty or"),
    "no info": ("error", {"code": "INVALID_PARAM", "info": None}, 502, "did not accept"),
    "blocked": ("error", {"code": "YOU_HAVE_BEEN_BLOCKED"}, 403, "blocked you"),
    "words": ("error", {"code": "CONTAINS_PROHIBITED_WORDS"}, 502, "does not allow a word"),
    "mentions": ("error", {"code": "CONTAINS_TOO_MANY_MENTIONS"}, 502, "so many mentions"),
    "suspended": ("error", {"code": "YOUR_ACCOUNT_SUSPENDED", "status": 403}, 502, "suspended"),
    "moved": ("error", {"code": "YOUR_ACCOUNT_MOVED", "status": 403}, 502, "moved away"),
    "unheard of": ("error", {"code": "BAD_WEATHER"}, 502, "BAD_WEATHER"),
    "permission": ("error", {"code": "PERMISSION_DENIED", "status": 403}, 403, "permission"),
    "permission of old": ("error", {"code": "PERMISSION_DENIED", "status": 400}, 403, "permission"),
    "rate": ("rate-limited", {"retry_after": 42}, 429, "Try again in 42 seconds."),
    "rate of old": ("rate-limited-old", {}, 429, "An hour is always enough."),
    "endpoint": ("missing", {}, 502, "does not offer"),
    "redirect": ("redirect", {"location": "https://other.example/"}, 502, "other.example"),
}
"""How a server refuses so that nothing can have been posted."""


@pytest.mark.parametrize(
    ("how", "options", "status", "words"), SAYS_NO.values(), ids=SAYS_NO.keys()
)
def test_a_refused_note_comes_back_with_a_sentence_and_can_be_posted_then(
    alice: Browser, sandbox: Sandbox, how: str, options: dict[str, Any], status: int, words: str
) -> None:
    sandbox.misbehave("notes/create", how, times=1, **options)
    alice.get("/compose")
    page = alice.submit("/compose", **TYPED)
    assert page.status == status
    assert words in problem(page)
    assert "don't know" not in page.text
    assert_kept(page)
    wait = str(options.get("retry_after", "")) or None
    assert page.response.headers.get("Retry-After") == wait
    assert len(sandbox.calls_of("notes/create")) == 1
    assert "Posted." in alice.submit("/compose").text
    assert alice.is_signed_in


MAYBE: dict[str, tuple[str, dict[str, Any], int]] = {
    "its own fault": ("internal-error", {}, 502),
    "a page of 502": ("html", {"status": 502}, 502),
    "a page of 200": ("html", {}, 502),
    "garbage": ("garbage", {}, 502),
    "another shape": ("shape", {"shape": "list"}, 502),
    "no words": ("no-content", {}, 502),
    "no answer": ("lost", {}, 504),
    "half an answer": ("truncated", {}, 504),
}
"""How a server fails so that the note may be there nevertheless."""


@pytest.mark.parametrize(("how", "options", "status"), MAYBE.values(), ids=MAYBE.keys())
def test_where_it_may_have_happened_the_person_is_told_to_look(
    alice: Browser, sandbox: Sandbox, how: str, options: dict[str, Any], status: int
) -> None:
    sandbox.misbehave("notes/create", how, times=1, **options)
    alice.get("/compose")
    tab = another_tab(alice)
    page = alice.submit("/compose", **TYPED)
    assert page.status == status
    assert "So we don't know whether your note was posted." in problem(page)
    assert "Look at your newest notes" in problem(page)
    assert_kept(page)
    # The same form once more, as a reload sends it: not sent on, and still not known.
    page = tab.submit("/compose", **TYPED)
    assert page.status == 409
    assert "we don't know whether it was posted" in problem(page)
    assert_kept(page)
    assert len(sandbox.calls_of("notes/create")) == 1


@pytest.mark.parametrize("how", ["silent", "hang", "drip", "drip-headers"])
def test_an_answer_that_does_not_come_is_not_waited_for_long(
    hasty: Browser, sandbox: Sandbox, how: str
) -> None:
    sandbox.misbehave("notes/create", how)
    hasty.get("/compose")
    began = time.monotonic()
    page = hasty.submit("/compose", **TYPED)
    assert time.monotonic() - began < 2
    assert page.status == 504
    assert "So we don't know whether your note was posted." in problem(page)
    assert_kept(page)


def test_a_server_that_is_gone_has_surely_not_posted(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.stop()
    try:
        page = alice.submit("/compose", **TYPED)
    finally:
        port = int(sandbox.host.rpartition(":")[2])
        sandbox._address = (sandbox._address[0], port)
        sandbox.start()
    assert page.status == 502
    assert f"{sandbox.host} was not found, or nothing answers there." in problem(page)
    assert "What you wrote is still here." in problem(page)
    assert "don't know" not in page.text
    assert_kept(page)


def test_the_note_answered_is_gone_and_the_text_can_stand_by_itself(
    alice: Browser, sandbox: Sandbox
) -> None:
    target = sandbox.world.create_note(sandbox.person("carol"), text="fleeting")
    alice.get(f"/compose?reply_id={target.id}")
    sandbox.world.delete_note(target)
    page = alice.submit("/compose", **TYPED)
    assert page.status == 404
    assert "The note you reply to is not there any more." in problem(page)
    assert "You can post this as a note of its own." in problem(page)
    assert_kept(page)
    assert "Posted." in alice.submit("/compose").text
    assert "replyId" not in written(sandbox)[1]


def test_blocked_by_the_person_answered(alice: Browser, sandbox: Sandbox) -> None:
    carol, me = sandbox.person("carol"), sandbox.person("alice")
    target = sandbox.world.create_note(carol, text="come closer")
    alice.get(f"/compose?reply_id={target.id}")
    sandbox.world.blocking.add((carol.id, me.id))
    page = alice.submit("/compose", **TYPED)
    assert page.status == 403
    assert "This person has blocked you." in problem(page)
    assert_kept(page)
    assert filled_in(page)["reply_id"] == target.id


def test_a_content_warning_too_long_for_the_server_is_the_one_marked(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    typed = {**TYPED, "cw": "c" * 101}
    page = alice.submit("/compose", **typed)
    assert "The content warning is too long" in problem(page)
    assert page.one("input", id="cw").get("aria-invalid") == "true"
    assert "problem" in str(page.one("input", id="cw").get("aria-describedby"))
    assert page.one("textarea", id="text").get("aria-invalid") is None
    assert_kept(page, typed)


def test_a_limit_that_shrank_since_is_the_servers_to_tell(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    with app.app_context():
        db.session.get_one(Server, sandbox.host).max_note_length = 9000
        db.session.commit()
    alice.get("/compose")
    typed = {**TYPED, "text": "long " * 1000}
    page = alice.submit("/compose", **typed)
    assert "something is too long" in problem(page)
    assert_kept(page, typed)


# Never two notes -----------------------------------------------------------


def test_a_double_click_posts_once_and_both_end_at_the_note(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    sandbox.misbehave("notes/create", "slow", seconds=0.3)
    tabs = [another_tab(alice), another_tab(alice)]
    pages = at_once(
        *[lambda tab=tab: tab.submit("/compose", text="Only once", follow=False) for tab in tabs]
    )
    newest = next(sandbox.world.newest_first())
    assert newest.text == "Only once"
    assert [page.response.headers["Location"] for page in pages] == [f"/#note-{newest.id}"] * 2
    assert len(sandbox.calls_of("notes/create")) == 1


def test_however_many_press_at_once_there_is_one_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.misbehave("notes/create", "slow", seconds=0.5)
    tabs = [another_tab(alice) for _ in range(20)]
    began = time.monotonic()
    pages = at_once(
        *[lambda tab=tab: tab.submit("/compose", text="Only once", follow=False) for tab in tabs]
    )
    assert time.monotonic() - began < 5
    assert notes_saying(sandbox, "Only once") == 1
    assert len(sandbox.calls_of("notes/create")) == 1
    # Most wait for what comes of it; where too many wait already, nobody pretends to know.
    assert {page.status for page in pages} <= {303, 409}
    assert sum(page.status == 303 for page in pages) >= 3
    for page in pages:
        if page.status == 409:
            assert "we don't know whether it was posted" in problem(page)
            assert filled_in(page)["text"] == "Only once"


def test_a_reload_after_it_was_posted_shows_the_same_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    first = alice.submit("/compose", text="Only once", follow=False)
    again = tab.submit("/compose", text="Only once", follow=False)
    assert again.status == 303
    assert again.response.headers["Location"] == first.response.headers["Location"]
    assert len(sandbox.calls_of("notes/create")) == 1


def test_a_reload_after_it_was_refused_says_nothing_was_posted(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    sandbox.misbehave("notes/create", "rate-limited", times=1)
    alice.submit("/compose", **TYPED)
    page = tab.submit("/compose", **TYPED)
    assert "The first try did not go through, so nothing was posted." in problem(page)
    assert_kept(page)
    assert len(sandbox.calls_of("notes/create")) == 1
    assert "Posted." in tab.submit("/compose").text
    assert len(sandbox.calls_of("notes/create")) == 2


def test_a_lost_answer_and_a_second_press_make_one_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    sandbox.misbehave("notes/create", "lost", times=1)
    alice.submit("/compose", text="Only once")
    tab.submit("/compose", text="Only once")
    assert notes_saying(sandbox, "Only once") == 1


def test_while_the_first_press_hangs_the_second_waits_no_longer_than_it(
    hasty: Browser, sandbox: Sandbox
) -> None:
    hasty.get("/compose")
    sandbox.misbehave("notes/create", "silent")
    tabs = [another_tab(hasty), another_tab(hasty)]
    began = time.monotonic()
    pages = at_once(*[lambda tab=tab: tab.submit("/compose", **TYPED) for tab in tabs])
    assert time.monotonic() - began < 3
    assert sorted(page.status for page in pages) == [409, 504]
    for page in pages:
        assert "don't know whether" in problem(page)
        assert_kept(page)
    assert len(sandbox.calls_of("notes/create")) == 1


def test_a_first_press_that_never_ends_is_waited_for_a_bounded_time(
    hasty: Browser, sandbox: Sandbox, app: Flask
) -> None:
    hasty.get("/compose")
    tab = another_tab(hasty)
    hasty.submit("/compose", **TYPED)
    # As if the process had been killed between claiming and posting.
    with app.app_context():
        db.session.query(Submission).update({"state": "sending", "note_id": None})
        db.session.commit()
    sandbox.clear_calls()
    began = time.monotonic()
    page = tab.submit("/compose", **TYPED)
    assert 1 < time.monotonic() - began < 3
    assert page.status == 409
    assert "we don't know whether it was posted" in problem(page)
    assert_kept(page)
    assert sandbox.calls == []


def test_going_back_and_writing_something_else_is_another_note(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    back = another_tab(alice)
    alice.submit("/compose", text="First thought")
    # The page of before, from the browser's history: its form was used already.
    assert "Posted." in back.submit("/compose", text="Second thought").text
    assert [body["text"] for body in written(sandbox)] == ["First thought", "Second thought"]


def test_two_forms_are_two_notes_even_with_the_same_words(alice: Browser, sandbox: Sandbox) -> None:
    for _ in range(2):
        alice.get("/compose")
        alice.submit("/compose", text="Same words again")
    assert notes_saying(sandbox, "Same words again") == 2


@pytest.mark.parametrize("junk", [None, "", "short", "x" * 65, "a b c d e f g h i j", "é" * 20])
def test_a_form_without_an_id_of_ours_still_posts_each_time(
    alice: Browser, sandbox: Sandbox, junk: str | None
) -> None:
    for _ in range(2):
        alice.get("/compose")
        assert "Posted." in alice.submit("/compose", text="by hand", form_id=junk).text
    assert notes_saying(sandbox, "by hand") == 2


def test_a_form_that_came_with_a_junk_id_goes_back_with_a_good_one(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="", form_id="junk")
    assert len(filled_in(page)["form_id"]) >= 16
    assert sandbox.calls == []


# Whose note it is ----------------------------------------------------------


def switch(browser: Browser, username: str) -> None:
    """Act as that account from now on, by the button."""
    page = browser.get("/accounts")
    for form in page.forms():
        if form.action.endswith("/switch"):
            browser.post(form.action, form.fields)
    shown = "".join(browser.get("/").one("a", class_="me").itertext())
    assert shown.startswith(f"@{username}@")


def sign_out(browser: Browser, account: str | None = None) -> None:
    """Sign out of one account, or of all, by the page's form."""
    page = browser.get("/accounts")
    token = page.forms()[0].fields["csrf_token"]
    browser.post("/sign-out", {"csrf_token": token, **({"account": account} if account else {})})


def test_the_account_of_the_form_posts_whoever_is_current_by_now(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.sign_in("bob")
    switch(alice, "alice")
    alice.get("/compose")
    tab = another_tab(alice)
    switch(alice, "bob")
    sandbox.clear_calls()
    assert "Posted." in tab.submit("/compose", text="whose is it").text
    assert [call.account for call in sandbox.calls_of("notes/create")] == ["alice"]


def test_a_slow_post_does_not_undo_what_was_done_in_another_tab_meanwhile(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.sign_in("bob")
    switch(alice, "alice")
    alice.get("/compose")
    tab = another_tab(alice)
    sandbox.misbehave("notes/create", "slow", seconds=0.6)
    with ThreadPoolExecutor(1) as beside:
        posting = beside.submit(lambda: tab.submit("/compose", text="slowly", follow=False))
        while not sandbox.calls_of("notes/create"):
            time.sleep(0.01)
        switch(alice, "bob")
        assert posting.result().status == 303
    page = alice.get("/")
    assert "".join(page.one("a", class_="me").itertext()).startswith("@bob@")
    assert "Posted." in page.text, "and what the slow one had to say is said"


def test_a_form_that_comes_back_stays_with_its_account(alice: Browser, sandbox: Sandbox) -> None:
    alice.sign_in("bob")
    switch(alice, "alice")
    mine = filled_in(alice.get("/compose"))["account"]
    tab = another_tab(alice)
    switch(alice, "bob")
    for changes in ({"text": ""}, {"csrf_token": "stale"}):
        page = tab.submit("/compose", **{**TYPED, **changes})
        assert filled_in(page)["account"] == mine
        assert "As @alice@" in page.text


def test_signed_out_of_that_account_meanwhile_no_other_posts_for_it(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.sign_in("bob")
    switch(alice, "alice")
    mine = filled_in(alice.get("/compose"))["account"]
    tabs = [another_tab(alice), another_tab(alice)]
    sign_out(alice, mine)
    sandbox.clear_calls()
    for tab, token in zip(tabs, ({}, {"csrf_token": "stale"}), strict=True):
        page = tab.submit("/compose", **TYPED, **token)
        assert page.status == 401
        assert "not signed in to that account" in problem(page)
        assert shown_text(page) == TYPED["text"]
    assert sandbox.calls == []


def test_an_account_of_somebody_else_is_not_posted_as(
    new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    victim, thief = new_browser(), new_browser()
    victim.sign_in("alice")
    theirs = filled_in(victim.get("/compose"))["account"]
    thief.sign_in("bob")
    thief.get("/compose")
    sandbox.clear_calls()
    for account in (theirs, "nobody", "\0", "' or 1=1"):
        page = thief.submit("/compose", text="as you", account=account)
        assert page.status == 401, account
        thief.get("/compose")
        thief.submit("/compose/discard")
        thief.get("/compose")
    assert sandbox.calls == []


# Signed out while writing --------------------------------------------------


def shown_text(page: Page) -> str:
    """The text of the page that shows what was typed."""
    return str(page.one("textarea", id="text").text)


def test_signed_out_in_another_tab_the_text_is_shown_kept_and_back_after_signing_in(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    sign_out(alice)
    sandbox.clear_calls()
    page = tab.submit("/compose", **TYPED)
    assert page.status == 401
    assert "Your note was not posted" in problem(page)
    assert shown_text(page) == TYPED["text"]
    assert page.one("input", id="cw").get("value") == TYPED["cw"]
    assert sandbox.calls == []
    assert shown_text(tab.get("/compose")) == TYPED["text"], "and again when looked at again"
    token = tab.begin_sign_in(next="/compose")
    sandbox.consent(token, "alice")
    page = tab.get(f"/sign-in/callback?token={token}")
    assert page.path == "/compose"
    assert_kept(page)
    assert "kept from before you were signed out" in page.text
    assert "Posted." in tab.submit("/compose").text
    assert written(sandbox) == [
        {
            "text": TYPED["text"],
            "cw": TYPED["cw"],
            "visibility": "followers",
            "localOnly": True,
        }
    ]
    assert filled_in(tab.get("/compose"))["text"] == "", "it is gone once it is posted"


def test_an_expired_session_keeps_the_text_too(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.client.delete_cookie("engawa", domain="localhost")
    sandbox.clear_calls()
    page = alice.submit("/compose", **TYPED)
    assert page.status == 401
    assert shown_text(page) == TYPED["text"]
    assert sandbox.calls == []
    alice.sign_in("alice")
    assert_kept(alice.get("/compose"))


def test_revoked_at_the_server_the_text_is_kept_and_only_that_account_leaves(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.sign_in("bob")
    switch(alice, "alice")
    alice.get("/compose")
    sandbox.revoke("alice")
    page = alice.submit("/compose", **TYPED)
    assert page.status == 401
    assert shown_text(page) == TYPED["text"]
    assert [call.status for call in sandbox.calls_of("notes/create")] == [401]
    assert "Choose the account" in alice.get("/").text
    alice.sign_in("alice")
    assert_kept(alice.get("/compose"))
    assert "Posted." in alice.submit("/compose").text


def test_a_lost_csrf_token_brings_the_form_back_and_one_press_posts(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    for bad in (None, "", "stale"):
        page = alice.submit("/compose", csrf_token=bad, **TYPED)
        assert page.status == 400
        assert "could not be trusted any more" in problem(page)
        assert_kept(page)
        assert sandbox.calls == []
    assert "Posted." in alice.submit("/compose").text


def test_a_lost_csrf_token_does_not_make_a_second_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    alice.submit("/compose", text="Only once")
    # The answer never reached the browser, and its second try comes without the token.
    tab.submit("/compose", text="Only once", csrf_token="stale")
    assert "Posted." in tab.submit("/compose").text
    assert notes_saying(sandbox, "Only once") == 1


def test_signing_in_again_does_not_make_a_second_note(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    tab = another_tab(alice)
    alice.submit("/compose", text="Only once")
    sign_out(alice)
    tab.submit("/compose", text="Only once")
    tab.sign_in("alice")
    tab.get("/compose")
    assert "Posted." in tab.submit("/compose").text
    assert notes_saying(sandbox, "Only once") == 1


def test_what_was_kept_does_not_stand_in_the_way_of_another_note(
    alice: Browser, sandbox: Sandbox
) -> None:
    target = sandbox.world.create_note(sandbox.person("carol"), text="moonflowers")
    alice.get("/compose")
    alice.client.delete_cookie("engawa", domain="localhost")
    alice.submit("/compose", **TYPED)
    alice.sign_in("alice")
    page = alice.get(f"/compose?reply_id={target.id}")
    assert filled_in(page)["text"] == "@carol "
    alice.submit("/compose", text="@carol beautiful")
    # The other text is still there.
    assert_kept(alice.get("/compose"))
    page = alice.submit("/compose/discard")
    assert filled_in(page)["text"] == ""
    assert_kept(page, {"text": "", "cw": ""})


def test_somebody_who_never_signed_in_is_asked_to(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/compose")
    assert "To write a note, sign in with your server first." in page.text
    assert "/sign-in?next=/compose" in page.links() or "/sign-in?next=%2Fcompose" in page.links()
    assert sandbox.calls == []


def test_only_post_posts(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose?text=hello&visibility=public&form_id=0123456789abcdef")
    for method in ("put", "delete", "patch"):
        assert getattr(alice.client, method)("/compose").status_code in (400, 405)
    assert sandbox.calls == []
