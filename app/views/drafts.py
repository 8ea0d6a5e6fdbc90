"""`/drafts`: notes begun and kept for later, here or at the person's server."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import composing, keeping, server_drafts, servers
from app.doing import back, do, refused, signed_out
from app.drafts import Draft
from app.errors import in_a_line
from app.misskey import ApiError, Client, CredentialRefused, MisskeyError
from app.misskey.entities.notes import CreatedDraft
from app.models import Account, KeptDraft
from app.notices import leave_notice
from app.offers import offer_for
from app.problems import Problem
from app.security import account_of_form, required_account, settings_of_app
from app.server_drafts import GONE, PER_PAGE, REFUSALS
from app.servers import client_for
from app.stretches import Tab
from app.submissions import claim, fail, finish, key_of, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("drafts", __name__)


@bp.get("/drafts")
def index() -> ResponseReturnValue:
    """The account's drafts, the one changed last first."""
    account = required_account()
    rows = [(row, keeping.draft_of(row)) for row in keeping.listed(account)]
    return render_template(
        "drafts/index.html",
        account=account,
        tabs=_tabs(account, "drafts.index"),
        rows=rows,
        most=keeping.MOST_KEPT,
        form_id=new_form_id(),
    )


@bp.post("/drafts/<draft_id>/delete")
def delete(draft_id: str) -> ResponseReturnValue:
    """Throw one away; another account's is not there."""
    account = account_of_form()
    if account is None or keeping.find(account, draft_id) is None:
        abort(404)
    keeping.throw_away(account, draft_id)
    leave_notice(gettext("The draft is thrown away."))
    return redirect(url_for("drafts.index"), 303)


def _tabs(account: Account, here: str) -> list[Tab]:
    """Drafts here and at the server; none where that keeps no drafts."""
    if not server_drafts.are_offered(account, servers.known(account.host)):
        return []
    names = {
        "drafts.index": gettext("At Engawa"),
        "drafts.at_server": gettext("At your server"),
    }
    return [(words, url_for(view), view == here) for view, words in names.items()]


# At the server ------------------------------------------------------------------------------


@bp.get("/drafts/server")
def at_server() -> ResponseReturnValue:
    """Those the account's server keeps, and how many they are: two calls."""
    account = required_account()
    _needs_server_drafts(account)
    client, until = client_for(account), misskey_id(request.args.get("until"))
    found = server_drafts.listed(client, until)
    is_full = len(found.items) + found.unreadable >= PER_PAGE
    last = misskey_id(found.items[-1].id) if is_full and found.items else None
    return render_template(
        "drafts/at_server.html",
        account=account,
        tabs=_tabs(account, "drafts.at_server"),
        rows=[
            (held, server_drafts.draft_of(held, [])) for held in found.items if misskey_id(held.id)
        ],
        unreadable=found.unreadable,
        count=server_drafts.count(client),
        until=until,
        older=url_for("drafts.at_server", until=last) if last else None,
    )


@bp.post("/drafts/server/<server_draft_id>/open")
def open_copy(server_draft_id: str) -> ResponseReturnValue:
    """Copy one into the form to write. The server's stays as it is."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs_server_drafts(account)
    here = url_for("drafts.at_server")
    client = client_for(account)
    try:
        # There is no call for a single one: it is looked for where its page showed it.
        found = server_drafts.listed(client, misskey_id(request.form.get("until")))
        held = next((one for one in found.items if one.id == server_draft_id), None)
        if held is None:
            return back(REFUSALS[GONE], is_problem=True, fallback=here)
        people = server_drafts.people_of(client, held, account.user_id)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return refused(error, REFUSALS, here)
    try:
        row = keeping.keep(account, server_drafts.draft_of(held, people), is_kept=False)
    except keeping.CannotKeep as error:
        return _told(error.problem, here)
    return redirect(url_for("compose.form", draft=row.id, next=here), 303)


@bp.post("/drafts/server/<server_draft_id>/delete")
def delete_at_server(server_draft_id: str) -> ResponseReturnValue:
    """Throw away one that lies at the server."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs_server_drafts(account)
    if not misskey_id(server_draft_id):
        abort(404)
    return do(
        account,
        "notes/drafts/delete",
        gettext("The draft is thrown away."),
        refusals=REFUSALS,
        fallback=url_for("drafts.at_server"),
        draftId=server_draft_id,
    )


@bp.post("/drafts/<draft_id>/keep-at-server")
def keep_at_server(draft_id: str) -> ResponseReturnValue:
    """Keep a draft of ours at the server as well, once; over the one it is a copy of, if it
    is one."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs_server_drafts(account)
    row = keeping.find(account, draft_id) or abort(404)
    draft, client, here = keeping.draft_of(row), client_for(account), url_for("drafts.index")
    try:
        problem = draft.poll.problem() if draft.poll.is_asked else None
        recipients = composing.recipients(draft, account, client) if problem is None else None
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = composing.problem_before(error)
    if problem is not None:
        return _told(problem, here)
    key = key_of(request.form.get("form_id", ""), draft_id)
    submission = claim(key, account)
    if submission is None:
        return _kept_before(key, account)
    try:
        _send(client, account, row, draft, recipients)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        if isinstance(error, ApiError) and error.code == GONE:
            # Kept once more, it becomes a new one there.
            draft.server_id = ""
            keeping.keep(account, draft, row.id, is_kept=row.is_kept)
        return refused(error, REFUSALS, here)
    finish(submission, "done")
    return back(gettext("Kept at your server, too."), fallback=here)


def _send(
    client: Client, account: Account, row: KeptDraft, draft: Draft, recipients: list[str] | None
) -> None:
    """Raises MisskeyErrors."""
    told = server_drafts.parameters(draft, recipients, offer_for(account))
    if draft.server_id:
        client.act("notes/drafts/update", **told)
        return
    made = client.call("notes/drafts/create", into=CreatedDraft, **told)
    draft.server_id = misskey_id(made.created_draft.id) or ""
    keeping.keep(account, draft, row.id, is_kept=row.is_kept)


def _kept_before(key: str, account: Account) -> ResponseReturnValue:
    """The same form a second time: say what came of the first."""
    here = url_for("drafts.index")
    earlier = outcome(key, account, settings_of_app().upstream_seconds + 1)
    if earlier is not None and earlier.state == "done":
        return back(gettext("Kept at your server, too."), fallback=here)
    return back(gettext("That was sent before."), is_problem=True, fallback=here)


def _told(problem: Problem, here: str) -> ResponseReturnValue:
    return back(in_a_line(problem.message, problem.advice), is_problem=True, fallback=here)


def _needs_server_drafts(account: Account) -> None:
    if not server_drafts.are_offered(account, servers.known(account.host)):
        abort(404)
