"""`/webhooks`: the account's webhooks at its server."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import exploring, servers, webhooks
from app.doing import do, problem_of, signed_out
from app.misskey import CredentialRefused, MisskeyError
from app.misskey.entities.tools import Webhook
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.security import account_of_form, required_account
from app.servers import client_for
from app.submissions import claim, fail, finish, new_form_id
from app.timelines import misskey_id
from app.webhooks import EVENTS, REFUSALS, Typed

bp = Blueprint("webhooks", __name__)


@bp.get("/webhooks")
def index() -> ResponseReturnValue:
    """All of them."""
    account = required_account()
    _needs(account, "i/webhooks/list", "read:account")
    found = client_for(account).page("i/webhooks/list", of=Webhook)
    return render_template(
        "webhooks/index.html", account=account, webhooks=found.items, events=EVENTS
    )


@bp.get("/webhooks/new")
def new() -> ResponseReturnValue:
    """An empty form."""
    account = required_account()
    _needs(account, "i/webhooks/create", "write:account")
    return _form(account, Typed())


@bp.post("/webhooks/new")
def create() -> ResponseReturnValue:
    """Make it, once; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/webhooks/create", "write:account")
    typed = webhooks.typed_in(request.form)
    problem = webhooks.problem_with(typed)
    if problem is not None:
        return _form(account, typed, problem)
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        leave_notice(gettext("That was sent before."), is_problem=True)
        return redirect(url_for("webhooks.index"), 303)
    sent = webhooks.parameters(typed, is_new=True)
    try:
        client_for(account).act("i/webhooks/create", **sent)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _form(account, typed, problem_of(error, REFUSALS))
    finish(submission, "done")
    leave_notice(gettext("Made."))
    return redirect(url_for("webhooks.index"), 303)


@bp.get("/webhooks/<webhook_id>")
def edit(webhook_id: str) -> ResponseReturnValue:
    """The form with what there is."""
    account = required_account()
    _needs(account, "i/webhooks/update", "write:account", webhook_id)
    hook = client_for(account).call("i/webhooks/show", into=Webhook, webhookId=webhook_id)
    return _form(account, webhooks.as_typed(hook), webhook_id=webhook_id)


@bp.post("/webhooks/<webhook_id>")
def update(webhook_id: str) -> ResponseReturnValue:
    """Change it; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/webhooks/update", "write:account", webhook_id)
    typed = webhooks.typed_in(request.form)
    problem = webhooks.problem_with(typed)
    if problem is not None:
        return _form(account, typed, problem, webhook_id=webhook_id)
    sent = webhooks.parameters(typed, is_new=False)
    try:
        client_for(account).act("i/webhooks/update", webhookId=webhook_id, **sent)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _form(account, typed, problem_of(error, REFUSALS), webhook_id=webhook_id)
    leave_notice(gettext("Saved."))
    return redirect(url_for("webhooks.index"), 303)


@bp.get("/webhooks/<webhook_id>/delete")
def confirm_delete(webhook_id: str) -> ResponseReturnValue:
    """Ask before deleting."""
    account = required_account()
    _needs(account, "i/webhooks/delete", "write:account", webhook_id)
    hook = client_for(account).call("i/webhooks/show", into=Webhook, webhookId=webhook_id)
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete this webhook?"),
        what=hook.name or hook.url,
        words=gettext("Its address is told of nothing any more."),
        action=url_for("webhooks.delete", webhook_id=webhook_id),
        button=gettext("Delete"),
        stay=url_for("webhooks.edit", webhook_id=webhook_id),
    )


@bp.post("/webhooks/<webhook_id>/delete")
def delete(webhook_id: str) -> ResponseReturnValue:
    """Delete it."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/webhooks/delete", "write:account", webhook_id)
    return do(
        account,
        "i/webhooks/delete",
        gettext("Deleted."),
        refusals=REFUSALS,
        fallback=url_for("webhooks.index"),
        webhookId=webhook_id,
    )


def _needs(account: Account, endpoint: str, permission: str, webhook_id: str | None = None) -> None:
    """404, without a call, where the account can't do this at its server, or where the id
    can be none."""
    if not exploring.has(account, servers.known(account.host), endpoint, permission):
        abort(404)
    if webhook_id is not None and not misskey_id(webhook_id):
        abort(404)


def _form(
    account: Account,
    typed: Typed,
    problem: Problem | None = None,
    *,
    webhook_id: str | None = None,
) -> ResponseReturnValue:
    body = render_template(
        "webhooks/form.html",
        account=account,
        typed=typed,
        problem=problem,
        webhook_id=webhook_id,
        events=EVENTS,
        form_id=new_form_id(),
    )
    return body if problem is None else (body, problem.status)
