"""What our script gets when it sends a form of a note: notice, note and sheets."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from app.actions import ACTIONS
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import hurried
from tests.web.test_actions import BODIES, fields_of, post


class Fragment(Page):
    """An answer to our script: a piece of a page's `<main>`."""

    @property
    def root(self) -> Element:
        if self._root is None:
            parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
            self._root = parser.parseFragment(self.html, container="main")
        return self._root

    @property
    def parts(self) -> list[str]:
        """The names of its elements, from top to bottom."""
        return [element.tag for element in self.root]

    @property
    def notice(self) -> str:
        """The words of its notice."""
        return " ".join("".join(self.one("div", class_="notice").itertext()).split())

    @property
    def is_problem(self) -> bool:
        """Whether its notice tells of a problem, in looks and for screen readers."""
        (notice,) = self.all("div", class_="notice")
        looks = "is-problem" in notice.get("class", "").split()
        assert notice.get("role") == ("alert" if looks else "status")
        return looks


def send(browser: Browser, path: str, fields: dict[str, Any], **headers: str) -> Fragment:
    """Send a form as our script does."""
    page = browser.post(path, fields, follow=False, X_Engawa_Fragment="note", **headers)
    return Fragment(page.response, path)


def pressed(browser: Browser, note_id: str, name: str, **fields: str) -> Fragment:
    """Send an action from the note's own page."""
    page = browser.get(f"/notes/{note_id}")
    return send(browser, f"/notes/{note_id}/{name}", {**fields_of(page), **fields})


def pills(page: Page) -> list[str]:
    """The reactions a note shows."""
    return ["".join(e.itertext()).split()[0] for e in page.all("button", class_="mine")]


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - {"unrenote"}))
def test_each_action_answers_with_its_notice_and_the_note(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    fields, body = BODIES[name]
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.clear_calls()
    sandbox.misbehave(ACTIONS[name].endpoint, "no-content")
    answer = send(alice, f"/notes/{note_id}/{name}", {**fields_of(page), **fields})
    assert answer.status == 200
    assert answer.parts == ["div", "article"]
    assert answer.notice == str(ACTIONS[name].done)
    assert not answer.is_problem
    assert answer.note_ids() == [note_id]
    # What is done is the same as without the header; then the note is read again.
    done, read = sandbox.calls
    sent = {key: value for key, value in done.body.items() if key != "i"}
    assert sent == {key: note_id if value == "ID" else value for key, value in body.items()}
    assert (read.endpoint, read.body["noteId"]) == ("notes/show", note_id)


def test_the_notice_is_not_shown_again_by_the_next_page(alice: Browser) -> None:
    note_id = post(alice)
    alice.get("/")
    assert pressed(alice, note_id, "favourite").status == 200
    assert not alice.get("/").all("div", class_="notice")


def test_the_note_is_as_it_is_now(alice: Browser) -> None:
    note_id = post(alice)
    assert pills(pressed(alice, note_id, "react", reaction="🍡")) == ["🍡"]
    assert pills(pressed(alice, note_id, "unreact")) == []


def test_a_fragment_s_forms_can_be_sent(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get("/")
    first = send(
        alice, f"/notes/{note_id}/react", {**fields_of(page), "reaction": "🍡", "next": "/"}
    )
    form = first.form(f"/notes/{note_id}/unreact")
    assert form.fields["next"] == "/"
    second = send(alice, f"/notes/{note_id}/unreact", form.fields)
    assert second.status == 200
    # And without the script, from the page the fragment became part of.
    form = second.form(f"/notes/{note_id}/react")
    back = alice.post(f"/notes/{note_id}/react", {**form.fields, "reaction": "🍵"}, follow=False)
    assert back.response.headers["Location"] == f"/#note-{note_id}"


def test_a_fragment_s_renote_is_a_second_one(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = {**fields_of(alice.get("/")), "visibility": "public"}
    sandbox.clear_calls()
    first = send(alice, f"/notes/{note_id}/renote", fields)
    # The very same form once more is a double click, and says what the first came to.
    again = send(alice, f"/notes/{note_id}/renote", fields)
    assert (first.notice, again.notice) == ("Renoted.", "Renoted.")
    assert len(sandbox.calls_of("notes/create")) == 1
    form = first.form(f"/notes/{note_id}/renote")
    send(alice, f"/notes/{note_id}/renote", form.fields)
    assert len(sandbox.calls_of("notes/create")) == 2


def renoted(browser: Browser, text: str) -> tuple[str, str]:
    """A renote of one's own: its id, and that of the note."""
    note_id = post(browser, text)
    pressed(browser, note_id, "renote", visibility="public")
    return browser.get("/").note_ids()[0], note_id


def test_a_renote_stays_around_the_note(alice: Browser) -> None:
    outer, note_id = renoted(alice, "passed on")
    page = alice.get("/")
    answer = send(
        alice,
        f"/notes/{note_id}/react",
        {**fields_of(page), "reaction": "🍡", "anchor": outer},
    )
    assert answer.note_ids() == [outer]
    assert pills(answer) == ["🍡"]
    form = answer.form(f"/notes/{note_id}/react")
    assert form.fields["anchor"] == outer


def test_an_anchor_that_is_none_is_passed_over(alice: Browser) -> None:
    note_id = post(alice)
    assert pressed(alice, note_id, "favourite", anchor="../../x").note_ids() == [note_id]


def test_a_renote_taken_back_is_gone(alice: Browser, sandbox: Sandbox) -> None:
    outer, _note_id = renoted(alice, "passed on and taken back")
    page = alice.get("/")
    sandbox.clear_calls()
    answer = send(alice, f"/notes/{outer}/unrenote", fields_of(page))
    assert answer.status == 200
    assert answer.parts == ["div"]
    assert answer.notice == "Your renote is taken back."
    assert [call.endpoint for call in sandbox.calls] == ["notes/delete"]


def test_the_values_of_its_markup_come_along(alice: Browser) -> None:
    note_id = post(alice, "$[fg.color=ff8800 orange]")
    answer = pressed(alice, note_id, "favourite")
    assert answer.parts == ["div", "article", "link"]
    address = answer.one("link", rel="stylesheet").get("href", "")
    assert "c-ff8800" in address
    assert alice.get(address).status == 200


def test_a_plain_refusal_is_a_conflict_with_the_note_as_it_is(alice: Browser) -> None:
    note_id = post(alice)
    pressed(alice, note_id, "favourite")
    answer = pressed(alice, note_id, "favourite")
    assert answer.status == 409
    assert answer.is_problem
    assert answer.notice == "It was among your favourites before."
    assert answer.note_ids() == [note_id]


def test_too_soon_says_when(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.misbehave("notes/favorites/create", "rate-limited", retry_after=3)
    answer = pressed(alice, note_id, "favourite")
    assert answer.status == 429
    assert answer.response.headers["Retry-After"] == "3"
    assert "Try again in 3 seconds." in answer.notice
    assert sandbox.host in answer.notice
    assert answer.note_ids() == [note_id]


def test_a_refusal_stands_where_the_note_can_t_be_read(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.misbehave("notes/favorites/create", "error", code="ALREADY_FAVORITED", status=400)
    sandbox.misbehave("notes/show", "internal-error")
    answer = send(alice, f"/notes/{note_id}/favourite", fields_of(page))
    assert answer.status == 409
    assert answer.parts == ["div"]


def test_what_was_done_is_said_where_the_note_can_t_be_read(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.misbehave("notes/show", "internal-error")
    answer = send(alice, f"/notes/{note_id}/favourite", fields_of(page))
    # Not 200: without an article that would mean that the note is gone.
    assert answer.status == 502
    assert answer.notice == ("It is among your favourites now. Reload the page to see the note.")
    assert answer.parts == ["div"]


def test_a_note_that_went_meanwhile_is_gone(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.misbehave("notes/show", "error", code="NO_SUCH_NOTE", status=400)
    answer = send(alice, f"/notes/{note_id}/favourite", fields_of(page))
    assert answer.status == 200
    assert answer.parts == ["div"]


@pytest.mark.parametrize(
    ("how", "status"), [("down", 504), ("silent", 504), ("internal-error", 502)]
)
def test_a_server_that_fails_is_said_to_in_the_page_s_own_words(
    alice: Browser, sandbox: Sandbox, how: str, status: int
) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    sandbox.clear_calls()
    hurried(alice.app)
    sandbox.misbehave("notes/favorites/create", how)
    answer = send(alice, f"/notes/{note_id}/favourite", fields)
    assert answer.status == status
    assert answer.parts == ["div"]
    assert answer.is_problem
    assert sandbox.host in answer.notice
    # The server is not asked for the note on top of it.
    assert {call.endpoint for call in sandbox.calls} == {"notes/favorites/create"}
    page = alice.post(f"/notes/{note_id}/favourite", fields, follow=False)
    assert page.status == status
    assert answer.notice.partition(" Go home")[0] in page.text


@pytest.mark.parametrize("how", ["html", "garbage"])
def test_nonsense_for_an_answer_leaves_open_what_was_done(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.misbehave("notes/favorites/create", how)
    answer = send(alice, f"/notes/{note_id}/favourite", fields_of(page))
    assert (answer.status, answer.parts) == (502, ["div"])
    assert "It may have been done all the same" in answer.notice
    assert len(sandbox.calls_of("notes/favorites/create")) == 1
    sandbox.misbehave("notes/show", how)
    answer = send(alice, f"/notes/{note_id}/unfavourite", fields_of(page))
    assert answer.status in (409, 502)
    assert answer.parts == ["div"]


def test_a_missing_endpoint_is_said(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.misbehave("notes/favorites/create", "error", code="UNKNOWN_API_ENDPOINT", status=404)
    answer = pressed(alice, note_id, "favourite")
    assert answer.status == 502
    assert "does not offer" in answer.notice


def test_a_missing_permission_is_said(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.misbehave("notes/favorites/create", "error", code="PERMISSION_DENIED", status=403)
    answer = pressed(alice, note_id, "favourite")
    assert answer.status == 403
    assert "permission" in answer.notice


def test_a_lost_session_is_401(alice: Browser, browser: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    alice.client.delete_cookie("engawa")
    sandbox.clear_calls()
    answer = send(alice, f"/notes/{note_id}/favourite", fields)
    assert answer.status == 401
    assert answer.is_problem
    assert "signed out" in answer.notice
    assert answer.one("a").get("href") == "/sign-in"
    assert sandbox.calls == []


def test_no_other_account_answers_for_one_that_is_signed_out(
    alice: Browser, sandbox: Sandbox
) -> None:
    note_id = post(alice)
    fields = {**fields_of(alice.get(f"/notes/{note_id}")), "account": "somebodyelse"}
    sandbox.clear_calls()
    answer = send(alice, f"/notes/{note_id}/favourite", fields)
    assert answer.status == 401
    assert "signed out" in answer.notice
    assert sandbox.calls == []


def test_a_refused_credential_signs_out(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    sandbox.revoke("alice")
    answer = send(alice, f"/notes/{note_id}/favourite", fields)
    assert answer.status == 401
    assert answer.parts == ["div"]
    assert not alice.is_signed_in


def test_a_token_that_is_none_is_400(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.clear_calls()
    answer = send(alice, f"/notes/{note_id}/favourite", {})
    assert answer.status == 400
    assert answer.parts == ["div"]
    assert "nothing was done" in answer.notice
    assert sandbox.calls == []


def test_another_site_gets_nothing_done(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    sandbox.clear_calls()
    answer = send(alice, f"/notes/{note_id}/favourite", fields, Origin="https://evil.example")
    assert answer.status == 403
    assert answer.parts == ["div"]
    assert sandbox.calls == []


def test_a_page_asked_for_with_the_header_is_a_page(alice: Browser) -> None:
    assert alice.get("/", X_Engawa_Fragment="note").title.startswith("Home")


def test_it_speaks_japanese(alice: Browser) -> None:
    note_id = post(alice)
    alice.headers["Accept-Language"] = "ja"
    assert pressed(alice, note_id, "favourite").notice == "お気に入りに追加しました。"
