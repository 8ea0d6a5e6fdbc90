"""Scheduled notes: from the form to the list, the month and the server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import keeping, posting, scheduling
from app.extensions import db
from app.models import Account, ScheduledNote, now
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, hurried, let_in, trusting
from tests.web.test_uploads import png

SOON = "2030-05-06T07:08"


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for all of these, empty at the start of each."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def schedule(browser: Browser, text: str, at: str = SOON, zone: str = "UTC", **more: Any) -> Page:
    """Type something into an empty form and schedule it."""
    browser.get("/compose")
    changes = {"text": text, "later_at": at, "later_zone": zone} | more
    return browser.press("/compose", "later", **changes)


def rows(app: Flask) -> list[ScheduledNote]:
    """Everything in the table, the earliest first."""
    with app.app_context():
        return list(db.session.scalars(select(ScheduledNote).order_by(ScheduledNote.due_at)))


def bring_near(app: Flask, *, state: str = "waiting", **more: Any) -> None:
    """Let the time of all notes in that state have come."""
    with app.app_context():
        past = now() - timedelta(seconds=1)
        wanted = select(ScheduledNote).filter_by(state=state).order_by(ScheduledNote.due_at)
        for number, row in enumerate(db.session.scalars(wanted)):
            row.try_at = past
            if state == "waiting":
                row.due_at = past + timedelta(milliseconds=number)
            for name, value in more.items():
                setattr(row, name, value)
        db.session.commit()


def put_on_its_way(app: Flask, state: str) -> None:
    """Let the only note be in that state."""
    with app.app_context():
        row = db.session.scalars(select(ScheduledNote)).one()
        row.state, row.turn = state, row.turn + 1
        row.marked_at = now()
        db.session.commit()


def work(app: Flask) -> None:
    """What a worker does once."""
    with app.test_request_context():
        for account_id in posting.accounts_due():
            posting.work_off(account_id)


def texts(sandbox: Sandbox) -> list[str | None]:
    """What alice has posted by notes/create since the start."""
    me = sandbox.person("alice").id
    sent = {call.body["text"] for call in sandbox.calls_of("notes/create")}
    return [
        note.text
        for note in sandbox.world.notes.values()
        if note.user_id == me and note.text in sent
    ]


# Scheduling -----------------------------------------------------------------------------


def test_a_note_waits_for_its_time_and_is_posted_then(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    page = schedule(alice, "good morning", zone="asia/tokyo")
    assert page.path == "/scheduled"
    assert "Scheduled for Monday, May 6, 2030 07:08 (Asia/Tokyo, UTC+09:00)." in page.text
    assert "good morning" in page.text
    (row,) = rows(app)
    assert (row.state, row.due_at) == ("waiting", datetime(2030, 5, 5, 22, 8, tzinfo=UTC))
    work(app)
    assert sandbox.calls_of("notes/create") == []
    bring_near(app)
    work(app)
    work(app)
    assert texts(sandbox) == ["good morning"]
    (row,) = rows(app)
    assert row.state == "done"
    page = alice.get("/scheduled")
    assert "Posted in the last days" in page.text
    assert f"/notes/{row.note_id}" in page.links()


def test_everything_a_note_can_have(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    bob = sandbox.person("bob")
    page = schedule(
        alice,
        "for one\r\nonly",
        cw="careful",
        visibility="specified",
        recipients="@bob",
        local_only="1",
        poll_choice=["tea", "coffee", ""],
        poll_ends="after",
        poll_after="3",
        poll_unit="hours",
        reaction_acceptance="likeOnly",
        files=[("leaf.png", png())],
    )
    assert page.path == "/scheduled", page.text
    bring_near(app)
    work(app)
    (call,) = sandbox.calls_of("notes/create")
    sent = call.body
    assert (sent["text"], sent["cw"], sent["visibility"]) == (
        "for one\nonly",
        "careful",
        "specified",
    )
    assert sent["visibleUserIds"] == [bob.id]
    assert sent["localOnly"] is True
    assert sent["poll"] == {
        "choices": ["tea", "coffee"],
        "multiple": False,
        "expiredAfter": 10800000,
    }
    assert sent["reactionAcceptance"] == "likeOnly"
    assert len(sent["fileIds"]) == 1
    assert rows(app)[0].state == "done"


def test_a_reply_and_a_quote(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    haru = sandbox.person("haru").id
    note = next(n for n in sandbox.world.notes.values() if n.user_id == haru and n.text)
    for name in ("reply_id", "renote_id"):
        alice.get(f"/compose?{name}={note.id}")
        alice.press("/compose", "later", text=f"by {name}", later_at=SOON, later_zone="UTC")
    bring_near(app)
    work(app)
    sent = {call.body["text"]: call.body for call in sandbox.calls_of("notes/create")}
    assert sent["by reply_id"]["replyId"] == note.id
    assert sent["by renote_id"]["renoteId"] == note.id


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        ("", "UTC", "on which day and at what time"),
        ("soon", "UTC", "on which day and at what time"),
        ("2020-01-01T00:00", "UTC", "over already"),
        ("2099-01-01T00:00", "UTC", "five years"),
        (SOON, "Tokyo/Asia", "no clock called “Tokyo/Asia”"),
        (SOON, "", "no clock called"),
        (SOON, "\0", "no clock called"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    alice: Browser, app: Flask, sandbox: Sandbox, at: str, zone: str, said: str
) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    page = alice.press("/compose", "later", text="kept", later_at=at, later_zone=zone)
    assert page.status == 400
    assert said in page.text
    form = page.form("/compose")
    assert form.fields["text"] == "kept"
    assert form.fields["later_at"] == at
    assert page.one("details", id="later").get("open") is not None
    assert rows(app) == []
    assert sandbox.calls == []


def test_a_poll_that_would_be_over(alice: Browser, app: Flask) -> None:
    page = schedule(
        alice, "which?", poll_choice=["a", "b"], poll_ends="at", poll_at="2030-05-06T07:00",
        poll_offset="0",
    )  # fmt: skip
    assert page.status == 400
    assert "The poll would end before the note is posted." in page.text
    assert rows(app) == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2030-03-31T02:30", "put forward over the time"),
        ("2030-10-27T02:30", "show that time twice"),
    ],
)
def test_days_when_clocks_are_moved(alice: Browser, at: str, said: str) -> None:
    assert said in schedule(alice, "hello", at, "Europe/Berlin").text


def test_a_name_that_belongs_to_nobody(alice: Browser, app: Flask) -> None:
    page = schedule(alice, "hello", visibility="specified", recipients="@nobodyatall")
    assert "not there" in page.text
    assert page.form("/compose").fields["later_at"] == SOON
    assert rows(app) == []


def test_the_same_form_twice_schedules_once(alice: Browser, app: Flask) -> None:
    alice.get("/compose")
    form = alice.page.form("/compose")  # type: ignore[union-attr]
    fields = {**form.fields, "text": "once", "later_at": SOON, "later_zone": "UTC", "do": "later"}
    assert alice.post("/compose", fields).path == "/scheduled"
    assert alice.post("/compose", fields).path == "/scheduled"
    assert len(rows(app)) == 1


def test_the_clock_is_remembered(alice: Browser) -> None:
    schedule(alice, "hello", zone="Europe/Paris")
    assert alice.get("/compose").form("/compose").fields["later_zone"] == "Europe/Paris"


def test_so_many_and_no_more(alice: Browser, app: Flask, monkeypatch) -> None:
    monkeypatch.setattr(scheduling, "MOST_WAITING", 1)
    schedule(alice, "one")
    page = schedule(alice, "two")
    assert page.status == 400
    assert "as many as Engawa keeps" in page.text
    assert len(rows(app)) == 1


# The list and the month -----------------------------------------------------------------


def test_nothing_waits(alice: Browser) -> None:
    assert "No note waits for its time." in alice.get("/scheduled").text


def test_changing_one(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "first words")
    (row,) = rows(app)
    page = alice.get(f"/compose?scheduled={row.id}")
    fields = page.form("/compose").fields
    assert (fields["text"], fields["later_at"]) == ("first words", SOON)
    assert next(b.get("value") for b in page.form("/compose").buttons) == "later"
    alice.press("/compose", "later", text="better words", later_at="2030-06-01T00:00")
    (row,) = rows(app)
    assert row.due_at == datetime(2030, 6, 1, tzinfo=UTC)
    bring_near(app)
    work(app)
    assert texts(sandbox) == ["better words"]


def test_enter_in_the_form_of_one_does_not_post_it(alice: Browser, app: Flask, sandbox) -> None:
    schedule(alice, "first words")
    alice.get(f"/compose?scheduled={rows(app)[0].id}")
    alice.press("/compose", text="better words")
    assert [json.loads(row.parameters)["text"] for row in rows(app)] == ["better words"]
    assert sandbox.calls_of("notes/create") == []


def test_too_late_to_change(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "first words")
    (row,) = rows(app)
    alice.get(f"/compose?scheduled={row.id}")
    bring_near(app)
    work(app)
    page = alice.press("/compose", "later", text="better words")
    assert page.status == 409
    assert page.form("/compose").fields["text"] == "better words"
    assert texts(sandbox) == ["first words"]
    assert alice.get(f"/compose?scheduled={row.id}").status == 404


def test_post_now(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "at once")
    action = f"/scheduled/{rows(app)[0].id}/now"
    alice.get("/scheduled")
    assert "Posted." in alice.submit(action).text
    assert texts(sandbox) == ["at once"]


@pytest.mark.parametrize("how", ["down", "lost", "html", "garbage", "rate-limited"])
def test_post_now_while_the_server_does_not_take_it(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    schedule(alice, "at once")
    alice.get("/scheduled")
    sandbox.misbehave("notes/create", how)
    page = alice.submit(f"/scheduled/{rows(app)[0].id}/now")
    assert page.path == "/scheduled"
    assert "It is posted as soon as your server takes it." in page.text
    assert len(sandbox.calls_of("notes/create")) == 1
    assert {row.state for row in rows(app)} <= {"waiting", "sending"}


def test_post_now_what_the_server_refuses(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "a bad word")
    alice.get("/scheduled")
    sandbox.misbehave("notes/create", "error", code="CONTAINS_PROHIBITED_WORDS")
    page = alice.submit(f"/scheduled/{rows(app)[0].id}/now")
    assert page.path == "/scheduled"
    said = "".join(page.one("div", class_="is-problem").itertext())
    assert "does not allow a word in this text" in said
    assert "a bad word" in page.text, "nothing is lost"
    assert [row.state for row in rows(app)] == ["failed"]


@pytest.mark.parametrize("action", ["cancel", "settled"])
@pytest.mark.parametrize("state", ["sending", "done"])
def test_too_late_for_a_button(
    alice: Browser, app: Flask, sandbox: Sandbox, action: str, state: str
) -> None:
    # In another tab it was posted meanwhile, or is being posted right now.
    schedule(alice, "on its way")
    (row,) = rows(app)
    fields = {"csrf_token": alice.get("/scheduled").forms()[0].fields["csrf_token"]}
    put_on_its_way(app, state)
    sandbox.clear_calls()
    page = alice.post(f"/scheduled/{row.id}/{action}", fields)
    assert page.path == "/scheduled"
    said = "".join(page.one("div", class_="is-problem").itertext())
    assert said == "This note is being posted right now, or was posted already."
    assert [one.state for one in rows(app)] == [state]
    assert sandbox.calls == []


def test_make_it_a_draft_where_there_is_no_room(
    alice: Browser, app: Flask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(alice, "perhaps not")
    monkeypatch.setattr(keeping, "MOST_KEPT", 0)
    alice.get("/scheduled")
    page = alice.submit(f"/scheduled/{rows(app)[0].id}/cancel")
    assert page.path == "/scheduled"
    assert "drafts" in "".join(page.one("div", class_="is-problem").itertext())
    assert [row.state for row in rows(app)] == ["waiting"], "and it stays as it was"
    assert "perhaps not" in page.text


def test_make_it_a_draft(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "perhaps not")
    action = f"/scheduled/{rows(app)[0].id}/cancel"
    alice.get("/scheduled")
    page = alice.submit(action)
    assert page.path == "/drafts"
    assert "perhaps not" in page.text
    assert rows(app) == []
    draft = next(link for link in page.links() if "draft=" in link)
    assert alice.get(draft).form("/compose").fields["later_at"] == ""
    assert sandbox.calls_of("notes/create") == []


def test_a_month_is_a_table(alice: Browser, app: Flask) -> None:
    schedule(alice, "in May", "2030-05-31T23:30", "Asia/Tokyo")
    page = alice.get("/scheduled/month/2030-05")
    assert page.title.startswith("May 2030")
    (cell,) = [td for td in page.all("td") if "in May" in "".join(td.itertext())]
    assert (cell.text or "").strip() == "31"
    assert "23:30" in "".join(cell.itertext())
    assert {"/scheduled/month/2030-04", "/scheduled/month/2030-06"} <= set(page.links())
    assert "in May" not in alice.get("/scheduled/month/2030-06").text


@pytest.mark.parametrize("when", ["1999-01", "2030-13", "2030-00", "2030-5", "x", "２０３０-05"])
def test_months_that_are_none(alice: Browser, sandbox: Sandbox, when: str) -> None:
    assert alice.get(f"/scheduled/month/{when}").status == 404
    assert sandbox.calls == []


ACTIONS = ("now", "cancel", "settled")


@pytest.mark.parametrize("action", ACTIONS)
def test_anothers_note_is_not_there(
    alice: Browser, new_browser, app: Flask, sandbox: Sandbox, action: str
) -> None:
    schedule(alice, "private words")
    (row,) = rows(app)
    bob = let_in(new_browser(), "bob")
    assert "private words" not in bob.get("/scheduled").html
    assert "private words" not in bob.get("/scheduled/month/2030-05").html
    token = bob.get("/compose").form("/compose").fields["csrf_token"]
    sandbox.clear_calls()
    assert bob.get(f"/compose?scheduled={row.id}").status == 404
    assert bob.post(f"/scheduled/{row.id}/{action}", {"csrf_token": token}).status == 404
    assert [(one.id, one.turn) for one in rows(app)] == [(row.id, row.turn)]
    assert sandbox.calls == []


@pytest.mark.parametrize("action", ACTIONS)
def test_guards_of_the_buttons(
    alice: Browser, new_browser, app: Flask, sandbox: Sandbox, action: str
) -> None:
    schedule(alice, "words")
    path = f"/scheduled/{rows(app)[0].id}/{action}"
    token = alice.get("/scheduled").forms()[0].fields["csrf_token"]
    sandbox.clear_calls()
    assert alice.get(path).status == 405
    assert alice.post(path, {}).status == 400
    assert alice.post(f"/scheduled/nothing/{action}", {"csrf_token": token}).status == 404
    assert new_browser().get("/scheduled", follow=False).status == 303
    assert new_browser().post(path, {}, follow=False).status in (303, 400)
    assert [row.state for row in rows(app)] == ["waiting"]
    assert sandbox.calls == []


# What may go wrong ----------------------------------------------------------------------


def due(alice: Browser, app: Flask, text: str = "hello", **more: Any) -> None:
    """A note whose time has come."""
    schedule(alice, text, **more)
    bring_near(app)


@pytest.mark.parametrize("how", ["lost", "hang", "truncated"])
def test_an_answer_that_was_lost_is_looked_for(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    due(alice, app)
    hurried(app)
    sandbox.misbehave("notes/create", how, times=1)
    work(app)
    assert [row.state for row in rows(app)] == ["sending"]
    work(app)  # Too early to look: it could still land.
    assert len(sandbox.calls_of("users/notes")) == 1
    bring_near(app, state="sending")
    work(app)
    (row,) = rows(app)
    assert row.state == "done"
    assert row.note_id in sandbox.world.notes
    assert texts(sandbox) == ["hello"]
    assert len(sandbox.calls_of("notes/create")) == 1


@pytest.mark.parametrize("how", ["internal-error", "html", "empty"])
def test_a_note_that_was_missed_twice_is_sent_again(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    due(alice, app)
    sandbox.misbehave("notes/create", how, times=1)
    work(app)
    assert [row.state for row in rows(app)] == ["sending"]
    bring_near(app, state="sending")
    work(app)
    assert [row.state for row in rows(app)] == ["sending"], "missed once"
    work(app)
    assert len(sandbox.calls_of("notes/create")) == 1, "not before another patience"
    bring_near(app, state="sending")
    work(app)
    assert [row.state for row in rows(app)] == ["done"]
    assert texts(sandbox) == ["hello"]
    assert len(sandbox.calls_of("notes/create")) == 2


def test_two_notes_that_say_the_same_are_two(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "again")
    schedule(alice, "again")
    bring_near(app)
    sandbox.misbehave("notes/create", "lost", times=2)
    for _ in range(5):
        work(app)
        bring_near(app, state="sending")
    assert [row.state for row in rows(app)] == ["done", "done"]
    assert len({row.note_id for row in rows(app)}) == 2
    assert texts(sandbox) == ["again", "again"]


def test_one_of_an_account_at_a_time(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "one", "2030-05-06T07:08")
    schedule(alice, "two", "2030-05-06T07:09")
    bring_near(app)
    sandbox.misbehave("notes/create", "lost", times=1)
    work(app)
    work(app)
    assert [call.body["text"] for call in sandbox.calls_of("notes/create")] == ["one"]


@pytest.mark.parametrize(
    ("how", "seconds"), [("rate-limited", 60), ("rate-limited-old", 30), ("down", None)]
)
def test_too_early_or_nobody_there_is_tried_later(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str, seconds: float | None
) -> None:
    schedule(alice, "one")
    schedule(alice, "two")
    bring_near(app)
    if how == "down":
        sandbox.misbehave("users/notes", how)
    else:
        sandbox.misbehave("notes/create", how)
    begun = now()
    work(app)
    work(app)
    assert len(sandbox.calls_of("notes/create")) <= 1, "the second is not tried at all"
    waiting = rows(app)
    assert [row.state for row in waiting] == ["waiting", "waiting"]
    if seconds is not None:
        for row in waiting:
            assert abs((row.try_at - begun).total_seconds() - seconds) < 3
    sandbox.behave()
    assert "Your server did not take it yet." in alice.get("/scheduled").text
    bring_near(app)
    work(trusting(app))
    assert sorted(str(text) for text in texts(sandbox)) == ["one", "two"]


def test_a_server_that_is_gone_for_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app)
    with app.app_context():
        for row in db.session.scalars(select(ScheduledNote)):
            row.due_at = now() - timedelta(days=2)
        db.session.commit()
    sandbox.misbehave("users/notes", "internal-error")
    work(app)
    (row,) = rows(app)
    assert row.state == "failed"
    assert "for a day" in (row.problem or "")


def test_a_note_that_is_refused(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app, "will be refused")
    sandbox.misbehave("notes/create", "error", code="CONTAINS_PROHIBITED_WORDS", times=1)
    work(app)
    (row,) = rows(app)
    assert row.state == "failed"
    page = alice.get("/menu")
    assert "1 scheduled note needs you." in page.text
    page = alice.get("/scheduled")
    assert "Not posted" in page.text
    (told,) = sandbox.calls_of("notifications/create")
    assert told.body["header"] == "A scheduled note was not posted"
    # The text can be changed, and then it goes.
    assert alice.get(f"/compose?scheduled={row.id}").form("/compose").fields["text"]
    alice.press("/compose", "later", text="softer", later_at=SOON)
    assert "needs you" not in alice.get("/menu").text
    bring_near(app)
    work(app)
    assert texts(sandbox) == ["softer"]


def test_a_credential_that_is_refused(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app)
    sandbox.misbehave("*", "authentication-failed")
    work(app)
    (row,) = rows(app)
    assert row.state == "failed"
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert account.credential is None
        assert account.troubled_notes == 1
    sandbox.behave()
    let_in(alice, "alice")
    assert "needs you" in alice.get("/menu").text


def test_the_credential_is_gone_while_it_is_under_way(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    due(alice, app)
    sandbox.misbehave("notes/create", "lost", times=1)
    work(app)
    sandbox.misbehave("users/notes", "authentication-failed")
    bring_near(app, state="sending")
    work(app)
    (row,) = rows(app)
    assert row.state == "unknown"


def test_nobody_knows(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app)
    sandbox.misbehave("notes/create", "lost", times=1)
    work(app)
    sandbox.misbehave("users/notes", "internal-error")
    bring_near(app, state="sending")
    work(app)
    assert [row.state for row in rows(app)] == ["sending"], "it is asked again"
    bring_near(app, state="sending", due_at=now() - timedelta(days=2))
    work(app)
    (row,) = rows(app)
    assert row.state == "unknown"
    sandbox.behave()
    page = alice.get("/scheduled")
    assert "Perhaps posted" in page.text
    page = alice.submit(f"/scheduled/{row.id}/settled")
    assert "off the list" in page.text
    assert rows(app) == []
    assert "needs you" not in alice.get("/menu").text


def test_a_page_that_can_be_read_in_part_proves_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    due(alice, app, "elsewhere")
    sandbox.misbehave("notes/create", "internal-error", times=1)
    work(app)
    me = sandbox.person("alice")
    with sandbox.world.lock:
        sandbox.world.create_note(me, text="by hand")
    sandbox.misbehave("users/notes", "patch", values={"createdAt": "never"}, times=1)
    bring_near(app, state="sending")
    work(app)
    # None could be read at all: asked again.
    assert [row.state for row in rows(app)] == ["sending"]


def test_a_clock_that_was_set_back(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app)
    sandbox.misbehave("notes/create", "lost", times=1)
    work(app)
    later = now() + timedelta(hours=5)
    with app.app_context():
        for row in db.session.scalars(select(ScheduledNote)):
            row.marked_at, row.try_at = later, later
        db.session.commit()
    work(app)
    assert [row.state for row in rows(app)] == ["done"]
    assert texts(sandbox) == ["hello"]


def test_a_note_that_was_forgotten_meanwhile(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    due(alice, app)
    with app.app_context():
        db.session.delete(db.session.scalars(select(Account)).one())
        db.session.commit()
    work(app)
    assert sandbox.calls_of("notes/create") == []


# Signing out ----------------------------------------------------------------------------


def test_signing_out_asks_what_becomes_of_it(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "while I am away")
    page = alice.get("/sign-out")
    assert "You have scheduled notes." in page.text
    # A button of an older page does not know of them.
    token = page.forms()[-1].fields["csrf_token"]
    assert alice.post("/sign-out", {"csrf_token": token}).path == "/sign-out"
    form = alice.page.form("/sign-out")  # type: ignore[union-attr]
    page = alice.post("/sign-out", {**form.fields, "work": "keep"})
    assert "Your scheduled notes will be posted" in page.text
    assert not alice.is_signed_in
    bring_near(app)
    work(app)
    assert texts(sandbox) == ["while I am away"]
    with app.app_context():
        assert db.session.scalars(select(Account)).one().credential is None


def test_signing_out_can_call_it_off(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    schedule(alice, "not without me")
    form = alice.get("/sign-out").form("/sign-out")
    alice.post("/sign-out", {**form.fields, "work": "end"})
    bring_near(app)
    work(app)
    assert rows(app) == []
    assert sandbox.calls_of("notes/create") == []
    with app.app_context():
        assert db.session.scalars(select(Account)).one().credential is None
    let_in(alice, "alice")
    assert "not without me" in alice.get("/drafts").text


def test_without_work_nothing_is_asked(alice: Browser) -> None:
    page = alice.get("/sign-out")
    assert "scheduled notes" not in page.text
    assert "work" not in page.html.partition("<main")[2].partition("</main")[0]
