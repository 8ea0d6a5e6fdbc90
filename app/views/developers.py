"""`/developers`: the API of the account's server, and a console that calls it as the account."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import TooManyRequests

from app import console, exploring, reference, servers
from app.console import NoObject, Told
from app.errors import explain, retry_header
from app.extensions import limiter
from app.misskey import MisskeyError
from app.misskey.entities.tools import OwnApp
from app.models import Account
from app.problems import Problem
from app.reading import reading_as
from app.reference import Endpoint
from app.security import account_of_form, required_account, who_sends
from app.servers import client_for

bp = Blueprint("developers", __name__)

APPS_PER_PAGE = 30
_LONGEST_QUERY = 100
_OFTEN_ENOUGH = "30 per minute"


@bp.get("/developers")
def index() -> ResponseReturnValue:
    """Every endpoint by its name, or those that were looked for."""
    account = required_account()
    known = _reference(account)
    query = request.args.get("q", "")[:_LONGEST_QUERY]
    groups = [
        (name, list(members))
        for name, members in groupby(known.values(), key=lambda endpoint: endpoint.group)
    ]
    return render_template(
        "developers/index.html",
        account=account,
        query=query,
        found=reference.search(known, query) if query.strip() else [],
        groups=groups,
        count=len(known),
        has_apps=_has_apps(account),
        has_registry=exploring.has(
            account, servers.known(account.host), "i/registry/keys", "read:account"
        ),
    )


@bp.get("/developers/apps")
def apps() -> ResponseReturnValue:
    """The apps that the account registered at its server."""
    account = required_account()
    if not _has_apps(account):
        abort(404)
    start = request.args.get("from", "")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    found = client_for(account).page("my/apps", of=OwnApp, limit=APPS_PER_PAGE, offset=first)
    seen = len(found.items) + found.unreadable
    return render_template(
        "developers/apps.html",
        account=account,
        apps=found.items,
        older=first + APPS_PER_PAGE if seen >= APPS_PER_PAGE else None,
    )


def _has_apps(account: Account) -> bool:
    return exploring.has(account, servers.known(account.host), "my/apps", "read:account")


@bp.get("/developers/api/<path:name>")
def endpoint(name: str) -> ResponseReturnValue:
    """One endpoint, and a form to call it."""
    account = required_account()
    return _show(account, _known(account, name))


@bp.post("/developers/api/<path:name>")
@limiter.limit(_OFTEN_ENOUGH, key_func=who_sends)
def call(name: str) -> ResponseReturnValue:
    """Call it, as the account the form was shown to, and show what came back."""
    account = account_of_form()
    if account is None:
        return redirect(url_for("accounts.index"), 303)
    known = _known(account, name)
    if known.is_secure or known.takes_file:
        abort(400)
    try:
        parameters = console.parameters_in(_typed())
    except NoObject as wrong:
        return _show(account, known, Problem(str(wrong)))
    if not known.reads and not request.form.get("sure"):
        words = gettext("This may change your account, so nothing was sent.")
        return _show(account, known, Problem(words, gettext("Tick the box first."), "sure"))
    try:
        told = console.call(client_for(account), account, known.name, parameters)
    except MisskeyError as error:
        said = explain(error)
        problem = Problem(said.happened, said.advice, "", said.status, retry_after=said.retry_after)
        return _show(account, known, problem)
    curl = console.as_curl(account, known.name, parameters)
    return _show(account, known, told=told, curl=curl)


@bp.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> ResponseReturnValue:
    """The form as it was sent, once somebody called too often."""
    account = account_of_form()
    if account is None:
        return redirect(url_for("accounts.index"), 303)
    problem = Problem(
        gettext("That was often in a short time, so nothing was sent."),
        gettext("Wait a minute, then try again."),
        "",
        429,
        retry_after=60,
    )
    return _show(account, _known(account, (request.view_args or {})["name"]), problem)


def _reference(account: Account) -> dict[str, Endpoint]:
    server = servers.known(account.host) or abort(404)
    return reference.of(server, client_for(account))


def _known(account: Account, name: str) -> Endpoint:
    found = _reference(account).get(name)
    return found or abort(404)


def _typed() -> str:
    return request.form.get("body", "").replace("\r\n", "\n")


def _show(
    account: Account,
    known: Endpoint,
    problem: Problem | None = None,
    *,
    told: Told | None = None,
    curl: str = "",
) -> ResponseReturnValue:
    is_failure = problem is not None and problem.status >= 429
    shown = known if is_failure else reference.with_parameters(known, client_for(account))
    given: Any = account.permissions
    body = render_template(
        "developers/endpoint.html",
        account=account,
        reading=reading_as(account),
        endpoint=shown,
        is_given=given is None or not shown.permission or shown.permission in given,
        typed=_typed(),
        is_sure=bool(request.form.get("sure")),
        problem=problem,
        told=told,
        curl=curl,
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)
