"""Forms that are carried out once: `app.submissions`, on a real database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import pytest
from flask import Flask

from app import submissions
from app.extensions import db
from app.misskey import AnswerLost, AnswerUnusable, ApiError, ServerBusy, ServerUnreachable
from app.misskey.errors import MisskeyError, ServerFault
from app.models import Account, Submission
from app.settings import Settings
from tests.house import emptied, open_house
from tests.tabs import at_once

FORM = "abcdefghijklmnop"


@pytest.fixture(scope="module")
def house(house_settings: Settings) -> Iterator[Flask]:
    """One installation for this module."""
    with open_house(house_settings) as app:
        yield app


@pytest.fixture
def app(house: Flask) -> Flask:
    """… empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def account(app: Flask) -> Iterator[Account]:
    """A person of some server, within the app's context."""
    with app.app_context():
        person = Account(host="tea.example", user_id="u1", username="momo")
        db.session.add(person)
        db.session.commit()
        yield person


def kept() -> list[tuple[str, str, str | None]]:
    """What is written down: form, state, note."""
    found = db.session.query(Submission).all()
    return [(row.form_id, row.state, row.note_id) for row in found]


def another_claims(app: Flask, account: Account) -> bool:
    """Whether another request could claim the form."""
    with app.app_context():
        return submissions.claim(FORM, db.session.get_one(Account, account.id)) is not None


def test_the_first_to_come_has_the_form_and_nobody_after_it(app: Flask, account: Account) -> None:
    assert submissions.claim(FORM, account) is not None
    assert not another_claims(app, account)
    assert not another_claims(app, account)
    assert kept() == [(FORM, "sending", None)]


def test_of_many_at_once_exactly_one_has_it(app: Flask, account: Account) -> None:
    claimed = at_once(*[lambda: another_claims(app, account)] * 12)
    assert sorted(claimed) == [False] * 11 + [True]


@pytest.mark.parametrize(
    "junk", ["", "short", "x" * 15, "x" * 65, "with space 12345", "é" * 20, "a\0" * 10, "\n" * 20]
)
def test_without_a_usable_id_each_stands_for_itself(account: Account, junk: str) -> None:
    assert submissions.claim(junk, account) is not None
    assert submissions.claim(junk, account) is not None
    assert len(kept()) == 2


def test_ids_made_here_are_usable_and_never_the_same(account: Account) -> None:
    made = {submissions.new_form_id() for _ in range(200)}
    assert len(made) == 200
    one = made.pop()
    assert submissions.claim(one, account) is not None
    assert submissions.claim(one, account) is None


def test_a_key_stands_for_a_form_with_its_content(account: Account) -> None:
    key = submissions.key_of(FORM, "text", "cw")
    assert key == submissions.key_of(FORM, "text", "cw")
    others = [
        submissions.key_of(FORM, "text", ""),
        submissions.key_of(FORM, "textcw", ""),
        submissions.key_of(FORM, "cw", "text"),
        submissions.key_of(FORM[::-1], "text", "cw"),
    ]
    assert len({key, *others}) == 5
    assert submissions.claim(key, account) is not None
    assert submissions.claim(key, account) is None


@pytest.mark.parametrize("junk", ["", "short", "x" * 65, "with space 12345"])
def test_a_key_of_a_form_that_is_not_ours_is_none(junk: str) -> None:
    assert submissions.key_of(junk, "text") == ""


def test_the_outcome_is_what_was_written_down(account: Account) -> None:
    submission = submissions.claim(FORM, account)
    assert submission is not None
    submissions.finish(submission, "done", "note1")
    found = submissions.outcome(FORM, account, wait=0)
    assert found is not None
    assert (found.state, found.note_id) == ("done", "note1")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ServerUnreachable("h", "e"), "failed"),
        (ServerBusy("h", "e", 1), "failed"),
        (AnswerLost("h", "e"), "unknown"),
        (AnswerUnusable("h", "e", "html"), "unknown"),
        (AnswerUnusable("h", "e", "redirect"), "failed"),
        (ApiError("h", "e", "INVALID_PARAM", 400), "failed"),
        (ServerFault("h", "e", "INTERNAL_ERROR", 500), "unknown"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_a_failure_is_unknown_only_where_it_may_have_happened(
    account: Account, error: MisskeyError, state: str
) -> None:
    submission = submissions.claim(FORM, account)
    assert submission is not None
    submissions.fail(submission, error)
    assert kept() == [(FORM, state, None)]


def test_nobody_learns_what_became_of_another_persons_form(app: Flask, account: Account) -> None:
    other = Account(host="tea.example", user_id="u2", username="kiku")
    db.session.add(other)
    db.session.commit()
    submission = submissions.claim(FORM, account)
    assert submission is not None
    submissions.finish(submission, "done", "note1")
    assert not another_claims(app, other)
    assert submissions.outcome(FORM, other, wait=5) is None


def test_a_form_nobody_sent_has_no_outcome_and_is_not_waited_for(account: Account) -> None:
    began = time.monotonic()
    assert submissions.outcome(FORM, account, wait=5) is None
    assert time.monotonic() - began < 1


def test_who_waits_sees_what_another_request_writes(app: Flask, account: Account) -> None:
    submission = submissions.claim(FORM, account)
    assert submission is not None
    waiting = Event()

    def wait() -> str:
        with app.app_context():
            mine = db.session.get_one(Account, account.id)
            waiting.set()
            found = submissions.outcome(FORM, mine, wait=5)
            return f"{found.state} {found.note_id}" if found else "none"

    def finish() -> str:
        waiting.wait(5)
        time.sleep(0.15)
        with app.app_context():
            found = db.session.get_one(Submission, FORM)
            submissions.finish(found, "done", "note1")
        return "finished"

    began = time.monotonic()
    assert at_once(wait, finish) == ["done note1", "finished"]
    assert time.monotonic() - began < 3


def test_the_waiting_is_bounded(account: Account) -> None:
    submissions.claim(FORM, account)
    began = time.monotonic()
    found = submissions.outcome(FORM, account, wait=0.3)
    assert 0.3 <= time.monotonic() - began < 1.5
    assert found is not None
    assert found.state == "sending"


def test_only_so_many_wait_and_the_others_are_told_at_once(app: Flask, account: Account) -> None:
    submissions.claim(FORM, account)

    def wait() -> float:
        with app.app_context():
            mine = db.session.get_one(Account, account.id)
            began = time.monotonic()
            found = submissions.outcome(FORM, mine, wait=1)
            assert found is not None
            assert found.state == "sending"
            return time.monotonic() - began

    waited = sorted(at_once(*[wait] * 20))
    assert [seconds >= 1 for seconds in waited].count(True) == 8
    assert waited[11] < 0.9
    # Their places are free again.
    began = time.monotonic()
    submissions.outcome(FORM, account, wait=0.2)
    assert time.monotonic() - began >= 0.2


def test_forgetting_an_account_takes_its_forms_along(account: Account) -> None:
    submissions.claim(FORM, account)
    db.session.delete(account)
    db.session.commit()
    assert kept() == []
