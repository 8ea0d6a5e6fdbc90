"""`/compose`: write a note. Nothing typed is ever lost, and nothing is posted twice.

One form with many buttons. Whatever is pressed, the whole form comes along; the button's
`do` says what to do with it, and without one it is posted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import TooManyRequests

from app import composing, drafts, keeping, scheduling, uploads
from app.composing import Around
from app.drafts import Draft
from app.drive import KINDS, ORDERS, contents
from app.errors import in_a_line, retry_header, show_storage
from app.extensions import db, limiter
from app.misskey import Client, CredentialRefused, MisskeyError, User
from app.misskey.entities.notes import VISIBILITIES, CreatedNote
from app.misskey.entities.things import ChannelSummary
from app.models import Account, ScheduledNote, Submission
from app.notices import leave_notice
from app.offers import offer_for
from app.polls import MOST_CHOICES, OFFSETS, offset_label
from app.problems import Problem
from app.reading import reading_as
from app.rendering import long_time
from app.security import (
    account_of_form,
    current_account,
    public,
    required_account,
    safe_next,
    settings_of_app,
    sign_out_everywhere,
    signed_in_account,
    signed_in_accounts,
    who_sends,
)
from app.servers import client_for
from app.storage import StorageFails
from app.submissions import claim, fail, finish, new_form_id, outcome
from app.timelines import misskey_id
from app.zones import SUGGESTED, Moment

bp = Blueprint("compose", __name__)

# Of one account: far more than people press, far less than would hurt their server.
_OFTEN_ENOUGH = "60 per minute"
_UNSENT_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_SENT_REMEMBERED = 20


# The form -------------------------------------------------------------------------------


@bp.get("/compose")
@public
def form() -> ResponseReturnValue:
    """An empty form; a draft; an answer to `reply_id`, a quote of `renote_id`; or what was
    being written when the person was signed out."""
    account = current_account()
    if account is None:
        return _signed_out(_draft_of_session())
    if scheduled_id := request.args.get("scheduled"):
        return _show(account, _scheduled(account, scheduled_id))
    if draft_id := request.args.get("draft"):
        row = keeping.find(account, draft_id) or abort(404)
        return _show(account, keeping.draft_of(row), draft_id=row.id)
    waiting, reply_id = _draft_of_session(), misskey_id(request.args.get("reply_id"))
    if waiting is not None and (not reply_id or waiting.reply_id == reply_id):
        return _show(account, waiting, is_waiting=True)
    client, offer = client_for(account), offer_for(account)
    draft, near = composing.begin(client, account, offer, request.args)
    return _show(account, draft, near=near)


@bp.get("/share")
@public
def share() -> ResponseReturnValue:
    """What another app shares (the manifest's share target), in the form to be looked at
    first. Somebody who is not signed in sees it and takes it along with a button; opening
    an address keeps nothing."""
    shared = [request.args.get(name, "").strip() for name in ("title", "text", "url")]
    # Many apps put the address, or the title, into the text as well.
    parts = [part for i, part in enumerate(shared) if part and part not in "\n".join(shared[:i])]
    text = "\n".join(parts)
    if current_account() is None:
        return render_template("compose/share.html", text=text)
    return redirect(url_for("compose.form", text=text or None), 303)


@bp.post("/share")
@public
def keep_shared() -> ResponseReturnValue:
    """Keep a shared text in the session, as one typed before a sign-in, and go there."""
    data = drafts.packed(Draft(text=request.form.get("text", "")))
    if data:
        session["draft"] = data
    return redirect(url_for("sign_in.form", next=url_for("compose.form")), 303)


@bp.post("/compose")
@public
@limiter.limit(_OFTEN_ENOUGH, key_func=who_sends)
def post() -> ResponseReturnValue:
    """Do what the button says, as the account the form was shown to."""
    draft = drafts.from_form(request.form)
    account = account_of_form()
    if account is None:
        return _signed_out(draft, typed_now=True)
    verb, _, about = request.form.get("do", "post").partition(" ")
    try:
        problem = uploads.attach_chosen(draft, client_for(account), offer_for(account))
        if problem is not None:
            return _show(account, draft, problem)
        return _DOINGS.get(verb, _post)(account, draft, about)
    except CredentialRefused:
        sign_out_everywhere(account)
        return _signed_out(draft.untried(), typed_now=True)


@bp.post("/compose/discard")
def discard() -> ResponseReturnValue:
    """Throw away what was kept from before the person was signed out."""
    session.pop("draft", None)
    return redirect(url_for("compose.form"), 303)


@bp.errorhandler(CSRFError)
def come_back(_error: CSRFError) -> ResponseReturnValue:
    """The form with everything typed, after its CSRF token was refused: the session it
    belonged to is over, or another one has begun."""
    if request.endpoint != "compose.post":
        return redirect(url_for("compose.form"), 303)
    draft = drafts.from_form(request.form)
    account = account_of_form()
    if account is None:
        return _signed_out(draft, typed_now=True)
    message = gettext("This page was open for so long that it could not be trusted any more.")
    advice = gettext("Press the button again.")
    if uploads.chosen_files():
        advice = gettext("Choose your files again, then press the button again.")
    return _show(account, draft, Problem(message, advice))


@bp.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> ResponseReturnValue:
    """The form with everything typed, once it was sent too often."""
    draft = drafts.from_form(request.form)
    account = account_of_form()
    if account is None:
        return _signed_out(draft, typed_now=True)
    message = gettext("That was often in a short time, so nothing was sent.")
    advice = gettext("Wait a minute, then try again.")
    if uploads.chosen_files():
        advice = gettext("Wait a minute, choose your files again, then press the button again.")
    return _show(account, draft, Problem(message, advice, status=429, retry_after=60))


def storage_fails(error: Exception) -> ResponseReturnValue:
    """The form with everything typed, where our own storage did not take what it says."""
    if request.endpoint != "compose.post":
        return show_storage(error)
    db.session.rollback()
    account = account_of_form()
    if account is None:
        return show_storage(error)
    message = gettext("Engawa's storage does not work, so this may not have been done.")
    advice = gettext("Try again in a moment. Nothing is posted twice.")
    if uploads.chosen_files():
        advice = gettext("Choose your files again, and try again in a moment.")
    problem = Problem(message, advice, status=503, retry_after=60)
    return _show(account, drafts.from_form(request.form), problem)


for _kind in StorageFails:
    bp.register_error_handler(_kind, storage_fails)


# The buttons ----------------------------------------------------------------------------


def _post(account: Account, draft: Draft, about: str) -> ResponseReturnValue:
    if draft.later.scheduled_id:
        return _schedule(account, draft, about)
    problem = drafts.problem_with(draft, offer_for(account))
    if problem is not None:
        return _show(account, draft, problem)
    submission = claim(draft.key, account)
    if submission is None:
        return _sent_before(draft, account)
    try:
        return _post_claimed(account, draft, submission)
    except CredentialRefused:
        finish(submission, "failed")
        raise


def _post_claimed(account: Account, draft: Draft, submission: Submission) -> ResponseReturnValue:
    """Post what nobody else is posting: whom it is for, then its files, then itself."""
    client, offer = client_for(account), offer_for(account)
    try:
        recipients = composing.recipients(draft, account, client)
        problem = uploads.describe(draft, client, offer)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = composing.problem_before(error)
    if problem is not None:
        finish(submission, "failed")
        return _show(account, draft.untried(), problem)
    parameters = drafts.parameters(draft, recipients, offer)
    try:
        created = client.call("notes/create", into=CreatedNote, **parameters)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _show(account, draft.untried(), composing.problem_of(error, draft))
    # What is no id would not fit into the table, nor into an address.
    finish(submission, "done", misskey_id(created.created_note.id))
    return _posted(account, draft, submission.note_id)


def _schedule(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    """Keep the note until its time; or, of one that is kept, what was changed."""
    client, offer = client_for(account), offer_for(account)
    problem = drafts.problem_with(draft, offer)
    try:
        moment = scheduling.moment_meant(draft.later)
        problem = problem or scheduling.poll_problem(draft, moment)
        if problem is None:
            recipients = composing.recipients(draft, account, client)
            problem = uploads.describe(draft, client, offer)
    except scheduling.CannotSchedule as error:
        problem = problem or error.problem
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = composing.problem_before(error)
    if problem is not None:
        return _show(account, draft, problem)
    try:
        row = scheduling.schedule(
            account, draft, drafts.parameters(draft, recipients, offer), moment
        )
    except scheduling.CannotSchedule as error:
        return _show(account, draft, error.problem)
    _let_go_of(account, draft)
    leave_notice(_scheduled_for(row, moment))
    return redirect(url_for("scheduled.index"), 303)


def _scheduled_for(row: ScheduledNote, moment: Moment) -> str:
    """When it will be posted, and why that is not what was typed."""
    said = gettext("Scheduled for %(time)s.", time=long_time(moment.at, row.zone))
    if moment.is_skipped:
        odd = gettext("The clocks are put forward over the time you typed, so it was moved.")
        return in_a_line(said, odd)
    if moment.is_twice:
        odd = gettext("The clocks show that time twice on that day; this is the first.")
        return in_a_line(said, odd)
    return said


def _preview(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    problem = drafts.problem_with(draft, offer_for(account))
    return _show(account, draft, problem, is_preview=problem is None)


def _keep(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    try:
        keeping.keep(account, draft, request.form.get("draft_id"))
    except keeping.CannotKeep as error:
        return _show(account, draft, error.problem)
    session.pop("draft", None)
    _remember_as_sent(draft)
    leave_notice(gettext("Kept as a draft."))
    return redirect(url_for("drafts.index"), 303)


def _show_again(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    return _show(account, draft)


def _more_choices(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    draft.poll.grow()
    return _show(account, draft, opened="poll")


def _choose_channel(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    if not offer_for(account).followed_channels:
        return _show(account, draft)
    try:
        found = composing.channels(client_for(account))
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = composing.problem_before(error)
        return _show(account, draft, replace(problem, field="channel"))
    return _show(account, draft, opened="more", channels=found)


def _moved(by: int) -> Callable[[Account, Draft, str], ResponseReturnValue]:
    def move(account: Account, draft: Draft, file_id: str) -> ResponseReturnValue:
        draft.move(file_id, by)
        return _show(account, draft, opened="files")

    return move


def _to_the_drive(account: Account, draft: Draft, _about: str) -> ResponseReturnValue:
    """Off to the drive, with what was typed kept for the way back."""
    try:
        row = keeping.keep(account, draft, request.form.get("draft_id"), is_kept=False)
    except keeping.CannotKeep as error:
        return _show(account, draft, error.problem)
    back = safe_next(request.form.get("next"))
    return redirect(url_for("compose.drive", draft=row.id, next=back), 303)


_DOINGS: dict[str, Callable[[Account, Draft, str], ResponseReturnValue]] = {
    "post": _post,
    "preview": _preview,
    "keep": _keep,
    "later": _schedule,
    "attach": _show_again,
    "choices": _more_choices,
    "channels": _choose_channel,
    "up": _moved(-1),
    "down": _moved(1),
    "off": _moved(0),
    "drive": _to_the_drive,
}


# Files of the drive ---------------------------------------------------------------------


@bp.get("/compose/drive")
def drive() -> ResponseReturnValue:
    """Files and folders of a folder of the person's drive, or of its top, to choose from
    for the draft `draft`."""
    account = required_account()
    row = keeping.find(account, request.args.get("draft")) or abort(404)
    draft, until = keeping.draft_of(row), misskey_id(request.args.get("until"))
    found = contents(
        client_for(account),
        misskey_id(request.args.get("folder")),
        kind=KINDS["all"],
        order=ORDERS["newest"],
        mark=until,
    )
    return render_template(
        "compose/drive.html",
        account=account,
        reading=reading_as(account),
        offer=offer_for(account),
        found=found,
        attached=frozenset(held.file.id for held in draft.files),
        draft_id=row.id,
        next=safe_next(request.args.get("next")),
        about=lambda file: drafts.Attached.of(file).about,
    )


@bp.post("/compose/drive")
def attach_from_drive() -> ResponseReturnValue:
    """Put the chosen files into the draft, and go back to the form, or on to older files
    or into another folder."""
    account = signed_in_account(request.form.get("account")) or required_account()
    row = keeping.find(account, request.form.get("draft")) or abort(404)
    draft, offer = keeping.draft_of(row), offer_for(account)
    files = [drafts.file_from(about) for about in request.form.getlist("file")]
    for file in files:
        if file is not None:
            draft.attach(file)
    if len(draft.files) > offer.most_files:
        leave_notice(drafts.too_many_files(offer).message, is_problem=True)
        del draft.files[offer.most_files :]
    keeping.keep(account, draft, row.id, is_kept=False)
    way: dict[str, Any] = {"draft": row.id, "next": safe_next(request.form.get("next"))}
    if until := misskey_id(request.form.get("until")):
        here = misskey_id(request.form.get("here"))
        return redirect(url_for("compose.drive", folder=here, until=until, **way), 303)
    if "folder" in request.form:
        folder = misskey_id(request.form["folder"])
        return redirect(url_for("compose.drive", folder=folder, **way), 303)
    return redirect(url_for("compose.form", **way) + "#files", 303)


# Answers --------------------------------------------------------------------------------


def _sent_before(draft: Draft, account: Account) -> ResponseReturnValue:
    """The same form a second time: show what came of the first."""
    earlier = outcome(draft.key, account, settings_of_app().upstream_seconds + 1)
    if earlier is not None and earlier.state == "done":
        return _posted(account, draft, earlier.note_id)
    if earlier is not None and earlier.state == "failed":
        message = gettext("The first try did not go through, so nothing was posted.")
        problem = Problem(message, gettext("Post it again when you like."))
        return _show(account, draft.untried(), problem)
    message = gettext("This note was sent before, and we don't know whether it was posted.")
    advice = gettext("Look at your newest notes before you post it again.")
    return _show(account, draft.untried(), Problem(message, advice, status=409))


def _let_go_of(account: Account, draft: Draft) -> None:
    """The text was posted or scheduled: no draft of it is kept any more."""
    waiting = _draft_of_session()
    # Another text that is still kept stays kept.
    if waiting is not None and waiting.reply_id == draft.reply_id:
        session.pop("draft")
    keeping.throw_away(account, request.form.get("draft_id"))
    _remember_as_sent(draft)


def _posted(account: Account, draft: Draft, note_id: str | None) -> ResponseReturnValue:
    _let_go_of(account, draft)
    leave_notice(gettext("Posted."))
    back = safe_next(request.form.get("next")).partition("#")[0]
    return redirect(f"{back}#note-{note_id}" if note_id else back, 303)


def _show(
    account: Account,
    draft: Draft,
    problem: Problem | None = None,
    *,
    near: Around | None = None,
    draft_id: str | None = None,
    is_waiting: bool = False,
    is_preview: bool = False,
    opened: str | None = None,
    channels: list[ChannelSummary] | None = None,
) -> ResponseReturnValue:
    """The form with `draft` in it; the part `opened` stands open, and the one with the
    problem."""
    if problem is not None and problem.field == "reply_id":
        # What is not there can't be answered or quoted; the rest can be posted by itself.
        draft = drafts.alone(draft)
    if not draft.later.zone:
        draft.later.zone = scheduling.begin(account).zone
    client, offer = client_for(account), offer_for(account)
    reading = reading_as(account)
    if request.headers.get("X-Engawa-Fragment") == "files":
        # The script sent files and puts this into the page it has; see static/compose.js.
        template = "compose/files.html"
        near = Around()
    else:
        template = "compose/form.html"
        near = near or _around(draft, problem, client)
    body = render_template(
        template,
        account=account,
        reading=reading,
        # In a preview nothing can be pressed.
        previewing=replace(reading, can=frozenset()),
        draft=draft,
        draft_id=draft_id or request.form.get("draft_id", ""),
        problem=problem,
        near=near,
        preview=drafts.preview(draft, _author(account), near.quoted) if is_preview else None,
        is_waiting=is_waiting,
        opened=problem.field if problem is not None else opened,
        offer=offer,
        channels=channels,
        drafts_kept=keeping.count(account),
        visibilities=VISIBILITIES,
        acceptances=drafts.ACCEPTANCES,
        most_choices=MOST_CHOICES,
        zones=SUGGESTED,
        offsets=[(offset, offset_label(offset)) for offset in OFFSETS],
        form_id=draft.form_id if draft.key else new_form_id(),
        unsent_id=_unsent_id(draft),
        accounts_here=[one.id for one in signed_in_accounts()],
        sent=session.get("sent", []),
        next=_way_back(draft),
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


def _scheduled(account: Account, scheduled_id: str) -> Draft:
    """The scheduled note of that id, to be changed."""
    row = scheduling.find(account, scheduled_id)
    if row is None or row.state in ("sending", "done"):
        abort(404)
    return scheduling.draft_of(row)


def _unsent_id(draft: Draft) -> str:
    """The script's name for the text, as long as that is an unsent one: also after the way
    to the drive and back. Empty for the script to choose one."""
    is_usable = _UNSENT_ID.fullmatch(draft.unsent_id) is not None
    return draft.unsent_id if is_usable and draft.unsent_id not in session.get("sent", []) else ""


def _remember_as_sent(draft: Draft) -> None:
    """The text is no unsent one any more. The next form tells the script, which can't know
    whether its form arrived."""
    if unsent_id := _unsent_id(draft):
        session["sent"] = [unsent_id, *session.get("sent", [])][:_SENT_REMEMBERED]


def _around(draft: Draft, problem: Problem | None, client: Client) -> Around:
    """The notes to show beside the form; none while the server is what failed, so that
    nobody waits for it twice."""
    if problem is not None and problem.status >= 429:
        return Around()
    return composing.around(draft, client)


def _author(account: Account) -> User:
    return User(
        id=account.user_id,
        username=account.username,
        name=account.name,
        avatar_url=account.avatar_url,
    )


def _way_back(draft: Draft) -> str:
    given = request.form.get("next") or request.args.get("next")
    near = draft.reply_id or draft.renote_id
    return safe_next(given, f"/notes/{near}" if misskey_id(near) else "/")


def _signed_out(draft: Draft | None, *, typed_now: bool = False) -> ResponseReturnValue:
    """Show what was typed to somebody who is not signed in (any more), and keep it for
    after the sign-in."""
    if draft is not None and typed_now and (data := drafts.packed(draft)):
        session["draft"] = data
    lost_files = typed_now and bool(uploads.chosen_files())
    body = render_template("compose/signed_out.html", draft=draft, lost_files=lost_files)
    return body, 401 if typed_now else 200


def _draft_of_session() -> Draft | None:
    data = session.get("draft")
    return drafts.unpacked(data) if isinstance(data, str) else None
