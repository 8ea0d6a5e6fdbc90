"""Summaries: from the form to the notification or the note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import jobs, posting, summaries, summing
from app.extensions import db
from app.models import Account, Measure, ScheduledNote, Server, SummaryPlan, now
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in, trusting
from tests.tabs import at_once

PATH = "/summary"
SVG = "{http://www.w3.org/2000/svg}"


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


def switch_on(browser: Browser, **changes: Any) -> Page:
    """Fill in the form and switch it on."""
    browser.get(PATH)
    fields = {"template": "{notes} notes, {followers} followers, {reactions} reactions"}
    return browser.press(PATH, "keep", **(fields | changes))


def row(app: Flask) -> SummaryPlan:
    """The plan as it stands."""
    with app.app_context():
        return db.session.scalars(select(SummaryPlan)).one()


def measures(app: Flask) -> list[Measure]:
    """All numbers, the oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(Measure).order_by(Measure.taken_at)))


def bring_near(app: Flask) -> None:
    """Let its time have come, and a day have passed since the numbers were taken."""
    with app.app_context():
        past = now() - timedelta(seconds=1)
        db.session.execute(update(SummaryPlan).values(try_at=past))
        taken_at = now() - timedelta(days=1)
        db.session.execute(update(Measure).values(taken_at=taken_at))
        db.session.commit()


def hurry(app: Flask) -> None:
    """Let the wait after a failure be over."""
    with app.app_context():
        db.session.execute(update(SummaryPlan).values(try_at=now()))
        db.session.commit()


def work(app: Flask) -> None:
    """What a worker does once."""
    with app.test_request_context():
        for account_id in summing.accounts_due():
            summing.work_off(account_id)
        for account_id in posting.accounts_due():
            posting.work_off(account_id)


def told(sandbox: Sandbox) -> list[Any]:
    """What alice was told by apps."""
    me = sandbox.person("alice").id
    return [one.more["body"] for one in sandbox.world.told.get(me, []) if one.type == "app"]


def gain(sandbox: Sandbox) -> None:
    """Two notes and a follower come in, and in the last hour that is over a reaction."""
    world, me, dave = sandbox.world, sandbox.person("alice"), sandbox.person("dave")
    with world.lock:
        world.create_note(me, text="one")
        at = world.clock.now() - 3600
        note = world.create_note(me, text="two", at=at)
        note.reactions[dave.id] = "👍"
        note.reaction_ids[dave.id] = world.ids.at(at)
        world.following |= {(dave.id, me.id)}


@pytest.fixture
def lonely(sandbox: Sandbox) -> None:
    """Dave does not follow alice yet."""
    sandbox.world.following -= {(sandbox.person("dave").id, sandbox.person("alice").id)}


WORDS = "+2 notes, +1 followers, +1 reactions"


@pytest.mark.usefixtures("lonely")
def test_a_notification_once_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    before = told(sandbox)
    page = switch_on(alice, hour="7", zone="asia/tokyo")
    assert "It is on." in page.text
    assert "07:00 (Asia/Tokyo" in page.text
    assert len(measures(app)) == 1
    work(app)
    assert told(sandbox) == before, "not yet"
    gain(sandbox)
    bring_near(app)
    # Reactions from before the day are not counted again.
    work(app)
    work(app)
    (words,) = told(sandbox)[len(before) :]
    assert words.startswith("+2 notes, +1 followers, ")
    assert len(measures(app)) == 2
    plan = row(app)
    assert (plan.pending, plan.marked_at, plan.tries) == (None, None, 0)
    assert timedelta(0) < plan.next_at - now() <= timedelta(days=1)
    page = alice.get(PATH)
    assert len(page.all(f"{SVG}svg", role="img")) == 4
    assert page.all(f"{SVG}rect")
    assert "(+2)" in page.text


@pytest.mark.usefixtures("lonely")
def test_reactions_are_counted_by_hours_that_are_over(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    with sandbox.world.lock:
        for note in sandbox.world.notes.values():
            note.reactions.clear()
    switch_on(alice)
    gain(sandbox)
    bring_near(app)
    work(app)
    assert told(sandbox)[-1] == WORDS
    (call,) = sandbox.calls_of("charts/user/reactions")
    assert (call.body["span"], call.body["limit"]) == ("hour", 25)


@pytest.mark.parametrize("visibility", ["home", "specified"])
def test_a_note_once_a_week(alice: Browser, app: Flask, sandbox: Sandbox, visibility: str) -> None:
    switch_on(alice, every="week", weekday="2", way=visibility, template="{notes} notes")
    assert row(app).next_at - now() <= timedelta(days=7)
    gain(sandbox)
    bring_near(app)
    sandbox.misbehave("notes/create", "lost", times=1)
    work(app)
    with app.app_context():
        db.session.execute(update(ScheduledNote).values(try_at=now()))
        db.session.commit()
    work(app)
    work(app)
    (call,) = sandbox.calls_of("notes/create")
    assert (call.body["text"], call.body["visibility"]) == ("+2 notes", visibility)
    assert sandbox.calls_of("notifications/create") == []


def test_several_workers_at_once_tell_it_once(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    switch_on(alice)
    bring_near(app)
    sandbox.misbehave("i", "slow", seconds=0.2)
    account_id = row(app).account_id

    def one() -> None:
        with app.test_request_context():
            summing.work_off(account_id)

    at_once(one, one, one)
    work(app)
    assert len(sandbox.calls_of("notifications/create")) == 1
    assert len(measures(app)) == 2


@pytest.mark.parametrize("how", ["lost", "internal-error", "html"])
def test_an_answer_that_was_lost_is_looked_for(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    before = len(told(sandbox))
    switch_on(alice)
    bring_near(app)
    sandbox.misbehave("notifications/create", how, times=1)
    work(app)
    plan = row(app)
    assert plan.pending is not None
    assert plan.marked_at is not None
    work(trusting(app))
    assert len(sandbox.calls_of("notifications/create")) == 1, "it could still land"
    hurry(app)
    work(trusting(app))
    assert len(told(sandbox)) == before + 1
    assert row(app).pending is None
    assert len(measures(app)) == 2
    (look,) = sandbox.calls_of("i/notifications")
    assert look.body["markAsRead"] is False


@pytest.mark.parametrize(
    ("endpoint", "how"),
    [
        ("i", "internal-error"),
        ("i", "garbage"),
        ("i", "no_content"),
        ("i", "down"),
        ("notifications/create", "rate-limited"),
        ("notifications/create", "down"),
    ],
)
def test_what_fails_is_tried_later(
    alice: Browser, app: Flask, sandbox: Sandbox, endpoint: str, how: str
) -> None:
    before = len(told(sandbox))
    switch_on(alice)
    bring_near(app)
    sandbox.misbehave(endpoint, how)
    work(app)
    assert row(app).tries == 1
    assert row(app).try_at > now()
    sandbox.behave()
    assert "could not be told yet" in alice.get(PATH).text
    hurry(app)
    work(trusting(app))
    assert len(told(sandbox)) == before + 1
    assert "could not be told yet" not in alice.get(PATH).text


def test_it_is_left_out_after_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    switch_on(alice)
    bring_near(app)
    with app.app_context():
        db.session.execute(update(SummaryPlan).values(tries=summing.MOST_TRIES))
        db.session.commit()
    sandbox.misbehave("i", "internal-error")
    work(app)
    plan = row(app)
    assert (plan.tries, plan.try_at) == (0, plan.next_at)
    assert plan.is_on
    sandbox.behave()
    notice = "Your summary could not be told."
    assert notice in alice.get("/drafts").text
    assert notice not in alice.get(PATH).text, "it says so itself"
    bring_near(app)
    work(trusting(app))
    assert notice not in alice.get("/drafts").text


@pytest.mark.parametrize("how", ["missing", "shape", "html"])
def test_without_charts_the_other_numbers_are_told(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str
) -> None:
    switch_on(alice, template="{followers}/{reactions}")
    bring_near(app)
    sandbox.misbehave("charts/user/reactions", how)
    work(app)
    assert told(sandbox)[-1] == "0/?"


def test_a_credential_that_is_refused(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    switch_on(alice)
    bring_near(app)
    sandbox.misbehave("*", "authentication-failed")
    work(app)
    assert not row(app).is_on
    with app.app_context():
        assert db.session.scalars(select(Account)).one().credential is None
    sandbox.behave()
    let_in(alice, "alice")
    assert "Your summary could not be told." in alice.get("/drafts").text
    page = alice.get(PATH)
    assert "It was switched off." in page.text
    assert "Sign in again." in page.text
    switch_on(alice)
    assert "Your summary could not be told." not in alice.get("/drafts").text


def test_a_limit_is_waited_for(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    switch_on(alice)
    bring_near(app)
    sandbox.misbehave("notifications/create", "rate-limited", retry_after=5000)
    work(app)
    plan = row(app)
    assert plan.pending is not None
    assert plan.marked_at is None, "it can't have landed"
    assert timedelta(seconds=4000) < plan.try_at - now() <= timedelta(seconds=5000)


def test_no_permission_to_notify(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    with app.app_context():
        db.session.execute(update(Account).values(permissions=["read:account", "write:notes"]))
        db.session.commit()
    assert alice.get(PATH).form(PATH).fields["way"] == "public"


def test_the_queue_tells_it_and_sweeps(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    before = len(told(sandbox))
    switch_on(alice)
    bring_near(app)
    with app.app_context():
        old = {"taken_at": now() - timedelta(days=500), "notes": 1, "followers": 1, "following": 1}
        db.session.add(Measure(account_id=row(app).account_id, **old))
        db.session.commit()
    queue = jobs.queue_of(app)
    for task in queue.read_periodic(datetime(2026, 11, 23, 12, 0)):
        queue.enqueue(task)
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
    assert len(told(sandbox)) == before + 1
    assert len(measures(app)) == 2


def test_numbers_are_kept_for_as_long_as_the_page_says(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    switch_on(alice)
    assert f"for {summaries.KEPT_FOR.days} days" in alice.get("/privacy").text
    with app.app_context():
        db.session.execute(
            update(Measure).values(taken_at=now() - summaries.KEPT_FOR + timedelta(minutes=1))
        )
        db.session.commit()
        summaries.sweep()
        assert len(measures(app)) == 1
        db.session.execute(update(Measure).values(taken_at=now() - summaries.KEPT_FOR))
        db.session.commit()
        summaries.sweep()
    assert measures(app) == []


# The form ---------------------------------------------------------------------------------


def test_a_preview_keeps_nothing(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    alice.get(PATH)
    page = alice.press(PATH, "preview", template="Now {notes_now} <b>")
    me = sandbox.person("alice").id
    count = sum(note.user_id == me for note in sandbox.world.notes.values())
    (shown,) = page.all("section", class_="preview")
    assert f"Now {count} <b>" in "".join(shown.itertext())
    assert page.form(PATH).fields["template"] == "Now {notes_now} <b>"
    assert measures(app) == []
    with app.app_context():
        assert db.session.scalars(select(SummaryPlan)).all() == []


def test_changing_it_and_switching_it_off(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    switch_on(alice)
    switch_on(alice, hour="3", every="week", weekday="4")
    plan = row(app)
    assert (plan.hour, plan.every, plan.weekday, len(measures(app))) == (3, "week", 4, 1)
    assert alice.get(PATH).form(PATH).fields["hour"] == "3"
    assert "Your summary is off." in alice.submit(f"{PATH}/off").text
    bring_near(app)
    sandbox.clear_calls()
    work(app)
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("template", "{fame} and {notes}"), ("zone", "Mars"), ("hour", "99"), ("way", "pigeon")],
)
def test_what_cannot_be_understood_comes_back(
    alice: Browser, app: Flask, sandbox: Sandbox, field: str, value: str
) -> None:
    page = switch_on(alice, **{"template": "mine: {notes}", field: value})
    assert page.status == 400
    assert page.one("div", class_="problem")
    if field in ("template", "zone"):
        assert page.form(PATH).fields[field] == value
    if field == "template":
        assert "does not know what {fame} stands for" in page.text
    else:
        assert page.form(PATH).fields["template"] == "mine: {notes}"
    with app.app_context():
        assert db.session.scalars(select(SummaryPlan)).all() == []
    assert sandbox.calls == []


def test_a_server_in_trouble_loses_nothing(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    sandbox.misbehave("i", "internal-error")
    page = switch_on(alice, template="mine: {notes}")
    assert page.status == 502
    assert page.form(PATH).fields["template"] == "mine: {notes}"


def test_a_server_without_such_notifications(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    with app.app_context():
        db.session.execute(update(Server).values(endpoints=["meta", "i"]))
        db.session.commit()
    page = alice.get(PATH)
    assert "A notification" not in page.text
    assert page.form(PATH).fields["way"] == "public"
    assert switch_on(alice, way="notification").status == 400


@pytest.mark.parametrize("path", [PATH, f"{PATH}/off"])
def test_guards(
    alice: Browser, new_browser: Callable[[], Browser], app: Flask, sandbox: Sandbox, path: str
) -> None:
    switch_on(alice)
    token = alice.get(PATH).form(PATH).fields["csrf_token"]
    before = row(app)
    sandbox.clear_calls()
    assert alice.post(path, {}).status == 400
    assert alice.post(path, {"csrf_token": token, "account": "0" * 32}).status == 404
    if path != PATH:
        assert alice.get(path).status == 405
    assert new_browser().get(PATH, follow=False).status == 303
    assert new_browser().post(path, {}, follow=False).status in (303, 400)
    bob = let_in(new_browser(), "bob")
    bobs = bob.get(PATH).form(PATH).fields["csrf_token"]
    assert bob.post(path, {"csrf_token": bobs, "account": before.account_id}).status == 404
    assert (row(app).turn, row(app).is_on) == (before.turn, True)
    assert sandbox.calls == []


def test_it_can_go_on_when_its_person_signs_out(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    before = len(told(sandbox))
    switch_on(alice)
    form = alice.get("/sign-out").form("/sign-out")
    alice.post("/sign-out", {**form.fields, "work": "keep"})
    bring_near(app)
    work(app)
    assert len(told(sandbox)) == before + 1
    let_in(alice, "alice")
    form = alice.get("/sign-out").form("/sign-out")
    alice.post("/sign-out", {**form.fields, "work": "end"})
    assert not row(app).is_on
