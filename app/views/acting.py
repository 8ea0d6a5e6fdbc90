"""`/notes/<id>/…`: everything one can do to a note, and the pages that help doing it.

An action is answered in one of two ways. A form sent by itself goes back, with 303, to
`#note-ID` of the page it was on, and that page shows a notice. Our script sends the same
form with the header `X-Engawa-Fragment: note`, and gets a fragment at once:

    notice      <div class="notice…">, what was done or why not
    note        <article class="note" id="note-ID">, as it is now: the note the form's
                `anchor` names (a renote around the note acted on), else that note itself
    sheets      <link rel="stylesheet">, none or more, which its markup needs

- 200: done. No article means that the note is not there any more.
- 409: the server says that it was so already, or can't be; 429: too soon. The note as it
  is now follows where it could be read.
- Any other status is that of the page which says so, as a notice alone: the note on the
  page is to stay as it is. 401 means signed out, 400 a token that is none; 502 and 504
  are the server's, which after a write may have carried it out all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from app import emojis, fragments, preferences
from app.actions import ACTIONS, Action, can_be_renoted, refusal
from app.errors import explain, explain_deed, in_a_line, page, retry_header
from app.misskey import (
    AnswerUnusable,
    ApiError,
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    RateLimited,
)
from app.misskey.entities.notes import NoteReaction, NoteState, Translation
from app.misskey.entities.things import ChannelSummary, Clip
from app.models import Account
from app.notices import Notice, leave_notice
from app.reading import reading_as
from app.security import account_of_form, required_account, safe_next, settings_of_app
from app.servers import client_for, known
from app.submissions import claim, fail, finish, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("acting", __name__)

PEOPLE = 50
LONGEST_REPORT = 1800


@bp.post("/notes/<note_id>/<any(" + ", ".join(repr(name) for name in ACTIONS) + "):name>")
def act(note_id: str, name: str) -> ResponseReturnValue:
    """Carry out one row of the table of actions, as the account the page was shown to,
    and go back to the note."""
    action = ACTIONS[name]
    parameters = action.parameters(request.form) if misskey_id(note_id) else None
    if parameters is None:
        abort(400)
    account = account_of_form()
    if account is None:
        return _signed_out(note_id)
    parameters[action.note_key] = note_id
    if action.once:
        return _act_once(action, account, note_id, parameters)
    try:
        client_for(account).act(action.endpoint, **parameters)
    except MisskeyError as error:
        return _refused(error, account, note_id)
    if name == "react":
        emojis.remember(account, parameters["reaction"])
    return _done(action, account, note_id)


def _act_once(
    action: Action, account: Account, note_id: str, parameters: Mapping[str, object]
) -> ResponseReturnValue:
    """As `act`, for what a double click must not do twice. The form's id is the page's,
    so that twenty notes do not carry twenty of them."""
    page_id = request.form.get("form_id", "")
    form_id = _id_of(page_id, action.name, note_id) if page_id else ""
    submission = claim(form_id, account)
    if submission is None:
        earlier = outcome(form_id, account, settings_of_app().upstream_seconds)
        if earlier is not None and earlier.state == "done":
            return _done(action, account, note_id)
        return _answer(account, note_id, gettext("That was sent before."), status=409)
    try:
        client_for(account).act(action.endpoint, **parameters)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _refused(error, account, note_id)
    finish(submission, "done")
    return _done(action, account, note_id)


def _id_of(page_id: str, action: str, note_id: str) -> str:
    return hashlib.sha256(f"{page_id}/{action}/{note_id}".encode()).hexdigest()


def _signed_out(note_id: str) -> ResponseReturnValue:
    """Signed out in another tab of the account the form was shown to."""
    if fragments.wanted():
        abort(401)
    leave_notice(
        gettext("This browser is signed out of the account, so nothing was done."), is_problem=True
    )
    return redirect(url_for("accounts.index", next=_way_back(note_id)), 303)


def _done(action: Action, account: Account, note_id: str) -> ResponseReturnValue:
    if action.ends_note and fragments.wanted():
        return _fragment(str(action.done))
    return _answer(account, note_id, str(action.done))


def _refused(error: MisskeyError, account: Account, note_id: str) -> ResponseReturnValue:
    """A plain refusal is a sentence where the person was; for anything else, the page
    they were on would not load either."""
    words = refusal(error) if isinstance(error, ApiError) else None
    if words is not None:
        return _answer(account, note_id, str(words), status=409)
    if isinstance(error, RateLimited):
        explained = explain(error)
        answer = _answer(
            account, note_id, in_a_line(explained.happened, explained.advice), status=429
        )
        answer.headers.update(retry_header(explained.retry_after))
        return answer
    if isinstance(error, CredentialRefused):
        raise error
    return page(explain_deed(error))


def _answer(account: Account, note_id: str, text: str, *, status: int = 200) -> Response:
    """Back to the note with a notice; to our script, the notice and the note. A status
    other than 200 says that nothing was done."""
    if fragments.wanted():
        return _note_fragment(account, note_id, text, status)
    leave_notice(text, is_problem=status != 200)
    return redirect(f"{_way_back(note_id)}#note-{_outer(note_id)}", 303)


def _way_back(note_id: str) -> str:
    path = safe_next(request.form.get("next"), url_for("notes.show", note_id=note_id))
    return path.partition("#")[0]


def _outer(note_id: str) -> str:
    """The note whose element on the page holds the note acted on."""
    return misskey_id(request.form.get("anchor")) or note_id


def _note_fragment(account: Account, note_id: str, text: str, status: int) -> Response:
    reading = reading_as(account, _way_back(note_id))
    try:
        note = client_for(account).call("notes/show", into=Note, noteId=_outer(note_id))
    except CredentialRefused:
        raise
    except NotThere:
        return _fragment(text, status)
    except MisskeyError:
        if status != 200:
            return _fragment(text, status)
        return _fragment(in_a_line(text, gettext("Reload the page to see the note.")), 502)
    return _fragment(text, status, note=note, reading=reading)


def _fragment(text: str, status: int = 200, **parts: object) -> Response:
    notice = Notice(text=text, href=None, label=None, is_problem=status != 200)
    return make_response(render_template("fragment.html", notice=notice, **parts), status)


@bp.get("/notes/<note_id>/more")
def more(note_id: str) -> ResponseReturnValue:
    """Everything one can do to this note, on one page."""
    account, client = _acting()
    note = _note(client, note_id)
    server = known(account.host)
    return render_template(
        "acting/more.html",
        account=account,
        reading=reading_as(account),
        note=note,
        state=client.call("notes/state", into=NoteState, noteId=note.id),
        has=frozenset(server.endpoints) if server else frozenset(),
        own_address=f"{account.address.origin}/notes/{note.id}",
        next=safe_next(request.args.get("next"), url_for("notes.show", note_id=note.id)),
    )


@bp.get("/notes/<note_id>/react")
def choose_reaction(note_id: str) -> ResponseReturnValue:
    """The page of all emoji: search and categories."""
    account, client = _acting()
    note = _note(client, note_id)
    quick = preferences.current().quick_reactions
    return render_template(
        "acting/react.html",
        account=account,
        reading=reading_as(account),
        note=note,
        **emojis.offered(account, known(account.host), client, request.args, quick),
        next=safe_next(request.args.get("next"), url_for("notes.show", note_id=note.id)),
    )


@bp.get("/notes/<note_id>/reactions")
def reactions(note_id: str) -> ResponseReturnValue:
    """Who reacted, with everything or with one reaction."""
    account, client = _acting()
    note = _note(client, note_id)
    until, wanted = misskey_id(request.args.get("until")), request.args.get("type")
    found = client.page(
        "notes/reactions",
        of=NoteReaction,
        noteId=note.id,
        limit=PEOPLE,
        untilId=until,
        type=_for_query(wanted) if wanted else None,
    )
    return render_template(
        "acting/reactions.html",
        account=account,
        reading=reading_as(account),
        note=note,
        found=found,
        wanted=wanted,
        is_full=len(found.items) >= PEOPLE,
    )


@bp.get("/notes/<note_id>/renotes")
def renotes(note_id: str) -> ResponseReturnValue:
    """Who renoted and who quoted."""
    account, client = _acting()
    note = _note(client, note_id)
    until = misskey_id(request.args.get("until"))
    found = client.page("notes/renotes", of=Note, noteId=note.id, limit=PEOPLE, untilId=until)
    return render_template(
        "acting/renotes.html",
        account=account,
        reading=reading_as(account),
        note=note,
        found=found,
        is_full=len(found.items) >= PEOPLE,
    )


@bp.get("/notes/<note_id>/renote")
def choose_renote(note_id: str) -> ResponseReturnValue:
    """Renote to a circle of one's choice, or into a channel."""
    account, client = _acting()
    note = _note(client, note_id)
    if not can_be_renoted(note, account):
        abort(404)
    server = known(account.host)
    channels: list[ChannelSummary] = []
    if server and "channels/followed" in server.endpoints:
        followed = client.page("channels/followed", of=ChannelSummary, limit=PEOPLE)
        channels = [channel for channel in followed.items if not channel.is_archived]
    return render_template(
        "acting/renote.html",
        account=account,
        reading=reading_as(account),
        note=note,
        channels=channels,
        next=safe_next(request.args.get("next"), url_for("notes.show", note_id=note.id)),
    )


@bp.get("/notes/<note_id>/clip")
def choose_clip(note_id: str) -> ResponseReturnValue:
    """Into which clip, or out of which."""
    account, client = _acting()
    note = _note(client, note_id)
    mine = client.page("clips/list", of=Clip, limit=100)
    return render_template(
        "acting/clip.html",
        account=account,
        reading=reading_as(account),
        note=note,
        clips=mine.items,
        next=safe_next(request.args.get("next"), url_for("notes.show", note_id=note.id)),
    )


@bp.get("/notes/<note_id>/clips")
def clips(note_id: str) -> ResponseReturnValue:
    """The public clips it is in."""
    account, client = _acting()
    note = _note(client, note_id)
    found = client.page("notes/clips", of=Clip, noteId=note.id)
    return render_template(
        "acting/clips.html",
        account=account,
        reading=reading_as(account),
        note=note,
        clips=found.items,
    )


@bp.get("/notes/<note_id>/translate")
def translate(note_id: str) -> ResponseReturnValue:
    """The note in the reader's language, where the server can translate."""
    account, client = _acting()
    note = _note(client, note_id)
    locale = get_locale()
    language = locale.language if locale else "en"
    translation = _translation(client, note, language)
    return render_template(
        "acting/translate.html",
        account=account,
        reading=reading_as(account),
        note=note,
        translation=translation,
        language=language,
    )


@bp.get("/notes/<note_id>/report")
def report_form(note_id: str) -> ResponseReturnValue:
    """Tell the people who run the server about a note."""
    account, client = _acting()
    return _report_page(account, _note(client, note_id), "")


@bp.post("/notes/<note_id>/report")
def report(note_id: str) -> ResponseReturnValue:
    """Send the report, once; what was written comes back if it fails."""
    if not misskey_id(note_id):
        abort(404)
    account = account_of_form()
    if account is None:
        return _signed_out(note_id)
    client = client_for(account)
    note = _note(client, note_id)
    comment = request.form.get("comment", "").replace("\r\n", "\n").strip()
    if not comment or len(comment) > LONGEST_REPORT:
        problem = gettext("Say in a few words what is wrong with the note.")
        return _report_page(account, note, comment, problem), 400
    form_id = request.form.get("form_id", "")
    submission = claim(form_id, account)
    if submission is None:
        return _answer(account, note_id, gettext("That was sent before."), status=409)
    # The official client puts the note's address in front of what the person wrote.
    link = f"{account.address.origin}/notes/{note.id}"
    try:
        client.act("users/report-abuse", userId=note.user.id, comment=f"Note: {link}\n{comment}")
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        words = explain(error)
        return _report_page(account, note, comment, words.happened), words.status
    finish(submission, "done")
    return _answer(
        account, note_id, gettext("Thank you. The people who run your server will look at it.")
    )


def _report_page(account: Account, note: Note, comment: str, problem: str | None = None) -> str:
    return render_template(
        "acting/report.html",
        account=account,
        reading=reading_as(account),
        note=note,
        comment=comment,
        problem=problem,
        form_id=new_form_id(),
        next=safe_next(request.values.get("next"), url_for("notes.show", note_id=note.id)),
    )


def _acting() -> tuple[Account, Client]:
    account = required_account()
    return account, client_for(account)


def _note(client: Client, note_id: str) -> Note:
    """The note, or 404 without a call for what can't be an id."""
    if not misskey_id(note_id):
        abort(404)
    return client.call("notes/show", into=Note, noteId=note_id)


def _translation(client: Client, note: Note, language: str) -> Translation | None:
    """None where the server has none to give: 204, or on version 12 the number 204 as a
    body (DIFFERENCES, Notes)."""
    try:
        return client.call("notes/translate", into=Translation, noteId=note.id, targetLang=language)
    except AnswerUnusable:
        return None


def _for_query(reaction: str) -> str:
    """`notes/reactions` asks for `:name:` where counts say `:name@.:`."""
    return reaction.replace("@.:", ":")
