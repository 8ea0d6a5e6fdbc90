"""Deleting old notes by their person's rule, one after another, for as long as it is on.

What must never happen is that a note goes that the rule keeps. So what the look found is
only where to look: right before a note is deleted, all that decides about it is asked anew,
the note itself, whether it is pinned, among the favourites, in a clip, among the latest,
and judged by the rule as it stands at that moment. What can't be asked, or is answered in
part, deletes nothing.

Before every call the worker holds the rule anew (`_Turn`): it finds out there whether its
person changed, paused or stopped it, or another worker took it over, and then makes no
call. So a decision takes hold with the next call; only the one call that is under way at
that very moment is not called back.

A deletion whose answer was lost needs no care: the note is asked for again, and is there or
not. Wherever a process dies, the row says how to go on, and any other goes on a little later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from flask_babel import force_locale, gettext
from sqlalchemy import delete, insert, or_, select, update

from app import away, rules, servers, tidying
from app.errors import explain
from app.extensions import db
from app.misskey import (
    AnswerUnusable,
    ApiError,
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    Page,
    PermissionMissing,
    RateLimited,
    ServerBusy,
)
from app.models import Account, DeletionRule, FoundNote, new_id, now, storable
from app.posting import OWN_NOTES, backoff, patience
from app.rendering import note_excerpt
from app.rules import Known
from app.security import sign_out_everywhere
from app.servers import client_for
from app.telling import in_all_languages, notify
from app.timelines import misskey_id

log = logging.getLogger(__name__)

T = TypeVar("T")

PACE = timedelta(seconds=20)
"""Between two deletions. Servers take 300 an hour (FACTS D.3) of a person, in all their
clients together; these 180 leave them the rest."""
RESTS_FOR = timedelta(days=1)
"""From the end of a run until it looks again."""
GIVES_UP_AFTER = timedelta(days=1)
MOST_FOUND = 50_000
"""A look ends there, and goes on when these are deleted."""
_LONGEST_WAIT = timedelta(days=1, hours=1)
_ACCOUNTS = 100
_IN_A_ROW = 5
_PAGE = 100
_MOST_PAGES = 1000
_MOST_HANGING = 100


class _Pins(msgspec.Struct, rename="camel"):
    """Of `i`, what is pinned. A server that does not say so is not believed to have none."""

    pinned_note_ids: list[str]


class _State(msgspec.Struct, rename="camel"):
    """Of `notes/state`, whether it is a favourite."""

    is_favorited: bool


class _Owned(msgspec.Struct, rename="camel"):
    """A note in a list, of which only matters whose it is."""

    id: str
    user_id: str


class _Favourite(msgspec.Struct, rename="camel"):
    """One of `i/favorites`."""

    id: str
    note: _Owned


class _Thing(msgspec.Struct):
    """Something of which only the id matters."""

    id: str


class _Taken(Exception):
    """The rule was changed by its person, or taken over by another worker."""


class _Turn:
    """One worker's turn at an account's rule, and the calls it makes in it."""

    def __init__(self, row: DeletionRule, account: Account, client: Client) -> None:
        self.row = row
        self.account = account
        self._client = client

    def move(self, then: Callable[[], object] | None = None, **values: Any) -> None:
        """Change the rule and, with it, whatever `then` writes. Raises _Taken."""
        if not tidying.move(self.row, **values):
            db.session.rollback()
            raise _Taken
        if then is not None:
            then()
        db.session.commit()

    def hold(self) -> None:
        """Nobody else is to do anything about it while a call can be under way."""
        self.move(try_at=now() + patience())

    def call(self, endpoint: str, into: type[T], **params: Any) -> T:
        """As `Client.call`. Raises _Taken."""
        self.hold()
        return self._client.call(endpoint, into=into, **params)

    def page(self, endpoint: str, of: type[T], **params: Any) -> Page[T]:
        """As `Client.page`, as many as servers give at once. Raises _Taken."""
        self.hold()
        return self._client.page(endpoint, of=of, limit=_PAGE, **params)

    def whole(self, endpoint: str, of: type[T], most: int | None = None, **params: Any) -> list[T]:
        """A list of what has ids, all its pages or the first `most`. Raises AnswerUnusable if
        part of it can't be read or it goes round in circles, and _Taken."""
        things: list[T] = []
        known: set[str] = set()
        for _ in range(_MOST_PAGES):
            page = self.page(endpoint, of, **params)
            ids = [thing.id for thing in page.items]  # type: ignore[attr-defined]
            if page.unreadable or not known.isdisjoint(ids):
                break
            things += page.items
            if not ids or (most is not None and len(things) >= most):
                return things[:most]
            known.update(ids)
            params["untilId"] = ids[-1]
        raise AnswerUnusable(self._client.address.host, endpoint, "shape")

    def delete(self, found: FoundNote) -> None:
        """Delete the note that was found. Raises _Taken also where this machine slept
        meanwhile: then all that was just asked is old."""
        moment = now()
        tried = update(FoundNote).where(FoundNote.id == found.id).values(is_tried=True)
        self.move(lambda: db.session.execute(tried), try_at=moment + patience())
        if not timedelta() <= now() - moment < patience() / 3:
            raise _Taken
        self._client.act("notes/delete", noteId=found.note_id)


# Whose turn it is -----------------------------------------------------------------------


def accounts_due() -> list[str]:
    """The ids of accounts whose rule has something to be done now, at most a hundred; those
    that wait longest come first."""
    wanted = select(DeletionRule.account_id).where(_is_due())
    return list(db.session.scalars(wanted.order_by(DeletionRule.try_at).limit(_ACCOUNTS)))


def _is_due() -> Any:
    # Nothing waits that long: what seems to is from before the clock was set back.
    moment = now()
    its_time = or_(DeletionRule.try_at <= moment, DeletionRule.try_at > moment + _LONGEST_WAIT)
    return DeletionRule.state.in_(tidying.WORK) & its_time


def work_off(account_id: str) -> None:
    """Do what is due for the account's rule: look at a few pages, or delete a note. Harmless
    when others do the same at the same time, and when nothing is due."""
    for _ in range(_IN_A_ROW):
        db.session.commit()  # See what others wrote meanwhile.
        due = select(DeletionRule).where(DeletionRule.account_id == account_id, _is_due())
        row = db.session.scalar(due.execution_options(populate_existing=True))
        if row is None:
            return
        account = db.session.get_one(Account, account_id, populate_existing=True)
        # A notification is in the language the rule was made in.
        with force_locale(row.language):
            if not _attempt(row, account):
                return


def _attempt(row: DeletionRule, account: Account) -> bool:
    """Take one step; whether another may follow at once."""
    if account.credential is None:
        _trouble(row, account, _without_credential)
        return False
    try:
        _step(_Turn(row, account, client_for(account)))
    except _Taken:
        return False
    except CredentialRefused:
        sign_out_everywhere(account)
        _trouble(row, account, _without_credential)
        return False
    except PermissionMissing as error:
        _trouble(row, account, _words(error))
        return False
    except MisskeyError as error:
        _postpone(row, account, error)
        return False
    return True


def _step(turn: _Turn) -> None:
    if turn.row.state == "resting":
        turn.move(state="looking", look="{}", seen=0, gone=0)
    elif turn.row.state == "looking":
        _look(turn)
    else:
        _delete_next(turn)


# Looking -----------------------------------------------------------------------------------


def _look(turn: _Turn) -> None:
    """One page further; before the first, what is kept for a reason the notes don't tell."""
    look = tidying.look_of(turn.row)
    rule = tidying.rule_of(turn.row)
    if look.pinned is None:
        look.favourited = _favourites(turn) if rule.favourited else []
        look.clipped = sorted(_clipped(turn)) if rule.clipped else []
        look.pinned = sorted(_pinned(turn)) if rule.pinned else []
        turn.move(look=_packed(look), try_at=now(), tries=0, failing_since=None)
        return
    page = turn.page(
        "users/notes", Note, userId=turn.account.user_id, untilId=look.cursor, **OWN_NOTES
    )
    look.latest += [note.id for note in page.items[: max(0, rule.latest - turn.row.seen)]]
    known = Known(
        pinned=frozenset(look.pinned),
        favourited=frozenset(look.favourited),
        clipped=frozenset(look.clipped),
        latest=frozenset(look.latest),
    )
    moment = now()
    going = [
        note
        for note in page.items
        if misskey_id(note.id) and rules.why_kept(note, rule, known, moment) is None
    ]
    seen = turn.row.seen + len(page.items)
    rows = _rows(turn.account, going)
    is_full = tidying.left(turn.account) + len(rows) >= MOST_FOUND
    last = page.items[-1].id if page.items else look.cursor
    after: dict[str, Any] = {"seen": seen, "try_at": now(), "tries": 0, "failing_since": None}
    if last == look.cursor or is_full:
        # Only that is kept of it which its end needs.
        after["look"] = _packed(tidying.Look(is_whole=not is_full))
        after["state"] = "running" if turn.row.is_agreed else "ready"
        after["looked_at"] = now()
    else:
        look.cursor = last
        after["look"] = _packed(look)
    turn.move(lambda: rows and db.session.execute(insert(FoundNote), rows), **after)


def _rows(account: Account, notes: list[Note]) -> list[dict[str, Any]]:
    """Rows for the notes that go and are not written down yet: a server may say the same
    twice."""
    mine = select(FoundNote.note_id).where(FoundNote.account_id == account.id)
    there = set(db.session.scalars(mine.where(FoundNote.note_id.in_([n.id for n in notes]))))
    place = tidying.left(account)
    new = {note.id: note for note in notes if note.id not in there}
    return [
        {
            "id": new_id(),
            "account_id": account.id,
            "note_id": note.id,
            "place": place + number,
            "kind": rules.kind_of(note),
            "beginning": storable(note_excerpt(note), 200),
            "files": len(note.files or []),
            "posted_at": note.created_at,
            "is_tried": False,
        }
        for number, note in enumerate(new.values())
    ]


def _packed(look: tidying.Look) -> str:
    return msgspec.json.encode(look).decode()


# Deleting -----------------------------------------------------------------------------------


def _delete_next(turn: _Turn) -> None:
    """Delete the next note that was found, if it still goes."""
    mine = select(FoundNote).where(FoundNote.account_id == turn.account.id)
    found = db.session.scalar(mine.order_by(FoundNote.place).limit(1))
    if found is None:
        _end_run(turn)
        return
    try:
        note = turn.call("notes/show", Note, noteId=found.note_id)
    except NotThere:
        # We deleted it, and the answer was lost; or its person did.
        _strike_off(turn, found, is_gone=found.is_tried)
        return
    if _is_kept(turn, note):
        _strike_off(turn, found, is_gone=False)
        return
    try:
        turn.delete(found)
    except NotThere:
        pass  # It is gone, which is what was wanted.
    except ApiError as error:
        if type(error) is not ApiError:
            raise
        # This one the server does not let go; the others may.
        _strike_off(turn, found, is_gone=False, wait=PACE, **_noted(error))
        return
    _strike_off(turn, found, is_gone=True, wait=PACE)


def _is_kept(turn: _Turn, note: Note) -> bool:
    """Whether the note stays, by the rule and by all that can be known of it now."""
    if note.user.id != turn.account.user_id:
        return True
    rule = tidying.rule_of(turn.row)
    known = Known()
    if rule.latest:
        known.latest = _latest(turn, rule.latest)
    # A note that no clip holds is in none of one's own; older servers don't tell.
    if rule.clipped and note.clipped_count != 0:
        known.clipped = _clipped(turn)
    if rule.favourited and turn.call("notes/state", _State, noteId=note.id).is_favorited:
        known.favourited = frozenset([note.id])
    if rule.pinned:
        known.pinned = _pinned(turn)
    # The rule may have been changed by now: then the next hold finds that out.
    if rules.why_kept(note, rule, known, now()) is not None:
        return True
    return tidying.takes_along(turn.account) and _is_needed(turn, note.id)


def _is_needed(turn: _Turn, note_id: str) -> bool:
    """Whether another note of one's own would go with it. The newest go first, so what is
    still there stays, and so must what it hangs on, also by notes of others."""
    to_ask = [note_id]
    for _ in range(_MOST_HANGING):
        if not to_ask:
            return False
        asked = to_ask.pop()
        for endpoint in ("notes/children", "notes/renotes"):
            for hanging in turn.whole(endpoint, _Owned, noteId=asked):
                if hanging.user_id == turn.account.user_id:
                    return True
                to_ask.append(hanging.id)
    return True  # Too much hangs on it to know.


def _strike_off(
    turn: _Turn, found: FoundNote, *, is_gone: bool, wait: timedelta = timedelta(), **more: Any
) -> None:
    """Take a note off the list, and go on after `wait`."""
    row = turn.row
    gone = delete(FoundNote).where(FoundNote.id == found.id)
    turn.move(
        lambda: db.session.execute(gone),
        gone=row.gone + is_gone,
        gone_in_all=row.gone_in_all + is_gone,
        try_at=now() + wait,
        tries=0,
        failing_since=None,
        **more,
    )


def _end_run(turn: _Turn) -> None:
    """All that was found is gone: it looks again tomorrow, or at once if that was not all."""
    wait = RESTS_FOR if tidying.look_of(turn.row).is_whole else timedelta()
    turn.move(state="resting", ended_at=now(), try_at=now() + wait)


# What keeps a note, asked anew ----------------------------------------------------------------


def _pinned(turn: _Turn) -> frozenset[str]:
    return frozenset(turn.call("i", _Pins).pinned_note_ids)


def _favourites(turn: _Turn) -> list[str]:
    """Those of one's favourites that one wrote oneself."""
    mine = turn.account.user_id
    favourites = turn.whole("i/favorites", _Favourite)
    return [favourite.note.id for favourite in favourites if favourite.note.user_id == mine]


def _clipped(turn: _Turn) -> frozenset[str]:
    """The notes in one's own clips, where the server has clips. That is known from its list
    of endpoints: a 404 may come from whatever stands before it."""
    server = servers.stored(turn.account.host)
    if server is not None and "clips/list" not in server.endpoints:
        return frozenset()
    clips = turn.whole("clips/list", _Thing)
    return frozenset(
        note.id
        for clip in clips
        for note in turn.whole("clips/notes", _Owned, clipId=clip.id)
        if note.user_id == turn.account.user_id
    )


def _latest(turn: _Turn, wanted: int) -> frozenset[str]:
    """So many of the latest notes, or all there are."""
    mine = {"userId": turn.account.user_id, **OWN_NOTES}
    return frozenset(note.id for note in turn.whole("users/notes", _Thing, most=wanted, **mine))


# Trouble ----------------------------------------------------------------------------------------


def _without_credential() -> str:
    return gettext("Engawa may not act for you any more. Sign in again.")


def _words(error: MisskeyError) -> Callable[[], str]:
    return lambda: explain(error).happened


def _noted(error: MisskeyError) -> dict[str, Any]:
    """What is written down of what went wrong last."""
    return {"error": in_all_languages(_words(error)), "error_at": now()}


def _postpone(row: DeletionRule, account: Account, error: MisskeyError) -> None:
    """Try again later; after a day without an answer that can be used, leave it to its
    person."""
    moment = now()
    is_limit = isinstance(error, RateLimited)
    since = None if is_limit else row.failing_since or moment
    if since is not None and moment - since > GIVES_UP_AFTER:
        server = account.address.display
        _trouble(
            row,
            account,
            lambda: gettext("%(server)s could not be reached for a day.", server=server),
        )
        return
    asked = error.retry_after if isinstance(error, RateLimited | ServerBusy) else None
    wait = timedelta(seconds=asked) if asked is not None else backoff(row.tries)
    if is_limit:
        wait += PACE  # The first call after a limit is its person's.
    after = {"try_at": moment + wait, "tries": row.tries + 1, "failing_since": since}
    tidying.move(row, **after, **_noted(error))
    db.session.commit()


def _trouble(row: DeletionRule, account: Account, words: Callable[[], str]) -> None:
    """Leave it to its person, and tell them: here, and at their server."""
    if not tidying.move(row, state="failed", problem=in_all_languages(words)):
        db.session.rollback()
        return
    account.has_troubled_rule = True
    db.session.commit()
    log.info("a rule for old notes at %s failed", account.host)
    if account.credential is not None:
        notify(account, gettext("Your old notes are not deleted any more"), words())
    away.let_go(account.id)
