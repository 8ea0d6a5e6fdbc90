"""`/notes/<id>`: a note with the conversation above and the replies below; deleting
one's own."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import explain, page
from app.misskey import (
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    Page,
)
from app.notices import leave_notice
from app.reading import reading_as
from app.security import required_account, safe_next, settings_of_app, signed_in_account
from app.servers import client_for
from app.submissions import claim, fail, finish, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("notes", __name__)

ANCESTORS = 30
REPLIES = 30


@bp.get("/notes/<note_id>")
def show(note_id: str) -> ResponseReturnValue:
    """A note's own page. Where only the conversation or the replies fail, the note
    stands and a sentence says what is missing."""
    account = required_account()
    client = client_for(account)
    note = _note(client, note_id)
    until = misskey_id(request.args.get("until"))
    ancestors: Page[Note] | None = Page([])
    replies: Page[Note] | None = Page([])
    if note.reply_id:
        ancestors = _or_none(lambda: _ancestors(client, note))
    # Quotes are among the children, and count as renotes.
    if note.replies_count or note.renote_count:
        replies = _or_none(lambda: _replies(client, note, until))
    return render_template(
        "notes/show.html",
        account=account,
        reading=reading_as(account),
        note=note,
        ancestors=ancestors,
        replies=replies,
        more_replies=replies is not None and len(replies.items) + replies.unreadable >= REPLIES,
        is_later_page=until is not None,
    )


@bp.get("/notes/<note_id>/delete")
def confirm_delete(note_id: str) -> ResponseReturnValue:
    """Ask before deleting; another person's note is not asked about."""
    account = required_account()
    note = _note(client_for(account), note_id)
    if note.user.id != account.user_id:
        abort(404)
    return render_template(
        "notes/delete.html",
        account=account,
        reading=reading_as(account),
        note=note,
        form_id=new_form_id(),
        next=_somewhere_else(safe_next(request.args.get("next")), note_id),
    )


@bp.post("/notes/<note_id>/delete")
def delete(note_id: str) -> ResponseReturnValue:
    """Delete a note, once, as the account the page was shown to."""
    if not misskey_id(note_id):
        abort(404)
    wanted = request.form.get("account")
    account = signed_in_account(wanted) if wanted else required_account()
    if account is None:
        # Signed out of it in another tab; no other account answers for it.
        return redirect(url_for("accounts.index", next=url_for("notes.show", note_id=note_id)), 303)
    form_id = request.form.get("form_id", "")
    submission = claim(form_id, account)
    if submission is None:
        earlier = outcome(form_id, account, settings_of_app().upstream_seconds)
        if earlier is None or earlier.state != "done":
            # What went wrong was shown to the first request; the note's page tells the rest.
            return redirect(url_for("notes.show", note_id=note_id), 303)
        return _deleted()
    try:
        client_for(account).act("notes/delete", noteId=note_id)
    except NotThere:
        pass  # It is gone, which is what was asked for.
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return page(explain(error))
    finish(submission, "done")
    return _deleted()


def _somewhere_else(path: str, note_id: str) -> str:
    """`path`, unless it is the page of the note that will not be there any more."""
    return "/" if path.startswith(url_for("notes.show", note_id=note_id)) else path


def _deleted() -> ResponseReturnValue:
    leave_notice(gettext("The note is deleted."))
    return redirect(safe_next(request.form.get("next")), 303)


def _note(client: Client, note_id: str) -> Note:
    """The note, or 404 without a call for what can't be an id."""
    if not misskey_id(note_id):
        abort(404)
    return client.call("notes/show", into=Note, noteId=note_id)


def _ancestors(client: Client, note: Note) -> Page[Note]:
    found = client.page("notes/conversation", of=Note, noteId=note.id, limit=ANCESTORS)
    found.items.reverse()  # The server goes up from the note; a reader goes down.
    return found


def _replies(client: Client, note: Note, until: str | None) -> Page[Note]:
    found = client.page("notes/children", of=Note, noteId=note.id, limit=REPLIES, untilId=until)
    found.items.reverse()
    return found


def _or_none(load: Callable[[], Page[Note]]) -> Page[Note] | None:
    try:
        return load()
    except CredentialRefused:
        raise
    except MisskeyError:
        return None  # The page says that this part could not be loaded.
