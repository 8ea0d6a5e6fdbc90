"""Drafts are kept on our side by account: listed, opened, posted, thrown away."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app import keeping
from app.extensions import db
from app.models import Account, KeptDraft
from sandbox import Sandbox
from tests.browsing import Browser, Page


def keep(browser: Browser, text: str, **changes: str | list[str]) -> Page:
    """Type something into an empty form and keep it."""
    browser.get("/compose")
    return browser.press("/compose", "keep", text=text, **changes)


def open_draft(browser: Browser, beginning: str) -> Page:
    """Open the draft of the list that begins so."""
    page = browser.get("/drafts")
    (link,) = [a for a in page.all("a") if "".join(a.itertext()).startswith(beginning)]
    return browser.get(link.get("href", ""))


def rows(app: Flask) -> list[KeptDraft]:
    """Everything in the table."""
    with app.app_context():
        return list(db.session.scalars(select(KeptDraft)))


def test_a_draft_is_kept_listed_and_opened(alice: Browser, sandbox: Sandbox) -> None:
    page = keep(
        alice,
        "a thought\r\nfor later",
        cw="half-baked",
        visibility="followers",
        local_only="1",
        poll_choice=["tea", "coffee", ""],
        poll_ends="after",
        poll_after="3",
        poll_unit="hours",
        reaction_acceptance="likeOnly",
        recipients="@bob",
    )
    assert page.path == "/drafts"
    assert "Kept as a draft." in page.text
    assert sandbox.calls_of("notes/create") == []
    page = open_draft(alice, "half-baked")
    form = page.form("/compose")
    assert form.fields["text"] == "a thought\nfor later"
    assert form.fields["cw"] == "half-baked"
    assert form.fields["visibility"] == "followers"
    assert form.fields["local_only"] == "1"
    assert form.fields["recipients"] == "@bob"
    assert form.fields["reaction_acceptance"] == "likeOnly"
    assert [value for name, value in form.pairs if name == "poll_choice"] == ["tea", "coffee", ""]
    assert (form.fields["poll_ends"], form.fields["poll_after"]) == ("after", "3")
    assert form.fields["poll_unit"] == "hours"


def test_the_newest_stands_first(alice: Browser) -> None:
    keep(alice, "the first")
    keep(alice, "the second")
    open_draft(alice, "the first")
    alice.press("/compose", "keep", text="the first, changed")
    page = alice.get("/drafts")
    names = ["".join(a.itertext()) for a in page.all("a") if "draft=" in a.get("href", "")]
    assert names == ["the first, changed", "the second"]


def test_opening_and_reloading_takes_nothing_away(alice: Browser) -> None:
    keep(alice, "a thought")
    open_draft(alice, "a thought")
    assert open_draft(alice, "a thought").form("/compose").fields["text"] == "a thought"


def test_a_posted_draft_is_gone(alice: Browser, app: Flask) -> None:
    keep(alice, "a thought")
    open_draft(alice, "a thought")
    assert "Posted." in alice.press("/compose", "post").text
    assert rows(app) == []
    assert "You have no drafts" in alice.get("/drafts").text


def test_a_draft_that_could_not_be_posted_stays(alice: Browser, app: Flask, sandbox) -> None:
    keep(alice, "a thought")
    open_draft(alice, "a thought")
    sandbox.misbehave("notes/create", "internal-error")
    assert alice.press("/compose", "post").status == 502
    assert len(rows(app)) == 1


def test_throwing_one_away(alice: Browser, app: Flask) -> None:
    keep(alice, "a thought")
    page = alice.get("/drafts")
    (action,) = [f.action for f in page.forms() if f.action.endswith("/delete")]
    assert alice.get(action).status == 405
    page = alice.get("/drafts")
    page = alice.submit(action)
    assert "The draft is thrown away." in page.text
    assert rows(app) == []


def test_anothers_draft_is_not_there(alice: Browser, new_browser, app: Flask) -> None:
    keep(alice, "private words")
    (row,) = rows(app)
    bob = new_browser()
    bob.sign_in("bob")
    assert "private words" not in bob.get("/drafts").html
    assert bob.get(f"/compose?draft={row.id}").status == 404
    bob.get("/compose")
    token = bob.page.form("/compose").fields["csrf_token"]  # type: ignore[union-attr]
    assert bob.post(f"/drafts/{row.id}/delete", {"csrf_token": token}).status == 404
    # Neither does a form of his touch it.
    bob.get("/compose")
    bob.press("/compose", "post", text="mine", draft_id=row.id)
    bob.get("/compose")
    bob.press("/compose", "keep", text="mine too", draft_id=row.id)
    (still,) = [one for one in rows(app) if one.id == row.id]
    assert "private words" in still.data


def test_what_is_no_draft_is_not_there(alice: Browser) -> None:
    assert alice.get("/compose?draft=nothing").status == 404
    alice.get("/compose")
    assert alice.post("/drafts/nothing/delete", {}).status == 400
    token = alice.get("/compose").form("/compose").fields["csrf_token"]
    assert alice.post("/drafts/nothing/delete", {"csrf_token": token}).status == 404


def test_signed_out_there_is_no_list(new_browser) -> None:
    assert new_browser().get("/drafts", follow=False).status == 303


def test_so_many_and_no_more(alice: Browser, app: Flask, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 2)
    keep(alice, "one")
    keep(alice, "two")
    page = keep(alice, "three")
    assert page.status == 400
    assert "as many as Engawa keeps" in page.text
    assert page.form("/compose").fields["text"] == "three"
    assert len(rows(app)) == 2
    # What is kept can still be changed.
    open_draft(alice, "one")
    assert alice.press("/compose", "keep", text="one more").path == "/drafts"


def test_no_larger_than_so(alice: Browser, app: Flask) -> None:
    page = keep(alice, "あ" * 200_000)
    assert page.status == 400
    assert "too large to be kept" in page.text
    assert len(page.form("/compose").fields["text"]) == 200_000
    assert rows(app) == []


def test_forgetting_the_account_deletes_them(alice: Browser, app: Flask) -> None:
    keep(alice, "a thought")
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
    alice.get(f"/accounts/{account.id}/forget")
    alice.submit(f"/accounts/{account.id}/forget")
    assert rows(app) == []


def test_a_kept_draft_stays_kept_on_its_way_to_the_drive(alice: Browser, app: Flask) -> None:
    keep(alice, "a thought")
    open_draft(alice, "a thought")
    page = alice.press("/compose", "drive", text="a longer thought")
    assert page.title.startswith("Files from your drive")
    (row,) = rows(app)
    assert row.is_kept
    assert "a longer thought" in alice.get("/drafts").text


def test_what_was_on_its_way_makes_room(alice: Browser, app: Flask, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "MOST_ON_THEIR_WAY", 3)
    keep(alice, "a thought")
    for number in range(5):
        alice.get("/compose")
        alice.press("/compose", "drive", text=f"on its way {number}")
    assert sum(row.is_kept for row in rows(app)) == 1
    texts = [row.data for row in rows(app) if not row.is_kept]
    assert len(texts) == 3
    assert not any("on its way 0" in text or "on its way 1" in text for text in texts)
    assert "on its way" not in alice.get("/drafts").text


def test_a_draft_that_cannot_be_read_is_empty(alice: Browser, app: Flask) -> None:
    keep(alice, "a thought")
    with app.app_context():
        row = db.session.scalars(select(KeptDraft)).one()
        row.data = "{"
        db.session.commit()
    page = open_draft(alice, "Without words")
    assert page.form("/compose").fields["text"] == ""


@pytest.mark.parametrize("text", ["<b>bold</b>", "\u202eright to left", "😀" * 200])
def test_any_text_can_be_listed(alice: Browser, text: str) -> None:
    keep(alice, text)
    page = alice.get("/drafts")
    assert page.all("bdi")
    assert "<b>bold" not in page.html
