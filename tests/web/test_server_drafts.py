"""Drafts at the person's server: listed, opened as a copy, thrown away; and drafts of ours
kept there."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import keeping, server_drafts
from app.extensions import db
from app.models import Account, KeptDraft, Server
from sandbox import Sandbox
from sandbox.records import NoteDraft
from tests.browsing import Browser, Page


def begun(sandbox: Sandbox, who: str = "alice", **holds: Any) -> str:
    """A draft that lies at the server; its id."""
    world = sandbox.world
    now = world.clock.now()
    made = NoteDraft(
        world.ids.at(now), now, sandbox.person(who).id, {"visibility": "public", **holds}
    )
    world.note_drafts[made.id] = made
    return made.id


def kept(browser: Browser, text: str, **changes: str | list[str]) -> Page:
    """A draft of ours."""
    browser.get("/compose")
    return browser.press("/compose", "keep", text=text, **changes)


def at_server(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the drafts at the server hold."""
    return [draft.holds for draft in sandbox.world.note_drafts.values()]


def row(app: Flask) -> KeptDraft:
    """The one draft of ours."""
    with app.app_context():
        return db.session.scalars(select(KeptDraft).where(KeptDraft.is_kept)).one()


def send_up(browser: Browser, app: Flask) -> Page:
    """Press the button that keeps the one draft at the server."""
    browser.get("/drafts")
    return browser.submit(f"/drafts/{row(app).id}/keep-at-server")


# Those at the server ------------------------------------------------------------------------


def test_they_are_listed_and_counted_in_two_calls(alice: Browser, sandbox: Sandbox) -> None:
    begun(sandbox, text="Of tea")
    begun(sandbox, text="", cw="Of coffee", visibility="home", isActuallyScheduled=True)
    begun(sandbox, "bob", text="His")
    sandbox.clear_calls()
    page = alice.get("/drafts/server")
    assert [call.endpoint for call in sandbox.calls] == ["notes/drafts/list", "notes/drafts/count"]
    for words in ("2 drafts", "Of tea", "Of coffee"):
        assert words in page.text
    assert "Your server posts it later" in page.text
    assert "His" not in page.text


def test_the_tab_costs_no_call(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.clear_calls()
    assert "/drafts/server" in alice.get("/drafts").links()
    assert sandbox.calls == []


def test_older_ones_are_on_further_pages(alice: Browser, sandbox: Sandbox) -> None:
    for number in range(31):
        begun(sandbox, text=f"Draft {number}.")
    page = alice.get("/drafts/server")
    assert "Draft 30." in page.text
    assert "Draft 0." not in page.text
    (older,) = [link for link in page.links() if "until=" in link]
    page = alice.get(older)
    assert "Draft 0." in page.text
    (action,) = [form.action for form in page.forms() if form.action.endswith("/open")]
    assert alice.submit(action).form("/compose").fields["text"] == "Draft 0."


def test_opening_one_fills_the_form_and_changes_nothing_there(
    alice: Browser, sandbox: Sandbox
) -> None:
    file = next(f for f in sandbox.world.files.values() if f.user_id == sandbox.person("alice").id)
    draft_id = begun(
        sandbox,
        text="Tea or\ncoffee?",
        cw="a question",
        visibility="specified",
        visibleUserIds=[sandbox.person("bob").id],
        localOnly=True,
        reactionAcceptance="likeOnly",
        fileIds=[file.id],
        poll={"choices": ["tea", "coffee"], "multiple": True, "expiredAfter": 7_200_000},
    )
    alice.get("/drafts/server")
    form = alice.submit(f"/drafts/server/{draft_id}/open").form("/compose")
    assert form.fields["text"] == "Tea or\ncoffee?"
    assert form.fields["cw"] == "a question"
    assert form.fields["visibility"] == "specified"
    assert form.fields["local_only"] == "1"
    assert form.fields["recipient"].endswith("@bob")
    assert form.fields["reaction_acceptance"] == "likeOnly"
    assert file.id in form.fields["file"]
    assert [value for name, value in form.pairs if name == "poll_choice"] == ["tea", "coffee"]
    assert (form.fields["poll_after"], form.fields["poll_unit"]) == ("120", "minutes")
    assert form.fields["server_draft"] == draft_id
    assert draft_id in sandbox.world.note_drafts
    assert sandbox.calls_of("notes/create") == []


def test_a_poll_that_ends_at_a_time_keeps_it(alice: Browser, sandbox: Sandbox) -> None:
    draft_id = begun(sandbox, text="?", poll={"choices": ["a"], "expiresAt": 4_102_444_800_000})
    alice.get("/drafts/server")
    form = alice.submit(f"/drafts/server/{draft_id}/open").form("/compose")
    assert (form.fields["poll_ends"], form.fields["poll_at"]) == ("at", "2100-01-01T00:00")
    assert [value for name, value in form.pairs if name == "poll_choice"] == ["a", ""]


def test_one_that_is_gone_says_so(alice: Browser, sandbox: Sandbox) -> None:
    draft_id = begun(sandbox, text="Gone soon")
    for what in ("open", "delete"):
        begun(sandbox, text="Stays")
        sandbox.world.note_drafts.setdefault(
            draft_id, NoteDraft(draft_id, 0, sandbox.person("alice").id, {"visibility": "public"})
        )
        alice.get("/drafts/server")
        del sandbox.world.note_drafts[draft_id]
        page = alice.submit(f"/drafts/server/{draft_id}/{what}")
        assert "The draft is not at your server any more." in page.text
        assert page.path == "/drafts/server"


def test_throwing_one_away(alice: Browser, sandbox: Sandbox) -> None:
    draft_id = begun(sandbox, text="A thought")
    alice.get("/drafts/server")
    assert "The draft is thrown away." in alice.submit(f"/drafts/server/{draft_id}/delete").text
    assert at_server(sandbox) == []


@pytest.mark.parametrize("how", ["internal-error", "html", "empty", "garbage"])
def test_a_server_in_trouble_gives_a_page_that_says_so(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    draft_id = begun(sandbox, text="A thought")
    alice.get("/drafts/server")
    for endpoint in ("notes/drafts/list", "notes/drafts/count"):
        sandbox.misbehave(endpoint, how)
    assert alice.submit(f"/drafts/server/{draft_id}/open").status in (502, 503)
    assert alice.get("/drafts/server").status in (502, 503)


# Ours, kept there ----------------------------------------------------------------------------


def test_a_draft_of_ours_is_kept_at_the_server_and_then_changed_there(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    kept(alice, "A thought", cw="half-baked", visibility="followers")
    assert "Kept at your server, too." in send_up(alice, app).text
    (held,) = at_server(sandbox)
    assert (held["text"], held["cw"], held["visibility"]) == (
        "A thought",
        "half-baked",
        "followers",
    )
    alice.get(f"/compose?draft={row(app).id}")
    page = alice.press("/compose", "keep", text="A thought, changed", cw="")
    assert "Change it at my server" in page.text
    send_up(alice, app)
    (held,) = at_server(sandbox)
    assert (held["text"], held["cw"]) == ("A thought, changed", None)
    assert len(sandbox.calls_of("notes/drafts/create")) == 1
    assert sandbox.calls_of("notes/create") == []


def test_a_form_sent_twice_keeps_it_once(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    kept(alice, "A thought")
    page = alice.get("/drafts")
    action = f"/drafts/{row(app).id}/keep-at-server"
    fields = page.form(action).fields
    for _ in range(2):
        assert "Kept at your server, too." in alice.post(action, fields).text
    assert len(sandbox.calls_of("notes/drafts/create")) == 1
    assert sandbox.calls_of("notes/drafts/update") == []


def test_a_copy_whose_original_is_gone_becomes_a_new_one(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    kept(alice, "A thought")
    send_up(alice, app)
    sandbox.world.note_drafts.clear()
    assert "not at your server any more" in send_up(alice, app).text
    assert "Kept at your server, too." in send_up(alice, app).text
    assert [held["text"] for held in at_server(sandbox)] == ["A thought"]


def test_a_full_server_says_so_and_ours_stays(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    for _ in range(10):
        begun(sandbox, text="Another")
    kept(alice, "A thought")
    page = send_up(alice, app)
    assert "Your server keeps no more drafts for you." in page.text
    assert "A thought" in page.text


def test_what_can_not_be_kept_is_not_sent(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    kept(alice, "Which?", poll_choice=["tea", "tea"])
    page = send_up(alice, app)
    assert "A poll needs at least two different choices." in page.text
    kept_before = row(app).id
    with app.app_context():
        keeping.throw_away(db.session.scalars(select(Account)).one(), kept_before)
    kept(alice, "To nobody", visibility="specified", recipients="@nobody_at_all")
    assert "Somebody you mention is not there." in send_up(alice, app).text
    assert at_server(sandbox) == []
    assert sandbox.calls_of("notes/drafts/create") == []


def test_anothers_draft_is_not_there(
    alice: Browser, new_browser: Any, app: Flask, sandbox: Sandbox
) -> None:
    kept(alice, "private words")
    bob = new_browser()
    bob.sign_in("bob")
    kept(bob, "mine")
    page = bob.get("/drafts")
    fields = next(f.fields for f in page.forms() if f.action.endswith("/keep-at-server"))
    with app.app_context():
        rows = db.session.scalars(select(KeptDraft))
        (hers,) = [one.id for one in rows if "private words" in one.data]
    sandbox.clear_calls()
    assert bob.post(f"/drafts/{hers}/keep-at-server", fields).status == 404
    assert sandbox.calls == []


# Where there are none ------------------------------------------------------------------------


def test_a_server_without_them_is_not_asked(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    kept(alice, "A thought")
    page = alice.get("/drafts")
    fields = page.form(f"/drafts/{row(app).id}/keep-at-server").fields
    with app.app_context():
        server = db.session.scalars(select(Server)).one()
        server.endpoints = [one for one in server.endpoints if "drafts" not in one]
        db.session.commit()
    page = alice.get("/drafts")
    assert "/drafts/server" not in page.links()
    assert "Keep it at my server" not in page.text
    sandbox.clear_calls()
    assert alice.get("/drafts/server").status == 404
    for path in (f"{row(app).id}/keep-at-server", "server/abc123/open", "server/abc123/delete"):
        assert alice.post(f"/drafts/{path}", fields).status == 404
    assert sandbox.calls == []


def test_a_browser_that_was_signed_out_does_nothing(alice: Browser, sandbox: Sandbox) -> None:
    draft_id = begun(sandbox, text="A thought")
    fields = dict(alice.get("/drafts/server").form(f"/drafts/server/{draft_id}/delete").fields)
    sandbox.clear_calls()
    fields["account"] = "0" * 32
    for path in (f"server/{draft_id}/delete", f"server/{draft_id}/open", "d/keep-at-server"):
        page = alice.post(f"/drafts/{path}", fields)
        assert "signed out of the account" in page.text
    assert sandbox.calls == []
    assert len(at_server(sandbox)) == 1


def test_where_it_is_not_known_what_the_server_has_they_are_not_offered() -> None:
    assert not server_drafts.are_offered(Account(), None)
