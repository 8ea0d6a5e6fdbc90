"""Old notes deleted by a rule: from the form to the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import deleting
from app.extensions import db
from app.models import Account, DeletionRule, FoundNote, Server, now
from sandbox import Sandbox
from sandbox.records import Note, Poll
from tests.browsing import Browser, Page
from tests.house import emptied, let_in, trusting
from tests.tabs import at_once

DAY = 86_400
RULE = "/old-notes/rule"
DECISIONS = ("start", "look", "pause", "resume", "stop")


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for all of these, empty at the start of each."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, who has no notes yet, and may do as much as she likes:
    the waits between deletions are tested without waiting."""
    let_in(browser, "alice")
    sandbox.person("alice").rate_limit_factor = 0
    me = sandbox.person("alice").id
    with sandbox.world.lock:
        for note in [note for note in sandbox.world.notes.values() if note.user_id == me]:
            if note.id in sandbox.world.notes:
                sandbox.world.delete_note(note)
    sandbox.clear_calls()
    return browser


def write(sandbox: Sandbox, text: str = "old", days: float = 100, **more: Any) -> Note:
    """A note of alice's that is so old."""
    with sandbox.world.lock:
        at = sandbox.world.clock.now() - days * DAY
        return sandbox.world.create_note(sandbox.person("alice"), text=text, at=at, **more)


def type_rule(browser: Browser, **changes: Any) -> Page:
    """Fill in the form, bare but for `changes`, and look what would go."""
    browser.get(RULE)
    bare: dict[str, Any] = {"days": "30", "latest": "", "reactions": "", "keep": None}
    return browser.press(RULE, **(bare | changes))


def decide(browser: Browser, decision: str) -> Page:
    """Press a button of the page."""
    browser.get("/old-notes")
    return browser.submit(f"/old-notes/{decision}")


def work(app: Flask, times: int = 1) -> None:
    """What a worker does, its waits over before each time."""
    for _ in range(times):
        with app.test_request_context():
            db.session.execute(update(DeletionRule).values(try_at=now()))
            db.session.commit()
            for account_id in deleting.accounts_due():
                deleting.work_off(account_id)


def finish(app: Flask) -> None:
    """What a worker does until the run is over."""
    for _ in range(20):
        work(app)
        if row(app).state == "resting":
            return
    raise AssertionError(row(app).state)


def row(app: Flask) -> DeletionRule:
    """The rule as it stands."""
    with app.app_context():
        return db.session.scalars(select(DeletionRule)).one()


def found(app: Flask) -> list[str]:
    """The beginnings of what was found, in the order it goes."""
    with app.app_context():
        return list(db.session.scalars(select(FoundNote.beginning).order_by(FoundNote.place)))


def texts(sandbox: Sandbox) -> list[str | None]:
    """What alice has, the newest first."""
    me = sandbox.person("alice").id
    return [note.text for note in sandbox.world.newest_first() if note.user_id == me]


def begin(browser: Browser, app: Flask, **changes: Any) -> None:
    """A rule that is agreed to, nothing deleted yet."""
    type_rule(browser, **changes)
    for _ in range(9):
        if row(app).state != "looking":
            break
        work(app)
    decide(browser, "start")
    assert row(app).state == "running"


# The dry run ------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_go_and_deletes_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for number in range(3):
        write(sandbox, f"old {number}")
    write(sandbox, "young", days=29)
    assert alice.get("/old-notes").path == RULE
    page = type_rule(alice)
    assert page.path == "/old-notes"
    assert "3 notes would be deleted. 4 were looked at." in page.text
    assert "/exports" in [link.get("href") for link in page.all("main")[0].iter("a")]
    assert found(app) == ["old 2", "old 1", "old 0"]
    assert "old 1" in page.text
    assert "young" not in page.text
    work(app, 3)
    assert (row(app).state, row(app).is_agreed) == ("ready", False)
    assert sandbox.calls_of("notes/delete") == []
    assert {call.endpoint for call in sandbox.calls} == {"users/notes"}


def test_many_notes_are_looked_at_by_the_worker_and_shown_page_by_page(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for number in range(560):
        write(sandbox, f"old {number}")
    page = type_rule(alice)
    assert "Your notes are being looked at. 400 so far. 400 of them would go." in page.text
    work(app)
    page = alice.get("/old-notes")
    assert "560 notes would be deleted." in page.text
    assert "Page 1 of 12" in page.text
    page = alice.get("/old-notes?page=12")
    assert "Page 12 of 12" in page.text
    links = [link for link in page.links() if link.startswith("/notes/")]
    assert len(links) == 10
    for junk in ("0", "-1", "13", "x", "9" * 30, "²"):
        assert alice.get(f"/old-notes?page={junk}").status == 200


def test_everything_that_keeps_a_note(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    world, me = sandbox.world, sandbox.person("alice")
    pinned, starred, clipped = (write(sandbox, text) for text in ("pin", "star", "clip"))
    write(sandbox, "direct", visibility="specified", visible=[sandbox.person("bob")])
    liked = write(sandbox, "liked")
    write(sandbox, "a word of tea")
    write(sandbox, "goes", cw="warned")
    write(sandbox, "asks", poll=Poll(["yes", "no"]))
    bobs = next(n for n in world.newest_first() if n.user_id == sandbox.person("bob").id)
    write(sandbox, "answers", reply=bobs)
    renote = write(sandbox, "", renote=bobs)
    with world.lock:
        me.pinned.append(pinned.id)
        world.add_favorite(me, starred)
        world.clip_note(world.create_clip(me, "mine", None, False), clipped)
        liked.reactions |= {sandbox.person("bob").id: "👍", sandbox.person("carol").id: "👍"}
    everything = ["pinned", "favourited", "clipped", "files", "direct"]
    type_rule(alice, keep=everything, reactions="2", words="TEA", kind=["note", "reply"])
    work(app)
    assert found(app) == ["answers", "asks", "warned"]
    type_rule(alice, keep=None, words="tea", words_are="only")
    work(app)
    assert found(app) == ["a word of tea"]
    type_rule(alice, latest="9", words="", words_are="keep", kind=["note", "reply", "renote"])
    work(app)
    assert found(app) == ["pin"]
    begin(alice, app, keep=everything, reactions="2", words="TEA", kind=["note", "reply"])
    work(app, 8)
    left = {"pin", "star", "clip", "direct", "liked", "a word of tea", None}
    assert set(texts(sandbox)) == left
    assert renote.id in world.notes


def test_yes_is_said_to_what_was_read(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    type_rule(alice)
    alice.get("/old-notes")
    form = alice.page.form("/old-notes/start").fields  # type: ignore[union-attr]
    write(sandbox, "two")
    decide(alice, "look")
    work(app)
    page = alice.post("/old-notes/start", form)
    assert "Something changed meanwhile" in page.text
    assert (row(app).state, found(app)) == ("ready", ["two", "one"])
    assert "It has begun." in decide(alice, "start").text
    for junk in ("", "x", "-1", "9" * 40):
        assert alice.post("/old-notes/start", form | {"turn": junk}).status == 200


# Deleting -----------------------------------------------------------------------------------


def test_notes_go_one_after_another_the_newest_first(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for number in range(3):
        write(sandbox, f"old {number}")
    write(sandbox, "young", days=1)
    begin(alice, app)
    begun = now()
    work(app)
    assert texts(sandbox) == ["young", "old 1", "old 0"]
    wait = row(app).try_at - begun
    assert deleting.PACE <= wait < 2 * deleting.PACE, "others have to get a turn, too"
    with app.test_request_context():
        assert deleting.accounts_due() == []
        deleting.work_off(row(app).account_id)
    assert len(sandbox.calls_of("notes/delete")) == 1
    page = alice.get("/old-notes")
    assert "Deleted1" in page.text.replace(" ", "")
    assert "Left2" in page.text.replace(" ", "")
    finish(app)
    assert texts(sandbox) == ["young"]
    state = row(app)
    assert (state.state, state.gone, state.gone_in_all) == ("resting", 3, 3)
    assert state.try_at - now() > timedelta(hours=23)
    assert "All that was old enough is gone." in alice.get("/old-notes").text
    # The next day there is a new look, by the same rule.
    write(sandbox, "grown old", days=31)
    work(app)
    finish(app)
    assert texts(sandbox) == ["young"]
    assert (row(app).state, row(app).gone, row(app).gone_in_all) == ("resting", 1, 4)


def pin(sandbox: Sandbox, note: Note) -> None:
    sandbox.person("alice").pinned.append(note.id)


def star(sandbox: Sandbox, note: Note) -> None:
    sandbox.world.add_favorite(sandbox.person("alice"), note)


def clip(sandbox: Sandbox, note: Note) -> None:
    world = sandbox.world
    world.clip_note(world.create_clip(sandbox.person("alice"), "mine", None, False), note)


def like(sandbox: Sandbox, note: Note) -> None:
    note.reactions[sandbox.person("bob").id] = "👍"


def lose_the_others(sandbox: Sandbox, note: Note) -> None:
    me = sandbox.person("alice").id
    for other in [n for n in sandbox.world.notes.values() if n.user_id == me and n is not note]:
        sandbox.world.delete_note(other)


@pytest.mark.parametrize(
    ("meanwhile", "rule"),
    [
        (pin, {"keep": "pinned"}),
        (star, {"keep": "favourited"}),
        (clip, {"keep": "clipped"}),
        (like, {"reactions": "1"}),
        (lose_the_others, {"latest": "2"}),
    ],
)
def test_what_is_kept_by_now_stays(
    alice: Browser,
    app: Flask,
    sandbox: Sandbox,
    meanwhile: Callable[[Sandbox, Note], None],
    rule: dict[str, Any],
) -> None:
    note = write(sandbox, "dear")
    write(sandbox, "new 1", days=1)
    write(sandbox, "new 2", days=1)
    begin(alice, app, **rule)
    assert found(app) == ["dear"]
    with sandbox.world.lock:
        meanwhile(sandbox, note)
    work(app, 2)
    assert note.id in sandbox.world.notes
    assert found(app) == []
    assert row(app).gone == 0
    assert sandbox.calls_of("notes/delete") == []


@pytest.mark.parametrize(
    ("endpoint", "rule"),
    [
        ("notes/show", {}),
        ("i", {"keep": "pinned"}),
        ("notes/state", {"keep": "favourited"}),
        ("users/notes", {"latest": "1"}),
    ],
)
@pytest.mark.parametrize("how", ["html", "shape", "empty", "lost", "internal-error", "missing"])
def test_what_cannot_be_asked_deletes_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox, endpoint: str, rule: dict[str, Any], how: str
) -> None:
    write(sandbox, "dear")
    write(sandbox, "newer", days=2)
    begin(alice, app, **rule)
    sandbox.misbehave(endpoint, how)
    work(trusting(app), 2)
    assert sandbox.calls_of("notes/delete") == []
    assert found(app) == ["dear"]
    state = row(app)
    assert (state.state, state.tries > 0) == ("running", True)
    assert state.failing_since is not None
    sandbox.behave()
    assert "The last trouble" in alice.get("/old-notes").text
    work(trusting(app), 2)
    assert texts(sandbox) == ["newer"]
    assert row(app).failing_since is None


@pytest.mark.parametrize("how", ["html", "shape", "empty", "missing"])
@pytest.mark.parametrize("endpoint", ["clips/list", "clips/notes"])
def test_clips_that_cannot_be_read_delete_nothing(
    alice: Browser, app: Flask, sandbox: Sandbox, endpoint: str, how: str
) -> None:
    note = write(sandbox, "dear")
    begin(alice, app, keep="clipped")
    with sandbox.world.lock:
        clip(sandbox, note)
    sandbox.misbehave(endpoint, how)
    work(trusting(app), 2)
    assert sandbox.calls_of("notes/delete") == []
    assert found(app) == ["dear"]


@pytest.mark.parametrize("how", ["lost", "hang", "truncated", "html"])
def test_an_answer_that_was_lost(alice: Browser, app: Flask, sandbox: Sandbox, how: str) -> None:
    write(sandbox, "one")
    write(sandbox, "two")
    begin(alice, app)
    sandbox.misbehave("notes/delete", how, times=1)
    work(trusting(app))
    finish(trusting(app))
    assert texts(sandbox) == []
    assert (row(app).state, row(app).gone) == ("resting", 2)


def test_a_note_that_was_only_said_to_be_deleted_is_found_again(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("notes/delete", "empty", times=1)
    finish(app)
    assert texts(sandbox) == ["one"]
    work(app)
    finish(app)
    assert texts(sandbox) == []


@pytest.mark.parametrize(("how", "seconds"), [("rate-limited", 60), ("rate-limited-old", 30)])
def test_a_limit_delays(
    alice: Browser, app: Flask, sandbox: Sandbox, how: str, seconds: float
) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("notes/delete", how, times=1)
    begun = now()
    work(app)
    wait = (row(app).try_at - begun).total_seconds() - deleting.PACE.total_seconds()
    assert abs(wait - seconds) < 3
    assert row(app).failing_since is None
    assert "allows one account" in alice.get("/old-notes").text
    work(app, 2)
    assert texts(sandbox) == []


def test_one_that_the_server_does_not_let_go_is_left_out(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    write(sandbox, "one")
    write(sandbox, "two")
    begin(alice, app)
    sandbox.misbehave("notes/delete", "error", code="ACCESS_DENIED", times=1)
    finish(app)
    assert texts(sandbox) == ["two"]
    assert (row(app).state, row(app).gone) == ("resting", 1)
    assert "The last trouble" in alice.get("/old-notes").text


def test_a_note_of_somebody_else_is_never_deleted(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("notes/show", "patch", values={"user": {"id": "x", "username": "eve"}})
    work(app, 2)
    assert sandbox.calls_of("notes/delete") == []
    assert found(app) == []


def test_old_servers_delete_answers_with_the_note(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    with app.app_context():
        db.session.execute(update(Server).values(version="13.14.2"))
        db.session.commit()
    mine = write(sandbox, "mine")
    alone = write(sandbox, "alone")
    with sandbox.world.lock:
        bob = sandbox.person("bob")
        between = sandbox.world.create_note(bob, text="between", reply=mine)
    dear = write(sandbox, "dear", days=50, reply=between)
    pin(sandbox, dear)
    begin(alice, app, keep="pinned")
    assert "are deleted with it" not in alice.get("/old-notes").text, "that was said before"
    finish(app)
    assert alone.id not in sandbox.world.notes
    assert {mine.id, dear.id} <= sandbox.world.notes.keys()
    assert row(app).state == "resting"
    assert "are deleted with it" in type_rule(alice).text


# Its person decides ---------------------------------------------------------------------------


def test_pause_and_go_on(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    for number in range(3):
        write(sandbox, f"old {number}")
    begin(alice, app)
    work(app)
    assert "It is paused." in decide(alice, "pause").text
    work(app, 2)
    assert len(texts(sandbox)) == 2
    assert "It goes on" in decide(alice, "resume").text
    finish(app)
    assert texts(sandbox) == []
    assert (row(app).state, row(app).gone) == ("resting", 3)


def test_stop(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app, days="20")
    page = decide(alice, "stop")
    assert "It is off." in page.text
    assert found(app) == []
    work(app, 2)
    assert texts(sandbox) == ["one"]
    # The rule is still there, and needs a new yes.
    assert alice.get(RULE).form(RULE).fields["days"] == "20"
    decide(alice, "look")
    work(app, 3)
    assert (row(app).state, texts(sandbox)) == ("ready", ["one"])


def test_a_changed_rule_deletes_nothing_before_a_new_yes(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    write(sandbox, "one")
    write(sandbox, "tea")
    begin(alice, app)
    type_rule(alice, words="tea")
    work(app, 3)
    assert texts(sandbox) == ["tea", "one"]
    assert (row(app).state, found(app)) == ("ready", ["one"])
    decide(alice, "start")
    work(app, 2)
    assert texts(sandbox) == ["tea"]


@pytest.mark.parametrize("decision", ["pause", "stop", "rule"])
def test_a_decision_takes_hold_with_the_next_call(
    alice: Browser, app: Flask, sandbox: Sandbox, decision: str
) -> None:
    """While the note is asked for, its person decides: it is not deleted."""
    write(sandbox, "dear")
    begin(alice, app)
    other = Browser(app, sandbox)
    let_in(other, "alice")
    other.get("/old-notes")
    sandbox.misbehave("notes/show", "slow", seconds=0.6)

    def meanwhile() -> None:
        time.sleep(0.3)
        if decision == "rule":
            type_rule(other, days="3000")
        else:
            decide(other, decision)

    at_once(lambda: work(app), meanwhile)
    assert len(sandbox.calls_of("notes/show")) == 1
    assert sandbox.calls_of("notes/delete") == []
    assert texts(sandbox) == ["dear"]


def test_two_workers_at_once_delete_one_note(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    for number in range(4):
        write(sandbox, f"old {number}")
    begin(alice, app)
    sandbox.misbehave("notes/show", "slow", seconds=0.2)
    with app.app_context():
        db.session.execute(update(DeletionRule).values(try_at=now()))
        db.session.commit()
    account_id = row(app).account_id

    def one() -> None:
        with app.test_request_context():
            deleting.work_off(account_id)

    at_once(one, one, one)
    assert len(sandbox.calls_of("notes/delete")) == 1


# Trouble ------------------------------------------------------------------------------------------


def test_a_credential_that_is_refused(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("*", "authentication-failed")
    work(app)
    assert row(app).state == "failed"
    with app.app_context():
        assert db.session.scalars(select(Account)).one().credential is None
    sandbox.behave()
    let_in(alice, "alice")
    assert "Your rule for old notes needs you." in alice.get("/menu").text
    assert "Sign in again." in alice.get("/old-notes").text
    decide(alice, "resume")
    work(app, 3)
    assert texts(sandbox) == []
    assert "needs you" not in alice.get("/menu").text


def test_a_server_that_is_gone_for_a_day(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("notes/show", "internal-error")
    work(app)
    with app.app_context():
        db.session.execute(update(DeletionRule).values(failing_since=now() - timedelta(days=2)))
        db.session.commit()
    work(app)
    assert row(app).state == "failed"
    assert "could not be reached for a day" in alice.get("/old-notes").text
    (told,) = sandbox.calls_of("notifications/create")
    assert told.body["header"] == "Your old notes are not deleted any more"


def test_a_permission_that_is_missing(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    sandbox.misbehave("notes/delete", "error", code="PERMISSION_DENIED", status=403)
    work(app)
    assert row(app).state == "failed"
    assert texts(sandbox) == ["one"]


def test_a_look_that_found_very_much_goes_on_when_that_is_gone(
    alice: Browser, app: Flask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "MOST_FOUND", 3)
    for number in range(5):
        write(sandbox, f"old {number}")
    type_rule(alice)
    assert len(found(app)) == 5, "a page is whole"
    assert "There may be more" in alice.get("/old-notes").text
    decide(alice, "start")
    sandbox.clear_calls()
    finish(app)
    assert sandbox.calls_of("users/notes"), "it looked again, and not only the next day"


def test_the_same_page_again_and_again(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    shown = {"id": "n1", "createdAt": "2020-01-01T00:00:00.000Z", "text": "round and round"}
    shown["user"] = {"id": sandbox.person("alice").id, "username": "alice"}  # type: ignore[assignment]
    sandbox.misbehave("users/notes", "answer", body=[shown, shown])
    type_rule(alice)
    assert (row(app).state, found(app)) == ("ready", ["round and round"])


def test_a_forgotten_account(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    with app.app_context():
        db.session.delete(db.session.scalars(select(Account)).one())
        db.session.commit()
    sandbox.clear_calls()
    work(app)
    assert sandbox.calls == []


def test_a_clock_that_was_set_back(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    with app.test_request_context():
        db.session.execute(update(DeletionRule).values(try_at=now() + timedelta(days=3)))
        db.session.commit()
        assert deleting.accounts_due() == [row(app).account_id]


# Guards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("days", "soon"), ("latest", "-1"), ("reactions", "x"), ("kind", None)]
)
def test_a_form_that_can_not_be_understood_comes_back_as_it_was(
    alice: Browser, app: Flask, sandbox: Sandbox, field: str, value: str | None
) -> None:
    page = type_rule(alice, **{"words": "tea\ncake", "keep": "files", field: value})
    assert page.status == 400
    form = page.form(RULE).fields
    assert (form["words"], form["keep"]) == ("tea\ncake", "files")
    if value is not None:
        assert form[field] == value
    assert page.one("div", class_="problem")
    assert len(page.all("input", aria_invalid="true")) == 1
    with app.app_context():
        assert db.session.scalars(select(DeletionRule)).all() == []
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [RULE, *[f"/old-notes/{decision}" for decision in DECISIONS]])
def test_guards(
    alice: Browser, new_browser: Callable[[], Browser], app: Flask, sandbox: Sandbox, path: str
) -> None:
    write(sandbox, "one")
    begin(alice, app)
    token = alice.get("/old-notes").forms()[0].fields["csrf_token"]
    before = row(app)
    sandbox.clear_calls()
    assert alice.post(path, {}).status == 400
    assert alice.post(path, {"csrf_token": token, "account": "0" * 32}).status == 404
    if path != RULE:
        assert alice.get(path).status == 405
    for place in ("/old-notes", RULE):
        assert new_browser().get(place, follow=False).status == 303
    assert new_browser().post(path, {}, follow=False).status in (303, 400)
    bob = let_in(new_browser(), "bob")
    assert "one" not in bob.get("/old-notes").one("main").itertext()
    bobs = bob.get(RULE).form(RULE).fields["csrf_token"]
    bob.post(path, {"csrf_token": bobs, "account": before.account_id})
    assert bob.page is not None
    assert bob.page.status == 404
    assert bob.post("/old-notes/everything", {"csrf_token": bobs}).status == 404
    after = row(app)
    assert (after.turn, after.state, found(app)) == (before.turn, "running", ["one"])
    assert sandbox.calls == []


@pytest.mark.parametrize("decision", DECISIONS)
def test_decisions_without_a_rule(alice: Browser, sandbox: Sandbox, decision: str) -> None:
    token = alice.get(RULE).form(RULE).fields["csrf_token"]
    page = alice.post(f"/old-notes/{decision}", {"csrf_token": token})
    assert page.status == 200
    assert "nothing was done" in page.text
    assert sandbox.calls == []


# Signing out --------------------------------------------------------------------------------------


def test_it_can_go_on_when_its_person_signs_out(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    write(sandbox, "one")
    begin(alice, app)
    page = alice.get("/sign-out")
    assert "Something goes on for you while you are away" in page.text
    form = page.form("/sign-out")
    page = alice.post("/sign-out", {**form.fields, "work": "keep"})
    assert "goes on" in page.text
    work(app, 2)
    assert texts(sandbox) == []


def test_signing_out_can_pause_it(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    write(sandbox, "one")
    begin(alice, app)
    form = alice.get("/sign-out").form("/sign-out")
    alice.post("/sign-out", {**form.fields, "work": "end"})
    work(app, 2)
    assert texts(sandbox) == ["one"]
    assert row(app).state == "paused"
    with app.app_context():
        assert db.session.scalars(select(Account)).one().credential is None
