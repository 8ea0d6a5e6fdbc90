"""`/compose`: write a note. Nothing typed is ever lost, and nothing is posted twice."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError

from app import servers
from app.errors import Explanation, explain, retry_header
from app.misskey import (
    ApiError,
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    User,
)
from app.misskey.entities import VISIBILITIES, CreatedNote
from app.models import Account
from app.notices import leave_notice
from app.reading import reading_as
from app.rendering import number
from app.security import (
    current_account,
    public,
    safe_next,
    settings_of_app,
    sign_out_everywhere,
    signed_in_account,
)
from app.submissions import claim, fail, finish, key_of, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("compose", __name__)

USUAL_LENGTH = 3000
_MOST_RECIPIENTS = 20
# `@alice`, `@alice@far.example`; not the middle of an address or of another word.
_MENTION = re.compile(
    r"(?<![\w@/.+-])@([A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?)"
    r"(?:@([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?))?",
    re.ASCII,
)
# What is kept in a session for somebody who was signed out while writing.
_LONGEST_DRAFT = 100_000


@dataclass
class Draft:
    """What a person typed, exactly as they typed it, and the id of the form they typed it
    in. The form keeps its id until it was tried: only that makes a second try a repetition.
    """

    text: str = ""
    cw: str = ""
    visibility: str = "public"
    local_only: bool = False
    reply_id: str = ""
    form_id: str = field(default_factory=new_form_id)

    @classmethod
    def from_form(cls) -> Draft:
        """The draft in the form just sent. Browsers send line breaks as CR LF."""
        form = request.form
        return cls(
            text=form.get("text", "").replace("\r\n", "\n"),
            cw=form.get("cw", ""),
            visibility=form.get("visibility", "public"),
            local_only=form.get("local_only", "") not in ("", "0", "false", "off"),
            reply_id=form.get("reply_id", ""),
            form_id=form.get("form_id", ""),
        )

    @classmethod
    def answering(cls, note: Note, account: Account) -> Draft:
        """An empty answer to `note`: to the same circle, naming whom it answers."""
        mention = "" if _is(note.user, account) else f"{note.user.handle} "
        visible = note.visibility if note.visibility in VISIBILITIES else "public"
        return cls(
            text=mention,
            cw=note.cw or "",
            visibility=visible,
            local_only=bool(note.local_only),
            reply_id=note.id,
        )

    @property
    def key(self) -> str:
        """Stands for this form with this content: somebody who comes back to a form by the
        Back button and writes something else in it means another note."""
        content = (self.text, self.cw, self.visibility, str(self.local_only), self.reply_id)
        return key_of(self.form_id, *content)

    def untried(self) -> Draft:
        """The same in a form that was not tried yet."""
        return replace(self, form_id=new_form_id())


@dataclass
class Problem:
    """Why a form comes back: a sentence, what to do, and beside which field."""

    message: str
    advice: str = ""
    field: str = "text"
    status: int = 400
    retry_after: int | None = None


@bp.get("/compose")
@public
def form() -> ResponseReturnValue:
    """An empty form, an answer to `reply_id`, or what was being written when the
    person was signed out."""
    account = current_account()
    if account is None:
        return _signed_out(_kept_draft())
    kept = _kept_draft()
    reply_id = misskey_id(request.args.get("reply_id"))
    if kept is not None and (not reply_id or kept.reply_id == reply_id):
        return _show(account, kept, is_kept=True)
    if not reply_id:
        return _show(account, Draft(text=request.args.get("text", "")))
    target = servers.client_for(account).call("notes/show", into=Note, noteId=reply_id)
    return _show(account, Draft.answering(target, account), target=target)


@bp.post("/compose")
@public
def post() -> ResponseReturnValue:
    """Post the note, as the account the form was shown to."""
    draft = Draft.from_form()
    account = _account_of_form()
    if account is None:
        return _signed_out(draft, typed_now=True)
    problem = _problem_with(draft, account)
    if problem is not None:
        return _show(account, draft, problem)
    submission = claim(draft.key, account)
    if submission is None:
        return _sent_before(draft, account)
    client = servers.client_for(account)
    try:
        recipients = _recipients(draft, account, client)
    except CredentialRefused:
        finish(submission, "failed")
        return _refused(draft, account)
    except MisskeyError as error:
        finish(submission, "failed")
        return _show(account, draft.untried(), _problem_before(error))
    try:
        created = client.call("notes/create", into=CreatedNote, **_params(draft, recipients))
    except CredentialRefused:
        finish(submission, "failed")
        return _refused(draft, account)
    except MisskeyError as error:
        fail(submission, error)
        return _show(account, draft.untried(), _problem_of(error))
    # What is no id would not fit into the table, nor into an address.
    finish(submission, "done", misskey_id(created.created_note.id))
    return _posted(draft, submission.note_id)


@bp.post("/compose/discard")
def discard() -> ResponseReturnValue:
    """Throw away what was kept from before the person was signed out."""
    session.pop("draft", None)
    return redirect(url_for("compose.form"), 303)


@bp.errorhandler(CSRFError)
def come_back(_error: CSRFError) -> ResponseReturnValue:
    """The form with everything typed, after its CSRF token was refused: the session it
    belonged to is over, or another one has begun."""
    draft = Draft.from_form()
    account = _account_of_form()
    if account is None:
        return _signed_out(draft, typed_now=True)
    message = gettext("This page was open for so long that it could not be trusted any more.")
    return _show(account, draft, Problem(message, gettext("Press the button again.")))


def _account_of_form() -> Account | None:
    """The account the form was shown to, whichever is the current one by now."""
    wanted = request.form.get("account")
    return signed_in_account(wanted) if wanted else current_account()


def _problem_with(draft: Draft, account: Account) -> Problem | None:
    """What is wrong with the draft, as far as we can know without asking the server."""
    if not draft.text.strip():
        return Problem(gettext("Write something first."))
    longest = _longest(account)
    if len(draft.text) > longest:
        return Problem(
            gettext(
                "This is %(length)s characters long, and %(server)s takes up to %(longest)s.",
                length=number(len(draft.text)),
                server=account.address.display,
                longest=number(longest),
            ),
            gettext("Shorten it, or post it as two notes."),
        )
    if draft.visibility not in VISIBILITIES:
        return Problem(gettext("Choose who can see the note."), field="visibility")
    if draft.reply_id and not misskey_id(draft.reply_id):
        return Problem(gettext("The note you reply to is not there."), field="reply_id")
    return None


def _recipients(draft: Draft, account: Account, client: Client) -> list[str] | None:
    """The ids of the people a direct note names; None for any other note.

    The server does not make readers of the people a text mentions, only of the one it
    answers: a client has to name them. Raises MisskeyErrors, NotThere for a name that
    belongs to nobody.
    """
    if draft.visibility != "specified":
        return None
    named = list(dict.fromkeys(_MENTION.findall(draft.text)))[:_MOST_RECIPIENTS]
    people = []
    for username, host in named:
        remote = host.lower() if host and host.lower() != account.host else None
        people.append(client.call("users/show", into=User, username=username, host=remote))
    return list(dict.fromkeys(user.id for user in people))


def _problem_before(error: MisskeyError) -> Problem:
    """A failure before anything was posted: nothing can have happened."""
    words = explain(error)
    if isinstance(error, NotThere):
        message = gettext("Somebody you mention is not there. Check the spelling of the names.")
        return Problem(message, gettext("What you wrote is still here."))
    return Problem(
        words.happened, _kept_advice(words), status=words.status, retry_after=words.retry_after
    )


def _problem_of(error: MisskeyError) -> Problem:
    words = explain(error)
    field_name = _blamed_field(error)
    if error.may_have_happened:
        message = gettext(
            "%(happened)s So we don't know whether your note was posted.", happened=words.happened
        )
        advice = gettext("Look at your newest notes before you post it again.")
    elif isinstance(error, NotThere):
        message = gettext("The note you reply to is not there any more.")
        advice = gettext("You can post this as a note of its own.")
    elif field_name == "cw":
        message = gettext("The content warning is too long for %(server)s.", server=error.host)
        advice = gettext("Shorten it.")
    else:
        message, advice = words.happened, _kept_advice(words)
    return Problem(message, advice, field_name, words.status, words.retry_after)


def _kept_advice(words: Explanation) -> str:
    return gettext("%(advice)s What you wrote is still here.", advice=words.advice)


def _blamed_field(error: MisskeyError) -> str:
    """Which field the server complains of: `info.param` is `#/properties/cw/maxLength`
    (recording notes-create-too-long) or the plain name on old servers."""
    if isinstance(error, NotThere):
        return "reply_id"
    param = str(error.info.get("param", "")) if isinstance(error, ApiError) else ""
    return "cw" if "cw" in param.split("/") else "text"


def _params(draft: Draft, recipients: list[str] | None) -> dict[str, Any]:
    """What notes/create gets. Keys that say nothing are left out (DIFFERENCES, Notes)."""
    return {
        "text": draft.text,
        "cw": draft.cw.strip() or None,
        "visibility": draft.visibility,
        "visibleUserIds": recipients,
        "localOnly": True if draft.local_only else None,
        "replyId": draft.reply_id or None,
    }


def _sent_before(draft: Draft, account: Account) -> ResponseReturnValue:
    """The same form a second time: show what came of the first."""
    earlier = outcome(draft.key, account, settings_of_app().upstream_seconds + 1)
    if earlier is not None and earlier.state == "done":
        return _posted(draft, earlier.note_id)
    if earlier is not None and earlier.state == "failed":
        message = gettext("The first try did not go through, so nothing was posted.")
        problem = Problem(message, gettext("Post it again when you like."))
        return _show(account, draft.untried(), problem)
    message = gettext("This note was sent before, and we don't know whether it was posted.")
    advice = gettext("Look at your newest notes before you post it again.")
    return _show(account, draft.untried(), Problem(message, advice, status=409))


def _posted(draft: Draft, note_id: str | None) -> ResponseReturnValue:
    kept = _kept_draft()
    # Another text that is still kept stays kept.
    if kept is not None and kept.reply_id == draft.reply_id:
        session.pop("draft")
    leave_notice(gettext("Posted."))
    back = safe_next(request.form.get("next")).partition("#")[0]
    return redirect(f"{back}#note-{note_id}" if note_id else back, 303)


def _show(
    account: Account,
    draft: Draft,
    problem: Problem | None = None,
    target: Note | None = None,
    *,
    is_kept: bool = False,
) -> ResponseReturnValue:
    if problem is not None and problem.field == "reply_id":
        # What is not there can't be answered; the text can still be posted by itself.
        draft = replace(draft, reply_id="")
    given = request.form.get("next") or request.args.get("next")
    default = f"/notes/{draft.reply_id}" if misskey_id(draft.reply_id) else "/"
    body = render_template(
        "compose/form.html",
        account=account,
        reading=reading_as(account),
        draft=draft,
        problem=problem,
        target=target,
        is_kept=is_kept,
        longest=_longest(account),
        visibilities=VISIBILITIES,
        form_id=draft.form_id if draft.key else new_form_id(),
        next=safe_next(given, default),
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


def _refused(draft: Draft, account: Account) -> ResponseReturnValue:
    """The server refused the credential: the account is signed out, the text is kept."""
    sign_out_everywhere(account)
    return _signed_out(draft.untried(), typed_now=True)


def _signed_out(draft: Draft | None, *, typed_now: bool = False) -> ResponseReturnValue:
    """Show what was typed to somebody who is not signed in (any more), and keep it for
    after the sign-in."""
    if draft is not None and typed_now and len(draft.text) + len(draft.cw) <= _LONGEST_DRAFT:
        session["draft"] = asdict(draft)
    body = render_template("compose/signed_out.html", draft=draft)
    return body, 401 if typed_now else 200


def _kept_draft() -> Draft | None:
    kept = session.get("draft")
    return Draft(**cast("dict[str, Any]", kept)) if isinstance(kept, dict) else None


def _longest(account: Account) -> int:
    server = servers.known(account.host)
    return server.max_note_length if server else USUAL_LENGTH


def _is(user: User, account: Account) -> bool:
    return user.id == account.user_id
