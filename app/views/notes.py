"""`/notes/<id>`: a note with the conversation above and the replies below; deleting
one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import composing, drafts, keeping
from app.errors import explain, page
from app.misskey import (
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    Page,
    User,
)
from app.models import Account
from app.notices import leave_notice
from app.reading import around, reading_as
from app.security import (
    account_of_form,
    hash_of,
    required_account,
    safe_next,
    settings_of_app,
)
from app.servers import client_for
from app.submissions import claim, fail, finish, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("notes", __name__)

ANCESTORS = 30
REPLIES = 30
PEOPLE = 100

T = TypeVar("T")


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
        reading=reading_as(account, people=_recipients(client, account, note, ancestors, replies)),
        note=note,
        ancestors=ancestors,
        replies=replies,
        more_replies=replies is not None and len(replies.items) + replies.unreadable >= REPLIES,
        is_later_page=until is not None,
    )


@bp.get("/notes/<note_id>/delete")
def confirm_delete(note_id: str) -> ResponseReturnValue:
    """Ask before deleting; another person's note is not asked about. With `edit` its text
    comes back into the form to write notes."""
    account = required_account()
    note = _note(client_for(account), note_id)
    if note.user.id != account.user_id:
        abort(404)
    return render_template(
        "notes/delete.html",
        account=account,
        reading=reading_as(account),
        note=note,
        edit=request.args.get("edit") == "1",
        form_id=new_form_id(),
        next=_somewhere_else(safe_next(request.args.get("next")), note_id),
    )


@bp.post("/notes/<note_id>/delete")
def delete(note_id: str) -> ResponseReturnValue:
    """Delete a note, once, as the account the page was shown to."""
    if not misskey_id(note_id):
        abort(404)
    account = account_of_form()
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
        return _deleted(account, _draft_id(form_id))
    client = client_for(account)
    draft_id = None
    try:
        if request.form.get("edit") == "1":
            draft_id = _keep_what_it_holds(client, account, note_id, form_id)
        client.act("notes/delete", noteId=note_id)
    except NotThere:
        pass  # It is gone, which is what was asked for.
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _not_deleted(error, account, draft_id)
    finish(submission, "done")
    return _deleted(account, draft_id)


def _keep_what_it_holds(client: Client, account: Account, note_id: str, form_id: str) -> str:
    """Keep everything of a note as a draft before it is deleted: whatever happens then,
    it is there. The draft's id."""
    note = _note(client, note_id)
    draft = drafts.again(note, composing.circle_of(note, account, client))
    return keeping.keep_before_deleting(account, draft, _draft_id(form_id)).id


def _draft_id(form_id: str) -> str:
    """The id under which a form keeps its note, so that a second click finds it too."""
    return hash_of(f"again/{form_id}")[:32]


def _not_deleted(
    error: MisskeyError, account: Account, draft_id: str | None
) -> ResponseReturnValue:
    words = explain(error)
    if draft_id is None:
        return page(words)
    if not error.may_have_happened:
        keeping.throw_away(account, draft_id)
        return page(words)
    return page(
        replace(
            words,
            advice=gettext(
                "We don't know whether the note was deleted. What it held is among your "
                "drafts: look whether the note is still there before you post it again."
            ),
            link=(gettext("Your drafts"), url_for("drafts.index")),
        )
    )


def _somewhere_else(path: str, note_id: str) -> str:
    """`path`, unless it is the page of the note that will not be there any more."""
    return "/" if path.startswith(url_for("notes.show", note_id=note_id)) else path


def _deleted(account: Account, draft_id: str | None) -> ResponseReturnValue:
    if keeping.find(account, draft_id) is not None:
        leave_notice(gettext("The note is deleted. Change it and post it again when you like."))
        back = safe_next(request.form.get("next"))
        return redirect(url_for("compose.form", draft=draft_id, next=back), 303)
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


def _recipients(
    client: Client, account: Account, note: Note, *conversation: Page[Note] | None
) -> list[User]:
    """The people a direct note is for, as far as they are known: from the conversation,
    and if that is not all, by one call more."""
    wanted = set(note.visible_user_ids or [])
    if note.visibility != "specified" or not wanted:
        return []
    notes = [note, *(other for page in conversation if page for other in page.items)]
    near = [user for other in notes for user in around(other)]
    missing = wanted - {user.id for user in near} - {account.user_id}
    if not missing:
        return near
    asked = sorted(missing)[:PEOPLE]
    found = _or_none(lambda: client.page("users/show", of=User, userIds=asked))
    return near + (found.items if found else [])


def _or_none(load: Callable[[], Page[T]]) -> Page[T] | None:
    try:
        return load()
    except CredentialRefused:
        raise
    except MisskeyError:
        return None  # The page says that this part could not be loaded.
