"""Whether a worker is alive: what it writes down, who says so when there is none, and the
operator's `flask jobs`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from app import drafts, exports, jobs, posting, workers
from app.extensions import db
from app.models import (
    Account,
    DeletionRule,
    Export,
    KeptDraft,
    RunningWorker,
    ScheduledNote,
    SummaryPlan,
    now,
)
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.house import emptied, let_in

NOTHING_GOES_ON = "Nothing goes on by itself at the moment"


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


@contextmanager
def working(app: Flask) -> Iterator[jobs.Worker]:
    """A worker of the app's, in threads of this process."""
    worker = jobs.worker(app)
    # Signals are for the main thread of a process of its own.
    worker._set_signal_handlers = lambda: None
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        yield worker
    finally:
        worker.stop(graceful=True)
        running.join(timeout=20)
        assert not running.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    """Fails if it does not come true soon."""
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def living(app: Flask) -> list[str]:
    """The names of the workers that are alive."""
    with app.app_context():
        return [worker.name for worker in workers.alive()]


def let_one_be_there(app: Flask, *, seen: timedelta = timedelta()) -> None:
    """A worker that was seen so long ago."""
    with app.app_context():
        workers.begin("w" * 32, "somewhere:1")
        db.session.execute(update(RunningWorker).values(seen_at=now() - seen))
        db.session.commit()


def begin_rule_and_summary(app: Flask) -> None:
    """Both of alice's, and both under way."""
    with app.app_context():
        account = db.session.scalars(select(Account).filter_by(username="alice")).one()
        common = {"account_id": account.id, "language": "en", "try_at": now()}
        db.session.add(DeletionRule(rule="{}", state="resting", **common))
        plan = {"every": "day", "weekday": 0, "hour": 8, "zone": "UTC", "next_at": now()}
        db.session.add(
            SummaryPlan(is_on=True, way="notification", template="{notes}", **plan, **common)
        )
        db.session.commit()


def schedule(app: Flask, *, due: timedelta = timedelta(days=1), **more: Any) -> str:
    """A note of alice's, due after so long; its id."""
    with app.app_context():
        account = db.session.scalars(select(Account).filter_by(username="alice")).one()
        draft = drafts.Draft(text="good morning")
        values = {"due_at": now() + due, "try_at": now() + due} | more
        row = ScheduledNote(
            account_id=account.id,
            data=drafts.packed(draft),
            parameters=json.dumps({"text": draft.text}),
            zone="UTC",
            language="en",
            **values,
        )
        db.session.add(row)
        db.session.commit()
        return row.id


def begin_export(app: Flask, **more: Any) -> str:
    """An export of alice's; its id."""
    with app.test_request_context():
        account = db.session.scalars(select(Account).filter_by(username="alice")).one()
        row = exports.begin(account, ["lists"], with_files=False)
        db.session.execute(update(Export).values(**({"tries": 0} | more)))
        db.session.commit()
        return row.id


def run(app: Flask, *words: str) -> Result:
    """Run a command of `flask`."""
    result = app.test_cli_runner().invoke(args=words)
    assert "Traceback" not in result.output
    return result


def done(app: Flask, *words: str) -> str:
    """What a command prints that succeeds."""
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return result.output


# Signs of life --------------------------------------------------------------


def test_a_worker_is_alive_from_its_beginning_to_its_end(app: Flask) -> None:
    assert living(app) == []
    with working(app):
        wait_for(lambda: living(app))
        assert len(living(app)) == 1
    assert stored.rows(app, "workers") == []


def test_one_that_was_killed_is_gone_after_a_minute_and_forgotten_after_a_day(app: Flask) -> None:
    let_one_be_there(app, seen=timedelta(seconds=50))
    assert living(app) == ["somewhere:1"]
    with app.app_context():
        db.session.execute(update(RunningWorker).values(seen_at=now() - timedelta(seconds=70)))
        db.session.commit()
    assert living(app) == []
    with app.app_context():
        workers.begin("x" * 32, "here:2")
        assert len(stored.rows(app, "workers")) == 2
        db.session.execute(update(RunningWorker).values(seen_at=now() - timedelta(hours=25)))
        db.session.commit()
        workers.begin("y" * 32, "here:3")
    assert [row["name"] for row in stored.rows(app, "workers")] == ["here:3"]


def test_a_worker_goes_on_saying_so_even_after_its_row_was_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BEATS_EVERY", 0.2)
    with working(app):
        wait_for(lambda: living(app))
        first = stored.rows(app, "workers")[0]["seen_at"]
        wait_for(lambda: stored.rows(app, "workers")[0]["seen_at"] > first)
        stored.execute(app, "DELETE FROM workers")
        wait_for(lambda: living(app))


def test_a_worker_outlives_a_database_that_is_away(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "BEATS_EVERY", 0.2)
    with working(app):
        wait_for(lambda: living(app))
        stored.execute(app, "ALTER TABLE workers RENAME TO elsewhere")
        try:
            wait_for(lambda: "could not say that it is alive" in caplog.text)
        finally:
            stored.execute(app, "ALTER TABLE elsewhere RENAME TO workers")
        stored.execute(app, "DELETE FROM workers")
        wait_for(lambda: living(app))


# Without a worker -----------------------------------------------------------


def test_what_works_without_a_worker_works_and_the_rest_says_so(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    assert alice.get("/").status == 200
    # Who waits for nothing need not know.
    assert NOTHING_GOES_ON not in alice.get("/scheduled").text
    assert NOTHING_GOES_ON not in alice.get("/exports").text
    alice.get("/compose")
    later = {"text": "later", "later_at": "2030-05-06T07:08", "later_zone": "UTC"}
    page = alice.press("/compose", "later", **later)
    assert "Scheduled for" in page.text
    assert NOTHING_GOES_ON in page.text
    begin_export(app)
    begin_rule_and_summary(app)
    for path in ("/exports", "/old-notes", "/summary"):
        assert NOTHING_GOES_ON in alice.get(path).text, path
    # What a person does themselves does not wait for a worker.
    (row,) = stored.rows(app, "scheduled_notes")
    alice.get("/scheduled")
    alice.submit(f"/scheduled/{row['id']}/now")
    assert sandbox.calls_of("notes/create")
    let_one_be_there(app)
    schedule(app)
    assert NOTHING_GOES_ON not in alice.get("/scheduled").text
    for path in ("/exports", "/old-notes", "/summary"):
        assert NOTHING_GOES_ON not in alice.get(path).text, path
    assert "Your export is being made." in alice.get("/exports").text


def test_an_export_is_said_to_be_made_only_where_somebody_makes_it(
    app: Flask, alice: Browser
) -> None:
    for is_there, words in (
        (False, "Your export waits for a worker."),
        (True, "Your export is being made. You may go on, or come back later."),
    ):
        if is_there:
            let_one_be_there(app)
        alice.get("/exports")
        page = alice.press("/exports", part="notes")
        assert "".join(page.one("div", role="status").itertext()) == words
        assert (NOTHING_GOES_ON in page.text) is not is_there
        (row,) = stored.rows(app, "exports")
        alice.press(f"/exports/{row['id']}/remove")


def test_it_is_said_in_japanese(app: Flask, alice: Browser) -> None:
    schedule(app)
    begin_export(app)
    assert "自動の処理が止まっています" in alice.get("/scheduled", Accept_Language="ja").text
    assert "自動の処理が止まっています" in alice.get("/exports", Accept_Language="ja").text


def test_readyz_says_so_and_sends_nobody_away(app: Flask, browser: Browser) -> None:
    page = browser.get("/readyz")
    assert (page.status, page.html) == (200, "ready\nno worker is running\n")
    let_one_be_there(app)
    assert browser.get("/readyz").html == "ready\n"


def test_check_says_so(app: Flask) -> None:
    result = run(app, "check")
    assert result.exit_code == 1
    assert "WRONG  worker: None was seen for a minute" in result.output
    let_one_be_there(app)
    assert "ok     worker: 1 alive (somewhere:1)." in run(app, "check").output


def test_check_says_that_workers_cannot_keep_up(app: Flask, alice: Browser) -> None:
    let_one_be_there(app)
    schedule(app, due=timedelta(minutes=-4))
    assert "are late" not in run(app, "check").output
    schedule(app, due=timedelta(minutes=-6))
    begin_export(app, try_at=now() - timedelta(minutes=6))
    begin_rule_and_summary(app)
    assert "hm     worker: 2 jobs are late, by more than 5 minutes" in run(app, "check").output
    for table in ("deletion_rules", "summary_plans"):
        stored.execute(app, f"UPDATE {table} SET try_at = '2020-01-01 00:00:00'")  # noqa: S608
    assert "hm     worker: 4 jobs are late" in run(app, "check").output
    assert "rules: 1 resting\nsummaries: 1 on\n" in done(app, "jobs", "list")


# flask jobs -----------------------------------------------------------------


def test_no_jobs(app: Flask) -> None:
    assert done(app, "jobs", "list").splitlines() == [
        "notes: none",
        "exports: none",
        "rules: none",
        "summaries: none",
        "late by more than 5 minutes: 0",
    ]


def test_the_list_names_what_does_not_go_on_and_nothing_private(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    schedule(app)
    late = schedule(app, due=timedelta(minutes=-10))
    again = schedule(app, due=timedelta(minutes=-1), try_at=now() + timedelta(minutes=5), tries=2)
    problem = json.dumps({"en": "You post too often.", "ja": "…"})
    failed = schedule(app, due=timedelta(minutes=-1), state="failed", problem=problem)
    schedule(app, due=timedelta(minutes=-1), state="done", tries=3)
    export = begin_export(app, tries=1, try_at=now() + timedelta(minutes=9))
    output = done(app, "jobs", "list")
    lines = output.splitlines()
    assert lines[:5] == [
        "notes: 1 done, 1 failed, 3 waiting",
        "exports: 1 running",
        "rules: none",
        "summaries: none",
        "late by more than 5 minutes: 1",
    ]
    assert [line.split()[:3] for line in lines[5:]] == [
        [late, "note", "waiting"],
        [failed, "note", "failed"],
        [again, "note", "waiting"],
        [export, "export", "running"],
    ]
    assert "You post too often." in lines[6]
    assert "tried 2 times, again at" in lines[7]
    assert all(f"@alice@{sandbox.host}" in line for line in lines[5:])
    assert "good morning" not in output


def test_a_note_that_failed_is_tried_again(app: Flask, alice: Browser, sandbox: Sandbox) -> None:
    job = schedule(app, due=timedelta(minutes=-10), state="failed", tries=4)
    assert "A worker tries it within seconds" in done(app, "jobs", "retry", job)
    with app.test_request_context():
        for account_id in posting.accounts_due():
            posting.work_off(account_id)
    assert [call.body["text"] for call in sandbox.calls_of("notes/create")] == ["good morning"]
    assert run(app, "jobs", "retry", job).exit_code == 1
    assert len(sandbox.calls_of("notes/create")) == 1


def test_a_note_that_waits_for_its_server_is_tried_now(app: Flask, alice: Browser) -> None:
    job = schedule(app, due=timedelta(minutes=-2), try_at=now() + timedelta(hours=1), tries=9)
    done(app, "jobs", "retry", job)
    with app.app_context():
        assert db.session.get_one(ScheduledNote, job).try_at <= now()
        assert posting.accounts_due()


@pytest.mark.parametrize(
    ("state", "due", "words"),
    [
        ("waiting", timedelta(hours=1), "It is not due before"),
        ("unknown", timedelta(hours=-1), "only its person can tell"),
        ("sending", timedelta(hours=-1), "It is being posted right now"),
        ("done", timedelta(hours=-1), "or was posted already"),
    ],
)
def test_what_may_not_be_tried_again(
    app: Flask, alice: Browser, sandbox: Sandbox, state: str, due: timedelta, words: str
) -> None:
    job = schedule(app, due=due, state=state)
    before = stored.rows(app, "scheduled_notes")
    result = run(app, "jobs", "retry", job)
    assert result.exit_code == 1
    assert words in result.output
    assert stored.rows(app, "scheduled_notes") == before
    assert sandbox.calls == []


@pytest.mark.parametrize("state", ["waiting", "failed", "unknown"])
def test_a_note_that_is_forgotten_is_a_draft(app: Flask, alice: Browser, state: str) -> None:
    job = schedule(app, state=state)
    assert "among the drafts of @alice@" in done(app, "jobs", "forget", job)
    assert stored.rows(app, "scheduled_notes") == []
    assert "good morning" in alice.get("/drafts").text


@pytest.mark.parametrize("state", ["sending", "done"])
def test_a_note_that_is_on_its_way_is_not_forgotten(app: Flask, alice: Browser, state: str) -> None:
    job = schedule(app, state=state)
    assert run(app, "jobs", "forget", job).exit_code == 1
    assert len(stored.rows(app, "scheduled_notes")) == 1
    with app.app_context():
        assert db.session.scalar(select(KeptDraft)) is None


def test_exports_are_tried_again_and_forgotten(app: Flask, alice: Browser) -> None:
    job = begin_export(app)
    result = run(app, "jobs", "retry", job)
    assert result.exit_code == 1
    assert "it is running" in result.output
    with app.app_context():
        later = {"tries": 3, "try_at": now() + timedelta(hours=1)}
        db.session.execute(update(Export).values(**later))
        db.session.commit()
    done(app, "jobs", "retry", job)
    with app.app_context():
        assert db.session.get_one(Export, job).try_at <= now()
        db.session.execute(update(Export).values(state="failed"))
        db.session.commit()
    done(app, "jobs", "retry", job)
    assert [row["state"] for row in stored.rows(app, "exports")] == ["running"]
    assert "are deleted" in done(app, "jobs", "forget", job)
    assert stored.rows(app, "exports") == []


@pytest.mark.parametrize("command", ["retry", "forget"])
@pytest.mark.parametrize("job", ["", "x", "0" * 32, "../etc", "お茶"])
def test_what_is_no_job(app: Flask, alice: Browser, command: str, job: str) -> None:
    schedule(app)
    before = stored.everything(app)
    result = run(app, "jobs", command, job)
    assert result.exit_code == 1
    assert "There is no job" in result.output
    assert stored.everything(app) == before
