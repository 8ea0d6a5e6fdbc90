"""Search: notes, people, hashtags, and what is at an address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask

from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def open_address(alice: Browser, sandbox: Sandbox, words: str) -> Page:
    """Press the button that leads to an address, without following."""
    alice.get(f"/search?q={quote('@a@b.example')}")
    sandbox.clear_calls()
    return alice.submit("/search/open", follow=False, q=words)


@pytest.mark.parametrize("path", ["/search", "/search?q=", "/search?q=%20%20", "/search?in=people"])
def test_without_words_nobody_is_asked(alice: Browser, sandbox: Sandbox, path: str) -> None:
    page = alice.get(path)
    assert page.status == 200
    assert "What you can look for" in page.text
    assert sandbox.calls == []


def test_notes_with_the_words(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.can_search_notes = True
    alice.get("/search")
    page = alice.submit("/search", q="tea")
    found = [sandbox.world.notes[note_id] for note_id in page.note_ids()]
    assert found
    assert all("tea" in f"{note.text} {note.cw}".lower() for note in found)
    assert [call.endpoint for call in sandbox.calls] == ["notes/search"]
    assert sandbox.calls[0].body["query"] == "tea"


def test_going_older_keeps_the_words(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.settings.can_search_notes = True
    for number in range(25):
        sandbox.world.create_note(sandbox.person("bob"), text=f"kettle & cup {number}")
    first = alice.get("/search?q=kettle+%26+cup")
    older = next(path for path in first.links() if "until=" in path)
    second = alice.get(older)
    assert len(first.note_ids()) == 20
    assert len(second.note_ids()) == 5
    assert sandbox.calls[-1].body["query"] == "kettle & cup"


def test_where_notes_are_not_searched_it_is_said_and_a_way_shown(alice: Browser) -> None:
    page = alice.get("/search?q=tea")
    assert page.status == 200
    assert "does not let this account search notes." in page.text
    assert "/search?q=tea&in=people" in page.links()
    assert page.one("input", id="q").get("value") == "tea"


def test_misskey_11_says_it_otherwise(alice: Browser, sandbox: Sandbox) -> None:
    error = {"error": {"code": "SEARCHING_NOT_AVAILABLE", "message": "", "id": "x"}}
    sandbox.misbehave("notes/search", "answer", body=error, status=400)
    assert "does not let this account search notes." in alice.get("/search?q=tea").text


def test_people_each_once(alice: Browser, sandbox: Sandbox) -> None:
    people = [{"id": "u1", "username": "bob"}, {"id": "u1", "username": "bob"}]
    sandbox.misbehave("users/search", "answer", body=people)
    assert alice.get("/search?q=bo&in=people").links().count("/@bob") == 1


def test_people_of_other_servers_lead_to_our_page_of_them(alice: Browser) -> None:
    assert "/@juno@far.example" in alice.get("/search?q=juno&in=people").links()


def test_hashtags(alice: Browser, sandbox: Sandbox) -> None:
    assert "/tags/engawa" in alice.get("/search?q=%23enga&in=tags").links()
    assert sandbox.calls[0].body["query"] == "enga"


@pytest.mark.parametrize("place", ["notes", "people", "tags"])
def test_nothing_found_is_said(alice: Browser, sandbox: Sandbox, place: str) -> None:
    endpoint = {"notes": "notes/search", "people": "users/search", "tags": "hashtags/search"}
    sandbox.misbehave(endpoint[place], "answer", body=[])
    words = {"notes": "No note has", "people": "Nobody is called", "tags": "No hashtag begins"}
    assert words[place] in alice.get(f"/search?q=zzz&in={place}").text


@pytest.mark.parametrize("words", ["<script>", "%", "%(name)s", "\0", "あ" * 400, "\u202e", "'\""])
def test_any_words_will_do(alice: Browser, words: str) -> None:
    for place in ("notes", "people", "tags", "nonsense"):
        page = alice.get(f"/search?q={quote(words)}&in={place}")
        assert page.status == 200
        assert page.root is not None
        assert "<script>" not in page.html


# Addresses ----------------------------------------------------------------


@pytest.mark.parametrize("words", ["@juno@far.example", "https://far.example/notes/1"])
def test_an_address_is_offered_to_be_opened_and_asks_nobody_yet(
    alice: Browser, sandbox: Sandbox, words: str
) -> None:
    page = alice.get(f"/search?q={quote(words)}")
    assert sandbox.calls == []
    assert page.form("/search/open").fields["q"] == words


@pytest.mark.parametrize("words", ["@juno@far.example", "juno@far.example"])
def test_a_handle_leads_to_the_person(alice: Browser, sandbox: Sandbox, words: str) -> None:
    page = open_address(alice, sandbox, words)
    assert page.response.headers["Location"] == "/@juno@far.example"
    assert sandbox.calls == []


def test_the_address_of_a_person_leads_to_our_page_of_them(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = open_address(alice, sandbox, "https://far.example/@juno")
    assert page.status == 303
    assert page.response.headers["Location"] == "/@juno@far.example"
    assert [call.endpoint for call in sandbox.calls] == ["ap/show"]


def test_the_address_of_a_note_leads_to_our_page_of_it(alice: Browser, sandbox: Sandbox) -> None:
    note = next(note for note in sandbox.world.notes.values() if note.uri)
    page = open_address(alice, sandbox, str(note.uri))
    assert page.response.headers["Location"] == f"/notes/{note.id}"


@pytest.mark.parametrize("words", ["tea", "", "javascript:alert(1)", "https://", "ftp://a.example"])
def test_what_is_no_address_is_refused_without_a_call(
    alice: Browser, sandbox: Sandbox, words: str
) -> None:
    page = open_address(alice, sandbox, words)
    assert page.status == 400
    assert "Type the whole address." in page.text
    assert page.one("input", id="q").get("value") == words
    assert sandbox.calls == []


NOTHING = "There is nothing at this address that your server can show."


def test_an_address_of_nothing_keeps_what_was_typed(alice: Browser, sandbox: Sandbox) -> None:
    page = open_address(alice, sandbox, "https://far.example/nothing")
    assert page.status == 404
    assert NOTHING in page.text
    assert page.one("input", id="q").get("value") == "https://far.example/nothing"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "Poem", "object": {"id": "1"}},
        {"type": "User", "object": {"id": "1"}},
        {"type": "Note"},
        {"type": "Note", "object": None},
        [],
    ],
)
def test_a_strange_answer_leads_nowhere(alice: Browser, sandbox: Sandbox, body: object) -> None:
    sandbox.misbehave("ap/show", "answer", body=body)
    page = open_address(alice, sandbox, "https://far.example/x")
    assert page.status == 404
    assert NOTHING in page.text


def test_a_limit_is_said_and_nothing_is_lost(alice: Browser, sandbox: Sandbox) -> None:
    error = {"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "", "id": "x"}}
    sandbox.misbehave("ap/show", "answer", body=error, status=429)
    page = open_address(alice, sandbox, "https://far.example/x")
    assert page.status == 429
    assert page.one("input", id="q").get("value") == "https://far.example/x"


def test_without_the_token_nothing_is_asked(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.post("/search/open", {"q": "https://far.example/@juno"}, follow=False)
    assert page.status == 400
    assert sandbox.calls == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_signed_out_nothing_is_asked(browser: Browser, sandbox: Sandbox, method: str) -> None:
    token = browser.get("/sign-in").forms()[0].fields["csrf_token"]
    if method == "get":
        page = browser.get("/search?q=tea", follow=False)
    else:
        page = browser.post("/search/open", {"q": "a", "csrf_token": token}, follow=False)
    assert page.status == 303
    assert sandbox.calls == []


def test_an_account_signed_out_elsewhere_is_not_replaced_by_another(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/search?q=@a@b.example")
    page = alice.submit(
        "/search/open", follow=False, q="https://far.example/@juno", account="0" * 32
    )
    assert page.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []
