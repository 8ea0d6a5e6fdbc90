"""Posting scheduled notes, each exactly once.

Misskey takes no key that would make a second call of notes/create harmless. So before the
call is made it is written down (`sending`, when, and the newest note the account had), and
what became of it is decided by the first of these that is known:

- the server's answer;
- the note itself, found among those the account posted since. It is looked for when the
  first call can no longer land: `patience` after the mark;
- its absence, found twice with another `patience` between: only then is it sent again;
- nothing. Then it is `unknown`, and its person decides.

The first note it could be is known by its id and not by a clock, for the server has its own.
An account has at most one note under way (an index of the database's sees to that), so what
is found can't be another scheduled note that says the same. Wherever a process dies, the row
says how to go on; any other process may do so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from flask_babel import force_locale, gettext
from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import away, composing, scheduling
from app.errors import in_a_line
from app.extensions import db
from app.mfm.nyaize import nyaize
from app.misskey import (
    AnswerUnusable,
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    RateLimited,
    ServerBusy,
    ServerUnreachable,
)
from app.misskey.entities.notes import VISIBILITIES, CreatedNote
from app.models import Account, ScheduledNote, Submission, now
from app.scheduling import move
from app.security import settings_of_app, sign_out_everywhere
from app.servers import client_for
from app.telling import in_all_languages, notify
from app.timelines import misskey_id

log = logging.getLogger(__name__)

GIVES_UP_AFTER = timedelta(days=1)
"""How long after its time a note is tried while its server does not answer."""
_LONGEST_WAIT = timedelta(hours=1)
_IN_A_ROW = 20
_ACCOUNTS = 100
_PAGE = 100
_PAGES = 5
OWN_NOTES = {
    "withReplies": True,
    "includeReplies": True,
    "withRenotes": True,
    "includeMyRenotes": True,
    "withChannelNotes": True,
}
"""What makes `users/notes` give everything of somebody, by its names on new servers and old
(DIFFERENCES, `users/notes`)."""


class _Posted(msgspec.Struct):
    """A note of which only the id matters."""

    id: str


class _CannotTell(Exception):
    """Whether the note is among the account's own can't be found out."""


def patience() -> timedelta:
    """How long after its beginning a call can still land: our own end of it is over in a
    third of that, the rest is for the server."""
    return timedelta(seconds=3 * settings_of_app().upstream_seconds)


def accounts_due() -> list[str]:
    """The ids of accounts that have something to be done now, at most a hundred; those
    that wait longest come first."""
    found = db.session.execute(
        select(ScheduledNote.account_id)
        .where(_is_due())
        .group_by(ScheduledNote.account_id)
        .order_by(db.func.min(ScheduledNote.try_at))
        .limit(_ACCOUNTS)
    )
    return [account_id for (account_id,) in found]


def _is_due() -> Any:
    # A mark that lies in the future is from before the clock was set back.
    moment = now()
    return and_(
        ScheduledNote.state.in_(scheduling.WORK),
        or_(
            ScheduledNote.try_at <= moment,
            and_(ScheduledNote.state == "sending", ScheduledNote.marked_at > moment),
        ),
    )


def work_off(account_id: str) -> None:
    """Do what is due for the account, one note after another. Harmless when others do the
    same at the same time, and when nothing is due."""
    for _ in range(_IN_A_ROW):
        row = _next(account_id)
        if row is None or not attempt(row):
            return


def _next(account_id: str) -> ScheduledNote | None:
    """The note under way, if it is time to look for it, else the earliest that is due."""
    db.session.commit()  # See what others wrote meanwhile.
    mine = ScheduledNote.account_id == account_id
    under_way = db.session.scalar(
        select(ScheduledNote.id).where(mine, ScheduledNote.state == "sending")
    )
    wanted = select(ScheduledNote).where(mine, _is_due())
    if under_way is not None:
        wanted = wanted.where(ScheduledNote.id == under_way)
    earliest = wanted.order_by(ScheduledNote.due_at, ScheduledNote.id).limit(1)
    return db.session.scalar(earliest.execution_options(populate_existing=True))


def attempt(row: ScheduledNote) -> bool:
    """Post `row`, or find out what became of it; whether the account's next may follow."""
    account = db.session.get_one(Account, row.account_id)
    # A notification is in the language the note was scheduled in.
    with force_locale(row.language):
        if account.credential is None:
            return _without_credential(row, "unknown" if row.state == "sending" else "failed")
        if row.state == "sending":
            return _settle(row, account)
        return _post(row, account)


# Posting --------------------------------------------------------------------------------


def _post(row: ScheduledNote, account: Account) -> bool:
    client = client_for(account)
    try:
        newest = _newest(client, account)
    except CredentialRefused:
        return _refused(row, account)
    except MisskeyError as error:
        return _postpone(row, error)
    if not _mark(row, newest):
        return False
    parameters = msgspec.json.decode(row.parameters, type=dict[str, Any])
    try:
        created = client.call("notes/create", into=CreatedNote, **parameters)
    except CredentialRefused:
        return _refused(row, account)
    except MisskeyError as error:
        return _after(error, row, account)
    _done(row, misskey_id(created.created_note.id))
    return True


def _newest(client: Client, account: Account) -> str | None:
    """The id of the newest note the account has; None if it has none."""
    page = client.page("users/notes", of=_Posted, userId=account.user_id, limit=1, **OWN_NOTES)
    return misskey_id(page.items[0].id) if page.items else None


def _mark(row: ScheduledNote, newest: str | None) -> bool:
    """Write down that the call is about to be made. False if somebody else was quicker, or
    another note of the account is under way."""
    moment = now()
    try:
        is_mine = move(
            row,
            "waiting",
            state="sending",
            looks=0,
            marked_at=moment,
            after_id=newest,
            try_at=moment + patience(),
        )
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return False
    # A machine that slept between the mark and the call must not make it any more.
    return is_mine and timedelta() <= now() - moment < patience() / 3


def _after(error: MisskeyError, row: ScheduledNote, account: Account) -> bool:
    """What a call that failed means."""
    if error.may_have_happened:
        return False  # It is looked for when it can't land any more.
    if isinstance(error, RateLimited | ServerUnreachable | AnswerUnusable):
        return _postpone(row, error)
    draft = scheduling.draft_of(row)

    def words() -> str:
        problem = composing.problem_of(error, draft)
        return in_a_line(problem.message, problem.advice)

    _trouble(row, account, "failed", words)
    return True


def _postpone(row: ScheduledNote, error: MisskeyError) -> bool:
    """Try again later, and all other notes of the account, too: its server would answer
    them the same, and counts every call that comes too early."""
    if not isinstance(error, RateLimited) and now() - row.due_at > GIVES_UP_AFTER:
        account = db.session.get_one(Account, row.account_id)
        host = error.host
        _trouble(
            row,
            account,
            "failed",
            lambda: gettext("%(server)s could not be reached for a day.", server=host),
        )
        return False
    asked = error.retry_after if isinstance(error, RateLimited | ServerBusy) else None
    wait = timedelta(seconds=asked) if asked is not None else backoff(row.tries)
    until = now() + wait
    if move(row, *scheduling.WORK, state="waiting", try_at=until, tries=row.tries + 1):
        db.session.execute(
            update(ScheduledNote)
            .where(ScheduledNote.account_id == row.account_id, ScheduledNote.state == "waiting")
            .where(ScheduledNote.try_at < until)
            .values(try_at=until)
            .execution_options(synchronize_session=False)
        )
    db.session.commit()
    return False


def backoff(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time."""
    return min(patience() * float(2 ** min(tries, 20)), _LONGEST_WAIT)


def _done(row: ScheduledNote, note_id: str | None) -> None:
    """Write down that it was posted: whatever was thought of it meanwhile."""
    db.session.execute(
        update(ScheduledNote)
        .where(ScheduledNote.id == row.id, ScheduledNote.state != "done")
        .values(
            state="done",
            note_id=note_id,
            try_at=now(),
            turn=ScheduledNote.turn + 1,
            problem=None,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(ScheduledNote)
        .where(ScheduledNote.account_id == row.account_id, ScheduledNote.state == "done")
        .where(ScheduledNote.try_at < now() - scheduling.REMEMBERED_FOR)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    scheduling.recount(row.account_id)
    away.let_go(row.account_id)


# What became of it ------------------------------------------------------------------------


def _settle(row: ScheduledNote, account: Account) -> bool:
    """Look for the note whose answer was lost."""
    moment = now()
    is_mine = move(row, "sending", marked_at=moment, try_at=moment + patience())
    db.session.commit()
    if not is_mine:
        return False
    try:
        found = _look_for(row, account)
    except CredentialRefused:
        sign_out_everywhere(account)
        return _ask(row, account, lambda: gettext("Your server does not let Engawa in any more."))
    except _CannotTell:
        return _ask(row, account, _answer_lost)
    except MisskeyError:
        if moment - row.due_at > GIVES_UP_AFTER:
            return _ask(row, account, _answer_lost)
        return False  # Looked for again after another `patience`.
    if found is not None:
        _done(row, found)
        return True
    if row.looks == 0:
        move(row, "sending", looks=1)
        db.session.commit()
        return False
    return _send_again(row, account)


def _send_again(row: ScheduledNote, account: Account) -> bool:
    """It was not posted, so it may be: at once the first time, later after that."""
    if now() - row.due_at > GIVES_UP_AFTER:
        server = account.address.display
        _trouble(
            row,
            account,
            "failed",
            lambda: gettext("%(server)s did not take it for a day.", server=server),
        )
        return True
    wait = backoff(row.tries - 1) if row.tries else timedelta()
    move(row, "sending", state="waiting", try_at=now() + wait, tries=row.tries + 1)
    db.session.commit()
    return not wait


def _look_for(row: ScheduledNote, account: Account) -> str | None:
    """The id of the note among those posted since the mark; None if it is not there.
    Raises _CannotTell and MisskeyErrors."""
    client = client_for(account)
    wanted = msgspec.json.decode(row.parameters, type=dict[str, Any])
    known = _known_ids(account)
    since = row.after_id
    for _ in range(_PAGES):
        page = client.page(
            "users/notes",
            of=Note,
            userId=account.user_id,
            limit=_PAGE,
            sinceId=since,
            **OWN_NOTES,
        )
        for note in page.items:
            if note.id not in known and is_it(note, wanted):
                return note.id
        if page.unreadable:
            raise _CannotTell
        if len(page.items) < _PAGE:
            return None
        if since is None:
            raise _CannotTell  # Without a first id the newest come first, and no page follows.
        since = page.items[-1].id
    raise _CannotTell


def _known_ids(account: Account) -> frozenset[str]:
    """Notes that are known to be others: what came of other scheduled notes and of forms."""
    found: set[str] = set()
    for table in (ScheduledNote, Submission):
        found.update(
            note_id
            for note_id in db.session.scalars(
                select(table.note_id).where(
                    table.account_id == account.id, table.note_id.is_not(None)
                )
            )
            if note_id is not None
        )
    return frozenset(found)


def is_it(note: Note, wanted: Mapping[str, Any]) -> bool:
    """Whether `note` is what notes/create makes of the parameters `wanted`."""
    poll = wanted.get("poll") or {}
    return (
        _same_words(note.text, wanted.get("text"))
        and _same_words(note.cw, wanted.get("cw"))
        and _is_no_wider(note.visibility, wanted["visibility"])
        and note.reply_id == wanted.get("replyId")
        and note.renote_id == wanted.get("renoteId")
        and (note.channel.id if note.channel else None) == wanted.get("channelId")
        and [file.id for file in note.files or []] == (wanted.get("fileIds") or [])
        and [choice.text for choice in (note.poll.choices if note.poll else [])]
        == poll.get("choices", [])
    )


def _same_words(shown: str | None, sent: str | None) -> bool:
    # Servers strip what they are sent; before 2023.10 they let cats speak as cats.
    return nyaize((shown or "").strip()) == nyaize((sent or "").strip())


def _is_no_wider(shown: str, sent: str) -> bool:
    # Servers narrow a note silently: for who is silenced, or by what it answers.
    order: list[str] = list(VISIBILITIES)
    return shown == sent or (
        shown in order and sent in order and order.index(shown) > order.index(sent)
    )


# Trouble ----------------------------------------------------------------------------------


def _refused(row: ScheduledNote, account: Account) -> bool:
    """The server refused the credential, and with it the note."""
    sign_out_everywhere(account)
    return _without_credential(row, "failed")


def _without_credential(row: ScheduledNote, state: scheduling.State) -> bool:
    """Nothing can act for the account any more."""
    problem = in_all_languages(
        lambda: gettext("Engawa may not act for you any more. Sign in again.")
    )
    move(row, *scheduling.WORK, state=state, problem=problem)
    db.session.commit()
    scheduling.recount(row.account_id)
    return True


def _answer_lost() -> str:
    return gettext("The answer of your server was lost.")


def _ask(row: ScheduledNote, account: Account, happened: Callable[[], str]) -> bool:
    def words() -> str:
        sentence = gettext(
            "%(happened)s So we don't know whether your note was posted.", happened=happened()
        )
        advice = gettext("Look at your newest notes before you post it again.")
        return in_a_line(sentence, advice)

    _trouble(row, account, "unknown", words)
    return True


def _trouble(
    row: ScheduledNote, account: Account, state: scheduling.State, words: Callable[[], str]
) -> None:
    """Leave it to its person, and tell them: here, and at their server."""
    is_mine = move(row, *scheduling.WORK, state=state, problem=in_all_languages(words))
    db.session.commit()
    if not is_mine:
        return
    scheduling.recount(account.id)
    log.info("a scheduled note at %s is %s", account.host, state)
    if account.credential is not None:
        notify(account, gettext("A scheduled note was not posted"), words())
    away.let_go(account.id)
